//! Redirect to https; Strict-Transport-Security.
//!
//! ```
//! # use std::time::Duration;
//! # use palisade::https::{Hsts, Https};
//! let https = Https::new().permanent().hsts(Hsts::preloaded(Duration::from_secs(63_072_000))?);
//! # Ok::<(), palisade::https::HstsError>(())
//! ```
//!
//! What passes, in this order:
//! 1. a request over TLS: what [`Proxies`](crate::Proxies) believes, or the listener itself says;
//! 2. a request from this machine to this machine, by a loopback name or address: development;
//! 3. a request to an exempt path, by default `/healthz`, `/readyz` and `/.well-known/acme-challenge/`;
//! 4. nothing else: it is redirected to the same target, byte for byte, over https: GET and HEAD by 302, others by
//!    307, which keeps method and body.
//!
//! | default | why |
//! |---|---|
//! | temporary redirect | a permanent one made by mistake stays in browsers; [`Https::permanent`] |
//! | the port of the request is dropped | 8080 speaks no TLS; [`Https::port`] |
//! | `max-age=31536000; includeSubDomains`, over TLS only | OWASP; browsers ignore it in the clear |
//!
//! Only hosts that [`Hosts`](crate::Hosts) let pass are redirected to, so that `Location` is never a stranger's
//! choice. It does not terminate TLS.
//!
//! References: RFC 6797; RFC 9110 §15.4; OWASP HTTP Strict Transport Security Cheat Sheet; hstspreload.org.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use http::header::STRICT_TRANSPORT_SECURITY;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::core::authority::{Authority, AuthorityError};
use crate::core::client::{Client, Scheme};
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::{Rejection, comparable_rejection};
use crate::core::request_context::RequestContext;

/// Redirects to https, and tells browsers to come by https from the start.
#[derive(Clone, Debug)]
pub struct Https(Arc<Rules>);

#[derive(Clone, Debug)]
struct Rules {
    redirect: bool,
    permanent: bool,
    port: u16,
    host: Option<Box<str>>,
    exempt: Vec<Box<str>>,
    hsts: Option<HeaderValue>,
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

impl Https {
    /// Redirects temporarily, and sends HSTS for a year over TLS.
    pub fn new() -> Self {
        Self(Arc::new(Rules {
            redirect: true,
            permanent: false,
            port: Scheme::Https.default_port(),
            host: None,
            exempt: ["/healthz", "/readyz", "/.well-known/acme-challenge/"].map(Box::from).to_vec(),
            hsts: Some(Hsts::default().0),
        }))
    }

    /// Redirects by 301, and methods other than GET and HEAD by 308.
    pub fn permanent(self) -> Self {
        self.change(|rules| rules.permanent = true)
    }

    /// The port of the https site, where it is not 443.
    pub fn port(self, port: u16) -> Self {
        self.change(|rules| rules.port = port)
    }

    /// Redirects to this host, whichever the request named.
    ///
    /// # Errors
    /// When it is no host, or has a port: that is [`Https::port`].
    pub fn host(self, host: &str) -> Result<Self, HttpsHostError> {
        match Authority::parse(host) {
            Ok(site) if site.port().is_none() => {
                Ok(self.change(|rules| rules.host = Some(site.host().into())))
            }
            _ => Err(HttpsHostError(host.to_owned())),
        }
    }

    /// The paths that stay reachable in the clear, instead of the default ones: exactly that path, or, where it
    /// ends with a slash, everything under it.
    pub fn exempt<T: Into<Box<str>>>(self, paths: impl IntoIterator<Item = T>) -> Self {
        let paths = paths.into_iter().map(Into::into).collect();
        self.change(|rules| rules.exempt = paths)
    }

    /// What to tell browsers over TLS; `None` tells them nothing.
    pub fn hsts(self, hsts: impl Into<Option<Hsts>>) -> Self {
        let hsts = hsts.into().map(|hsts| hsts.0);
        self.change(|rules| rules.hsts = hsts)
    }

    /// Serves the site in the clear too.
    ///
    /// # Danger
    /// What is sent in the clear can be read and changed on the way: passwords, sessions, scripts.
    pub fn dangerous_allow_http(self) -> Self {
        self.change(|rules| rules.redirect = false)
    }

    /// Whether a redirect may have to be built from the host that the request names.
    pub(crate) fn needs_hosts(&self) -> bool {
        self.0.redirect && self.0.host.is_none()
    }

