//! The allow-list of redirect targets, and a checked target.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::core::authority::Authority;
use crate::core::client::Scheme;
use crate::core::safe_path::{SafePath, SafePathError};

/// The allow-list of sites that a redirect may lead to. Cheap to clone.
///
/// ```
/// use palisade::Redirect;
/// use palisade::redirect::{RedirectSites, SafeRedirect, SafeRedirectError};
///
/// let sites = RedirectSites::new(["example.org"])?;
/// let target: SafeRedirect = sites.check("HTTPS://EXAMPLE.ORG:443/a?b")?;
/// assert_eq!(target.as_str(), "https://example.org/a?b");
/// let response: http::Response<String> = Redirect::to(target).into_response();
/// assert_eq!(response.headers()["location"], "https://example.org/a?b");
///
/// assert_eq!(sites.check("https://example.com/"), Err(SafeRedirectError::SiteNotAllowed));
/// assert!(RedirectSites::new(["https://example.org/path"]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias("allow-list", "ALLOWED_HOSTS"))]
pub struct RedirectSites(Arc<[Site]>);

#[derive(Clone, Debug)]
struct Site {
    scheme: Scheme,
    /// In lower case.
    host: Box<str>,
    port: u16,
}

impl RedirectSites {
    /// Allows these sites over https: `example.org`, or `https://example.org:8443` for another
    /// port.
    ///
    /// # Errors
    /// If a text is not a site, or begins with `http://`.
    pub fn new<T: AsRef<str>>(sites: impl IntoIterator<Item = T>) -> Result<Self, RedirectSitesError> {
        let https = |text: &str| {
            let (scheme, authority) = text.split_once("://").unwrap_or(("https", text));
            Site::of(scheme, authority).filter(|site| site.scheme == Scheme::Https)
        };
        Ok(Self(parse_sites(sites, https)?.into()))
    }

    /// Also allows these sites over plain HTTP: `http://intranet.example`.
    ///
    /// # Security
    /// An attacker on the network can read and change their responses, and redirect the visitor
    /// elsewhere.
    ///
    /// # Errors
    /// If a text is not a site, or does not begin with `http://`.
    ///
    /// ```
    /// # use palisade::redirect::RedirectSites;
    /// let sites = RedirectSites::new(["example.org"])?;
    /// let sites = sites.dangerous_allow_http(["http://intranet.example"])?;
    /// assert!(sites.check("http://intranet.example/").is_ok());
    /// # Ok::<(), palisade::redirect::RedirectSitesError>(())
    /// ```
    pub fn dangerous_allow_http<T: AsRef<str>>(
        self,
        sites: impl IntoIterator<Item = T>,
    ) -> Result<Self, RedirectSitesError> {
        let http = |text: &str| {
            let (scheme, authority) = text.split_once("://")?;
            Site::of(scheme, authority).filter(|site| site.scheme == Scheme::Http)
        };
        let more = parse_sites(sites, http)?;
        Ok(Self(self.0.iter().cloned().chain(more).collect()))
    }

    /// Checks a target: a path on this site, or a URL of an allowed site.
    ///
    /// # Errors
    /// If the site is not on the list, or the path is not a valid [`SafePath`].
    pub fn check(&self, target: &str) -> Result<SafeRedirect, SafeRedirectError> {
        let Some((scheme, rest)) = target.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
            return Ok(target.parse::<SafePath>()?.into());
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let requested = Site::of(scheme, authority).ok_or(SafeRedirectError::SiteNotAllowed)?;
        let site = self.0.iter().find(|site| site.is(&requested)).ok_or(SafeRedirectError::SiteNotAllowed)?;
        let path: SafePath = match path.starts_with('/') {
            true => path.parse()?,
            false => format!("/{path}").parse()?,
        };
        Ok(SafeRedirect(Cow::Owned(format!("{site}{path}"))))
    }
}

