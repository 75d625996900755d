//! The answer must be ready in time.
//!
//! ```
//! # use std::time::Duration;
//! # use axum::{Router, routing::get};
//! # use palisade::deadline::Deadline;
//! # async fn home() {}
//! # async fn report() {}
//! # async fn events() {}
//! let app: Router = Router::new()
//!     .route("/", get(home))
//!     .route("/report", get(report).layer(Deadline::new(Duration::from_secs(120)))) // the innermost counts
//!     .route("/events", get(events).layer(Deadline::never()))
//!     .layer(Deadline::default());
//! # assert_eq!(Deadline::default(), Deadline::new(Duration::from_secs(30)));
//! ```
//!
//! What passes, in this order:
//! 1. the innermost `Deadline` of a route counts, from the moment the request reaches it;
//! 2. an answer whose head is ready before that passes, and its body may take as long as it likes;
//! 3. else the work is dropped where it waits, and [`Rejection::DeadlinePassed`] (503) is the answer.
//!
//! | default | is | because |
//! |---|---|---|
//! | [`Deadline::default`] | 30 s | nobody waits longer for a page; proxies give up at 60 s |
//!
//! It does not stop work that has been spawned or that never waits. It goes inside of
//! [`Palisade`](crate::Palisade), so that its refusal has headers. It needs tokio's timer, which guards do not.
//!
//! References: RFC 9110 §15.6.4 (503); OWASP Denial of Service Cheat Sheet.

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

/// The answer must be ready in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Duration>);

impl Deadline {
    /// The head of the answer is ready within this time.
    pub const fn new(within: Duration) -> Self {
        Self(Some(within))
    }

    /// For routes inside of another deadline that answer when they have something to say.
    pub const fn never() -> Self {
        Self(None)
    }
}

/// 30 s.
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

/// A service whose answers are ready in time.
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
        let due = self.deadline.0.and_then(|within| Instant::now().checked_add(within));
        let watched = match request.extensions().get::<Due>() {
            Some(outermost) => {
                outermost.set(due);
                None
            }
            None => {
                let watched = Due::at(due);
                request.extensions_mut().insert(watched.clone());
                Some(watched)
            }
        };
        DeadlineFuture { inner: Some(self.inner.call(request)), watched, clock: None }
    }
}

pin_project! {
    /// The answer of a service [`DeadlineService`].
    pub struct DeadlineFuture<F> {
        #[pin]
        inner: Option<F>,
        watched: Option<Due>,
        #[pin]
        clock: Option<Sleep>,
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
        if let Poll::Ready(answer) = inner.poll(cx) {
            return Poll::Ready(answer);
        }
        // Read after the inner poll, in which a layer further in may have moved it.
        let Some(due) = this.watched.as_ref().and_then(Due::get) else { return Poll::Pending };
        match this.clock.as_mut().as_pin_mut() {
            Some(clock) if clock.deadline() == due => {}
            Some(clock) => clock.reset(due),
            None => this.clock.set(Some(sleep_until(due))),
        }
        if let Some(clock) = this.clock.as_pin_mut() {
            ready!(clock.poll(cx));
        }
        this.inner.set(None);
        Poll::Ready(Ok(Rejection::from(DeadlinePassed).into_response()))
    }
}

/// When the answer is due: watched by the outermost deadline, moved by those further in.
#[derive(Clone, Debug)]
struct Due(Arc<Mutex<Option<Instant>>>);

impl Due {
    fn at(due: Option<Instant>) -> Self {
        Self(Arc::new(Mutex::new(due)))
    }

    fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, due: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }
}

/// The reason why a request is rejected at its deadline: 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlinePassed;

comparable_rejection!(DeadlinePassed);

impl From<DeadlinePassed> for Rejection {
    fn from(_: DeadlinePassed) -> Self {
        let message = "The answer took too long. Please try again in a moment.";
        Self::new(http::StatusCode::SERVICE_UNAVAILABLE, "deadline_passed", message)
    }
}
