//! Limits on a request's body: its size, and the time in which it must arrive.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::body::{Body, Bytes};
//! use axum::{Router, http::Request, routing::post};
//! use palisade::body_limit::BodyLimit;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limit = BodyLimit::bytes(16).timeout(Duration::from_secs(300));
//! let app = Router::new().route("/upload", post(async |_: Bytes| ()).layer(limit));
//!
//! let request = Request::post("/upload").body(Body::from("a body of more than 16 bytes"))?;
//! let response = app.oneshot(request).await?;
//! assert_eq!(response.status(), 413);
//! # Ok(())
//! # }
//! ```
//!
//! The limit holds for every reader, under every server: this library's
//! [`serve`](crate::serve()) limits the body of each request, and under another server the
//! outermost `BodyLimit` does.
//!
//! # What happens, in order
//!
//! 1. The innermost `BodyLimit` of a route applies; without one, the limit of
//!    [`Serve`](crate::serve::Serve::body_limit).
//! 2. A body that the application does not read passes: it is never buffered.
//! 3. A body whose `Content-Length` exceeds the limit fails at the first read, before a byte is
//!    taken.
//! 4. A body without a `Content-Length` fails at the first byte over the limit. So does a form
//!    whose beginning a [`CsrfTokens`](crate::CsrfTokens) layer outside of this one has read.
//! 5. Every body fails when the timeout has passed. The time starts when a read waits for the
//!    client for the first time.
//!
//! The reader of the body sees such a failure as an error. An axum extractor turns that error into
//! a response, which this layer completes:
//!
//! | failure | axum's extractor answers | this layer |
//! |---|---|---|
//! | too large (`http_body_util::LengthLimitError`) | 413 | adds [`BodyRejection::TooLarge`] |
//! | too slow (`io::ErrorKind::TimedOut`) | 400 | makes it a 408 with [`BodyRejection::TooSlow`] |
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`bytes`](BodyLimit::bytes) | 1 MiB | more than any form without a file |
//! | [`timeout`](BodyLimit::timeout) | 30 s | 1 MiB over a slow mobile connection |
//!
//! # What it does not do
//!
//! - It rejects nothing by itself, since a layer further in may raise the limit.
//! - It does not limit a body that a layer further in creates, for example by decompression.
//!
//! # See also
//!
//! [`deadline`](crate::deadline) for the time of the response; [`serve`](crate::serve()) for the
//! limits of heads and connections.
//!
//! # References
//!
//! RFC 9110 §15.5.14 (413) and §15.5.9 (408); OWASP Denial of Service Cheat Sheet.

mod limited_body;

use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};
use http_body_util::{Empty, Full};
use hyper::body::Incoming;
use tower_layer::Layer;
use tower_service::Service;

pub use self::limited_body::LimitedBody;
use crate::core::body_policy::BodyPolicy;
pub use crate::core::body_rejection::BodyRejection;
use crate::core::guard::{Guard, GuardService};
use crate::core::rejection::Rejection;
use crate::core::request_context::{LayerMark, RequestContext};

/// The layer that limits a request's body. The [module page](self) has an example.
///
/// Its default is 1 MiB in 30 s.
#[doc(alias = "RequestBodyLimitLayer")]
#[doc(alias = "DefaultBodyLimit")]
#[doc(alias = "MAX_CONTENT_LENGTH")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit {
    bytes: u64,
    timeout: Duration,
}

impl BodyLimit {
    /// Returns a limit of so many bytes, in 30 s.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use palisade::body_limit::BodyLimit;
    /// let limit = BodyLimit::bytes(1 << 20).timeout(Duration::from_secs(30));
    /// assert_eq!(limit, BodyLimit::default());
    /// ```
    pub const fn bytes(bytes: u64) -> Self {
        Self { bytes, timeout: Duration::from_secs(30) }
    }

    /// Sets the time in which the whole body must arrive. It starts with the first read that
    /// waits.
    #[must_use]
    pub const fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the limit of this request, and returns the policy that holds it.
    pub(crate) fn apply<B>(self, request: &mut Request<B>) -> Arc<BodyPolicy> {
        #[cfg(feature = "axum")]
        crate::core::axum_compat::limit_body(request, self.bytes);
        BodyPolicy::set(request.extensions_mut(), self.bytes, self.timeout)
    }
}

/// Returns a limit of 1 MiB in 30 s.
impl Default for BodyLimit {
    fn default() -> Self {
        Self::bytes(1 << 20)
    }
}

impl Guard for BodyLimit {
    type State = Arc<BodyPolicy>;

    fn begin<B>(&self, request: &mut Request<B>) -> Arc<BodyPolicy> {
        RequestContext::begin(request.extensions_mut()).enter(LayerMark::BodyLimit);
        self.apply(request)
    }

