//! The sites that a redirect may lead to, and an address that does.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::core::authority::Authority;
use crate::core::client::Scheme;
use crate::core::safe_path::{SafePath, SafePathError};

/// The sites that redirects may lead to: your own hosts, and others that you trust with your visitors.
#[derive(Clone, Debug)]
pub struct RedirectSites(Arc<[Site]>);

#[derive(Clone, Debug)]
struct Site {
    scheme: Scheme,
    /// In lower case.
    host: Box<str>,
    port: u16,
}

impl RedirectSites {
    /// These sites, over https: `example.org`, or `https://example.org:8443` where the port is not 443.
    ///
    /// # Errors
    /// When one is no site, or is written with `http://`.
    pub fn new<T: AsRef<str>>(sites: impl IntoIterator<Item = T>) -> Result<Self, RedirectSitesError> {
        let https = |text: &str| {
            let (scheme, authority) = text.split_once("://").unwrap_or(("https", text));
            Site::of(scheme, authority).filter(|site| site.scheme == Scheme::Https)
        };
        Ok(Self(read(sites, https)?.into()))
    }

    /// These sites too, in the clear: `http://intranet.example`.
    ///
    /// # Danger
    /// Who listens on the way reads and changes what they answer, and where they send the visitor next.
    ///
    /// # Errors
    /// When one is no site, or is not written with `http://`.
    pub fn dangerous_allow_http<T: AsRef<str>>(
        self,
        sites: impl IntoIterator<Item = T>,
    ) -> Result<Self, RedirectSitesError> {
        let http = |text: &str| {
            let (scheme, authority) = text.split_once("://")?;
            Site::of(scheme, authority).filter(|site| site.scheme == Scheme::Http)
        };
        let more = read(sites, http)?;
        Ok(Self(self.0.iter().cloned().chain(more).collect()))
    }

    /// The address, if it is a path on this site or leads to one of these.
    ///
    /// # Errors
    /// When it leads elsewhere, or its path is none that [`SafePath`] takes.
    pub fn check(&self, target: &str) -> Result<SafeRedirect, SafeRedirectError> {
        let Some((scheme, rest)) = target.split_once("://").filter(|(scheme, _)| is_word(scheme)) else {
            return Ok(target.parse::<SafePath>()?.into());
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let asked = Site::of(scheme, authority).ok_or(SafeRedirectError::OtherSession)?;
        let site = self.0.iter().find(|site| site.is(&asked)).ok_or(SafeRedirectError::OtherSession)?;
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
            known if known.eq_ignore_ascii_case("https") => Scheme::Https,
            known if known.eq_ignore_ascii_case("http") => Scheme::Http,
            _ => return None,
        };
        let authority = Authority::parse(authority).ok()?;
        let port = authority.port().unwrap_or(scheme.default_port());
        Some(Self { scheme, host: authority.host().to_ascii_lowercase().into(), port })
    }

    fn is(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host == other.host
    }
}

/// The origin, as browsers write it.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// An address that a redirect may lead to: a path on this site, or an address on a site that you named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SafeRedirect(Cow<'static, str>);

impl SafeRedirect {
    /// The address as `Location` has it: printable ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

/// Why a text is no site to redirect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a site to redirect to: write `example.org` or `https://example.org:8443`, without a path; a site in the clear goes into `RedirectSites::dangerous_allow_http` as `http://example.org`"
)]
pub struct RedirectSitesError(String);

/// Why an address is none to redirect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SafeRedirectError {
    /// It leads to a site that is not on the list.
    #[error(
        "leads to a site that is not on the list of `RedirectSites`: add it there, or write a path on this site"
    )]
    OtherSession,
    /// Its path is none that redirects take.
    #[error(transparent)]
    Path(#[from] SafePathError),
}

fn read<T: AsRef<str>>(
    sites: impl IntoIterator<Item = T>,
    site: impl Fn(&str) -> Option<Site>,
) -> Result<Vec<Site>, RedirectSitesError> {
    let read = |text: T| site(text.as_ref()).ok_or_else(|| RedirectSitesError(text.as_ref().to_owned()));
    sites.into_iter().map(read).collect()
}

/// Whether it can be a scheme at all: otherwise the `://` stands further on, in a path or a query.
fn is_word(scheme: &str) -> bool {
    !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
