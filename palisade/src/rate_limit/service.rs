//! The service of a rate-limit layer: it decides, calls the application, and refunds.
//!
//! With a store that answers at once, nothing is boxed. Waiting for a server takes a box.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::decide::{ChargeRecord, LimitDecision, QuotaSource, ServerWait};
use super::layer_settings::{CountedRequest, LayerSettings};
use super::status::{RateLimitStatus, RateLimitStatuses};
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The service that a [`RateLimitLayer`](super::RateLimitLayer) makes.
///
/// ```
/// use http::{Request, Response};
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{RateLimit, RateLimitFuture, RateLimitService};
/// use tower::{Layer, Service, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limit = RateLimit::new("all", "1/minute", MemoryStore::new())?;
/// let hello = service_fn(async |_: Request<String>| {
///     Ok::<_, String>(Response::new("hello".to_owned()))
/// });
/// let mut service: RateLimitService<_> = limit.global().layer(hello);
/// let first: RateLimitFuture<_, _, _> = service.call(Request::default());
/// assert_eq!(first.await?.status(), 200);
/// assert_eq!(service.call(Request::default()).await?.status(), 429);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RateLimitService<S> {
    settings: Arc<LayerSettings>,
    inner: S,
}

impl<S> RateLimitService<S> {
    pub(super) fn new(settings: Arc<LayerSettings>, inner: S) -> Self {
        Self { settings, inner }
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
        let settings = Arc::clone(&self.settings);
        let (mut parts, body) = request.into_parts();
        let counted = match settings.counted_request(&mut parts) {
            Ok(Some(counted)) => counted,
            Ok(None) => {
                let future = self.inner.call(Request::from_parts(parts, body));
                return RateLimitFuture { stage: Stage::Calling { future }, response_phase: None };
            }
            Err(rejection) => {
                return RateLimitFuture { stage: Stage::rejected(rejection), response_phase: None };
            }
        };
        let context = RequestContext::begin(&mut parts.extensions);
        if let Some(decision) = ready_now(settings.decide(&counted, ServerWait::DontWait)) {
            let (phase, result) = ResponsePhase::new(settings, context, counted, decision);
            let stage = match result {
                Ok(()) => {
                    phase.add_status(&mut parts.extensions);
                    Stage::Calling { future: self.inner.call(Request::from_parts(parts, body)) }
                }
                Err(rejection) => Stage::rejected(rejection),
            };
            return RateLimitFuture { stage, response_phase: Some(phase) };
        }
        let decision = Box::pin(async move {
            let decision = settings.decide(&counted, ServerWait::Wait).await;
            let decision = decision.expect("waiting for the server always gives a decision");
            ResponsePhase::new(settings, context, counted, decision)
        });
        // The service that is ready is used; its clone replaces it.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let waiting = Some(Box::new((ready, Request::from_parts(parts, body))));
        RateLimitFuture { stage: Stage::Deciding { decision, waiting }, response_phase: None }
    }
}

/// Polls a future once, and returns its output if it is ready.
fn ready_now<T>(future: impl Future<Output = Option<T>>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => None,
    }
}

/// The work on the response: headers, and the refund.
struct ResponsePhase {
    settings: Arc<LayerSettings>,
    context: RequestContext,
    request: CountedRequest,
    status: Option<RateLimitStatus>,
    quota_source: QuotaSource,
    charge: ChargeRecord,
}

impl ResponsePhase {
    fn new(
        settings: Arc<LayerSettings>,
        context: RequestContext,
        request: CountedRequest,
        decision: LimitDecision,
    ) -> (Self, Result<(), Rejection>) {
        let LimitDecision { result, status, quota_source, charge } = decision;
        let phase = Self { settings, context, request, status, quota_source, charge };
        (phase, result.map_err(Rejection::from))
    }

    /// Adds the state of the caller for the handler.
    fn add_status(&self, extensions: &mut Extensions) {
        if let Some(status) = &self.status {
            extensions.get_or_insert_default::<RateLimitStatuses>().0.push(status.clone());
        }
    }

