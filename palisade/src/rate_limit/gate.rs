//! A limit as a layer: which requests it counts, by which key, at what cost, and which it gives back.
//!
//! Two gates on one way both count. [`RateLimitLayer::default_limit`] makes the outer one a default: it gives its charge back where a
//! gate further in has counted the request.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::response::Parts as ResponseParts;
use http::{HeaderName, Method};

use super::RateLimit;
use super::fields::Fields;
use super::future::RateLimitService;
use super::key::{METHODS, RateLimitKey, method_name};
use super::metrics::Decided;
use super::rules::Rules;
use crate::core::client::Client;
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
use crate::core::store_reply::StoreError;
use crate::rate_limit::quota::Quotas;
use crate::rate_limit::store::RateLimitStore;

/// A limit at the door of a route or a group.
#[derive(Clone)]
pub struct RateLimitLayer(pub(super) Arc<Gate>);

#[derive(Clone)]
pub(super) struct Gate {
    pub(super) limit: RateLimit,
    by: By,
    methods: Option<Arc<[Method]>>,
    per_method: bool,
    scope_by: Option<Arc<Asked<String>>>,
    exempt_when: Option<Arc<Asked<bool>>>,
    cost: Cost,
    quotas_by: Option<Arc<Asked<Option<Quotas>>>>,
    pub(super) count_if: Option<Arc<DeductWhen>>,
    pub(super) default_limit: bool,
    pub(super) in_addition: bool,
    pub(super) fields: Fields,
}

type DeductWhen = dyn Fn(&ResponseParts) -> bool + Send + Sync;
type Asked<T> = dyn Fn(&Parts) -> T + Send + Sync;
/// Axum's own extractors want the request to themselves, even those that only read.
type KeyOf = dyn Fn(&mut Parts) -> Option<RateLimitKey> + Send + Sync;

#[derive(Clone)]
enum By {
    Client,
    Header(HeaderName),
    Function(Arc<KeyOf>),
}

#[derive(Clone)]
enum Cost {
    Always(u32),
    By(Arc<Asked<u32>>),
}

/// What is to be decided about one request.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) key: RateLimitKey,
    pub(super) caller: Vec<u8>,
    /// Those of this request, where it has its own.
    pub(super) quotas: Option<Quotas>,
    pub(super) cost: u32,
}

impl Question {
    pub(super) fn quotas<'a>(&'a self, rules: &'a Rules) -> &'a Quotas {
        self.quotas.as_ref().unwrap_or(&rules.quotas)
    }
}

impl RateLimitLayer {
    fn new(limit: RateLimit, by: By) -> Self {
        Self(Arc::new(Gate {
            limit,
            by,
            methods: None,
            per_method: false,
            scope_by: None,
            exempt_when: None,
            cost: Cost::Always(1),
            quotas_by: None,
            count_if: None,
            default_limit: false,
            in_addition: false,
            fields: Fields::default(),
        }))
    }

    pub(super) fn per_client(limit: RateLimit) -> Self {
        Self::new(limit, By::Client)
    }

    pub(super) fn per_header(limit: RateLimit, name: HeaderName) -> Self {
        Self::new(limit, By::Header(name))
    }

    pub(crate) fn per(
        limit: RateLimit,
        key: impl Fn(&mut Parts) -> Option<RateLimitKey> + Send + Sync + 'static,
    ) -> Self {
        Self::new(limit, By::Function(Arc::new(key)))
    }

