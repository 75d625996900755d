//! The counters of decisions and of the store's answers.

mod series;
mod snapshot;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use self::series::LimitSeries;
pub use self::snapshot::{LatencyHistogram, LimitMetrics, MetricsSnapshot};
use crate::core::circuit_breaker::CircuitBreaker;
use crate::core::stripes::Stripes;

/// The metrics of one [`FallbackStore`](super::FallbackStore) and of all limits on it.
///
/// [`snapshot`](Self::snapshot) returns the numbers, for a metrics library. `Display` writes them
/// in Prometheus' text format. Neither contains callers' keys.
///
/// The first 256 names of limits have numbers of their own. Limits of further names share the
/// numbers of the name `other`, and the log has one warning: a name describes a rule, and a
/// caller belongs in the key. 256 names take 2,050 lines of text, and about 30 KB for each core.
///
/// ```
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{FallbackStore, Metrics, RateLimit};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = FallbackStore::new(MemoryStore::new());
/// let limit = RateLimit::new("login", "1/minute", store.clone())?;
/// assert!(limit.check("ada").await.is_ok());
/// assert!(limit.check("ada").await.is_err());
///
/// let metrics: &Metrics = store.metrics();
/// let snapshot = metrics.snapshot();
/// assert_eq!((snapshot.limits[0].allowed, snapshot.limits[0].rejected), (1, 1));
/// assert_eq!((snapshot.is_down, snapshot.latency.count), (false, 0));
///
/// let line = r#"ratelimit_decisions_total{store="memory",limit="login",outcome="refused"} 1"#;
/// assert!(metrics.to_string().contains(line));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "Prometheus")]
pub struct Metrics(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    store: &'static str,
    limits: Mutex<LimitSeries>,
    latency: Latency,
    /// The circuit breakers themselves, so that the two never differ.
    breakers: Box<[CircuitBreaker]>,
    outages: AtomicU64,
    errors: AtomicU64,
    queue_full: AtomicU64,
    caller_queue_full: AtomicU64,
}

/// The outcome of a request, as metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetricOutcome {
    Allowed,
    Rejected,
    /// A limit in report-only mode allowed the request instead of rejecting it.
    Reported,
    /// The request has no key.
    MissingKey,
    /// The limit does not apply to the request.
    Exempt,
    /// The store was down, and the limit allows requests that it cannot count.
    AllowedUncounted,
    /// The store was down, and the limit rejects requests that it cannot count.
    RejectedUncounted,
}

const OUTCOMES: usize = 7;

/// The counters of one limit: each core adds to its own.
#[derive(Debug, Default)]
pub(super) struct LimitCounters(Stripes<CoreCounters>);

/// The counters of one limit and one core: 64 bytes.
#[derive(Debug, Default)]
struct CoreCounters {
    outcomes: [AtomicU64; OUTCOMES],
    counted_locally: AtomicU64,
}

impl LimitCounters {
    pub(super) fn add(&self, outcome: MetricOutcome) {
        self.0.own().outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counted_locally(&self) {
        self.0.own().counted_locally.fetch_add(1, Ordering::Relaxed);
    }

    fn snapshot(&self, limit: &Arc<str>) -> LimitMetrics {
        let sum = |counter: &dyn Fn(&CoreCounters) -> u64| self.0.iter().map(counter).sum();
        let read = |outcome: MetricOutcome| sum(&|core| load(&core.outcomes[outcome as usize]));
        LimitMetrics {
            limit: Arc::clone(limit),
            allowed: read(MetricOutcome::Allowed),
            rejected: read(MetricOutcome::Rejected),
            reported: read(MetricOutcome::Reported),
            missing_key: read(MetricOutcome::MissingKey),
            exempt: read(MetricOutcome::Exempt),
            allowed_uncounted: read(MetricOutcome::AllowedUncounted),
            rejected_uncounted: read(MetricOutcome::RejectedUncounted),
            counted_locally: sum(&|core| load(&core.counted_locally)),
        }
    }
}

/// The upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 7] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05];

#[derive(Debug, Default)]
struct Latency {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Metrics {
    pub(super) fn new(store: &'static str, breakers: Box<[CircuitBreaker]>) -> Self {
        Self(Arc::new(Counters {
            store,
            limits: Mutex::default(),
            latency: Latency::default(),
            breakers,
            outages: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            queue_full: AtomicU64::new(0),
            caller_queue_full: AtomicU64::new(0),
        }))
    }