    /// Lets the request for that site pass, or says where it goes instead.
    pub(crate) fn insist<B>(
        &self,
        request: &Request<B>,
        client: &Client,
        site: Result<Authority<'_>, AuthorityError>,
    ) -> Result<(), Rejection> {
        if self.passes(request, client, site) { Ok(()) } else { Err(self.0.redirect(request, client, site)) }
    }

    fn change(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Whether this request for that site stays as it is.
    pub(crate) fn passes<B>(
        &self,
        request: &Request<B>,
        client: &Client,
        site: Result<Authority<'_>, AuthorityError>,
    ) -> bool {
        let path = request.uri().path();
        let exempt = |known: &str| path == known || known.ends_with('/') && path.starts_with(known);
        let here = || client.ip.is_loopback() && site.is_ok_and(Authority::is_loopback);
        !self.0.redirect
            || client.scheme == Scheme::Https
            || here()
            || self.0.exempt.iter().any(|known| exempt(known))
    }
}

impl Rules {
    fn redirect<B>(
        &self,
        request: &Request<B>,
        client: &Client,
        site: Result<Authority<'_>, AuthorityError>,
    ) -> Rejection {
        let asked = match site {
            Ok(asked) => asked,
            Err(error) => return error.into(),
        };
        let host = self.host.as_deref().unwrap_or(asked.host());
        let mut location = format!("https://{host}");
        if self.port != Scheme::Https.default_port() {
            let _ = write!(location, ":{}", self.port);
        }
        location.push_str(client.prefix());
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
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

impl Guard for Https {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        RequestContext::begin(request.extensions_mut())
    }

    fn check<B>(&self, request: &Request<B>, exchange: &RequestContext) -> Result<(), Rejection> {
        let client = exchange.client().ok_or(Client::MISSING)?;
        self.insist(request, client, client.authority(request))
    }

    fn finish<B>(&self, exchange: &RequestContext, response: &mut Response<B>) {
        if exchange.client().is_some_and(|client| client.scheme == Scheme::Https)
            && let Some(hsts) = &self.0.hsts
        {
            response.headers_mut().entry(STRICT_TRANSPORT_SECURITY).or_insert_with(|| hsts.clone());
        }
    }
}

/// The reason why a request over plain HTTP is rejected: it is redirected to https.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpsRequired {
    /// The status: 301, 302, 307 or 308.
    pub status: StatusCode,
    /// The same target over https.
    pub location: HeaderValue,
}

comparable_rejection!(HttpsRequired);

impl From<HttpsRequired> for Rejection {
    fn from(HttpsRequired { status, location }: HttpsRequired) -> Self {
        Self::new(status, "https_required", "This site is served over https only.").with_location(location)
    }
}

guard_layers!(Https);

/// What `Strict-Transport-Security` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hsts(HeaderValue);

/// 31,536,000 seconds.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Hsts {
    /// This host and every host under it, for `max_age` (whole seconds) from the last visit.
    pub fn new(max_age: Duration) -> Self {
        Self::written(format!("max-age={}; includeSubDomains", max_age.as_secs()))
    }

    /// This host alone, for `max_age` (whole seconds).
    pub fn this_host_only(max_age: Duration) -> Self {
        Self::written(format!("max-age={}", max_age.as_secs()))
    }

    /// As [`Hsts::new`], and consents to the list that browsers are built with.
    ///
    /// # Errors
    /// When `max_age` is under a year, which the list does not take.
    pub fn preloaded(max_age: Duration) -> Result<Self, HstsError> {
        if max_age < YEAR {
            return Err(HstsError(max_age.as_secs()));
        }
        Ok(Self::written(format!("max-age={}; includeSubDomains; preload", max_age.as_secs())))
    }

    /// `max-age=0`: browsers forget what they were told.
    pub fn forget() -> Self {
        Self::written("max-age=0".to_owned())
    }

    fn written(text: String) -> Self {
        Self(HeaderValue::try_from(text).expect("digits and words"))
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

/// Why a host cannot be preloaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the preload list wants a max-age of at least a year, 31536000 seconds, not {0}")]
pub struct HstsError(u64);

/// Why a text is no host to redirect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a host to redirect to: write `example.org`, without scheme; the port, if not 443, goes into `Https::port`"
)]
pub struct HttpsHostError(String);
