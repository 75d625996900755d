//! What was decided and how long it took, as Prometheus reads it.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What limits over one [`FallbackStore`](super::FallbackStore) have decided, and how the store does.
///
/// `Display` writes it in Prometheus' text format; keys of callers are not in it.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: &'static str,
    limits: Mutex<Vec<(Arc<str>, Arc<Decisions>)>>,
    latency: Latency,
    /// The breaker's own word, so that the two never differ.
    down: Arc<AtomicBool>,
    opened: AtomicU64,
    errors: AtomicU64,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decided {
    Allowed,
    Refused,
    /// It would have been refused, but the limit only reports.
    Reported,
    /// There was nothing to tell the caller by.
    MissingKeyPolicy,
    /// The limit does not apply to it.
    Exempt,
    /// The store was down, and the limit passes what it cannot count.
    AllowedUncounted,
    /// The store was down, and the limit refuses what it cannot count.
    RefusedUncounted,
}

const DECIDED: [&str; 7] =
    ["allowed", "refused", "reported", "unkeyed", "exempt", "allowed_uncounted", "refused_uncounted"];

/// One limit's counters.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    outcomes: [AtomicU64; DECIDED.len()],
    stand_in: AtomicU64,
}

impl Decisions {
    pub(super) fn add(&self, decided: Decided) {
        self.outcomes[decided as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counted_in_memory(&self) {
        self.stand_in.fetch_add(1, Ordering::Relaxed);
    }
}

/// Seconds up to which an answer belongs to a bucket.
const BUCKETS: [f64; 7] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05];

#[derive(Debug, Default)]
struct Latency {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Metrics {
    pub(super) fn of(store: &'static str, down: Arc<AtomicBool>) -> Self {
        Self(Arc::new(Shared {
            store,
            limits: Mutex::default(),
            latency: Latency::default(),
            down,
            opened: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        }))
    }

    /// The counters of a limit of this name. Limits of one name share them.
    pub(super) fn limit(&self, name: &Arc<str>) -> Arc<Decisions> {
        let mut limits = self.0.limits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = limits.iter().find(|(known, _)| known == name) {
            return Arc::clone(known);
        }
        let new = Arc::<Decisions>::default();
        limits.push((Arc::clone(name), Arc::clone(&new)));
        new
    }

    pub(super) fn took(&self, time: Duration) {
        let latency = &self.0.latency;
        if let Some(at) = BUCKETS.iter().position(|bound| time.as_secs_f64() <= *bound) {
            latency.buckets[at].fetch_add(1, Ordering::Relaxed);
        }
        latency.count.fetch_add(1, Ordering::Relaxed);
        latency.micros.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.0.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn went_down(&self) {
        self.0.opened.fetch_add(1, Ordering::Relaxed);
    }
}

/// Prometheus' text format.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { store, limits, latency, down, opened, errors } = &*self.0;
        let limits = limits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);

        head(f, "ratelimit_decisions_total", "counter", "Requests by limit and outcome.")?;
        for (name, decisions) in &limits {
            for (outcome, count) in DECIDED.iter().zip(&decisions.outcomes) {
                let count = read(count);
                let name = Label(name);
                writeln!(
                    f,
                    "ratelimit_decisions_total{{store=\"{store}\",limit=\"{name}\",outcome=\"{outcome}\"}} {count}"
                )?;
            }
        }
        head(
            f,
            "ratelimit_stand_in_total",
            "counter",
            "Requests counted in memory while the store was down.",
        )?;
        for (name, decisions) in &limits {
            let (name, count) = (Label(name), read(&decisions.stand_in));
            writeln!(f, "ratelimit_stand_in_total{{store=\"{store}\",limit=\"{name}\"}} {count}")?;
        }
        head(f, "ratelimit_store_down", "gauge", "1 while the store is left alone.")?;
        let down = u8::from(down.load(Ordering::Relaxed));
        writeln!(f, "ratelimit_store_down{{store=\"{store}\"}} {down}")?;
        head(f, "ratelimit_store_outages_total", "counter", "How often the store went down.")?;
        writeln!(f, "ratelimit_store_outages_total{{store=\"{store}\"}} {}", read(opened))?;
        head(
            f,
            "ratelimit_store_errors_total",
            "counter",
            "Questions that the store did not answer in time.",
        )?;
        writeln!(f, "ratelimit_store_errors_total{{store=\"{store}\"}} {}", read(errors))?;

        let seconds = "ratelimit_store_seconds";
        head(f, seconds, "histogram", "How long a server took to answer; memory is not measured.")?;
        let mut so_far = 0;
        for (bound, bucket) in BUCKETS.iter().zip(&latency.buckets) {
            so_far += read(bucket);
            writeln!(f, "{seconds}_bucket{{store=\"{store}\",le=\"{bound}\"}} {so_far}")?;
        }
        let count = read(&latency.count);
        writeln!(f, "{seconds}_bucket{{store=\"{store}\",le=\"+Inf\"}} {count}")?;
        let micros = read(&latency.micros);
        writeln!(f, "{seconds}_sum{{store=\"{store}\"}} {}.{:06}", micros / 1_000_000, micros % 1_000_000)?;
        writeln!(f, "{seconds}_count{{store=\"{store}\"}} {count}")
    }
}

fn head(f: &mut fmt::Formatter<'_>, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// A label's value, with what Prometheus wants escaped.
struct Label<'a>(&'a str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_prometheus_reads_it() {
        let metrics = Metrics::of("redis", Arc::default());
        let name: Arc<str> = "log\"in".into();
        metrics.limit(&name).add(Decided::Refused);
        metrics.limit(&name).add(Decided::Refused);
        metrics.took(Duration::from_millis(4));
        metrics.took(Duration::from_millis(1500));
        let text = metrics.to_string();
        for line in [
            r#"ratelimit_decisions_total{store="redis",limit="log\"in",outcome="refused"} 2"#,
            r#"ratelimit_store_seconds_bucket{store="redis",le="0.0025"} 0"#,
            r#"ratelimit_store_seconds_bucket{store="redis",le="0.005"} 1"#,
            r#"ratelimit_store_seconds_bucket{store="redis",le="+Inf"} 2"#,
            r#"ratelimit_store_seconds_sum{store="redis"} 1.504000"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
