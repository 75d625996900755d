//! Refuse requests that pages of other sites made.
//!
//! ```
//! # use palisade::Palisade;
//! # use palisade::csrf::Csrf;
//! let palisade = Palisade::new().csrf(Csrf::new().trust(["https://app.example"])?);
//! assert!(Csrf::new().trust(["*.example"]).is_err(), "who is trusted is written out");
//! # Ok::<(), palisade::csrf::TrustError>(())
//! ```
//!
//! What passes, in this order:
//! 1. GET, HEAD and OPTIONS, which must not change anything, unless they open a WebSocket; every other method is judged,
//!    those that nobody knows and TRACE too;
//! 2. a request whose `Origin` is on the list of [`Csrf::trust`]: it has evidence;
//! 3. a request that says `Sec-Fetch-Site: same-origin` or `none`: it has evidence, whatever its `Origin` (browsers write
//!    `null` where the page sends no referrer); with any other value it is refused;
//! 4. where that header is missing, a request whose `Origin` is our own (scheme, host and port, as
//!    [`Client`](crate::Client) has them): it has evidence; with `null` or any other `Origin` it is refused;
//! 5. a request that says neither: programs such as curl, very old browsers. It passes here, without evidence.
//!
//! [`CsrfTokens`](crate::CsrfTokens), behind the feature `csrf`, is the second door, inside of the sessions: it wants a token that only our own
//! pages know. The first door is there by default and stops what browsers say; the second does not depend on them.
//!
//! | default | why |
//! |---|---|
//! | part of [`Palisade::new`](crate::Palisade::new), on | no page of another site has business posting here |
//! | nobody is trusted, no wildcards | a list that can be read is a list that can be checked |
//! | `Referer` is never looked at | privacy tools remove it, and so does a site's own `Referrer-Policy: no-referrer` |
//!
//! It does not protect a GET that changes something. Behind a proxy that speaks TLS, browsers without `Sec-Fetch-Site`
//! depend on [`Proxies`](crate::Proxies) knowing that the site is https. Webhooks are programs: they pass by rule 5.
//!
//! References: W3C Fetch Metadata; RFC 6454 (Origin); OWASP Cross-Site Request Forgery Prevention Cheat Sheet; Go's
//! `http.CrossOriginProtection`.

#[cfg(feature = "csrf")]
mod future;
mod origin;
#[cfg(feature = "csrf")]
mod params;
#[cfg(feature = "csrf")]
mod peeked;
mod rejection;
#[cfg(feature = "csrf")]
mod scan;
#[cfg(feature = "csrf")]
mod token;
#[cfg(feature = "csrf")]
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{ORIGIN, UPGRADE};
use http::{HeaderName, Method, Request, Response};

use self::origin::Origin;
pub use self::origin::TrustError;
pub use self::rejection::CsrfRejection;
#[cfg(feature = "csrf")]
pub use self::rejection::CsrfTokenError;
#[cfg(feature = "csrf")]
pub use self::{
    future::CsrfTokenFuture,
    peeked::PeekedBody,
    token::CsrfToken,
    tokens::{CsrfFieldError, CsrfTokenService, CsrfTokens},
};
use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;

/// Refuses requests that pages of other sites made.
#[derive(Clone, Debug, Default)]
pub struct Csrf(Arc<Rules>);

#[derive(Clone, Debug, Default)]
struct Rules {
    trusted: Vec<Origin>,
    mode: Mode,
    reported: Reported,
}

/// What to do about a request that does not pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Refuse,
    Report,
    Off,
}

/// What a request says about the page that made it; in its extensions, for the second door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement {
    /// A page of ours made it, or one of a site that we trust.
    Evident,
    /// No browser that knows how to say it.
    Unsaid,
    /// A page of another site made it.
    Foreign,
    /// Nobody has looked who is asking.
    Unknown,
}

impl Csrf {
    /// Refuses; trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sites whose pages may send requests here, each as a browser writes it: `https://app.example`. Said again, it
    /// adds.
    ///
    /// # Errors
    /// When one is not scheme, host and perhaps port.
    pub fn trust<T: AsRef<str>>(self, origins: impl IntoIterator<Item = T>) -> Result<Self, TrustError> {
        let origins: Vec<_> =
            origins.into_iter().map(|text| Origin::trusted(text.as_ref())).collect::<Result<_, _>>()?;
        Ok(self.change(|rules| rules.trusted.extend(origins)))
    }

    /// Logs and counts what it would refuse, and refuses nothing.
    pub fn report_only(self) -> Self {
        self.change(|rules| rules.mode = Mode::Report)
    }

