//! Guards: stateless layers as three plain functions (begin, check, finish), and the service that runs
//! them.
//!
//! ```
//! use http::{Request, Response};
//! use palisade::guard::{Guard, GuardService};
//! use palisade::host::Hosts;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = tower::service_fn(async |_: Request<()>| {
//!     Ok::<_, std::convert::Infallible>(Response::new(String::from("hello")))
//! });
//! let guarded = GuardService::new(Hosts::only(["example.org"])?, service); // `Hosts` is a guard
//! let response = guarded.oneshot(Request::new(())).await?;
//! assert_eq!(response.status(), 500, "no layer has resolved the client");
//! # Ok(())
//! # }
//! ```
//!
//! For each request the service runs, in this order:
//! 1. [`Guard::begin`], which attaches to the request what handlers may ask for;
//! 2. [`Guard::check`], which passes or rejects; a rejected request never reaches the application;
//! 3. the application; a panic becomes a 500 with an [`InternalError`] in its extensions;
//! 4. [`Guard::finish`], which completes every response: the application's, the rejection's, the 500.
//!
//! The service keeps the inner error type and boxes nothing. It requires only that an empty response
//! body can be made (`Default`).
//!
//! Implement `Guard` for a stateless layer of your own; [`GuardService::new`] wraps any service with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::core::internal_error::InternalError;
use crate::core::rejection::Rejection;

/// A security layer as three plain functions.
pub trait Guard: Clone + Send + Sync + 'static {
    /// The value that `begin` passes to `check` and `finish`.
    type State: Send + 'static;

    /// Attaches to the request what handlers may ask for.
    fn begin<B>(&self, request: &mut Request<B>) -> Self::State;

    /// Passes the request, or rejects it.
    ///
    /// # Errors
    /// The rejection, which becomes the response.
    fn check<B>(&self, request: &Request<B>, state: &Self::State) -> Result<(), Rejection>;

    /// Completes the response. Runs for rejections and panics too.
    fn finish<B>(&self, state: &Self::State, response: &mut Response<B>);
}

/// Implements `Layer` for guards; coherence requires one implementation per type.
macro_rules! guard_layers {
    ($($guard:ty),+ $(,)?) => {$(
        impl<S> tower_layer::Layer<S> for $guard {
            type Service = $crate::guard::GuardService<$guard, S>;

            fn layer(&self, inner: S) -> Self::Service {
                $crate::guard::GuardService::new(self.clone(), inner)
            }
        }
    )+};
}
pub(crate) use guard_layers;

/// A service behind a guard.
#[derive(Clone, Debug)]
pub struct GuardService<G, S> {
    guard: G,
    inner: S,
}

impl<G, S> GuardService<G, S> {
    /// Wraps `inner` with `guard`.
    pub fn new(guard: G, inner: S) -> Self {
        Self { guard, inner }
    }
}

impl<G, S, ReqBody, ResBody> Service<Request<ReqBody>> for GuardService<G, S>
where
    G: Guard,
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = GuardFuture<G, S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let guard = self.guard.clone();
        let state = guard.begin(&mut request);
        let outcome = match guard.check(&request, &state) {
            Err(rejection) => Outcome::Known { response: Some(rejection.into_response()) },
            Ok(()) => match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
                Ok(future) => Outcome::Awaited { future },
                Err(payload) => Outcome::Known { response: Some(internal_error(&*payload)) },
            },
        };
        GuardFuture { outcome, finish: Some((guard, state)) }
    }
}

pin_project! {
    /// The response future of a [`GuardService`].
    pub struct GuardFuture<G: Guard, F, B> {
        #[pin]
        outcome: Outcome<F, B>,
        finish: Option<(G, G::State)>,
    }
}

pin_project! {
    #[project = OutcomeProjection]
    enum Outcome<F, B> {
        Awaited { #[pin] future: F },
        Known { response: Option<Response<B>> },
    }
}

impl<G, F, B, E> Future for GuardFuture<G, F, B>
where
    G: Guard,
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match this.outcome.project() {
            OutcomeProjection::Known { response } => response.take().expect("not polled after it was ready"),
            OutcomeProjection::Awaited { future } => {
                match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
                    Ok(poll) => ready!(poll)?,
                    Err(payload) => internal_error(&*payload),
                }
            }
        };
        let (guard, state) = this.finish.take().expect("not polled after it was ready");
        guard.finish(&state, &mut response);
        Poll::Ready(Ok(response))
    }
}

fn internal_error<B: Default>(payload: &(dyn std::any::Any + Send)) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(InternalError::panicked(payload));
    response
}
