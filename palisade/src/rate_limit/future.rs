//! The service of a [`RateLimitLayer`]: decides, asks the application, gives back what is not to be counted.
//!
//! Where the store answers at once, everything happens in place and nothing is boxed; a server is waited for in a box.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::gate::{Gate, Question, RateLimitLayer};
use super::rules::{Place, Policy, RateLimitStatus, RateLimitStatuses, Ruling, Waits};
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A service behind a [`RateLimitLayer`].
#[derive(Clone, Debug)]
pub struct RateLimitService<S> {
    gate: RateLimitLayer,
    inner: S,
}

impl<S> RateLimitService<S> {
    pub(super) fn new(gate: RateLimitLayer, inner: S) -> Self {
        Self { gate, inner }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RateLimitService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RateLimitFuture<S, ReqBody, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let gate = Arc::clone(&self.gate.0);
        let (mut parts, body) = request.into_parts();
        let question = match gate.question(&mut parts) {
            Ok(Some(question)) => question,
            Ok(None) => {
                let future = self.inner.call(Request::from_parts(parts, body));
                return RateLimitFuture { stage: Stage::Awaited { future }, after: None };
            }
            Err(refusal) => return RateLimitFuture { stage: Stage::refused(refusal), after: None },
        };
        let exchange = RequestContext::begin(&mut parts.extensions);
        if let Some(decision) = at_once(gate.decide(&question, Waits::No)) {
            let (after, verdict) = After::decided(gate, exchange, question, decision);
            let stage = match verdict {
                Ok(()) => {
                    after.tell(&mut parts.extensions);
                    Stage::Awaited { future: self.inner.call(Request::from_parts(parts, body)) }
                }
                Err(refusal) => Stage::refused(refusal),
            };
            return RateLimitFuture { stage, after: Some(after) };
        }
        let decision = Box::pin(async move {
            let decision = gate.decide(&question, Waits::Yes).await;
            After::decided(gate, exchange, question, decision.expect("who waits gets a decision"))
        });
        // The one that was ready is taken; a clone takes its place.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let waiting = Some(Box::new((ready, Request::from_parts(parts, body))));
        RateLimitFuture { stage: Stage::Asking { decision, waiting }, after: None }
    }
}

/// What a future has to say without waiting.
fn at_once<T>(future: impl Future<Output = Option<T>>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => None,
    }
}

impl Gate {
    async fn decide(&self, question: &Question, waits: Waits) -> Option<Ruling> {
        let rules = &*self.limit.0;
        let Question { key, caller, cost, .. } = question;
        rules.decide(key, caller, question.quotas(rules), *cost, waits).await
    }
}

/// What is left to do when the answer is there.
struct After {
    gate: Arc<Gate>,
    exchange: RequestContext,
    question: Question,
    counted: Option<RateLimitStatus>,
    policy: Policy,
    place: Place,
}

impl After {
    fn decided(
        gate: Arc<Gate>,
        exchange: RequestContext,
        question: Question,
        decision: Ruling,
    ) -> (Self, Result<(), Rejection>) {
        let Ruling { verdict, counted, policy, place } = decision;
        (Self { gate, exchange, question, counted, policy, place }, verdict.map_err(Rejection::from))
    }

    /// Tells the handler where its caller stands.
    fn tell(&self, extensions: &mut Extensions) {
        if let Some(counted) = &self.counted {
            extensions.get_or_insert_default::<RateLimitStatuses>().0.push(counted.clone());
        }
    }

    /// Completes the response. What must be given back is given back at once, or comes back as a future.
    fn finish<B>(self, response: Response<B>) -> (Response<B>, Option<Boxed<Option<()>>>) {
        let (mut parts, body) = response.into_parts();
        let default_limit = self.gate.default_limit && self.exchange.is_counted();
        let deducts = self.gate.count_if.as_ref().is_none_or(|deduct| deduct(&parts));
        let rules = &self.gate.limit.0;
        // One that only reports, or could not count, protects nothing: a default must not rely on it.
        if !self.gate.in_addition && !rules.report_only && self.counted.is_some() {
            self.exchange.mark_counted();
        }
        if !default_limit && let Some(counted) = &self.counted {
            let mut counted = counted.clone();
            if !deducts && self.place != Place::Nowhere {
                counted.standing.remaining = counted.standing.remaining.saturating_add(self.question.cost);
            }
            let (own, fields) = (self.question.quotas(rules), &self.gate.fields);
            fields.write(
                rules.quotas_of(self.policy, own),
                &counted,
                &rules.clock,
                &mut parts.headers,
                &mut parts.extensions,
            );
        }
        let response = Response::from_parts(parts, body);
        if (deducts && !default_limit)
            || self.place == Place::Nowhere
            || at_once(self.refund(Waits::No)).is_some()
        {
            return (response, None);
        }
        (response, Some(Box::pin(async move { self.refund(Waits::Yes).await })))
    }

    async fn refund(&self, waits: Waits) -> Option<()> {
        let rules = &*self.gate.limit.0;
        let Question { caller, cost, .. } = &self.question;
        rules.refund(caller, self.question.quotas(rules), *cost, self.place, waits).await
    }
}

pin_project! {
    /// The answer of a service [`RateLimitService`].
    pub struct RateLimitFuture<S, A, B>
    where
        S: Service<Request<A>>,
    {
        #[pin]
        stage: Stage<S, S::Future, A, B>,
        after: Option<After>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<S, F, A, B> {
        /// A server is asked; the request waits.
        Asking { decision: Boxed<(After, Result<(), Rejection>)>, waiting: Option<Box<(S, Request<A>)>> },
        /// The application is at work.
        Awaited { #[pin] future: F },
        /// The answer is a refusal.
        Refused { response: Option<Response<B>> },
        /// A server is told to forget this one; the answer waits.
        Refunding { refund: Boxed<Option<()>>, response: Option<Response<B>> },
    }
}

impl<S, F, A, B: Default> Stage<S, F, A, B> {
    fn refused(refusal: Rejection) -> Self {
        Self::Refused { response: Some(refusal.into_response()) }
    }
}

impl<S, A, B> Future for RateLimitFuture<S, A, B>
where
    S: Service<Request<A>, Response = Response<B>>,
    B: Default,
{
    type Output = Result<Response<B>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let response = match this.stage.as_mut().project() {
                StageProjection::Asking { decision, waiting } => {
                    let (after, verdict) = ready!(decision.as_mut().poll(cx));
                    let (mut inner, mut request) = *waiting.take().expect(ONCE);
                    let next = match verdict {
                        Ok(()) => {
                            after.tell(request.extensions_mut());
                            Stage::Awaited { future: inner.call(request) }
                        }
                        Err(refusal) => Stage::refused(refusal),
                    };
                    *this.after = Some(after);
                    this.stage.set(next);
                    continue;
                }
                StageProjection::Awaited { future } => ready!(future.poll(cx))?,
                StageProjection::Refused { response } => response.take().expect(ONCE),
                StageProjection::Refunding { refund, response } => {
                    ready!(refund.as_mut().poll(cx));
                    return Poll::Ready(Ok(response.take().expect(ONCE)));
                }
            };
            let Some(after) = this.after.take() else { return Poll::Ready(Ok(response)) };
            match after.finish(response) {
                (response, None) => return Poll::Ready(Ok(response)),
                (response, Some(refund)) => {
                    this.stage.set(Stage::Refunding { refund, response: Some(response) });
                }
            }
        }
    }
}

const ONCE: &str = "not polled after it was ready";

impl<S: Service<Request<A>>, A, B> fmt::Debug for RateLimitFuture<S, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateGateFuture")
    }
}
