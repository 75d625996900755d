//! The settings of a rate-limit layer, and their application to a request.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;
use http::response::Parts as ResponseParts;
use http::{HeaderName, Method, header};

use super::decide::{LimitDecision, ServerWait};
use super::headers::RateLimitHeaders;
use super::key::{RateLimitKey, method_name};
use super::limit::RateLimit;
use super::metrics::MetricOutcome;
use super::settings::Settings;
use crate::core::client::Client;
use crate::core::preflight::is_preflight;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;
use crate::rate_limit::quota::Quotas;

/// The settings of a [`RateLimitLayer`](super::RateLimitLayer).
#[derive(Clone)]
pub(super) struct LayerSettings {
    pub(super) limit: RateLimit,
    pub(super) key: KeySource,
    pub(super) methods: Option<Arc<[Method]>>,
    pub(super) per_method: bool,
    /// Set if the layer needs the route: says whether this request has one.
    pub(super) needs_route: Option<fn(&Parts) -> bool>,
    pub(super) scope_by: Option<Arc<RequestFn<String>>>,
    pub(super) exempt_when: Option<Arc<RequestFn<bool>>>,
    pub(super) cost: Cost,
    pub(super) quotas_by: Option<Arc<RequestFn<Option<Quotas>>>>,
    pub(super) count_if: Option<Arc<ResponseFn>>,
    pub(super) default_limit: bool,
    pub(super) in_addition: bool,
    pub(super) headers: RateLimitHeaders,
}

type ResponseFn = dyn Fn(&ResponseParts) -> bool + Send + Sync;
type RequestFn<T> = dyn Fn(&Parts) -> T + Send + Sync;
/// The request is mutable, because axum's extractors need it so.
type KeyFn = dyn Fn(&mut Parts) -> Option<RateLimitKey> + Send + Sync;
type AsyncKeyFn = dyn Fn(&Parts) -> KeyFuture + Send + Sync;
/// A key that is loaded, for example from a session store.
pub(super) type KeyFuture = Pin<Box<dyn Future<Output = Result<RateLimitKey, Rejection>> + Send>>;

/// The source of the key.
#[derive(Clone)]
pub(super) enum KeySource {
    Client,
    Header(HeaderName),
    Function(Arc<KeyFn>),
    Async(Arc<AsyncKeyFn>),
}

/// The key of one request.
pub(super) enum RequestKey {
    Known(RateLimitKey),
    Loading(KeyFuture),
}

/// The cost of a request.
#[derive(Clone)]
pub(super) enum Cost {
    Fixed(u32),
    Function(Arc<RequestFn<u32>>),
}

/// The results of the layer's settings for one request, except for its key.
#[derive(Clone, Debug)]
pub(super) struct RequestTerms {
    method: Option<&'static str>,
    scope: Option<String>,
    /// The quotas of this request, if it has its own.
    quotas: Option<Quotas>,
    cost: u32,
    is_preflight: bool,
}

/// A request to count.
#[derive(Clone, Debug)]
pub(super) struct CountedRequest {
    pub(super) key: RateLimitKey,
    pub(super) caller: Vec<u8>,
    quotas: Option<Quotas>,
    pub(super) cost: u32,
    is_preflight: bool,
}

impl CountedRequest {
    pub(super) fn quotas<'a>(&'a self, settings: &'a Settings) -> &'a Quotas {
        self.quotas.as_ref().unwrap_or(&settings.quotas)
    }

    /// Returns `true` if this is a CORS preflight, and the response allows it: a CORS layer has
    /// answered, and the application has done nothing.
    pub(super) fn is_answered_preflight(&self, response: &ResponseParts) -> bool {
        self.is_preflight
            && response.status.is_success()
            && response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    }
}

const NO_ROUTE: MissingLayer = MissingLayer(
    "This rate limit counts per route or per path parameter, but it is around a whole `Router`, where the route is not \
     known yet. Write `router.layer(limit)` instead of `limit.layer(router)`, or use `Palisade::rate_limit`.",
);

