//! A store behind a timeout and a circuit breaker.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::circuit_breaker::{Admission, BreakerSettings, CircuitBreaker};
use super::metrics::Metrics;
use crate::core::clock::Clock;
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::Strategy;
#[cfg(feature = "memcached")]
use crate::rate_limit::store::MemcachedStore;
#[cfg(feature = "redis")]
use crate::rate_limit::store::RedisStore;
use crate::rate_limit::store::{Decision, MemoryStore, RateLimitRequest, RateLimitStore, Store};

/// A store behind a timeout and a circuit breaker, with counters in memory for an outage.
///
/// ```
/// use std::time::Duration;
/// use palisade::rate_limit::FallbackStore;
/// use palisade::rate_limit::store::MemoryStore;
///
/// let store = FallbackStore::new(MemoryStore::new())
///     .timeout(Duration::from_millis(20))
///     .failure_threshold(5)
///     .reset_timeout(Duration::from_secs(1), Duration::from_secs(60));
/// assert!(!store.is_down());
/// ```
///
/// # What happens, in order
///
/// 1. A store that answers at once, such as memory, is called without a timeout.
/// 2. A server must answer within [`timeout`](Self::timeout); a later answer is an error.
/// 3. After [`failure_threshold`](Self::failure_threshold) errors in a row the circuit breaker
///    opens. While it is open, no request reaches the server, and each is an error at once.
/// 4. After [`reset_timeout`](Self::reset_timeout) the breaker is half-open: one request, the
///    probe, reaches the server. If its client hangs up, the next request becomes the probe.
/// 5. If the probe succeeds, the breaker closes. Otherwise it stays open for twice as long.
/// 6. The [`OutagePolicy`](super::OutagePolicy) of each limit decides about requests with an
///    error. The counters in memory that it may use belong to this store.
///
/// # Defaults
///
/// | setting | default | why |
/// |---|---|---|
/// | [`timeout`](Self::timeout) | 50 ms | a page may take 100 ms; Redis takes 1 ms |
/// | [`failure_threshold`](Self::failure_threshold) | 3 | one lost packet is not an outage |
/// | [`reset_timeout`](Self::reset_timeout) | 500 ms, doubling up to 30 s | a restart takes seconds |
///
/// The log has one line when the breaker opens and one when it closes; [`Metrics`] has the state.
/// Clones share the breaker, so make one `FallbackStore` per store.
///
/// # What it does not do
///
/// It does not copy the counters in memory to the server after an outage. A server may have
/// counted a request whose answer came too late; the client then has fewer requests left, never
/// more.
///
/// As a [`RateLimitStore`] of its own, it counts in memory while the store beneath is down.
#[derive(Clone, Debug)]
#[doc(alias = "circuit breaker")]
#[must_use]
pub struct FallbackStore {
    store: Store,
    timeout: Duration,
    breaker_settings: BreakerSettings,
    state: Arc<SharedState>,
}

/// The longest open period, so that adding it to a time never overflows.
const MAX_OPEN_PERIOD: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Debug)]
struct SharedState {
    breaker: CircuitBreaker,
    local_store: MemoryStore,
    metrics: Metrics,
}

impl SharedState {
    fn new(store: &Store, clock: Clock) -> Arc<Self> {
        let breaker = CircuitBreaker::new();
        let metrics = Metrics::new(store.name(), breaker.open_flag());
        Arc::new(Self { breaker, local_store: MemoryStore::with_clock(clock), metrics })
    }
}

impl FallbackStore {
    /// Wraps a store.
    pub fn new(store: impl Into<Store>) -> Self {
        let store = store.into();
        let breaker_settings = BreakerSettings {
            failure_threshold: 3,
            first_period: Duration::from_millis(500),
            longest_period: Duration::from_secs(30),
        };
        let state = SharedState::new(&store, Clock::system());
        Self { store, timeout: Duration::from_millis(50), breaker_settings, state }
    }

    /// Sets the time in which a server must answer.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the number of errors in a row that opens the circuit breaker. 0 means 1.
    pub fn failure_threshold(self, failure_threshold: u32) -> Self {
        let breaker_settings = BreakerSettings { failure_threshold, ..self.breaker_settings };
        Self { breaker_settings, ..self }
    }

    /// Sets the time for which the circuit breaker stays open: at first, and at the longest. It
    /// doubles in between. The maximum is one year.
    pub fn reset_timeout(self, first: Duration, longest: Duration) -> Self {
        let [first_period, longest_period] = [first, longest].map(|period| period.min(MAX_OPEN_PERIOD));
        let breaker_settings = BreakerSettings { first_period, longest_period, ..self.breaker_settings };
        Self { breaker_settings, ..self }
    }

