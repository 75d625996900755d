//! A limit as a layer. Where the store answers at once, nothing is boxed.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{Answer, Key, Quotas, RateLimit, Refusal, Rules, Standing, StoreError, Verdict};

type KeyOf = dyn Fn(&Parts) -> Option<Key> + Send + Sync;
type Later<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// A limit on a route or a group, with what tells its callers apart.
#[derive(Clone)]
pub struct LimitLayer {
    limit: RateLimit,
    key: Arc<KeyOf>,
}

impl LimitLayer {
    pub(super) fn new(limit: RateLimit, key: impl Fn(&Parts) -> Option<Key> + Send + Sync + 'static) -> Self {
        Self { limit, key: Arc::new(key) }
    }
}

impl fmt::Debug for LimitLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.limit, f)
    }
}

impl<S> Layer<S> for LimitLayer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { layer: self.clone(), inner }
    }
}

/// A service behind a limit.
#[derive(Clone, Debug)]
pub struct Limited<S> {
    layer: LimitLayer,
    inner: S,
}

/// What is known of a request that is counted.
struct Counted {
    rules: Arc<Rules>,
    caller: Box<[u8]>,
    quotas: Quotas,
    cost: u32,
}

impl Counted {
    /// Asks the store; at once where it can.
    fn decide(self: &Arc<Self>) -> Decision {
        let ask = self.rules.ask(&self.caller, &self.quotas, self.cost);
        if let Answer::Now(verdict) = self.rules.store.decide(ask) {
            return Decision::Now(verdict);
        }
        // A future that nobody polled has asked nothing: the one that is polled owns what it needs.
        let counted = Arc::clone(self);
        Decision::Later(Box::pin(async move {
            let ask = counted.rules.ask(&counted.caller, &counted.quotas, counted.cost);
            counted.rules.store.decide(ask).wait().await
        }))
    }

    /// Gives the charge back; `None` where that is done already.
    fn refund(self: &Arc<Self>) -> Option<Later<()>> {
        if let Answer::Now(_) = self.rules.store.refund(self.rules.ask(&self.caller, &self.quotas, self.cost))
        {
            return None;
        }
        let counted = Arc::clone(self);
        Some(Box::pin(async move {
            let ask = counted.rules.ask(&counted.caller, &counted.quotas, counted.cost);
            counted.rules.store.refund(ask).wait().await
        }))
    }

    fn judge(&self, verdict: Result<Verdict, StoreError>) -> Result<Option<Standing>, Refusal> {
        self.rules.judge(&self.caller, verdict)
    }

    /// Writes where the caller stands.
    fn describe<B>(&self, response: &mut Response<B>, standing: Standing) {
        let now = Duration::from_micros(self.rules.clock.now());
        self.rules.fields.write(response.headers_mut(), &self.rules.name, &self.quotas, standing, now);
    }
}

enum Decision {
    Now(Result<Verdict, StoreError>),
    Later(Later<Verdict>),
}

/// What to do with a request before anybody is asked.
enum Admission {
    Uncounted,
    Counted(Arc<Counted>),
    Refused(Refusal),
}

