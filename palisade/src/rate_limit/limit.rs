//! The limit itself: its settings, and its use as a call.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::decide::ServerWait;
use super::fallback::FallbackStore;
use super::key::RateLimitKey;
use super::rejection::RateLimitRejection;
use super::retry_after::RetryAfter;
use super::settings::{MissingKeyPolicy, OutagePolicy, Settings};
use super::status::LimitExceeded;
use crate::core::clock::Clock;
use crate::core::store_reply::StoreError;
use crate::rate_limit::quota::{ChargePolicy, QuotaError, Quotas, Snapshot, Strategy};
use crate::rate_limit::store::RateLimitStore;

/// A rate limit: quotas for each caller, under a name. The [module page](crate::rate_limit) has
/// the order of decisions and the defaults.
///
/// Use it as a layer ([`per_client`](Self::per_client), [`per_header`](Self::per_header),
/// [`per`](Self::per), [`global`](Self::global)) or as a call ([`check`](Self::check)).
#[derive(Clone)]
#[doc(alias = "throttle")]
#[doc(alias = "limiter")]
#[must_use]
pub struct RateLimit(pub(super) Arc<Settings>);

impl RateLimit {
    /// Makes a limit with quotas from a text, such as `5/minute; 20/hour`. The [`quota`] page has
    /// the syntax.
    ///
    /// The name is the scope: limits with the same name, quotas, strategy and store share their
    /// counters. A store without a [`FallbackStore`] gets one with the default timeout and circuit
    /// breaker.
    ///
    /// # Errors
    ///
    /// The text is not a list of quotas. The error names the character and what to write there.
    ///
    /// [`quota`]: crate::rate_limit::quota
    pub fn new(
        name: impl Into<Arc<str>>,
        quotas: &str,
        store: impl Into<FallbackStore>,
    ) -> Result<Self, QuotaError> {
        Ok(Self::by(name, quotas.parse()?, store))
    }

