//! HTTPS: the redirect from plain HTTP, and HSTS (`Strict-Transport-Security`).
//!
//! ```
//! use std::time::Duration;
//!
//! use http::HeaderValue;
//! use palisade::front_door::Guards;
//! use palisade::https::{Hsts, HstsError, Https};
//!
//! let two_years = Hsts::preloaded(Duration::from_secs(63_072_000))?;
//! assert_eq!(
//!     HeaderValue::from(two_years.clone()),
//!     "max-age=63072000; includeSubDomains; preload"
//! );
//! let guards = Guards::new().https(Https::new().permanent().hsts(two_years));
//! # Ok::<(), HstsError>(())
//! ```
//!
//! # What happens, in order
//!
//! 1. A request over TLS passes. The scheme comes from [`Proxies`](crate::proxy::Proxies), or from
//!    the listener itself.
//! 2. A request from this machine for a loopback name or address passes: development.
//! 3. A request for an exempt path passes.
//! 4. Any other request is redirected to the same path and query over https
//!    ([`HttpsRequired`]): GET and HEAD with 302, other methods with 307, which keeps method and
//!    body.
//! 5. A redirect that a proxy in front of this server would turn into a loop is logged: a peer in
//!    the local network asks for a public name, and nothing says by which scheme. At level `warn`,
//!    at most once in ten seconds.
//! 6. Every response over TLS gets `Strict-Transport-Security`, unless the handler has set it.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`Https::permanent`] | off: 302 and 307 | browsers keep a permanent redirect |
//! | [`Https::port`] | 443 | the request's own port, such as 8080, speaks no TLS |
//! | [`Https::host`] | the request's host | [`Hosts`](crate::host::Hosts) has checked it |
//! | [`Https::hsts`] | `max-age=31536000; includeSubDomains` | OWASP |
//!
//! The exempt paths ([`Https::exempt_paths`]) are:
//!
//! | path | why |
//! |---|---|
//! | `/healthz`, `/readyz` | probes use plain HTTP |
//! | `/.well-known/acme-challenge/` | certificates are issued over plain HTTP |
//!
//! # What it does not do
//!
//! It does not terminate TLS: a proxy does, or [`serve`](mod@crate::serve).
//! [`Palisade`](crate::Palisade) redirects only to allowed hosts; if you use `Https` alone, put
//! [`Hosts`](crate::host::Hosts) outside of it, so that an attacker cannot choose the host in
//! `Location`.
//!
//! References: RFC 6797 (HSTS); RFC 9110 §15.4; OWASP HTTP Strict Transport Security Cheat Sheet;
//! hstspreload.org.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use http::header::STRICT_TRANSPORT_SECURITY;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::core::authority::{Authority, AuthorityError};
use crate::core::client::{Client, Forwarding, Scheme};
use crate::core::guard::{Guard, guard_layers};
use crate::core::local_network::is_local_host;
use crate::core::rejection::{Rejection, comparable_rejection, is_due};
use crate::core::request_context::{LayerMark, RequestContext};
use crate::core::site_path::original_uri;

/// The redirect to https, and HSTS. See the [module page](self).
#[doc(alias = "HSTS")]
#[doc(alias = "force_https")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Https(Arc<Settings>);

#[derive(Clone, Debug)]
struct Settings {
    redirect: bool,
    permanent: bool,
    port: u16,
    host: Option<Box<str>>,
    exempt_paths: Vec<Box<str>>,
    hsts: Option<HeaderValue>,
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

impl Https {
    /// Redirects temporarily, and sends HSTS of one year over TLS.
    pub fn new() -> Self {
        Self(Arc::new(Settings {
            redirect: true,
            permanent: false,
            port: Scheme::Https.default_port(),
            host: None,
            exempt_paths: ["/healthz", "/readyz", "/.well-known/acme-challenge/"].map(Box::from).to_vec(),
            hsts: Some(Hsts::default().0),
        }))
    }

    /// Redirects permanently: GET and HEAD with 301, other methods with 308.
    pub fn permanent(self) -> Self {
        self.change(|settings| settings.permanent = true)
    }

    /// Sets the port of the https site, if it is not 443.
    pub fn port(self, port: u16) -> Self {
        self.change(|settings| settings.port = port)
    }

    /// Redirects to this host, not to the host of the request.
    ///
    /// # Errors
    /// If the text is not a host, or has a port: set it with [`Https::port`].
    pub fn host(self, host: &str) -> Result<Self, HttpsHostError> {
        match Authority::parse(host) {
            Ok(target) if target.port().is_none() => {
                Ok(self.change(|settings| settings.host = Some(target.host().into())))
            }
            _ => Err(HttpsHostError(host.to_owned())),
        }
    }

