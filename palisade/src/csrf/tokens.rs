//! The second door: a token that only pages of ours know, in every request that changes something.
//!
//! ```
//! # use std::time::Duration;
//! # use axum::{Router, response::Html, routing::get};
//! # use palisade::{CsrfToken, CsrfTokens, Keyring};
//! # use palisade::keyring::KeyringError;
//! # let secret = "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq";
//! async fn form(token: CsrfToken) -> Html<String> {
//!     Html(format!("<form method=\"post\">{}<button>Send</button></form>", token.input()))
//! }
//! let tokens = CsrfTokens::new(&Keyring::new(secret)?).time_limit(Duration::from_secs(4 * 3600));
//! let app: Router = Router::new()
//!     .route("/", get(form).post(async || "taken"))
//!     .layer(tokens); // inside of the sessions: `.layer(Sessions::new(…))` comes next
//! # Ok::<(), KeyringError>(())
//! ```
//!
//! What passes, in this order:
//! 1. GET, HEAD and OPTIONS;
//! 2. where [`CsrfTokens::evidence_suffices`] says so, a request of which [`Csrf`](crate::Csrf) knows that a page of ours
//!    made it;
//! 3. a request whose header `X-CSRFToken` or `X-CSRF-Token` is a token for this session (scripts, JSON);
//! 4. a form that is urlencoded or multipart, whose field `csrf_token` is one, within the first 64 KB of the body. The
//!    first field of the name counts. While it is looked for, the rest of the body waits; afterwards the handler reads
//!    all of it from the beginning, and what comes behind the field is never buffered.
//!
//! Anything else is refused by [`Rejection::CsrfToken`] (403): a token that is missing, made too long ago, made for another
//! session (before a login, say), or not ours; a session that is missing. The handler never sees the request.
//!
//! | default | why |
//! |---|---|
//! | a token always, evidence or not | two doors that depend on nothing in common |
//! | [`time_limit`](CsrfTokens::time_limit) one hour | a page that is found open on a school's computer |
//! | [`scan_limit`](CsrfTokens::scan_limit) 64 KB | fields come before files; a stranger's request may not cost more |
//! | names `csrf_token`, `X-CSRFToken`, `X-CSRF-Token` | those of Flask-WTF, Django and Rails |
//!
//! It is a layer for a group of routes; what needs no token, such as a webhook that is signed, stands in a group without it.
//! It does not look into JSON, into the address, into cookies, or into bodies that are compressed.
//!
//! References: OWASP Cross-Site Request Forgery Prevention Cheat Sheet; BREACH (breachattack.com); Flask-WTF `CSRFProtect`.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::future::CsrfTokenFuture;
use super::peeked::PeekedBody;
use super::rejection::{CsrfRejection, CsrfTokenError};
use super::scan::Scan;
use super::token::{Mint, NO_SESSIONS};
use super::{Judgement, Mode, Reported, is_safe};
use crate::core::clock::Clock;
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
use crate::keyring::Keyring;

/// Wants a token of one of our pages in every request that changes something.
#[derive(Clone, Debug)]
pub struct CsrfTokens(Arc<Rules>);

#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) mint: Mint,
    pub(super) field: Box<str>,
    headers: Vec<HeaderName>,
    pub(super) scan_limit: usize,
    evidence_suffices: bool,
    mode: Mode,
    reported: Reported,
}

impl CsrfTokens {
    /// Tokens that these keys sign, with the defaults above.
    pub fn new(keyring: &Keyring) -> Self {
        let keys = keyring.derive("csrf");
        Self(Arc::new(Rules {
            mint: Mint { keys, clock: Clock::system(), time_limit: Some(Duration::from_secs(3600)) },
            field: "csrf_token".into(),
            headers: ["x-csrftoken", "x-csrf-token"].map(HeaderName::from_static).to_vec(),
            scan_limit: 64 << 10,
            evidence_suffices: false,
            mode: Mode::Refuse,
            reported: Reported::default(),
        }))
    }

    /// How long a token is good; `None` as long as the session.
    pub fn time_limit(self, limit: impl Into<Option<Duration>>) -> Self {
        let limit = limit.into();
        self.change(|rules| rules.mint.time_limit = limit)
    }

    /// How many bytes of a form's beginning are looked through for the token.
    pub fn scan_limit(self, bytes: usize) -> Self {
        self.change(|rules| rules.scan_limit = bytes)
    }