    /// Makes a limit with quotas that are a value already, such as a setting.
    ///
    /// ```
    /// use palisade::rate_limit::RateLimit;
    /// use palisade::rate_limit::quota::Quotas;
    /// use palisade::rate_limit::store::MemoryStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let setting: Quotas = "2/minute".parse()?;
    /// let limit = RateLimit::by("search", setting, MemoryStore::new());
    /// assert_eq!(limit.check("ada").await.unwrap().remaining, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn by(name: impl Into<Arc<str>>, quotas: Quotas, store: impl Into<FallbackStore>) -> Self {
        Self(Arc::new(Settings::new(name.into(), quotas, store.into())))
    }

    /// Sets the strategy that counts requests.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] if the store does not support the strategy.
    pub fn strategy(self, strategy: Strategy) -> Result<Self, StoreError> {
        self.0.store.supports(strategy)?;
        Ok(self.with(|settings| settings.strategy = strategy))
    }

    /// Sets the policy for the charge of a rejected request at the quotas that had room. A charge
    /// is the cost that a quota counts for a request.
    pub fn charge(self, charge: ChargePolicy) -> Self {
        self.with(|settings| settings.charge = charge)
    }

    /// Sets the policy for requests without a key.
    pub fn on_missing_key(self, policy: MissingKeyPolicy) -> Self {
        self.with(|settings| settings.on_missing_key = policy)
    }

    /// Sets the policy for requests that the store cannot count, because it is down.
    pub fn on_outage(self, policy: OutagePolicy) -> Self {
        self.with(|settings| settings.on_outage = policy)
    }

    /// Sets the length of the IPv6 prefix that identifies a client, in bits from 0 to 128.
    pub fn ipv6_prefix(self, bits: u8) -> Self {
        self.with(|settings| settings.ipv6_prefix = bits)
    }

    /// Adds a penalty: a limit on breaches of this one. Each rejection counts there, and a client
    /// that has used it up is rejected at every request until its quota has room. Several limits
    /// may share one meta limit.
    ///
    /// ```
    /// use palisade::rate_limit::RateLimit;
    /// use palisade::rate_limit::store::MemoryStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MemoryStore::new();
    /// let breaches = RateLimit::new("breaches", "1/day", MemoryStore::new())?;
    /// let limit = RateLimit::new("search", "1/second", store)?.meta(breaches.clone());
    /// assert!(limit.check("ada").await.is_ok());
    /// assert!(limit.check("ada").await.is_err());
    /// assert!(breaches.check("ada").await.is_err(), "the breach has used up the day's quota");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "meta_limits")]
    pub fn meta(self, meta: Self) -> Self {
        self.with(|settings| settings.meta = Some(meta.0))
    }

    /// Calls a function for every request over the limit, for logs and alarms. It cannot change
    /// the response.
    pub fn on_breach(self, on_breach: impl Fn(&LimitExceeded<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_breach = Some(Arc::new(on_breach)))
    }

    /// Sets the sentence on the 429 page before "Please try again in 2 minutes.". It is a whole
    /// sentence without HTML.
    pub fn message(self, message: impl Into<Cow<'static, str>>) -> Self {
        self.with(|settings| settings.message = Some(message.into()))
    }

    /// Sets the form of `Retry-After`.
    pub fn retry_after(self, form: RetryAfter) -> Self {
        self.with(|settings| settings.retry_after = form)
    }

    /// Counts and logs the requests over the limit, and rejects none.
    #[doc(alias = "dry run")]
    pub fn report_only(self) -> Self {
        self.with(|settings| settings.report_only = true)
    }

    /// Replaces the quotas, for a call whose quotas depend on the caller.
    pub fn quotas(self, quotas: Quotas) -> Self {
        self.with(|settings| settings.quotas = quotas)
    }

    /// Sets the clock for dates in headers.
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|settings| settings.clock = clock)
    }

    /// Allows every request, uncounted, for tests of something else.
    ///
    /// # Security
    ///
    /// There is no limit any more.
    pub fn dangerous_disable_limit(self) -> Self {
        self.with(|settings| settings.disabled = true)
    }

    /// Returns the name of the limit.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the store.
    pub fn store(&self) -> &FallbackStore {
        &self.0.store
    }

    /// Counts one request of this caller, and returns the state of the tightest quota. For an
    /// e-mail address that a visitor has typed, the key is [`RateLimitKey::email`].
    ///
    /// # Errors
    ///
    /// The rejection: the caller is over a quota, the key is missing, or the store is down.
    pub async fn check(&self, key: impl Into<RateLimitKey>) -> Result<Snapshot, RateLimitRejection> {
        self.check_costing(key.into(), 1).await
    }

    /// Counts a request of this caller with this cost.
    ///
    /// # Errors
    ///
    /// The same as [`check`](Self::check).
    pub async fn check_costing(
        &self,
        key: impl Into<RateLimitKey>,
        cost: u32,
    ) -> Result<Snapshot, RateLimitRejection> {
        let (key, settings) = (key.into(), &*self.0);
        if settings.disabled {
            return Ok(settings.unused());
        }
        let key = settings.required_key(key)?;
        let caller = key.caller(None, settings.ipv6_prefix);
        let decision = settings.decide(&key, &caller, &settings.quotas, cost, ServerWait::Wait).await;
        let decision = decision.expect("waiting for the server always gives a decision");
        decision.result?;
        Ok(decision.status.map_or_else(|| settings.unused(), |status| status.snapshot))
    }

    /// Refunds a charge that [`check_costing`](Self::check_costing) has just made, for a request
    /// that should not count after all.
    ///
    /// Refund soon: after the end of the charged window, the refund goes to the current one.
    ///
    /// ```
    /// use palisade::rate_limit::RateLimit;
    /// use palisade::rate_limit::store::MemoryStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limit = RateLimit::new("export", "10/hour", MemoryStore::new())?;
    /// assert_eq!(limit.check_costing("ada", 7).await.unwrap().remaining, 3);
    /// limit.refund("ada", 7).await;
    /// assert_eq!(limit.check("ada").await.unwrap().remaining, 9);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refund(&self, key: impl Into<RateLimitKey>, cost: u32) {
        let (key, settings) = (key.into(), &*self.0);
        let key = if key.is_none() { RateLimitKey::NONE } else { key };
        if !settings.disabled {
            settings.refund_now(&key.caller(None, settings.ipv6_prefix), cost).await;
        }
    }

    /// Deletes the counters of this caller. The separate counters of a
    /// [`RateLimitLayer`](super::RateLimitLayer) per method or scope stay.
    ///
    /// # Errors
    ///
    /// [`StoreError::Down`] if the store does not answer in time.
    pub async fn reset(&self, key: impl Into<RateLimitKey>) -> Result<(), StoreError> {
        let caller = key.into().caller(None, self.0.ipv6_prefix);
        self.0.store.reset(&self.0.name, &caller).await
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { name, quotas, strategy, .. } = &*self.0;
        write!(f, "RateLimit({name}: {quotas}, {strategy})")
    }
}