    /// Only these methods are counted; others pass this gate. GET includes HEAD, which the same handler answers.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        let methods = methods.into_iter().collect();
        self.with(|gate| gate.methods = Some(methods))
    }

    /// Each method has a count of its own; HEAD shares GET's, and methods that nobody knows share one.
    pub fn per_method(self) -> Self {
        self.with(|gate| gate.per_method = true)
    }

    /// Counts apart what this function tells apart, so that each caller has the quota once for each. It must not be the
    /// caller's to invent.
    pub fn scope_by(self, part: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.scope_by = Some(Arc::new(part)))
    }

    /// Requests of which this is true pass this gate, uncounted.
    pub fn exempt_when(self, exempt: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.exempt_when = Some(Arc::new(exempt)))
    }

    /// What each request costs; 1 where nothing is said. Nothing is charged for 0.
    pub fn cost(self, cost: u32) -> Self {
        self.with(|gate| gate.cost = Cost::Always(cost))
    }

    /// What this request costs.
    pub fn cost_by(self, cost: impl Fn(&Parts) -> u32 + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.cost = Cost::By(Arc::new(cost)))
    }

    /// The quotas of this request; where it has none, or none that can be read, the limit's own.
    pub fn quotas_by(self, quotas: impl Fn(&Parts) -> Option<Quotas> + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.quotas_by = Some(Arc::new(quotas)))
    }

    /// Only requests whose answer is such are counted in the end, failed logins say.
    ///
    /// Every request is charged before it goes in, and given back when its answer is not such, so that many at once do
    /// not pass together. Requests that are underway therefore take room; who sends several good ones at once needs a
    /// quota that has it, and by fixed windows those that are refused meanwhile stay counted. One that is given up
    /// halfway stays counted too. What was charged to a window that is over by then is not given to the next one.
    pub fn count_if(self, deduct: impl Fn(&ResponseParts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.count_if = Some(Arc::new(deduct)))
    }

    /// This gate is a default: where a gate further in has counted the request, this one gives its charge back. One that only
    /// reports, or cannot count while its store is down, changes nothing: the default holds.
    ///
    /// Who has used up the default is still refused here, for nobody has looked further in yet. Routes that must stay
    /// open then belong into a group without the default.
    pub fn default_limit(self) -> Self {
        self.with(|gate| gate.default_limit = true)
    }

    /// Defaults further out that yield to others do not yield to this gate: both count.
    pub fn in_addition(self) -> Self {
        self.with(|gate| gate.in_addition = true)
    }

    /// Sends `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` on every response that was counted.
    pub fn headers(self) -> Self {
        self.header_names(Fields::default_names())
    }

    /// The same under these names: limit, remaining, reset.
    pub fn header_names(self, names: [HeaderName; 3]) -> Self {
        self.with(|gate| gate.fields.names = Some(names))
    }

    /// Sends `RateLimit-Policy` and `RateLimit`, as the IETF's draft has them, on every response that was counted.
    pub fn standard_headers(self) -> Self {
        self.with(|gate| gate.fields.standard = true)
    }

    /// The limit behind this gate.
    pub fn limit(&self) -> &RateLimit {
        &self.0.limit
    }

    /// Forgets what was counted of this caller, under every method too; what is counted [apart](Self::scope_by) stays.
    ///
    /// # Errors
    /// When the store does not answer in time.
    pub async fn reset(&self, key: impl Into<RateLimitKey>) -> Result<(), StoreError> {
        let (key, rules) = (key.into(), &*self.0.limit.0);
        let methods = METHODS.iter().map(|method| Some(*method)).filter(|_| self.0.per_method);
        for method in methods.chain([None]) {
            let caller = key.caller(method, rules.ipv6_prefix);
            rules.store.reset(&rules.name, &caller).await?;
        }
        Ok(())
    }

    fn with(mut self, change: impl FnOnce(&mut Gate)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Gate {
    /// What to decide about this request; nothing where the gate does not apply.
    pub(super) fn question(&self, parts: &mut Parts) -> Result<Option<Question>, Rejection> {
        let rules = &*self.limit.0;
        let head_is_get = |method: &Method| *method == Method::GET && parts.method == Method::HEAD;
        let applies = |method: &Method| *method == parts.method || head_is_get(method);
        if rules.disabled || self.methods.as_ref().is_some_and(|methods| !methods.iter().any(applies)) {
            return Ok(None);
        }
        if self.exempt_when.as_ref().is_some_and(|exempt| exempt(parts)) {
            rules.decisions.add(Decided::Exempt);
            return Ok(None);
        }
        let key = rules.known(self.key(parts)?)?;
        let method = self.per_method.then(|| method_name(&parts.method));
        let caller = key.caller(method, rules.ipv6_prefix);
        let caller = match &self.scope_by {
            Some(part) => apart(&part(parts), &caller),
            None => caller,
        };
        let cost = match &self.cost {
            Cost::Always(cost) => *cost,
            Cost::By(cost) => cost(parts),
        };
        let quotas = self.quotas_by.as_ref().and_then(|quotas| quotas(parts));
        Ok(Some(Question { key, caller, quotas, cost }))
    }

    fn key(&self, parts: &mut Parts) -> Result<RateLimitKey, Rejection> {
        Ok(match &self.by {
            By::Client => RequestContext::of(&parts.extensions)
                .and_then(RequestContext::client)
                .ok_or(Client::MISSING)?
                .ip()
                .into(),
            By::Header(name) => {
                let mut lines = parts.headers.get_all(name).iter();
                let first = lines.next();
                match first.filter(|first| lines.all(|line| line == *first)) {
                    Some(value) => RateLimitKey::header(name, value.as_bytes()),
                    None => RateLimitKey::NONE,
                }
            }
            By::Function(key) => key(parts).into(),
        })
    }
}

/// The caller within a part; the length keeps apart what would run together alike.
fn apart(part: &str, caller: &[u8]) -> Vec<u8> {
    [part.len().to_string().as_bytes(), b":", part.as_bytes(), b" ", caller].concat()
}

impl<S> tower_layer::Layer<S> for RateLimitLayer {
    type Service = RateLimitService<S>;

    fn layer(&self, inner: S) -> RateLimitService<S> {
        RateLimitService::new(self.clone(), inner)
    }
}

impl fmt::Debug for RateLimitLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match &self.0.by {
            By::Client => "client".to_owned(),
            By::Header(name) => format!("header {name}"),
            By::Function(_) => "function".to_owned(),
        };
        write!(f, "RateGate({:?} by {by})", self.0.limit)
    }
}