    /// Returns the numbers of this moment.
    pub fn snapshot(&self) -> MetricsSnapshot {
        let Counters { store, limits, latency, outages, errors, .. } = &*self.0;
        let limits = limits.lock().unwrap_or_else(PoisonError::into_inner).all();
        MetricsSnapshot {
            store,
            limits: limits.iter().map(|(name, counters)| counters.snapshot(name)).collect(),
            is_down: self.is_down(),
            outages: load(outages),
            errors: load(errors),
            queue_full: load(&self.0.queue_full),
            caller_queue_full: load(&self.0.caller_queue_full),
            latency: LatencyHistogram {
                buckets: BUCKETS.into_iter().zip(latency.buckets.iter().map(load)).collect(),
                count: load(&latency.count),
                sum: Duration::from_micros(load(&latency.micros)),
            },
        }
    }

    /// Returns `true` while a circuit breaker is open.
    pub(super) fn is_down(&self) -> bool {
        self.0.breakers.iter().any(CircuitBreaker::is_open)
    }

    /// Returns the counters of the limit with this name. Limits of one name share them.
    pub(super) fn limit(&self, name: &Arc<str>) -> Arc<LimitCounters> {
        self.0.limits.lock().unwrap_or_else(PoisonError::into_inner).counters(name, self.0.store)
    }

    pub(super) fn record_latency(&self, time: Duration) {
        let latency = &self.0.latency;
        if let Some(index) = BUCKETS.iter().position(|bound| time.as_secs_f64() <= *bound) {
            latency.buckets[index].fetch_add(1, Ordering::Relaxed);
        }
        latency.count.fetch_add(1, Ordering::Relaxed);
        latency.micros.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn record_error(&self) {
        self.0.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn record_outage(&self) {
        self.0.outages.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn record_queue_full(&self) {
        self.0.queue_full.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn record_caller_queue_full(&self) {
        self.0.caller_queue_full.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_text_format_of_prometheus() {
        let metrics = Metrics::new("redis", Box::default());
        let name: Arc<str> = "log\"in".into();
        metrics.limit(&name).add(MetricOutcome::Rejected);
        metrics.limit(&name).add(MetricOutcome::Rejected);
        metrics.limit(&name).counted_locally();
        metrics.record_latency(Duration::from_millis(4));
        metrics.record_latency(Duration::from_millis(1500));
        metrics.record_error();
        metrics.record_outage();
        metrics.record_caller_queue_full();
        metrics.record_caller_queue_full();
        metrics.record_queue_full();
        let expected = r#"# HELP ratelimit_decisions_total Requests by limit and outcome.
# TYPE ratelimit_decisions_total counter
ratelimit_decisions_total{store="redis",limit="log\"in",outcome="allowed"} 0
ratelimit_decisions_total{store="redis",limit="log\"in",outcome="refused"} 2
ratelimit_decisions_total{store="redis",limit="log\"in",outcome="reported"} 0
ratelimit_decisions_total{store="redis",limit="log\"in",outcome="unkeyed"} 0
ratelimit_decisions_total{store="redis",limit="log\"in",outcome="exempt"} 0
ratelimit_decisions_total{store="redis",limit="log\"in",outcome="allowed_uncounted"} 0
ratelimit_decisions_total{store="redis",limit="log\"in",outcome="refused_uncounted"} 0
# HELP ratelimit_stand_in_total Requests counted in memory while the store was down.
# TYPE ratelimit_stand_in_total counter
ratelimit_stand_in_total{store="redis",limit="log\"in"} 1
# HELP ratelimit_store_down 1 while the store is left alone.
# TYPE ratelimit_store_down gauge
ratelimit_store_down{store="redis"} 0
# HELP ratelimit_store_outages_total How often the store went down.
# TYPE ratelimit_store_outages_total counter
ratelimit_store_outages_total{store="redis"} 1
# HELP ratelimit_store_errors_total Questions that the store did not answer in time.
# TYPE ratelimit_store_errors_total counter
ratelimit_store_errors_total{store="redis"} 1
# HELP ratelimit_queue_full_total Requests not sent to the store, because too many waited for it.
# TYPE ratelimit_queue_full_total counter
ratelimit_queue_full_total{store="redis",queue="caller"} 2
ratelimit_queue_full_total{store="redis",queue="all"} 1
# HELP ratelimit_store_seconds How long a server took to answer; memory is not measured.
# TYPE ratelimit_store_seconds histogram
ratelimit_store_seconds_bucket{store="redis",le="0.0005"} 0
ratelimit_store_seconds_bucket{store="redis",le="0.001"} 0
ratelimit_store_seconds_bucket{store="redis",le="0.0025"} 0
ratelimit_store_seconds_bucket{store="redis",le="0.005"} 1
ratelimit_store_seconds_bucket{store="redis",le="0.01"} 1
ratelimit_store_seconds_bucket{store="redis",le="0.025"} 1
ratelimit_store_seconds_bucket{store="redis",le="0.05"} 1
ratelimit_store_seconds_bucket{store="redis",le="+Inf"} 2
ratelimit_store_seconds_sum{store="redis"} 1.504000
ratelimit_store_seconds_count{store="redis"} 2
"#;
        assert_eq!(metrics.to_string(), expected);
    }
}