impl LimitLayer {
    fn admit(&self, parts: &Parts) -> Admission {
        let rules = &self.limit.0;
        let limited = rules.methods.as_ref().is_none_or(|methods| methods.contains(&parts.method));
        if !limited || (rules.exempt)(parts) {
            return Admission::Uncounted;
        }
        let key = (self.key)(parts).filter(|key| !key.as_bytes().is_empty());
        let key = match key {
            Some(key) => key,
            None if rules.unkeyed_together => Key::from(""),
            None => return Admission::Refused(Refusal::CallerUnknown),
        };
        Admission::Counted(Arc::new(Counted {
            caller: rules.counted(key.as_bytes(), &parts.method).into(),
            quotas: (rules.quotas_by)(parts).unwrap_or_else(|| rules.quotas.clone()),
            cost: (rules.cost)(parts),
            rules: Arc::clone(rules),
        }))
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Limited<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = LimitFuture<S, ReqBody, S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let admission = self.layer.admit(&parts);
        let request = Request::from_parts(parts, body);
        let counted = match admission {
            Admission::Uncounted => {
                return LimitFuture {
                    counted: None,
                    standing: None,
                    step: Step::Answering { future: self.inner.call(request) },
                };
            }
            Admission::Refused(refusal) => {
                return LimitFuture { counted: None, standing: None, step: Step::refused(refusal) };
            }
            Admission::Counted(counted) => counted,
        };
        let mut standing = None;
        let step = match counted.decide() {
            Decision::Now(verdict) => match counted.judge(verdict) {
                Ok(stands) => {
                    standing = stands;
                    Step::Answering { future: self.inner.call(request) }
                }
                Err(refusal) => Step::refused(refusal),
            },
            Decision::Later(verdict) => {
                // The one that was asked whether it is ready goes along; a fresh clone stays.
                let fresh = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, fresh);
                Step::Deciding { verdict, asked: Some((ready, request)) }
            }
        };
        LimitFuture { counted: Some(counted), standing, step }
    }
}

pin_project! {
    /// The answer of a service behind a limit.
    pub struct LimitFuture<S, Q, F, B> {
        counted: Option<Arc<Counted>>,
        standing: Option<Standing>,
        #[pin]
        step: Step<S, Q, F, B>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<S, Q, F, B> {
        Deciding { verdict: Later<Verdict>, asked: Option<(S, Request<Q>)> },
        Answering { #[pin] future: F },
        Refunding { done: Later<()>, response: Option<Response<B>> },
        Known { response: Option<Response<B>> },
    }
}

impl<S, Q, F, B: Default> Step<S, Q, F, B> {
    fn refused(refusal: Refusal) -> Self {
        Self::Known { response: Some(refusal.into_response()) }
    }
}

impl<S, Q, F, B, E> Future for LimitFuture<S, Q, F, B>
where
    S: Service<Request<Q>, Response = Response<B>, Error = E, Future = F>,
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.step.as_mut().project() {
                StepProjection::Deciding { verdict, asked } => {
                    let verdict = ready!(verdict.as_mut().poll(cx));
                    let (mut ready, request) = asked.take().expect("taken once, when decided");
                    let counted = this.counted.as_ref().expect("what is decided is counted");
                    match counted.judge(verdict) {
                        Ok(stands) => {
                            *this.standing = stands;
                            Step::Answering { future: ready.call(request) }
                        }
                        Err(refusal) => Step::refused(refusal),
                    }
                }
                StepProjection::Answering { future } => {
                    let response = ready!(future.poll(cx))?;
                    let (parts, body) = response.into_parts();
                    let gives_back = this.counted.as_ref().filter(|counted| {
                        this.standing.is_some()
                            && counted.rules.deduct.as_ref().is_some_and(|deduct| !deduct(&parts))
                    });
                    let refund = gives_back.and_then(|counted| {
                        if let Some(standing) = this.standing {
                            standing.remaining = standing.remaining.saturating_add(counted.cost);
                        }
                        counted.refund()
                    });
                    let response = Some(Response::from_parts(parts, body));
                    match refund {
                        Some(done) => Step::Refunding { done, response },
                        None => Step::Known { response },
                    }
                }
                StepProjection::Refunding { done, response } => {
                    if let Err(error) = ready!(done.as_mut().poll(cx)) {
                        tracing::warn!(%error, "a charge was not given back");
                    }
                    Step::Known { response: response.take() }
                }
                StepProjection::Known { response } => {
                    let mut response = response.take().expect("not polled after it was ready");
                    if let (Some(counted), Some(standing)) = (&this.counted, *this.standing) {
                        counted.describe(&mut response, standing);
                    }
                    return Poll::Ready(Ok(response));
                }
            };
            this.step.set(next);
        }
    }
}
