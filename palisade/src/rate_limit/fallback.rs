//! A store behind a timeout and a circuit breaker.

use std::sync::Arc;
use std::time::Duration;

use super::metrics::Metrics;
use crate::core::circuit_breaker::{Admission, BreakerSettings, CircuitBreaker};
use crate::core::clock::Clock;
use crate::core::server_call::{ANSWER_TIMEOUT, CallBounds, CallGuard, CallObserver, breaker_open, record};
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::{Outcome, Snapshot, Strategy};
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
/// 2. A request to a server may wait in this program: in memcached for its turn among the requests
///    of the same caller, in both stores for one of the server's places. That wait is no error of
///    the server, and no timeout includes it. The requests that wait are bounded: one more of the
///    same caller is rejected (429), one more in all is decided by the outage policy.
/// 3. A server must answer each question within [`timeout`](Self::timeout), counted from its
///    sending; a later answer is an error. Opening a connection is part of the first question.
/// 4. After [`failure_threshold`](Self::failure_threshold) errors in a row the circuit breaker of
///    the server opens. While it is open, no request reaches the server, and each is an error at
///    once.
/// 5. After [`reset_timeout`](Self::reset_timeout) the breaker is half-open: one request, the
///    probe, reaches the server. If its client hangs up, the next request becomes the probe.
/// 6. If the probe succeeds, the breaker closes. Otherwise it stays open for twice as long.
/// 7. The [`OutagePolicy`](super::OutagePolicy) of each limit decides about requests with an
///    error. The counters in memory that it may use belong to this store.
///
/// Each server of memcached has a circuit breaker of its own: one that is down does not affect the
/// callers of the others. A connection to Redis has one, a cluster included, and shares it with the
/// sessions on the same [`RedisConnection`](super::store::RedisConnection). Any other store has one.
///
/// # Defaults
///
/// | setting | default | why |
/// |---|---|---|
/// | [`timeout`](Self::timeout) | 50 ms | a page may take 100 ms; Redis takes 1 ms |
/// | [`failure_threshold`](Self::failure_threshold) | 3 | one lost packet is not an outage |
/// | [`reset_timeout`](Self::reset_timeout) | 500 ms, doubling up to 30 s | a restart takes seconds |
///
/// The log has one line when a breaker opens and one when it closes; [`Metrics`] has the state.
/// Clones share the breakers, so make one `FallbackStore` per store.
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
    /// The breaker of a store that does not know its servers.
    breaker: CircuitBreaker,
    local_store: MemoryStore,
    metrics: Metrics,
}

impl SharedState {
    fn new(store: &Store, clock: Clock) -> Arc<Self> {
        let breaker = CircuitBreaker::new();
        let breakers = store.breakers().iter().chain([&breaker]).cloned().collect();
        let metrics = Metrics::new(store.name(), breakers);
        Arc::new(Self { breaker, local_store: MemoryStore::with_clock(clock), metrics })
    }
}

impl CallObserver for SharedState {
    fn called(&self, took: Duration) {
        self.metrics.record_latency(took);
    }

    fn failed(&self) {
        self.metrics.record_error();
    }

    fn opened(&self) {
        self.metrics.record_outage();
    }

    fn queue_full(&self, error: &StoreError) {
        match error {
            StoreError::CallerQueueFull { .. } => self.metrics.record_caller_queue_full(),
            _ => self.metrics.record_queue_full(),
        }
    }
}

impl FallbackStore {
    /// Wraps a store.
    pub fn new(store: impl Into<Store>) -> Self {
        let store = store.into();
        let state = SharedState::new(&store, Clock::system());
        Self { store, timeout: ANSWER_TIMEOUT, breaker_settings: BreakerSettings::DEFAULT, state }
    }

    /// Sets the time in which a server must answer a question. The wait in this program before the
    /// question is sent does not count.
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

