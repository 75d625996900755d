//! A layer as three plain functions: begin, check, finish; and the one service that runs them.
//!
//! Every guard of this crate is such a value. What runs, in this order:
//! 1. [`Guard::begin`] attaches to the request what the application may ask for;
//! 2. [`Guard::check`] lets the request pass or refuses it; a refused one never reaches the application;
//! 3. the application answers, or panics, which becomes a 500 with a [`InternalError`] in its extensions;
//! 4. [`Guard::finish`] completes the response: the application's, the refusal's, or the 500.
//!
//! The service keeps the inner error type, boxes nothing, and asks of a response body only that an empty one can
//! be made (`Default`), which holds for every body that is made to be sent.

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
    /// What `begin` keeps for `check` and `finish`.
    type State: Send + 'static;

    /// Attaches to the request what the application may ask for.
    fn begin<B>(&self, request: &mut Request<B>) -> Self::State;

    /// Lets the request pass, or says why not.
    ///
    /// # Errors
    /// The refusal, which becomes the response.
    fn check<B>(&self, request: &Request<B>, kept: &Self::State) -> Result<(), Rejection>;

    /// Completes the response. Runs for refusals and panics too.
    fn finish<B>(&self, kept: &Self::State, response: &mut Response<B>);
}

/// Makes guards layers: coherence wants it said once per type.
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
    /// Puts `inner` behind `guard`.
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
        let kept = guard.begin(&mut request);
        let answer = match guard.check(&request, &kept) {
            Err(refusal) => Answer::Known { response: Some(refusal.into_response()) },
            Ok(()) => match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
                Ok(future) => Answer::Awaited { future },
                Err(payload) => Answer::Known { response: Some(broken(&*payload)) },
            },
        };
        GuardFuture { answer, finish: Some((guard, kept)) }
    }
}

pin_project! {
    /// The answer of a [`GuardService`] service.
    pub struct GuardFuture<G: Guard, F, B> {
        #[pin]
        answer: Answer<F, B>,
        finish: Option<(G, G::State)>,
    }
}

pin_project! {
    #[project = AnswerProjection]
    enum Answer<F, B> {
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
        let mut response = match this.answer.project() {
            AnswerProjection::Known { response } => response.take().expect("not polled after it was ready"),
            AnswerProjection::Awaited { future } => {
                match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
                    Ok(poll) => ready!(poll)?,
                    Err(payload) => broken(&*payload),
                }
            }
        };
        let (guard, kept) = this.finish.take().expect("not polled after it was ready");
        guard.finish(&kept, &mut response);
        Poll::Ready(Ok(response))
    }
}

fn broken<B: Default>(payload: &(dyn std::any::Any + Send)) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(InternalError::panicked(payload));
    response
}