    /// Sets the paths that stay reachable over plain HTTP, in place of the default ones. A path
    /// that ends with a slash includes everything under it.
    pub fn exempt_paths<T: Into<Box<str>>>(self, paths: impl IntoIterator<Item = T>) -> Self {
        let paths = paths.into_iter().map(Into::into).collect();
        self.change(|settings| settings.exempt_paths = paths)
    }

    /// Sets `Strict-Transport-Security`.
    pub fn hsts(self, hsts: Hsts) -> Self {
        self.change(|settings| settings.hsts = Some(hsts.0))
    }

    /// Sends no `Strict-Transport-Security`.
    ///
    /// # Security
    /// The first request of each visit may then go over plain HTTP, where everyone on the way can
    /// answer it.
    pub fn dangerous_disable_hsts(self) -> Self {
        self.change(|settings| settings.hsts = None)
    }

    /// Serves the site over plain HTTP too, without a redirect.
    ///
    /// # Security
    /// Everyone on the way can then read and change passwords, sessions and scripts.
    pub fn dangerous_allow_http(self) -> Self {
        self.change(|settings| settings.redirect = false)
    }

    /// Returns `true` if a redirect would use the host of the request.
    pub(crate) fn needs_hosts(&self) -> bool {
        self.0.redirect && self.0.host.is_none()
    }

    /// Passes the request, or rejects it with a redirect.
    pub(crate) fn require_https<B>(
        &self,
        request: &Request<B>,
        client: &Client,
        host: Result<Authority<'_>, AuthorityError>,
    ) -> Result<(), Rejection> {
        if self.passes(request, client, host) {
            return Ok(());
        }
        if let Ok(host) = host {
            warn_of_loop(client, host);
        }
        Err(self.0.redirect(request, client, host))
    }

    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Returns `true` if the request needs no redirect.
    pub(crate) fn passes<B>(
        &self,
        request: &Request<B>,
        client: &Client,
        host: Result<Authority<'_>, AuthorityError>,
    ) -> bool {
        let path = original_uri(request).path();
        let is_exempt = |exempt: &str| path == exempt || exempt.ends_with('/') && path.starts_with(exempt);
        let is_local = || client.ip.is_loopback() && host.is_ok_and(Authority::is_loopback);
        !self.0.redirect
            || client.scheme == Scheme::Https
            || is_local()
            || self.0.exempt_paths.iter().any(|exempt| is_exempt(exempt))
    }
}

impl Settings {
    fn redirect<B>(
        &self,
        request: &Request<B>,
        client: &Client,
        host: Result<Authority<'_>, AuthorityError>,
    ) -> Rejection {
        let requested = match host {
            Ok(requested) => requested,
            Err(error) => return error.into(),
        };
        let host = self.host.as_deref().unwrap_or_else(|| requested.host());
        let mut location = format!("https://{host}");
        if self.port != Scheme::Https.default_port() {
            let _ = write!(location, ":{}", self.port);
        }
        location.push_str(client.prefix());
        let target = original_uri(request).path_and_query().map_or("/", |target| target.as_str());
        location.push_str(if target.starts_with('/') { target } else { "/" });
        let Ok(location) = HeaderValue::try_from(location) else { return AuthorityError::Host.into() };
        let keeps_method = !matches!(*request.method(), Method::GET | Method::HEAD);
        let status = match (self.permanent, keeps_method) {
            (false, false) => StatusCode::FOUND,
            (false, true) => StatusCode::TEMPORARY_REDIRECT,
            (true, false) => StatusCode::MOVED_PERMANENTLY,
            (true, true) => StatusCode::PERMANENT_REDIRECT,
        };
        HttpsRequired { status, location }.into()
    }
}

/// Logs a redirect that looks like a loop or a dead end: the peer is local, and nothing says by
/// which scheme the client came.
fn warn_of_loop(client: &Client, host: Authority<'_>) {
    const LOOP: &str = "redirected a request from the local network to https: if a proxy terminates TLS, it must send \
                        X-Forwarded-For and X-Forwarded-Proto, and `.trusted_proxies(Proxies::hops(1))` must name it; \
                        else the redirect is a loop";
    const DEAD_END: &str = "redirected a request from the local network to https, where nothing may answer: for \
                            development write `Palisade::development()`";
    let text = if is_local_host(host) { DEAD_END } else { LOOP };
    if client.forwarding == Forwarding::Direct && client.has_local_peer() && is_due(text) {
        tracing::warn!(peer = %client.peer(), %host, "{text}");
    }
}

impl Guard for Https {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let context = RequestContext::begin(request.extensions_mut());
        context.enter(LayerMark::Https);
        context
    }