    /// Completes the response. Returns the refund as a future if it needs a server.
    fn finish<B>(self, response: Response<B>) -> (Response<B>, Option<BoxFuture<Option<()>>>) {
        let (mut parts, body) = response.into_parts();
        let settings = &*self.settings;
        let limit = &settings.limit.0;
        let replaced = settings.default_limit && self.context.is_counted();
        let counts = settings.count_if.as_ref().is_none_or(|count| count(&parts));
        // A limit that only reports, or that could not count, must not replace a default.
        if !settings.in_addition && !limit.report_only && self.status.is_some() {
            self.context.mark_counted();
        }
        if !replaced && let Some(status) = &self.status {
            let mut status = status.clone();
            if !counts && self.charge != ChargeRecord::NotCharged {
                status.snapshot.remaining = status.snapshot.remaining.saturating_add(self.request.cost);
            }
            settings.headers.write(
                limit.deciding_quotas(self.quota_source, self.request.quotas(limit)),
                &status,
                &limit.clock,
                &mut parts.headers,
                &mut parts.extensions,
            );
        }
        let response = Response::from_parts(parts, body);
        if (counts && !replaced)
            || self.charge == ChargeRecord::NotCharged
            || ready_now(self.refund(ServerWait::DontWait)).is_some()
        {
            return (response, None);
        }
        (response, Some(Box::pin(async move { self.refund(ServerWait::Wait).await })))
    }

    async fn refund(&self, wait: ServerWait) -> Option<()> {
        let limit = &*self.settings.limit.0;
        let CountedRequest { caller, cost, .. } = &self.request;
        limit.refund(caller, self.request.quotas(limit), *cost, self.charge, wait).await
    }
}

pin_project! {
    /// The response of a [`RateLimitService`], which has an example.
    pub struct RateLimitFuture<S, A, B>
    where
        S: Service<Request<A>>,
    {
        #[pin]
        stage: Stage<S, S::Future, A, B>,
        response_phase: Option<ResponsePhase>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<S, F, A, B> {
        /// A server decides; the request waits.
        Deciding {
            decision: BoxFuture<(ResponsePhase, Result<(), Rejection>)>,
            waiting: Option<Box<(S, Request<A>)>>,
        },
        /// The application handles the request.
        Calling { #[pin] future: F },
        /// The response is a rejection.
        Rejected { response: Option<Response<B>> },
        /// A server refunds the charge; the response waits.
        Refunding { refund: BoxFuture<Option<()>>, response: Option<Response<B>> },
    }
}

impl<S, F, A, B: Default> Stage<S, F, A, B> {
    fn rejected(rejection: Rejection) -> Self {
        Self::Rejected { response: Some(rejection.into_response()) }
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
                StageProjection::Deciding { decision, waiting } => {
                    let (phase, result) = ready!(decision.as_mut().poll(cx));
                    let (mut inner, mut request) = *waiting.take().expect(ONCE);
                    let next = match result {
                        Ok(()) => {
                            phase.add_status(request.extensions_mut());
                            Stage::Calling { future: inner.call(request) }
                        }
                        Err(rejection) => Stage::rejected(rejection),
                    };
                    *this.response_phase = Some(phase);
                    this.stage.set(next);
                    continue;
                }
                StageProjection::Calling { future } => ready!(future.poll(cx))?,
                StageProjection::Rejected { response } => response.take().expect(ONCE),
                StageProjection::Refunding { refund, response } => {
                    ready!(refund.as_mut().poll(cx));
                    return Poll::Ready(Ok(response.take().expect(ONCE)));
                }
            };
            let Some(phase) = this.response_phase.take() else { return Poll::Ready(Ok(response)) };
            match phase.finish(response) {
                (response, None) => return Poll::Ready(Ok(response)),
                (response, Some(refund)) => {
                    this.stage.set(Stage::Refunding { refund, response: Some(response) });
                }
            }
        }
    }
}

const ONCE: &str = "a future is not polled again after it was ready";

impl<S: Service<Request<A>>, A, B> fmt::Debug for RateLimitFuture<S, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitFuture").finish_non_exhaustive()
    }
}
