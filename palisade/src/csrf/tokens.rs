//! The token check as a layer: `CsrfTokens`.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::future::CsrfTokenFuture;
use super::mode::{Mode, ReportCounter};
use super::peeked::PeekedBody;
use super::settings::{HeadDecision, TokenSettings};
use super::signer::TokenSigner;
use super::token::TokenIssuer;
use crate::core::clock::Clock;
use crate::core::request_context::{LayerMark, RequestContext};
use crate::keyring::{DerivedKey, Keyring};

/// The token check: requires a token of one of the site's own pages in every request that changes
/// something. A layer for the router or a group of routes, inside of the session layer.
///
/// ```
/// use std::time::Duration;
///
/// use axum::{Router, body::Body, http::Request, response::Html, routing::get};
/// use palisade::keyring::Keyring;
/// use palisade::request::SessionTag;
/// use palisade::{CsrfToken, CsrfTokens};
/// use tower::ServiceExt;
///
/// async fn form(token: CsrfToken) -> Html<String> {
///     Html(format!("<form method=\"post\">{}<button>Send</button></form>", token.input()))
/// }
///
/// # #[derive(Debug)]
/// # struct Tag;
/// # impl SessionTag for Tag {
/// #     fn current(&self) -> Option<[u8; 16]> { Some([7; 16]) }
/// #     fn next(&self) -> [u8; 16] { [7; 16] }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tokens = CsrfTokens::new(&Keyring::random()).time_limit(Duration::from_secs(4 * 3600));
/// let app: Router = Router::new()
///     .route("/", get(form).post(async || "saved"))
///     .layer(tokens); // the next line is `.layer(Sessions::in_store(…))`
///
/// let mut request = Request::post("/").body(Body::empty())?;
/// # request.extensions_mut().insert::<std::sync::Arc<dyn SessionTag>>(std::sync::Arc::new(Tag));
/// let response = app.oneshot(request).await?;
/// assert_eq!(response.status(), 403, "the request has no token");
/// # Ok(())
/// # }
/// ```
///
/// The [module page](crate::csrf) lists the steps and the defaults.
#[doc(alias = "CSRFProtect")]
#[doc(alias = "XSRF")]
#[derive(Clone, Debug)]
#[must_use]
pub struct CsrfTokens(Arc<TokenSettings>);

impl CsrfTokens {
    /// Signs tokens with a key derived from `keyring`, with the defaults of the
    /// [module page](crate::csrf#defaults).
    pub fn new(keyring: &Keyring) -> Self {
        Self::with_keys(keyring.derive("csrf"))
    }

    /// Signs tokens with this key.
    pub(crate) fn with_keys(keys: DerivedKey) -> Self {
        Self(Arc::new(TokenSettings {
            signer: TokenSigner { keys, clock: Clock::system(), time_limit: Some(Duration::from_secs(3600)) },
            field: "csrf_token".into(),
            headers: ["x-csrftoken", "x-csrf-token"].map(HeaderName::from_static).to_vec(),
            scan_limit: 64 << 10,
            skip_if_origin_verified: false,
            mode: Mode::Enforce,
            reported: ReportCounter::default(),
        }))
    }

    /// Sets how long a token is valid; `None` means as long as the browser keeps the session's
    /// cookie.
    pub fn time_limit(self, limit: impl Into<Option<Duration>>) -> Self {
        let limit = limit.into();
        self.change(|settings| settings.signer.time_limit = limit)
    }

    /// Sets the number of bytes at the start of a form that are searched for the token.
    pub fn scan_limit(self, bytes: usize) -> Self {
        self.change(|settings| settings.scan_limit = bytes)
    }

    /// Sets the name of the form's field.
    ///
    /// # Errors
    /// If the name is empty, or has other characters than letters, digits, `-`, `_` and `.`.
    pub fn field(self, name: &str) -> Result<Self, CsrfFieldError> {
        let is_name_char = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(is_name_char) {
            return Err(CsrfFieldError(name.to_owned()));
        }
        Ok(self.change(|settings| settings.field = name.into()))
    }

