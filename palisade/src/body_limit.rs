//! How large a request's body may be, and how long it may take to arrive.
//!
//! ```
//! # use std::time::Duration;
//! # use axum::{Router, body::Bytes, routing::post};
//! # use palisade::body_limit::BodyLimit;
//! # async fn comment(_: Bytes) {}
//! # async fn upload(_: Bytes) {}
//! let app: Router = Router::new()
//!     .route("/comment", post(comment)) // 1 MiB in 30 s, which `serve` gives to every route
//!     .route("/upload", post(upload).layer(BodyLimit::bytes(16 << 20).within(Duration::from_secs(300))));
//! # assert_eq!(BodyLimit::default(), BodyLimit::bytes(1 << 20).within(Duration::from_secs(30)));
//! ```
//!
//! What passes, in this order:
//! 1. the innermost `BodyLimit` of a route counts; where there is none, what [`Serve`](crate::Serve) says;
//! 2. a body that nobody reads passes: it is never buffered;
//! 3. a body whose `Content-Length` is over the limit fails at the first reading, before a byte of it is taken (a layer
//!    that only looks at the beginning, as `CsrfTokens` does for a form's token, looks before this rule);
//! 4. any other body fails at the first byte over the limit, or when the time is up, counted from the first reading.
//!
//! A failed reading is an error of the body: axum's extractors answer 413 to
//! [`LengthLimitError`](http_body_util::LengthLimitError), and 400 to a body that took too long. To such a 413 this layer
//! adds [`Rejection::BodyTooLarge`], and of such a 400 it makes a 408 with [`Rejection::BodyTooSlow`].
//!
//! | default | is | because |
//! |---|---|---|
//! | [`bytes`](BodyLimit::bytes) | 1 MiB | more than any form without a file |
//! | [`within`](BodyLimit::within) | 30 s | 1 MiB over a poor mobile line |
//!
//! It does not refuse by itself, since a layer further in may still raise the limit. [`serve`](crate::serve()) does not bound
//! what comes without a body: a layer that makes one up bounds it itself. Without `serve` only axum's extractors know of it, and
//! only of its size.
//!
//! References: RFC 9110 §15.5.14 (413); OWASP Denial of Service Cheat Sheet.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Full, Limited};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::core::body_policy::BodyPolicy;
pub use crate::core::body_rejection::BodyRejection;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::Rejection;

/// 68 years, for times that no clock can hold.
const A_LIFE: Duration = Duration::from_secs(1 << 31);

/// How large a request's body may be, and how long it may take to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit {
    bytes: u64,
    within: Duration,
}

impl BodyLimit {
    /// At most so many bytes, in 30 s.
    pub const fn bytes(bytes: u64) -> Self {
        Self { bytes, within: Duration::from_secs(30) }
    }

    /// How long the whole body may take to arrive, counted from its first reading.
    #[must_use]
    pub const fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Puts the limit into force for this request, and gives back where it is written.
    fn apply<B>(self, request: &mut Request<B>) -> Arc<BodyPolicy> {
        #[cfg(feature = "axum")]
        crate::core::axum_compat::limit_body(request, self.bytes);
        BodyPolicy::set(request.extensions_mut(), self.bytes, self.within)
    }
}

/// 1 MiB in 30 s.
impl Default for BodyLimit {
    fn default() -> Self {
        Self::bytes(1 << 20)
    }
}

impl Guard for BodyLimit {
    type State = Arc<BodyPolicy>;

    fn begin<B>(&self, request: &mut Request<B>) -> Arc<BodyPolicy> {
        self.apply(request)
    }

    fn check<B>(&self, _: &Request<B>, _: &Arc<BodyPolicy>) -> Result<(), Rejection> {
        Ok(())
    }

    fn finish<B>(&self, terms: &Arc<BodyPolicy>, response: &mut Response<B>) {
        if response.status() == StatusCode::PAYLOAD_TOO_LARGE && terms.is_exceeded() {
            response.extensions_mut().insert(Rejection::from(BodyRejection::TooLarge));
        }
        if response.status() == StatusCode::BAD_REQUEST && terms.is_late() {
            let rejection = Rejection::from(BodyRejection::TooSlow);
            *response.status_mut() = rejection.status();
            response.extensions_mut().insert(rejection);
        }
    }
}

guard_layers!(BodyLimit);

pin_project! {
    /// The body of a request that came through [`serve`](crate::serve()): bounded in size and in time.
    #[derive(Debug)]
    pub struct LimitedBody {
        #[pin]
        inner: Incoming,
        // Of what has no body there is nothing to bound.
        terms: Option<Arc<BodyPolicy>>,
        taken: u64,
        since: Option<Instant>,
        #[pin]
        clock: Option<Sleep>,
    }
}

impl LimitedBody {
    /// Bounds the body of this request; layers further in may move the bounds.
    pub(crate) fn bound(mut request: Request<Incoming>, limit: BodyLimit) -> Request<Self> {
        let terms = (!request.body().is_end_stream()).then(|| limit.apply(&mut request));
        request.map(|inner| Self { inner, terms, taken: 0, since: None, clock: None })
    }
}

impl Body for LimitedBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut this = self.project();
        let Some(terms) = this.terms else { return this.inner.poll_frame(cx).map_err(Into::into) };
        let limit = terms.bytes();
        let announced = if terms.is_peeked() { 0 } else { this.inner.size_hint().lower() };
        if this.taken.saturating_add(announced) > limit {
            terms.set_exceeded();
            return Poll::Ready(Some(Err(too_large())));
        }
        if let Poll::Ready(frame) = this.inner.poll_frame(cx) {
            let Some(frame) = frame else { return Poll::Ready(None) };
            let frame = frame?;
            *this.taken += frame.data_ref().map_or(0, |data| data.len() as u64);
            if *this.taken > limit {
                terms.set_exceeded();
                return Poll::Ready(Some(Err(too_large())));
            }
            return Poll::Ready(Some(Ok(frame)));
        }
        // A layer further in may have moved it since the last poll.
        let within = terms.within();
        let since = *this.since.get_or_insert_with(Instant::now);
        let due = since.checked_add(within).unwrap_or_else(|| since + A_LIFE);
        match this.clock.as_mut().as_pin_mut() {
            Some(clock) if clock.deadline() == due => {}
            Some(clock) => clock.reset(due),
            None => this.clock.set(Some(sleep_until(due))),
        }
        if let Some(clock) = this.clock.as_pin_mut() {
            ready!(clock.poll(cx));
        }
        terms.set_late();
        Poll::Ready(Some(Err(too_slow(within))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The error that axum's extractors know. Only `Limited` can make one, so it is given a byte too many.
fn too_large() -> Box<dyn Error + Send + Sync> {
    let mut body = Limited::new(Full::new(Bytes::from_static(b"!")), 0);
    match Pin::new(&mut body).poll_frame(&mut Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(Some(Err(error))) => error,
        _ => io::Error::new(io::ErrorKind::FileTooLarge, "the request's body is too large").into(),
    }
}

fn too_slow(within: Duration) -> Box<dyn Error + Send + Sync> {
    io::Error::new(io::ErrorKind::TimedOut, format!("the request's body did not arrive within {within:?}"))
        .into()
}