    /// The name of the form's field.
    ///
    /// # Errors
    /// When it has anything but letters, digits, `-`, `_` and `.`.
    pub fn field(self, name: &str) -> Result<Self, CsrfFieldError> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(known) {
            return Err(CsrfFieldError(name.to_owned()));
        }
        Ok(self.change(|rules| rules.field = name.into()))
    }

    /// The names of the header, instead of the default ones; the first that a request has counts.
    pub fn headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = names.into_iter().collect();
        self.change(|rules| rules.headers = names)
    }

    /// Wants no token of a request of which [`Csrf`](crate::Csrf) knows that a page of ours, or of a trusted site, made it.
    /// Of the others, such as programs and old browsers, it still does.
    pub fn evidence_suffices(self) -> Self {
        self.change(|rules| rules.evidence_suffices = true)
    }

    /// Logs and counts what it would refuse, and refuses nothing.
    pub fn report_only(self) -> Self {
        self.change(|rules| rules.mode = Mode::Report)
    }

    /// Makes tokens and wants none.
    ///
    /// # Danger
    /// What [`Csrf`](crate::Csrf) does not know to be another site's doing is believed.
    pub fn dangerous_disable_token_check(self) -> Self {
        self.change(|rules| rules.mode = Mode::Off)
    }

    /// The clock that tokens are made and checked by.
    pub fn clock(self, clock: Clock) -> Self {
        self.change(|rules| rules.mint.clock = clock)
    }

    /// How many requests [`report_only`](Self::report_only) would have refused. Clones share the count.
    pub fn reported(&self) -> u64 {
        self.0.reported.count()
    }

    fn change(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// What is known of a request by its head.
enum Door {
    Open,
    Look(Scan),
}

impl Rules {
    fn decide(&self, parts: &Parts) -> Result<Door, Rejection> {
        let evident = || parts.extensions.get() == Some(&Judgement::Evident);
        if self.mode == Mode::Off || is_safe(&parts.method) || self.evidence_suffices && evident() {
            return Ok(Door::Open);
        }
        let exchange = RequestContext::of(&parts.extensions).ok_or(NO_SESSIONS)?;
        exchange.session_tag().ok_or(NO_SESSIONS)?;
        let mut lines = self.headers.iter().filter_map(|name| parts.headers.get(name));
        if let Some(token) = lines.find(|line| !line.is_empty()) {
            return self.verdict(parts, Some(token.as_bytes())).map(|()| Door::Open);
        }
        match Scan::of(&parts.headers) {
            Some(scan) => Ok(Door::Look(scan)),
            None => self.verdict(parts, None).map(|()| Door::Open),
        }
    }

    /// Whether what was found lets this request pass.
    pub(super) fn verdict(&self, parts: &Parts, token: Option<&[u8]>) -> Result<(), Rejection> {
        let exchange = RequestContext::of(&parts.extensions).ok_or(NO_SESSIONS)?;
        let binding = exchange.session_tag().ok_or(NO_SESSIONS)?;
        let checked = token.ok_or(CsrfTokenError::Missing).and_then(|token| self.mint.check(token, binding));
        checked.or_else(|fault| {
            self.reported.or_refuse(self.mode, &parts.method, parts.uri.path(), CsrfRejection::Token(fault))
        })
    }
}

impl<S> Layer<S> for CsrfTokens {
    type Service = CsrfTokenService<S>;

    fn layer(&self, inner: S) -> CsrfTokenService<S> {
        CsrfTokenService { rules: Arc::clone(&self.0), inner }
    }
}

/// A service behind [`CsrfTokens`].
#[derive(Clone, Debug)]
pub struct CsrfTokenService<S> {
    rules: Arc<Rules>,
    inner: S,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for CsrfTokenService<S>
where
    S: Service<Request<PeekedBody<ReqBody>>, Response = Response<ResBody>> + Clone,
    ReqBody: Body<Data = Bytes>,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CsrfTokenFuture<S, S::Future, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(Arc::clone(&self.rules));
        match self.rules.decide(&parts) {
            Ok(Door::Open) => {
                let request = Request::from_parts(parts, PeekedBody::untouched(body));
                CsrfTokenFuture::called(self.inner.call(request))
            }
            Ok(Door::Look(scan)) => {
                // The one that was ready is taken; a clone takes its place.
                let clone = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, clone);
                CsrfTokenFuture::looking(Arc::clone(&self.rules), scan, parts, body, ready)
            }
            Err(refusal) => CsrfTokenFuture::refused(refusal),
        }
    }
}

/// Why a text is no name of a form's field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a name for the token's field: write letters, digits, `-`, `_` and `.`, such as `csrf_token`"
)]
pub struct CsrfFieldError(String);