    /// Sets the clock of the counters in memory. It also starts new metrics, so call it before the
    /// store is shared.
    pub fn clock(self, clock: Clock) -> Self {
        Self { state: SharedState::new(&self.store, clock), ..self }
    }

    /// Returns `true` while the circuit breaker of a server is open: limits then apply their outage
    /// policy to the callers of that server.
    pub fn is_down(&self) -> bool {
        self.state.metrics.is_down()
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
        let (state, settings, name) = (&self.state, self.breaker_settings, self.store.name());
        if !state.breaker.would_admit() {
            return StoreReply::Ready(Err(breaker_open(name)));
        }
        match operation(&self.store) {
            StoreReply::Ready(reply) => {
                if reply.is_err()
                    && let Admission::Probe(probe) = state.breaker.admit(settings)
                {
                    probe.complete();
                }
                record(name, settings, Some(&**state), &state.breaker, &reply);
                StoreReply::Ready(reply)
            }
            // Admission waits for the first poll: a reply that is never awaited must not become
            // the probe.
            StoreReply::Pending(reply) => {
                let guard = CallGuard::new(self.bounds());
                StoreReply::Pending(Box::pin(
                    async move { guard.run(&state.breaker, guard.ask(reply)).await },
                ))
            }
            StoreReply::Queued(reply) => reply.bind(self.bounds()),
        }
    }

    fn bounds(&self) -> CallBounds {
        let observer: Arc<dyn CallObserver> = Arc::<SharedState>::clone(&self.state);
        CallBounds {
            store: self.store.name(),
            timeout: self.timeout,
            breaker: self.breaker_settings,
            observer: Some(observer),
        }
    }

    /// Decides in the store, or in memory if that fails. A full queue of the caller is an error:
    /// counting in memory would give the caller its quota twice.
    pub(super) fn decide_or_locally<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        or_else(self.call(move |store| store.decide(request)), move |error| match error {
            StoreError::CallerQueueFull { .. } => StoreReply::Ready(Err(error)),
            _ => self.local_store().decide(request),
        })
    }
}