    /// Looks at nothing.
    ///
    /// # Danger
    /// Any page on the web can make its visitors' browsers act here in their name.
    pub fn dangerous_disable_origin_check(self) -> Self {
        self.change(|rules| rules.mode = Mode::Off)
    }

    /// How many requests [`report_only`](Self::report_only) would have refused. Clones share the count.
    pub fn reported(&self) -> u64 {
        self.0.reported.count()
    }

    /// Writes down what the request says about the page that made it. Of one that changes nothing nobody asks.
    pub(crate) fn look<B>(&self, request: &mut Request<B>, exchange: &RequestContext) {
        if self.0.mode != Mode::Off && changes_something(request) {
            let judgement = self.0.judge(request, exchange);
            request.extensions_mut().insert(judgement);
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Rules {
    fn judge<B>(&self, request: &Request<B>, exchange: &RequestContext) -> Judgement {
        let Some(client) = exchange.client() else { return Judgement::Unknown };
        let (fetch_site, origin) = (Said::of(request, &SEC_FETCH_SITE), Said::of(request, &ORIGIN));
        let origin_is = |known: &dyn Fn(&Origin) -> bool| match &origin {
            Said::Once(text) => Origin::parse(text).is_some_and(|origin| known(&origin)),
            Said::Nothing | Said::Otherwise => false,
        };
        if !self.trusted.is_empty() && origin_is(&|origin| self.trusted.contains(origin)) {
            return Judgement::Evident;
        }
        match (fetch_site, &origin) {
            (Said::Once("same-origin" | "none"), _) => Judgement::Evident,
            (Said::Once(_) | Said::Otherwise, _) => Judgement::Foreign,
            (Said::Nothing, Said::Nothing) => Judgement::Unsaid,
            (Said::Nothing, _) if origin_is(&|origin| origin.is_own(request, client)) => Judgement::Evident,
            (Said::Nothing, _) => Judgement::Foreign,
        }
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Browsers ask no leave of us before they open a WebSocket, which is a GET.
fn changes_something<B>(request: &Request<B>) -> bool {
    let opens_a_socket = || {
        let mut lines = request.headers().get_all(UPGRADE).iter();
        lines.any(|line| {
            line.as_bytes().split(|byte| *byte == b',').any(|protocol| {
                let protocol = protocol.trim_ascii();
                protocol.len() >= 9 && protocol[..9].eq_ignore_ascii_case(b"websocket")
            })
        })
    };
    !is_safe(request.method()) || opens_a_socket()
}

/// Whether requests of this method must not change anything.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// What a header says that may be there once.
#[derive(Clone, Copy)]
enum Said<'a> {
    Nothing,
    Once(&'a str),
    /// More than one line, or no text.
    Otherwise,
}

impl<'a> Said<'a> {
    fn of<B>(request: &'a Request<B>, name: &HeaderName) -> Self {
        let mut lines = request.headers().get_all(name).iter();
        match (lines.next(), lines.next()) {
            (None, _) => Self::Nothing,
            (Some(line), None) => line.to_str().map_or(Self::Otherwise, Self::Once),
            (Some(_), Some(_)) => Self::Otherwise,
        }
    }
}

impl Guard for Csrf {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let exchange = RequestContext::begin(request.extensions_mut());
        self.look(request, &exchange);
        exchange
    }

    fn check<B>(&self, request: &Request<B>, _: &RequestContext) -> Result<(), Rejection> {
        if self.0.mode == Mode::Off {
            return Ok(());
        }
        match request.extensions().get() {
            Some(Judgement::Unknown) => Err(Client::MISSING.into()),
            Some(Judgement::Foreign) => {
                let (method, path) = (request.method(), request.uri().path());
                self.0.reported.or_refuse(self.0.mode, method, path, CsrfRejection::CrossSite)
            }
            Some(Judgement::Evident | Judgement::Unsaid) | None => Ok(()),
        }
    }

    fn finish<B>(&self, _: &RequestContext, _: &mut Response<B>) {}
}

guard_layers!(Csrf);

/// How many requests were reported, by all clones of a layer.
#[derive(Clone, Debug, Default)]
struct Reported(Arc<AtomicU64>);

impl Reported {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn or_refuse(
        &self,
        mode: Mode,
        method: &Method,
        path: &str,
        reason: CsrfRejection,
    ) -> Result<(), Rejection> {
        let rejection = Rejection::from(reason);
        if mode == Mode::Refuse {
            return Err(rejection);
        }
        self.0.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(reason = rejection.code(), %method, path, "would be refused");
        Ok(())
    }
}
