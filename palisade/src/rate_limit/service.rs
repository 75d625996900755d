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
use super::layer_settings::{CountedRequest, LayerSettings, RequestKey};
use super::status::{RateLimitStatus, RateLimitStatuses};
use crate::core::rejection::Rejection;
use crate::core::request_context::{LayerMark, RequestContext};

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
    /// The inner service is a whole axum `Router`, which has not matched a route yet.
    around_router: bool,
    inner: S,
}

impl<S> RateLimitService<S> {
    pub(super) fn new(settings: Arc<LayerSettings>, inner: S) -> Self {
        // Layers between this one and the router are part of the name too. The language does not
        // guarantee the name, so the settings also ask whether the route is known.
        let around_router = std::any::type_name::<S>().contains("axum::routing::Router");
        Self { settings, around_router, inner }
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
        let context = RequestContext::begin(&mut parts.extensions);
        context.enter(LayerMark::RateLimit);
        let terms = match settings.terms(&parts, self.around_router) {
            Ok(Some(terms)) => terms,
            Ok(None) => {
                let future = self.inner.call(Request::from_parts(parts, body));
                return RateLimitFuture { stage: Stage::Calling { future }, response_phase: None };
            }
            Err(rejection) => return RateLimitFuture::rejected(rejection),
        };
        let counted = match settings.key(&mut parts) {
            Ok(RequestKey::Known(key)) => settings.counted(terms, key),
            Ok(RequestKey::Loading(key)) => {
                let decision = Box::pin(async move {
                    match key.await.and_then(|key| settings.counted(terms, key)) {
                        Ok(counted) => decide(settings, context, counted).await,
                        Err(rejection) => (None, Err(rejection)),
                    }
                });
                return self.wait(decision, Request::from_parts(parts, body));
            }
            Err(rejection) => Err(rejection),
        };
        let counted = match counted {
            Ok(counted) => counted,
            Err(rejection) => return RateLimitFuture::rejected(rejection),
        };
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
        self.wait(Box::pin(decide(settings, context, counted)), Request::from_parts(parts, body))
    }
}

impl<S: Clone> RateLimitService<S> {
    /// Lets the request wait for the decision.
    fn wait<A, B>(
        &mut self,
        decision: BoxFuture<WaitedDecision>,
        request: Request<A>,
    ) -> RateLimitFuture<S, A, B>
    where
        S: Service<Request<A>>,
    {
        // The service that is ready is used; its clone replaces it.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let waiting = Some(Box::new((ready, request)));
        RateLimitFuture { stage: Stage::Deciding { decision, waiting }, response_phase: None }
    }
}

/// A decision that was waited for. A request whose key could not be loaded has no response phase.
type WaitedDecision = (Option<ResponsePhase>, Result<(), Rejection>);

/// Waits for the server's decision.
async fn decide(
    settings: Arc<LayerSettings>,
    context: RequestContext,
    counted: CountedRequest,
) -> WaitedDecision {
    let decision = settings.decide(&counted, ServerWait::Wait).await;
    let decision = decision.expect("waiting for the server always gives a decision");
    let (phase, result) = ResponsePhase::new(settings, context, counted, decision);
    (Some(phase), result)
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
        let counts = !self.request.is_answered_preflight(&parts)
            && settings.count_if.as_ref().is_none_or(|count| count(&parts));
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
            decision: BoxFuture<WaitedDecision>,
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

impl<S: Service<Request<A>>, A, B: Default> RateLimitFuture<S, A, B> {
    fn rejected(rejection: Rejection) -> Self {
        Self { stage: Stage::rejected(rejection), response_phase: None }
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
                            if let Some(phase) = &phase {
                                phase.add_status(request.extensions_mut());
                            }
                            Stage::Calling { future: inner.call(request) }
                        }
                        Err(rejection) => Stage::rejected(rejection),
                    };
                    *this.response_phase = phase;
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
