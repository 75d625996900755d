//! Counts what the site has answered since the program began.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use palisade::Rejection;

/// What was answered since the program began; copies count together.
#[derive(Clone, Debug)]
pub struct Traffic(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    began: Duration,
    /// By the first digit of the status, from 1.
    classes: [AtomicU64; 5],
    refusals: Mutex<BTreeMap<&'static str, u64>>,
}

impl Traffic {
    /// Counts an answer, and why it was refused if it was.
    pub fn answered(&self, status: StatusCode, refusal: Option<&Rejection>) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(class) = self.0.classes.get(class) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(refusal) = refusal {
            let mut refusals = self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            *refusals.entry(refusal.code()).or_default() += 1;
        }
    }
}

impl Traffic {
    /// How often a layer refused a request, by its reason.
    pub fn refusals(&self) -> Vec<(&'static str, u64)> {
        let refusals = self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.iter().map(|(reason, count)| (*reason, *count)).collect()
    }

    /// Since when it counts; unix seconds.
    pub fn began(&self) -> i64 {
        i64::try_from(self.0.began.as_secs()).unwrap_or(i64::MAX)
    }
}

/// Nothing yet, from now.
impl Default for Traffic {
    fn default() -> Self {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Arc::new(Counted { began, classes: Default::default(), refusals: Mutex::default() }))
    }
}

/// Prometheus' text format.
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { began, classes, refusals } = &*self.0;
        head(f, "mathsoc_build_info", "gauge", "The version of the program.")?;
        writeln!(f, "mathsoc_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))?;
        head(f, "process_start_time_seconds", "gauge", "When the program began, in seconds since 1970.")?;
        writeln!(f, "process_start_time_seconds {:.3}", began.as_secs_f64())?;
        head(f, "http_requests_total", "counter", "Answers by class of status.")?;
        for (class, count) in (1..).zip(classes) {
            writeln!(f, "http_requests_total{{status=\"{class}xx\"}} {}", count.load(Ordering::Relaxed))?;
        }
        head(f, "http_refusals_total", "counter", "Requests that a layer refused, by reason.")?;
        let refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals
            .iter()
            .try_for_each(|(reason, count)| writeln!(f, "http_refusals_total{{reason=\"{reason}\"}} {count}"))
    }
}

/// Writes the help and the type that come before a metric's values.
pub(super) fn head(f: &mut fmt::Formatter<'_>, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")
}
