//! The response timeout: a response that is not ready in time becomes a 503.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use palisade::Rejection;
//! use palisade::deadline::{Deadline, DeadlinePassed};
//! use tower::ServiceExt;
//!
//! # async fn home() {}
//! # async fn report() { std::future::pending().await }
//! # async fn events() {}
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = Router::new()
//!     .route("/", get(home)) // 30 s
//!     .route("/report", get(report).layer(Deadline::new(Duration::from_millis(5))))
//!     .route("/events", get(events).layer(Deadline::never()))
//!     .layer(Deadline::default());
//!
//! let response = app.oneshot(Request::get("/report").body(Body::empty())?).await?;
//! assert_eq!(response.status(), 503);
//! let rejection = response.extensions().get::<Rejection>();
//! assert!(rejection.is_some_and(|rejection| *rejection == DeadlinePassed));
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. The innermost `Deadline` of a route applies. Its time starts when the request reaches it.
//! 2. A response whose head is ready in time passes. Its body may take longer.
//! 3. Otherwise the handler is dropped at its current `.await`, and the request is rejected with
//!    [`DeadlinePassed`] (503).
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`Deadline::default`] | 30 s | visitors wait no longer; proxies give up after 60 s |
//!
//! # What it does not do
//!
//! - It does not stop work that was spawned, or code that blocks without an `.await`.
//! - Beside another layer on one route it needs a tuple, `post(handler).layer((Deadline::new(time), limit))`;
//!   after two calls of `layer`, the compiler asks for a type.
//! - It does not add headers: put it inside [`Palisade`](crate::Palisade), which adds them to
//!   rejections.
//! - It does not work outside a tokio runtime, since it needs tokio's timer.
//!
//! # With the server's own timeout
//!
//! [`serve`](crate::serve()) has a [`response_timeout`](crate::serve::Serve::response_timeout) of
//! 30 s for applications without this layer. It does not apply to a request that has reached a
//! `Deadline`, however long that is. The server's timeout does not run while a handler waits for the
//! client to send its body. A `Deadline` does count that time: on a route with long uploads, it
//! must be longer than the timeout of the body.
//!
//! # See also
//!
//! [`body_limit`](crate::body_limit) for the time of the request's body. `Deadline` is a layer beside
//! the setting of the server, so that its 503 gets headers and an error page.
//!
//! # References
//!
//! RFC 9110 §15.6.4 (503); OWASP Denial of Service Cheat Sheet.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_layer::Layer;
use tower_service::Service;

use crate::core::rejection::{Rejection, comparable_rejection};
use crate::core::request_context::{LayerMark, RequestContext};

/// The layer that limits the time until a response is ready. The [module page](self) has an
/// example.
#[doc(alias = "timeout")]
#[doc(alias = "TimeoutLayer")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Duration>);

impl Deadline {
    /// Returns a deadline: the head of the response must be ready within this time.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use palisade::deadline::Deadline;
    /// assert_eq!(Deadline::new(Duration::from_secs(30)), Deadline::default());
    /// ```
    pub const fn new(timeout: Duration) -> Self {
        Self(Some(timeout))
    }

    /// Removes the deadline of an outer layer, for routes that wait for events.
    pub const fn never() -> Self {
        Self(None)
    }
}

/// Returns a deadline of 30 s.
impl Default for Deadline {
    fn default() -> Self {
        Self::new(Duration::from_secs(30))
    }
}

impl<S> Layer<S> for Deadline {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> DeadlineService<S> {
        DeadlineService { deadline: *self, inner }
    }
}

/// The service that [`Deadline`] makes.
///
/// ```
/// use palisade::deadline::{Deadline, DeadlineService};
/// use tower::Layer;
///
/// let service: DeadlineService<&str> = Deadline::default().layer("any service");
/// assert!(format!("{service:?}").contains("any service"));
/// ```
#[derive(Clone, Debug)]
pub struct DeadlineService<S> {
    deadline: Deadline,
    inner: S,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for DeadlineService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        RequestContext::begin(request.extensions_mut()).enter(LayerMark::Deadline);
        let time = self.deadline.0.and_then(|timeout| Instant::now().checked_add(timeout));
        let enforced = match request.extensions().get::<DueTime>() {
            Some(outermost) => {
                outermost.set(time);
                None
            }
            None => {
                let enforced = DueTime::new(time);
                request.extensions_mut().insert(enforced.clone());
                Some(enforced)
            }
        };
        DeadlineFuture { inner: Some(self.inner.call(request)), enforced, timer: None }
    }
}

pin_project! {
    /// The response future of a [`DeadlineService`].
    pub struct DeadlineFuture<F> {
        #[pin]
        inner: Option<F>,
        // `None` inside another deadline, which enforces the time.
        enforced: Option<DueTime>,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl<F, B, E> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inner = this.inner.as_mut().as_pin_mut().expect("not polled after it was ready");
        if let Poll::Ready(response) = inner.poll(cx) {
            return Poll::Ready(response);
        }
        // Read after the inner poll, in which a layer further in may have changed it.
        let Some(time) = this.enforced.as_ref().and_then(DueTime::get) else { return Poll::Pending };
        match this.timer.as_mut().as_pin_mut() {
            Some(timer) if timer.deadline() == time => {}
            Some(timer) => timer.reset(time),
            None => this.timer.set(Some(sleep_until(time))),
        }
        if let Some(timer) = this.timer.as_pin_mut() {
            ready!(timer.poll(cx));
        }
        this.inner.set(None);
        Poll::Ready(Ok(Rejection::from(DeadlinePassed).into_response()))
    }
}

/// The time at which the response is due: enforced by the outermost deadline, set by those
/// further in.
#[derive(Clone, Debug)]
struct DueTime(Arc<Mutex<Option<Instant>>>);

impl DueTime {
    fn new(time: Option<Instant>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, time: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

/// The reason for rejecting a request at its deadline: 503.
///
/// ```
/// use palisade::Rejection;
/// use palisade::deadline::DeadlinePassed;
///
/// assert_eq!(Rejection::from(DeadlinePassed).code(), "deadline_passed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlinePassed;

comparable_rejection!(DeadlinePassed);

impl From<DeadlinePassed> for Rejection {
    fn from(_: DeadlinePassed) -> Self {
        let message = "The answer took too long. Please try again in a moment.";
        Self::new(http::StatusCode::SERVICE_UNAVAILABLE, "deadline_passed", message)
    }
}
