//! How often: a limit as a layer, keyed by what the request carries, and as a call, keyed by what only the handler knows.
//!
//! ```
//! # use axum::{Router, routing::post};
//! # use palisade::rate_limit::store::MemoryStore;
//! # use palisade::{RateLimit, Rejection};
//! # use palisade::rate_limit::{FallbackStore, RateLimitRejection};
//! # async fn log_in() {}
//! let store = FallbackStore::new(MemoryStore::new());
//! let login = RateLimit::new("login", "5/minute; 20/hour".parse()?, store);
//! let app: Router = Router::new().route("/login", post(log_in).layer(login.clone().per_client()));
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main2(login: RateLimit) -> Result<(), RateLimitRejection> {
//! for remaining in [4, 3, 2, 1, 0] {
//!     assert_eq!(login.check("ada@example.org").await?.remaining, remaining);
//! }
//! assert!(matches!(login.check("ada@example.org").await, Err(RateLimitRejection::LimitExceeded { .. })));
//! assert!(login.check("bob@example.org").await.is_ok());
//! # Ok(())
//! # }
//! # main2(login).unwrap();
//! # Ok::<(), palisade::rate_limit::quota::QuotaError>(())
//! ```
//!
//! What passes, in this order:
//! 1. where the [`RateLimitLayer`] does not apply (its methods, [`exempt_when`](RateLimitLayer::exempt_when)), everything, uncounted;
//! 2. without a key the request is refused (400), or counted under one key for all: [`MissingKeyPolicy`];
//! 3. who has used up the [`meta`](RateLimit::meta) limit is refused (429), whatever else is left;
//! 4. who is within every quota passes; else the request is refused (429) with `Retry-After`;
//! 5. where the store does not answer in time, what [`OutagePolicy`] says: counted in memory, refused (503), or passed.
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`strategy`](RateLimit::strategy) | fixed-window | as Flask-Limiter; every store can |
//! | [`charge`](RateLimit::charge) | all or nothing | a refused request should not use up the other quotas |
//! | [`on_missing_key`](RateLimit::on_missing_key) | refuse | never unlimited by accident |
//! | [`on_outage`](RateLimit::on_outage) | count in memory | neither open nor shut |
//! | [`ipv6_prefix`](RateLimit::ipv6_prefix) | 64 | one customer has at least so many addresses |
//! | [`retry_after`](RateLimit::retry_after) | seconds, rounded up | a client's clock may be wrong |
//!
//! The name of a limit is its scope: limits of one name, quotas and strategy over one store share their counts, wherever
//! they stand. Counts of different names never meet.
//!
//! What it does not do: find out who is asking (that is [`Proxies`](crate::Proxies)), or bound how many requests are
//! underway at once. A header can be anybody's invention: [`RateLimit::per_header`] suits only headers that a layer further
//! out has checked.
//!
//! References: RFC 6585 §4 (429), RFC 9110 §10.2.3; draft-ietf-httpapi-ratelimit-headers; OWASP Authentication Cheat Sheet.

mod backoff;
mod breaker;
mod fields;
mod future;
mod gate;
mod key;
mod metrics;
pub mod quota;
mod rejection;
mod rules;
mod steady;
pub mod store;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use http::request::Parts;

pub use self::backoff::{Backoff, BackoffAttempt};
pub use self::fields::RetryAfter;
pub use self::future::{RateLimitFuture, RateLimitService};
pub use self::gate::RateLimitLayer;
pub use self::key::RateLimitKey;
pub use self::metrics::Metrics;
pub use self::rejection::RateLimitRejection;
pub use self::rules::{LimitExceeded, RateLimitStatus, RateLimitStatuses};
use self::rules::{Rules, Waits};
pub use self::steady::FallbackStore;
use crate::core::clock::Clock;
use crate::core::store_reply::StoreError;
use crate::rate_limit::quota::{ChargePolicy, Quotas, Snapshot, Strategy};
use crate::rate_limit::store::RateLimitStore;

/// How often, and who is counted where. The page of the module says what passes.
#[derive(Clone)]
pub struct RateLimit(pub(in crate::rate_limit) Arc<Rules>);

/// What to do with a request that has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MissingKeyPolicy {
    /// It is refused: 400.
    #[default]
    Reject,
    /// All of them share one key.
    Share,
}

/// What to do while the store does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum OutagePolicy {
    /// Count in this program's memory, by the limit's own quotas.
    #[default]
    CountLocally,
    /// Count in this program's memory, by these quotas. With several programs on one store, write smaller ones.
    CountLocallyBy(Quotas),
    /// Refuse: 503.
    Reject,
    /// Let everything pass, uncounted.
    Allow,
}

impl RateLimit {
    /// A limit of this name, which is its scope.
    pub fn new(name: impl Into<Arc<str>>, quotas: Quotas, store: impl Into<FallbackStore>) -> Self {
        Self(Arc::new(Rules::new(name.into(), quotas, store.into())))
    }

    /// How hits are counted.
    ///
    /// # Errors
    /// When the store cannot count this way.
    pub fn strategy(self, strategy: Strategy) -> Result<Self, StoreError> {
        self.0.store.supports(strategy)?;
        Ok(self.with(|rules| rules.strategy = strategy))
    }

    /// What a refused request costs at the quotas that had room.
    pub fn charge(self, charge: ChargePolicy) -> Self {
        self.with(|rules| rules.charge = charge)
    }