    /// Sets the clock of the counters in memory. It also starts a new breaker and new metrics, so
    /// call it before the store is shared.
    pub fn clock(self, clock: Clock) -> Self {
        Self { state: SharedState::new(&self.store, clock), ..self }
    }

    /// Returns `true` while the circuit breaker is open.
    pub fn is_down(&self) -> bool {
        self.state.breaker.is_open()
    }

    /// Returns the metrics of this store and of all limits on it.
    pub fn metrics(&self) -> &Metrics {
        &self.state.metrics
    }

    /// Returns the counters in memory for an outage.
    pub(super) fn local_store(&self) -> &MemoryStore {
        &self.state.local_store
    }

    /// Calls the store itself, through the circuit breaker and with the timeout.
    pub(super) fn call<'a, T: Send + 'a>(
        &'a self,
        operation: impl FnOnce(&'a Store) -> StoreReply<'a, T>,
    ) -> StoreReply<'a, T> {
        if !self.state.breaker.would_admit() {
            return StoreReply::Ready(Err(self.breaker_open()));
        }
        match operation(&self.store) {
            StoreReply::Ready(reply) => {
                if reply.is_err()
                    && let Admission::Probe(probe) = self.state.breaker.admit(self.breaker_settings)
                {
                    probe.complete();
                }
                self.record(&reply);
                StoreReply::Ready(reply)
            }
            // Admission waits for the first poll: a reply that is never awaited must not become
            // the probe.
            StoreReply::Pending(reply) => StoreReply::Pending(Box::pin(async move {
                let admission = self.state.breaker.admit(self.breaker_settings);
                if let Admission::Rejected = admission {
                    return Err(self.breaker_open());
                }
                let start = Instant::now();
                let late = |_| Err(self.error(format!("there was no answer within {:?}", self.timeout)));
                let reply = timeout(self.timeout, reply).await.unwrap_or_else(late);
                if let Admission::Probe(probe) = admission {
                    probe.complete();
                }
                self.state.metrics.record_latency(start.elapsed());
                self.record(&reply);
                reply
            })),
        }
    }

    fn record<T>(&self, reply: &Result<T, StoreError>) {
        let SharedState { breaker, metrics, .. } = &*self.state;
        let store = self.store.name();
        match reply {
            // The store may not have called its server.
            Err(StoreError::Unsupported { .. }) => {}
            Ok(_) => {
                if breaker.record_success() {
                    tracing::info!(store, "the store answers again: the circuit breaker is closed");
                }
            }
            Err(error) => {
                metrics.record_error();
                if breaker.record_failure(self.breaker_settings) {
                    metrics.record_outage();
                    tracing::warn!(store, %error, "the store is down: the circuit breaker is open, and limits apply their outage policy");
                }
            }
        }
    }

    fn breaker_open(&self) -> StoreError {
        self.error("the circuit breaker is open after several failures".to_owned())
    }

    fn error(&self, reason: String) -> StoreError {
        StoreError::Down { store: self.store.name(), reason }
    }
}

impl RateLimitStore for FallbackStore {
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        or_else(self.call(move |store| store.decide(request)), move || self.local_store().decide(request))
    }

    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        or_else(self.call(move |store| store.refund(request, charged_at)), move || {
            self.local_store().refund(request, charged_at)
        })
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        // Counters in memory may remain from an outage.
        let _ = self.local_store().reset(limit, caller);
        self.call(move |store| store.reset(limit, caller))
    }

    /// Checks that the store beneath answers, through the circuit breaker.
    fn ping(&self) -> StoreReply<'_, ()> {
        self.call(|store| store.ping())
    }

    fn name(&self) -> &'static str {
        self.store.name()
    }

    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        self.store.supports(strategy)
    }
}

/// Returns the reply, or the fallback's if it is an error.
fn or_else<'a, T: Send + 'a>(
    reply: StoreReply<'a, T>,
    fallback: impl FnOnce() -> StoreReply<'a, T> + Send + 'a,
) -> StoreReply<'a, T> {
    match reply {
        StoreReply::Ready(Err(_)) => fallback(),
        StoreReply::Ready(reply) => StoreReply::Ready(reply),
        StoreReply::Pending(reply) => StoreReply::Pending(Box::pin(async move {
            match reply.await {
                Ok(value) => Ok(value),
                Err(_) => fallback().await,
            }
        })),
    }
}

macro_rules! from_stores {
    ($($(#[$feature:meta])* $store:ty),+ $(,)?) => {$(
        $(#[$feature])*
        impl From<$store> for FallbackStore {
            fn from(store: $store) -> Self {
                Self::new(store)
            }
        }
    )+};
}

from_stores!(
    Store,
    MemoryStore,
    #[cfg(feature = "redis")]
    RedisStore,
    #[cfg(feature = "memcached")]
    MemcachedStore,
);