impl Site {
    fn of(scheme: &str, authority: &str) -> Option<Self> {
        let scheme = match scheme {
            it if it.eq_ignore_ascii_case("https") => Scheme::Https,
            it if it.eq_ignore_ascii_case("http") => Scheme::Http,
            _ => return None,
        };
        let authority = Authority::parse(authority).ok()?;
        let port = authority.port().unwrap_or_else(|| scheme.default_port());
        Some(Self { scheme, host: authority.host().to_ascii_lowercase().into(), port })
    }

    fn is(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host == other.host
    }
}

/// Writes the origin as browsers do, without the default port.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// A checked target of a [`Redirect`](super::Redirect): a path on this site, or a URL of an
/// allowed site.
///
/// ```
/// use palisade::redirect::{RedirectSites, SafePath, SafeRedirect};
///
/// let path: SafeRedirect = SafePath::of("/news").into();
/// assert_eq!(path.as_str(), "/news");
/// let url: SafeRedirect = RedirectSites::new(["example.org"])?.check("https://example.org")?;
/// assert_eq!(url.as_str(), "https://example.org/");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SafeRedirect(Cow<'static, str>);

impl SafeRedirect {
    /// Returns the value of `Location`: printable ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A target that [`Redirect::to`](super::Redirect::to) accepts: a [`SafePath`] or a
/// [`SafeRedirect`].
///
/// A plain text is rejected by the compiler, because it may lead to any site:
///
/// ```compile_fail,E0277
/// let id = 17;
/// palisade::Redirect::to(format!("/notes/{id}"));
/// ```
///
/// ```
/// use palisade::redirect::{RedirectTarget, SafePath, SafeRedirect};
///
/// fn location(target: impl RedirectTarget) -> String {
///     let target: SafeRedirect = target.into();
///     target.to_string()
/// }
/// assert_eq!(location(SafePath::of("/news")), "/news");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` may lead to any site, so it is not a target of a redirect",
    label = "not a checked path",
    note = "a path that stands in the program: `Redirect::to(SafePath::of(\"/account\"))`",
    note = "a path with an id in it: `Redirect::to(SafePath::of(\"/notes\").join(id)?)`",
    note = "the return path of a form: give the field the type `Next`, and write `Redirect::to(next.or(\"/\"))`",
    note = "a URL of another site: `Redirect::to(sites.check(url)?)`, with `RedirectSites::new([\"partner.example\"])?`"
)]
pub trait RedirectTarget: Into<SafeRedirect> {}

impl RedirectTarget for SafePath {}
impl RedirectTarget for SafeRedirect {}

impl From<SafePath> for SafeRedirect {
    fn from(path: SafePath) -> Self {
        Self(path.into_text())
    }
}

impl fmt::Display for SafeRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text is not a site for [`RedirectSites`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a site to redirect to: write `example.org` or `https://example.org:8443`, without a path; \
     give a site over plain HTTP to `RedirectSites::dangerous_allow_http` as `http://example.org`"
)]
pub struct RedirectSitesError(String);

/// The reason why [`RedirectSites::check`] rejects a target.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SafeRedirectError {
    /// The site is not on the list.
    #[error("the target's site is not in `RedirectSites`: add it there, or write a path on this site")]
    SiteNotAllowed,
    /// The path is not safe.
    #[error(transparent)]
    Path(#[from] SafePathError),
}

fn parse_sites<T: AsRef<str>>(
    sites: impl IntoIterator<Item = T>,
    site: impl Fn(&str) -> Option<Site>,
) -> Result<Vec<Site>, RedirectSitesError> {
    let parse = |text: T| site(text.as_ref()).ok_or_else(|| RedirectSitesError(text.as_ref().to_owned()));
    sites.into_iter().map(parse).collect()
}

/// Returns `true` for a scheme. Otherwise the `://` belongs to a path or query.
fn is_scheme(scheme: &str) -> bool {
    !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

crate::core::error_text::debug_is_text!(RedirectSitesError, SafeRedirectError);