    /// What to do with a request that has no key.
    pub fn on_missing_key(self, unkeyed: MissingKeyPolicy) -> Self {
        self.with(|rules| rules.unkeyed = unkeyed)
    }

    /// What to do while the store does not answer.
    pub fn on_outage(self, on_outage: OutagePolicy) -> Self {
        self.with(|rules| rules.on_outage = on_outage)
    }

    /// How much of an IPv6 address tells callers apart, in bits from 0 to 128.
    pub fn ipv6_prefix(self, bits: u8) -> Self {
        self.with(|rules| rules.ipv6_prefix = bits)
    }

    /// A limit on breaching this one: each refusal counts there, and who has used it up is refused altogether. Give the
    /// same one to several limits, and it holds for all of them together.
    pub fn meta(self, meta: Self) -> Self {
        self.with(|rules| rules.meta = Some(meta))
    }

    /// Told of every request that is over the limit: for logs and alarms. It cannot change the answer.
    pub fn on_breach(self, told: impl Fn(&LimitExceeded<'_>) + Send + Sync + 'static) -> Self {
        self.with(|rules| rules.on_breach = Some(Arc::new(told)))
    }

    /// What a refused visitor reads before "Please try again in 2 minutes": a whole sentence, without HTML.
    pub fn message(self, message: impl Into<Cow<'static, str>>) -> Self {
        self.with(|rules| rules.message = Some(message.into()))
    }

    /// How `Retry-After` is written.
    pub fn retry_after(self, form: RetryAfter) -> Self {
        self.with(|rules| rules.retry_after = form)
    }

    /// Counts and logs what would be refused, and refuses nothing.
    pub fn report_only(self) -> Self {
        self.with(|rules| rules.report_only = true)
    }

    /// Other quotas: for a call whose quotas depend on the caller.
    pub fn quotas(self, quotas: Quotas) -> Self {
        self.with(|rules| rules.quotas = quotas)
    }

    /// The clock that dates in headers are told by.
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|rules| rules.clock = clock)
    }

    /// Lets everything pass, uncounted: for tests of something else.
    ///
    /// # Danger
    /// There is no limit any more.
    pub fn dangerous_disable_limit(self) -> Self {
        self.with(|rules| rules.disabled = true)
    }

    /// The limit's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The store, which its limits share.
    pub fn store(&self) -> &FallbackStore {
        &self.0.store
    }

    /// As a layer, counted by the client's address, which [`Proxies`](crate::Proxies) has found out.
    pub fn per_client(self) -> RateLimitLayer {
        RateLimitLayer::per_client(self)
    }

    /// As a layer, counted by the value of a header that a layer further out has checked. None, an empty one, and several
    /// that differ are no key.
    pub fn per_header(self, name: HeaderName) -> RateLimitLayer {
        RateLimitLayer::per_header(self, name)
    }

    /// As a layer, counted by whatever this function finds in the request.
    pub fn per(self, key: impl Fn(&Parts) -> Option<RateLimitKey> + Send + Sync + 'static) -> RateLimitLayer {
        RateLimitLayer::per(self, move |parts| key(parts))
    }

    /// As a layer, with one count for everybody together.
    pub fn shared(self) -> RateLimitLayer {
        self.per(|_| Some(RateLimitKey::EVERYBODY))
    }

    /// Counts one request of this caller.
    ///
    /// # Errors
    /// The refusal: over the quota, without a key, or not to be counted just now.
    pub async fn check(&self, key: impl Into<RateLimitKey>) -> Result<Snapshot, RateLimitRejection> {
        self.check_costing(key.into(), 1).await
    }

    /// Counts a request of this caller that costs so much.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn check_costing(
        &self,
        key: impl Into<RateLimitKey>,
        cost: u32,
    ) -> Result<Snapshot, RateLimitRejection> {
        let (key, rules) = (key.into(), &*self.0);
        if rules.disabled {
            return Ok(rules.untouched());
        }
        let key = rules.known(key)?;
        let caller = key.caller(None, rules.ipv6_prefix);
        let decision = rules.decide(&key, &caller, &rules.quotas, cost, Waits::Yes).await;
        let decision = decision.expect("who waits gets a decision");
        decision.verdict?;
        Ok(decision.counted.map_or_else(|| rules.untouched(), |counted| counted.standing))
    }

    /// Gives back what [`check_costing`](Self::check_costing) took just now, for requests that turned out well. What a window
    /// that is over was charged would be taken from the one that runs: give back soon, or not at all.
    pub async fn refund(&self, key: impl Into<RateLimitKey>, cost: u32) {
        let (key, rules) = (key.into(), &*self.0);
        let key = if key.is_none() { RateLimitKey::NONE } else { key };
        if !rules.disabled {
            rules.give_back(&key.caller(None, rules.ipv6_prefix), cost).await;
        }
    }

    /// Forgets what was counted of this caller; what a [`RateLimitLayer`] counts apart stays.
    ///
    /// # Errors
    /// When the store does not answer in time.
    pub async fn reset(&self, key: impl Into<RateLimitKey>) -> Result<(), StoreError> {
        let caller = key.into().caller(None, self.0.ipv6_prefix);
        self.0.store.reset(&self.0.name, &caller).await
    }

    fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rules { name, quotas, strategy, .. } = &*self.0;
        write!(f, "RateLimit({name}: {quotas}, {strategy})")
    }
}