impl RateLimitStore for FallbackStore {
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        or_else(self.decide_or_locally(request), |error| match error {
            StoreError::CallerQueueFull { retry_after, .. } => StoreReply::Ready(Ok(limited(retry_after))),
            _ => StoreReply::Ready(Err(error)),
        })
    }

    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        or_else(self.call(move |store| store.refund(request, charged_at)), move |error| match error {
            // A lost refund leaves the client fewer requests, never more.
            StoreError::CallerQueueFull { .. } => StoreReply::Ready(Ok(())),
            _ => self.local_store().refund(request, charged_at),
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

/// Returns the decision about a request that is not sent, because too many requests of its caller
/// wait.
fn limited(retry_after: Duration) -> Decision {
    let snapshot = Snapshot { quota_index: 0, remaining: 0, reset_after: retry_after };
    Decision { outcome: Outcome::Limited { retry_after }, snapshot, decided_at: 0 }
}

/// Returns the reply, or the fallback's if it is an error.
fn or_else<'a, T: Send + 'a>(
    reply: StoreReply<'a, T>,
    fallback: impl FnOnce(StoreError) -> StoreReply<'a, T> + Send + 'a,
) -> StoreReply<'a, T> {
    match reply {
        StoreReply::Ready(Err(error)) => fallback(error),
        StoreReply::Ready(reply) => StoreReply::Ready(reply),
        reply => StoreReply::Pending(Box::pin(async move {
            match reply.await {
                Ok(value) => Ok(value),
                Err(error) => fallback(error).await,
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::rate_limit::quota::{ChargePolicy, Quotas};

    /// A store that fails at once, and counts how often it is asked.
    #[derive(Clone, Debug)]
    struct Failing(StoreError, Arc<AtomicU32>);

    impl Failing {
        fn reply<T>(&self) -> StoreReply<'_, T> {
            self.1.fetch_add(1, Ordering::Relaxed);
            StoreReply::Ready(Err(self.0.clone()))
        }
    }

    impl RateLimitStore for Failing {
        fn decide<'a>(&'a self, _: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
            self.reply()
        }
        fn refund<'a>(&'a self, _: RateLimitRequest<'a>, _: Option<u64>) -> StoreReply<'a, ()> {
            self.reply()
        }
        fn reset<'a>(&'a self, _: &'a str, _: &'a [u8]) -> StoreReply<'a, ()> {
            self.reply()
        }
        fn ping(&self) -> StoreReply<'_, ()> {
            self.reply()
        }
        fn name(&self) -> &'static str {
            "test"
        }
        fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
            Err(StoreError::Unsupported { store: "test", strategy: strategy.name(), reason: "it fails" })
        }
    }

    fn failing(error: StoreError) -> (FallbackStore, Arc<AtomicU32>) {
        let asked = Arc::<AtomicU32>::default();
        let store = FallbackStore::new(Store::new(Failing(error, Arc::clone(&asked))));
        (store.failure_threshold(2).reset_timeout(Duration::from_secs(1), Duration::from_secs(4)), asked)
    }

    fn request(quotas: &Quotas) -> RateLimitRequest<'_> {
        let (strategy, charge) = (Strategy::FixedWindow, ChargePolicy::AllOrNothing);
        RateLimitRequest { limit: "login", caller: b"ada", quotas, strategy, cost: 1, charge }
    }

    #[tokio::test(start_paused = true)]
    async fn memory_counts_while_the_breaker_is_open() {
        let down = StoreError::Down { store: "test", reason: String::new() };
        let ((store, asked), quotas) = (failing(down), "9/hour".parse().unwrap());
        for (remaining, is_down, times_asked) in [(8, false, 1), (7, true, 2), (6, true, 2)] {
            let decision = store.decide(request(&quotas)).await.unwrap();
            assert_eq!(decision.snapshot.remaining, remaining);
            assert_eq!((store.is_down(), asked.load(Ordering::Relaxed)), (is_down, times_asked));
        }
        store.refund(request(&quotas), None).await.unwrap();
        assert_eq!(store.decide(request(&quotas)).await.unwrap().snapshot.remaining, 6);
        // Each probe fails, and the next open period is twice as long.
        for (seconds, times_asked) in [(1, 3), (2, 4), (4, 5), (4, 6)] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            assert!(store.ping().await.is_err() && store.ping().await.is_err());
            assert_eq!(asked.load(Ordering::Relaxed), times_asked, "one probe");
        }
        let metrics = store.metrics().snapshot();
        assert_eq!((metrics.errors, metrics.outages), (6, 1));
        assert!(store.supports(Strategy::Gcra).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_is_no_outage() {
        let quotas = "9/hour".parse().unwrap();
        let (store, _) = failing(StoreError::QueueFull { store: "test" });
        let retry_after = Duration::from_secs(7);
        let error = StoreError::CallerQueueFull { store: "test", retry_after };
        let (busy, _) = failing(error.clone());
        for remaining in [8, 7, 6] {
            assert_eq!(store.decide(request(&quotas)).await.unwrap().snapshot.remaining, remaining);
            // Counting the caller in memory too would double its quota.
            assert_eq!(busy.decide(request(&quotas)).await, Ok(limited(retry_after)));
            assert_eq!(busy.decide_or_locally(request(&quotas)).await, Err(error.clone()));
            assert_eq!(busy.refund(request(&quotas), None).await, Ok(()));
        }
        assert_eq!((store.local_store().callers(), busy.local_store().callers()), (1, 0));
        assert!(!store.is_down() && !busy.is_down());
    }

    #[test]
    fn an_open_period_is_a_year_at_most() {
        let store = FallbackStore::new(MemoryStore::new()).reset_timeout(Duration::MAX, Duration::MAX);
        let BreakerSettings { first_period, longest_period, .. } = store.breaker_settings;
        assert_eq!([first_period, longest_period].map(|period| period.as_secs()), [31_536_000; 2]);
    }
}
