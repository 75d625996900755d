//! The numbers of one moment, and Prometheus' text format of them.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// The numbers of [`Metrics`](super::Metrics) at one moment. Its `Display` writes Prometheus' text
/// format.
///
/// ```
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{FallbackStore, MetricsSnapshot};
///
/// let snapshot: MetricsSnapshot = FallbackStore::new(MemoryStore::new()).metrics().snapshot();
/// assert_eq!((snapshot.store, snapshot.outages, snapshot.errors), ("memory", 0, 0));
/// assert!(snapshot.to_string().contains("ratelimit_store_down{store=\"memory\"} 0\n"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MetricsSnapshot {
    /// The name of the store.
    pub store: &'static str,
    /// The limits on this store, in the order in which they were made.
    pub limits: Vec<LimitMetrics>,
    /// `true` while the circuit breaker of a server is open.
    pub is_down: bool,
    /// The number of times that a circuit breaker opened.
    pub outages: u64,
    /// The number of requests that the store did not answer in time.
    pub errors: u64,
    /// The number of requests that were not sent, because too many requests waited for a server.
    /// The limits' outage policies decided.
    pub queue_full: u64,
    /// The number of requests that were not sent, because too many requests of one caller waited:
    /// 429.
    pub caller_queue_full: u64,
    /// The latency of the answers of a server, without the wait in this program.
    pub latency: LatencyHistogram,
}

/// The number of requests by outcome, for all limits of one name.
///
/// ```
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{FallbackStore, LimitMetrics, RateLimit};
///
/// let store = FallbackStore::new(MemoryStore::new());
/// let limit = RateLimit::new("login", "1/minute", store.clone())?;
/// let metrics: &LimitMetrics = &store.metrics().snapshot().limits[0];
/// assert_eq!(&*metrics.limit, "login");
/// assert_eq!(metrics.outcomes()[0], ("allowed", 0));
/// # Ok::<(), palisade::rate_limit::quota::QuotaError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitMetrics {
    /// The name of the limit.
    pub limit: Arc<str>,
    /// Requests within the quotas.
    pub allowed: u64,
    /// Requests over a quota: 429.
    pub rejected: u64,
    /// Requests over a quota that passed, because the limit only reports.
    pub reported: u64,
    /// Requests without a key.
    pub missing_key: u64,
    /// Requests that [`exempt_when`](crate::rate_limit::RateLimitLayer::exempt_when) exempted.
    pub exempt: u64,
    /// Requests that passed uncounted while the store was down.
    pub allowed_uncounted: u64,
    /// Requests rejected while the store was down: 503.
    pub rejected_uncounted: u64,
    /// Requests counted in this program's memory while the store was down.
    pub counted_locally: u64,
}

impl LimitMetrics {
    /// Returns the number for each value of the label `outcome` in Prometheus' text.
    pub fn outcomes(&self) -> [(&'static str, u64); 7] {
        [
            ("allowed", self.allowed),
            ("refused", self.rejected),
            ("reported", self.reported),
            ("unkeyed", self.missing_key),
            ("exempt", self.exempt),
            ("allowed_uncounted", self.allowed_uncounted),
            ("refused_uncounted", self.rejected_uncounted),
        ]
    }
}

/// The time that a server takes to answer. Stores that answer at once are not measured.
///
/// ```
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{FallbackStore, LatencyHistogram};
///
/// let store = FallbackStore::new(MemoryStore::new());
/// let latency: LatencyHistogram = store.metrics().snapshot().latency;
/// assert_eq!((latency.buckets[0], latency.count), ((0.0005, 0), 0));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LatencyHistogram {
    /// The upper bound of each bucket in seconds, and the number of answers in this bucket alone.
    /// Prometheus' text adds the buckets up. Slower answers are in `count` only.
    pub buckets: Vec<(f64, u64)>,
    /// The number of answers.
    pub count: u64,
    /// The sum of all times.
    pub sum: Duration,
}

impl fmt::Display for MetricsSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, limits, is_down, outages, errors, queue_full, caller_queue_full, latency } = self;

        write_header(f, "ratelimit_decisions_total", "counter", "Requests by limit and outcome.")?;
        for limit in limits {
            let name = LabelValue(&limit.limit);
            for (outcome, count) in limit.outcomes() {
                writeln!(
                    f,
                    "ratelimit_decisions_total{{store=\"{store}\",limit=\"{name}\",outcome=\"{outcome}\"}} {count}"
                )?;
            }
        }
        write_header(
            f,
            "ratelimit_stand_in_total",
            "counter",
            "Requests counted in memory while the store was down.",
        )?;
        for limit in limits {
            let (name, count) = (LabelValue(&limit.limit), limit.counted_locally);
            writeln!(f, "ratelimit_stand_in_total{{store=\"{store}\",limit=\"{name}\"}} {count}")?;
        }
        write_header(f, "ratelimit_store_down", "gauge", "1 while the store is left alone.")?;
        writeln!(f, "ratelimit_store_down{{store=\"{store}\"}} {}", u8::from(*is_down))?;
        write_header(f, "ratelimit_store_outages_total", "counter", "How often the store went down.")?;
        writeln!(f, "ratelimit_store_outages_total{{store=\"{store}\"}} {outages}")?;
        write_header(
            f,
            "ratelimit_store_errors_total",
            "counter",
            "Questions that the store did not answer in time.",
        )?;
        writeln!(f, "ratelimit_store_errors_total{{store=\"{store}\"}} {errors}")?;

        let name = "ratelimit_queue_full_total";
        let help = "Requests not sent to the store, because too many waited for it.";
        write_header(f, name, "counter", help)?;
        for (queue, count) in [("caller", caller_queue_full), ("all", queue_full)] {
            writeln!(f, "{name}{{store=\"{store}\",queue=\"{queue}\"}} {count}")?;
        }

        let name = "ratelimit_store_seconds";
        write_header(f, name, "histogram", "How long a server took to answer; memory is not measured.")?;
        let LatencyHistogram { buckets, count, sum } = latency;
        let mut cumulative = 0;
        for (bound, bucket) in buckets {
            cumulative += bucket;
            writeln!(f, "{name}_bucket{{store=\"{store}\",le=\"{bound}\"}} {cumulative}")?;
        }
        writeln!(f, "{name}_bucket{{store=\"{store}\",le=\"+Inf\"}} {count}")?;
        writeln!(f, "{name}_sum{{store=\"{store}\"}} {}.{:06}", sum.as_secs(), sum.subsec_micros())?;
        writeln!(f, "{name}_count{{store=\"{store}\"}} {count}")
    }
}

fn write_header(f: &mut fmt::Formatter<'_>, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// The value of a label, escaped for Prometheus.
struct LabelValue<'a>(&'a str);

impl fmt::Display for LabelValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            other => f.write_char(other),
        })
    }
}