    /// Sets the names of the token's header, in place of the default ones. The first that a
    /// request has counts.
    pub fn headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = names.into_iter().collect();
        self.change(|settings| settings.headers = names)
    }

    /// Requires no token if the origin check ([`Csrf`](super::Csrf)) has verified the request.
    /// Other requests, such as those of programs and old browsers, still need one.
    pub fn skip_if_origin_verified(self) -> Self {
        self.change(|settings| settings.skip_if_origin_verified = true)
    }

    /// Logs and counts the requests that the check would reject, and lets them pass.
    pub fn report_only(self) -> Self {
        self.change(|settings| settings.mode = Mode::ReportOnly)
    }

    /// Makes tokens, but requires none.
    ///
    /// # Security
    /// The origin check ([`Csrf`](super::Csrf)) is then the only protection. It lets requests
    /// without `Origin` and `Sec-Fetch-Site` pass.
    pub fn dangerous_disable_token_check(self) -> Self {
        self.change(|settings| settings.mode = Mode::Off)
    }

    /// Sets the clock, for tests.
    pub fn clock(self, clock: Clock) -> Self {
        self.change(|settings| settings.signer.clock = clock)
    }

    /// The number of requests that [`report_only`](Self::report_only) let pass. Clones share it.
    pub fn reported(&self) -> u64 {
        self.0.reported.count()
    }

    fn change(mut self, change: impl FnOnce(&mut TokenSettings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl<S> Layer<S> for CsrfTokens {
    type Service = CsrfTokenService<S>;

    fn layer(&self, inner: S) -> CsrfTokenService<S> {
        CsrfTokenService { settings: Arc::clone(&self.0), inner }
    }
}

/// The service that [`CsrfTokens`] makes. Its inner service receives a [`PeekedBody`].
///
/// ```
/// use http::{Request, Response};
/// use palisade::CsrfTokens;
/// use palisade::csrf::{CsrfTokenService, PeekedBody};
/// use palisade::keyring::Keyring;
/// use tower::Layer;
///
/// let tokens = CsrfTokens::new(&Keyring::random());
/// assert_eq!(tokens.reported(), 0);
/// let inner = tower::service_fn(async |_: Request<PeekedBody<String>>| {
///     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
/// });
/// let service: CsrfTokenService<_> = tokens.layer(inner);
/// ```
#[derive(Clone, Debug)]
pub struct CsrfTokenService<S> {
    settings: Arc<TokenSettings>,
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
        RequestContext::begin(&mut parts.extensions).enter(LayerMark::CsrfTokens);
        let tag = parts.extensions.get().cloned();
        parts.extensions.insert(TokenIssuer { settings: Arc::clone(&self.settings), tag });
        match self.settings.decide_by_head(&parts) {
            Ok(HeadDecision::Pass) => {
                let request = Request::from_parts(parts, PeekedBody::untouched(body));
                CsrfTokenFuture::calling(self.inner.call(request))
            }
            Ok(HeadDecision::ScanBody(scan)) => {
                // The service that is ready is used; its clone takes its place.
                let clone = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, clone);
                CsrfTokenFuture::scanning(Arc::clone(&self.settings), scan, parts, body, ready)
            }
            Err(rejection) => CsrfTokenFuture::rejected(rejection),
        }
    }
}

/// The error for a text that cannot be the name of the token's field.
///
/// ```
/// use palisade::CsrfTokens;
/// use palisade::csrf::CsrfFieldError;
/// use palisade::keyring::Keyring;
///
/// let tokens = CsrfTokens::new(&Keyring::random());
/// let error: CsrfFieldError = tokens.field("csrf token").unwrap_err();
/// assert!(error.to_string().ends_with("such as `csrf_token`"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be the name of the token's field: write letters, digits, `-`, `_` and `.`, such as `csrf_token`"
)]
pub struct CsrfFieldError(String);

crate::core::error_text::debug_is_text!(CsrfFieldError);