    fn check<B>(&self, request: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        let client = context.client().ok_or(Client::MISSING)?;
        self.require_https(request, client, client.authority(request))
    }

    fn finish<B>(&self, context: &RequestContext, response: &mut Response<B>) {
        if context.client().is_some_and(|client| client.scheme == Scheme::Https)
            && let Some(hsts) = &self.0.hsts
        {
            response.headers_mut().entry(STRICT_TRANSPORT_SECURITY).or_insert_with(|| hsts.clone());
        }
    }
}

/// The reason why a request over plain HTTP is rejected: it is redirected to https.
///
/// ```
/// use http::{HeaderValue, StatusCode};
/// use palisade::Rejection;
/// use palisade::https::HttpsRequired;
///
/// let location = HeaderValue::from_static("https://example.org/");
/// let rejection = Rejection::from(HttpsRequired { status: StatusCode::FOUND, location });
/// assert_eq!(rejection.code(), "https_required");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpsRequired {
    /// The status: 301, 302, 307 or 308.
    pub status: StatusCode,
    /// The URL of the same path and query over https.
    pub location: HeaderValue,
}

comparable_rejection!(HttpsRequired);

impl From<HttpsRequired> for Rejection {
    fn from(HttpsRequired { status, location }: HttpsRequired) -> Self {
        Self::new(status, "https_required", "This site is served over https only.").with_location(location)
    }
}

guard_layers!(Https);

/// The value of `Strict-Transport-Security` (HSTS): browsers use https alone for `max_age` after
/// the last visit.
///
/// ```
/// use std::time::Duration;
///
/// use http::HeaderValue;
/// use palisade::https::Hsts;
///
/// let day = Duration::from_secs(86_400);
/// assert_eq!(HeaderValue::from(Hsts::new(day)), "max-age=86400; includeSubDomains");
/// assert_eq!(HeaderValue::from(Hsts::this_host_only(day)), "max-age=86400");
/// assert_eq!(HeaderValue::from(Hsts::forget()), "max-age=0");
/// ```
#[doc(alias = "HSTS")]
#[doc(alias = "StrictTransportSecurity")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hsts(HeaderValue);

/// 31,536,000 seconds.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Hsts {
    /// Applies to this host and every host under it. `max_age` is rounded down to seconds.
    pub fn new(max_age: Duration) -> Self {
        Self::from_text(format!("max-age={}; includeSubDomains", max_age.as_secs()))
    }

    /// Applies to this host alone. `max_age` is rounded down to seconds.
    pub fn this_host_only(max_age: Duration) -> Self {
        Self::from_text(format!("max-age={}", max_age.as_secs()))
    }

    /// Like [`Hsts::new`], and allows the preload list of browsers to include this host.
    ///
    /// # Errors
    /// If `max_age` is under a year, the minimum of the preload list.
    pub fn preloaded(max_age: Duration) -> Result<Self, HstsError> {
        if max_age < YEAR {
            return Err(HstsError(max_age.as_secs()));
        }
        Ok(Self::from_text(format!("max-age={}; includeSubDomains; preload", max_age.as_secs())))
    }

    /// Sends `max-age=0`: browsers forget an earlier header, and accept plain HTTP again.
    pub fn forget() -> Self {
        Self::from_text("max-age=0".to_owned())
    }

    fn from_text(text: String) -> Self {
        Self(HeaderValue::try_from(text).expect("digits and letters are valid in a header"))
    }
}

impl From<Hsts> for HeaderValue {
    fn from(hsts: Hsts) -> Self {
        hsts.0
    }
}

impl Default for Hsts {
    fn default() -> Self {
        Self::new(YEAR)
    }
}

/// The error for a `max_age` that the preload list does not accept.
///
/// ```
/// use std::time::Duration;
///
/// use palisade::https::{Hsts, HstsError};
///
/// let error: HstsError = Hsts::preloaded(Duration::from_secs(60)).unwrap_err();
/// assert!(error.to_string().contains("31536000"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a max-age of {0} seconds is too short for the preload list: write at least a year, 31536000 seconds"
)]
pub struct HstsError(u64);

/// The error for a text that is not the host of a redirect.
///
/// ```
/// use palisade::https::{Https, HttpsHostError};
///
/// let error: HttpsHostError = Https::new().host("https://example.org").unwrap_err();
/// assert!(error.to_string().contains("write `example.org`, without scheme"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a host to redirect to: write `example.org`, without scheme; for a port other than 443, write `Https::port`"
)]
pub struct HttpsHostError(String);

crate::core::error_text::debug_is_text!(HstsError, HttpsHostError);