impl LayerSettings {
    pub(super) fn new(limit: RateLimit, key: KeySource) -> Self {
        Self {
            limit,
            key,
            methods: None,
            per_method: false,
            needs_route: None,
            scope_by: None,
            exempt_when: None,
            cost: Cost::Fixed(1),
            quotas_by: None,
            count_if: None,
            default_limit: false,
            in_addition: false,
            headers: RateLimitHeaders::default(),
        }
    }

    /// Returns the terms of a request to count, or `None` if the layer does not apply.
    pub(super) fn terms(
        &self,
        parts: &Parts,
        around_router: bool,
    ) -> Result<Option<RequestTerms>, Rejection> {
        let settings = &*self.limit.0;
        let head_is_get = |method: &Method| *method == Method::GET && parts.method == Method::HEAD;
        let applies = |method: &Method| *method == parts.method || head_is_get(method);
        if settings.disabled || self.methods.as_ref().is_some_and(|methods| !methods.iter().any(applies)) {
            return Ok(None);
        }
        if self.exempt_when.as_ref().is_some_and(|exempt| exempt(parts)) {
            settings.counters.add(MetricOutcome::Exempt);
            return Ok(None);
        }
        if around_router && self.needs_route.is_some_and(|has_route| !has_route(parts)) {
            return Err(NO_ROUTE.into());
        }
        let cost = match &self.cost {
            Cost::Fixed(cost) => *cost,
            Cost::Function(cost) => cost(parts),
        };
        Ok(Some(RequestTerms {
            method: self.per_method.then(|| method_name(&parts.method)),
            scope: self.scope_by.as_ref().map(|scope| scope(parts)),
            quotas: self.quotas_by.as_ref().and_then(|quotas| quotas(parts)),
            cost,
            is_preflight: is_preflight(&parts.method, &parts.headers),
        }))
    }

    /// Returns the request to count under this key.
    pub(super) fn counted(
        &self,
        terms: RequestTerms,
        key: RateLimitKey,
    ) -> Result<CountedRequest, Rejection> {
        let settings = &*self.limit.0;
        let RequestTerms { method, scope, quotas, cost, is_preflight } = terms;
        let key = settings.required_key(key)?;
        let caller = key.caller(method, settings.ipv6_prefix);
        let caller = match scope {
            Some(scope) => scoped(&scope, &caller),
            None => caller,
        };
        Ok(CountedRequest { key, caller, quotas, cost, is_preflight })
    }

    pub(super) async fn decide(&self, request: &CountedRequest, wait: ServerWait) -> Option<LimitDecision> {
        let settings = &*self.limit.0;
        let CountedRequest { key, caller, cost, .. } = request;
        settings.decide(key, caller, request.quotas(settings), *cost, wait).await
    }

    pub(super) fn key(&self, parts: &mut Parts) -> Result<RequestKey, Rejection> {
        Ok(RequestKey::Known(match &self.key {
            KeySource::Client => RequestContext::of(&parts.extensions)
                .and_then(RequestContext::client)
                .ok_or(Client::MISSING)?
                .ip()
                .into(),
            KeySource::Header(name) => {
                let mut lines = parts.headers.get_all(name).iter();
                let first = lines.next();
                match first.filter(|first| lines.all(|line| line == *first)) {
                    Some(value) => RateLimitKey::header(name, value.as_bytes()),
                    None => RateLimitKey::NONE,
                }
            }
            KeySource::Function(key) => key(parts).into(),
            KeySource::Async(key) => return Ok(RequestKey::Loading(key(parts))),
        }))
    }
}

/// Returns the caller within a scope. The length keeps different pairs different.
fn scoped(scope: &str, caller: &[u8]) -> Vec<u8> {
    [scope.len().to_string().as_bytes(), b":", scope.as_bytes(), b" ", caller].concat()
}

impl fmt::Debug for LayerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} by ", self.limit)?;
        match &self.key {
            KeySource::Client => f.write_str("client"),
            KeySource::Header(name) => write!(f, "header {name}"),
            KeySource::Function(_) => f.write_str("function"),
            KeySource::Async(_) => f.write_str("async function"),
        }
    }
}