    fn check<B>(&self, _: &Request<B>, _: &Arc<BodyPolicy>) -> Result<(), Rejection> {
        Ok(())
    }

    fn finish<B>(&self, policy: &Arc<BodyPolicy>, response: &mut Response<B>) {
        if response.status() == StatusCode::PAYLOAD_TOO_LARGE && policy.is_exceeded() {
            response.extensions_mut().insert(Rejection::from(BodyRejection::TooLarge));
        }
        if response.status() == StatusCode::BAD_REQUEST && policy.is_late() {
            let rejection = Rejection::from(BodyRejection::TooSlow);
            *response.status_mut() = rejection.status();
            response.extensions_mut().insert(rejection);
        }
    }
}

impl<S> Layer<S> for BodyLimit {
    type Service = BodyLimitService<S>;

    fn layer(&self, inner: S) -> BodyLimitService<S> {
        BodyLimitService { limit: *self, inner: GuardService::new(*self, inner) }
    }
}

/// The service that [`BodyLimit`] makes. Its inner service receives a [`LimitableBody::Limited`].
///
/// ```
/// use palisade::body_limit::{BodyLimit, BodyLimitService};
/// use tower::Layer;
///
/// let service: BodyLimitService<&str> = BodyLimit::default().layer("any service");
/// assert!(format!("{service:?}").contains("any service"));
/// ```
#[derive(Clone, Debug)]
pub struct BodyLimitService<S> {
    limit: BodyLimit,
    inner: GuardService<BodyLimit, S>,
}

impl<S, B, ResBody> Service<Request<B>> for BodyLimitService<S>
where
    S: Service<Request<B::Limited>, Response = Response<ResBody>>,
    B: LimitableBody,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = <GuardService<BodyLimit, S> as Service<Request<B::Limited>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.inner.call(B::limit(request, self.limit))
    }
}

/// A request's body that [`BodyLimit`] can limit.
///
/// axum's `Body` stays one, so that the layer fits on a router, a group and a route. Other bodies
/// become a [`LimitedBody`]. For a body of your own, write:
///
/// ```
/// # use std::pin::Pin;
/// # use std::task::{Context, Poll};
/// # use bytes::Bytes;
/// # use http_body::{Body, Frame};
/// use http::Request;
/// use http_body_util::BodyExt;
/// use palisade::body_limit::{BodyLimit, LimitableBody, LimitedBody};
///
/// struct OwnBody(/* … */);
/// # impl Body for OwnBody {
/// #     type Data = Bytes;
/// #     type Error = std::io::Error;
/// #     fn poll_frame(
/// #         self: Pin<&mut Self>,
/// #         _: &mut Context<'_>,
/// #     ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
/// #         Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"endless")))))
/// #     }
/// # }
///
/// impl LimitableBody for OwnBody {
///     type Limited = LimitedBody<Self>;
///
///     fn limit(request: Request<Self>, limit: BodyLimit) -> Request<LimitedBody<Self>> {
///         LimitedBody::limit(request, limit)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let request = OwnBody::limit(Request::new(OwnBody()), BodyLimit::bytes(100));
/// assert!(request.into_body().collect().await.is_err(), "it has more than 100 bytes");
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`BodyLimit` cannot limit the body `{Self}`",
    note = "write `impl LimitableBody for …` with `LimitedBody::limit`: the page of the trait has an example"
)]
pub trait LimitableBody: Body + Sized {
    /// The body that the inner service receives.
    type Limited;

    /// Limits the body of this request, unless a layer or server further out does.
    fn limit(request: Request<Self>, limit: BodyLimit) -> Request<Self::Limited>;
}

macro_rules! limitable_bodies {
    ($([$($generics:tt)*] $body:ty),+ $(,)?) => {$(
        impl<$($generics)*> LimitableBody for $body {
            type Limited = LimitedBody<Self>;

            fn limit(request: Request<Self>, limit: BodyLimit) -> Request<LimitedBody<Self>> {
                LimitedBody::limit(request, limit)
            }
        }
    )+};
}

limitable_bodies! {
    [] Incoming,
    [] String,
    [] Full<Bytes>,
    [] Empty<Bytes>,
    [E: Into<Box<dyn Error + Send + Sync>>] BoxBody<Bytes, E>,
    [E: Into<Box<dyn Error + Send + Sync>>] UnsyncBoxBody<Bytes, E>,
}

/// A limited body stays as it is: the layers further in change its policy.
impl<B> LimitableBody for LimitedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Limited = Self;

    fn limit(request: Request<Self>, _: BodyLimit) -> Request<Self> {
        request
    }
}
