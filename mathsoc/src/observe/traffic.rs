//! Counts responses since the start of the process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use palisade::Rejection;

/// The counts since the start of the process. Clones share them.
#[derive(Clone, Debug)]
pub struct Traffic(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    began: Duration,
    /// By the first digit of the status, starting at 1.
    classes: [AtomicU64; 5],
    rejections: Mutex<BTreeMap<&'static str, u64>>,
}

impl Traffic {
    /// Counts a response, and the reason if it was rejected.
    pub fn answered(&self, status: StatusCode, rejection: Option<&Rejection>) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(class) = self.0.classes.get(class) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(rejection) = rejection {
            let mut rejections = self.0.rejections.lock().unwrap_or_else(PoisonError::into_inner);
            *rejections.entry(rejection.code()).or_default() += 1;
        }
    }
    /// Returns the number of rejected requests, by reason.
    pub fn refusals(&self) -> Vec<(&'static str, u64)> {
        let rejections = self.0.rejections.lock().unwrap_or_else(PoisonError::into_inner);
        rejections.iter().map(|(reason, count)| (*reason, *count)).collect()
    }

    /// Returns the start of counting, in unix seconds.
    pub fn began(&self) -> i64 {
        i64::try_from(self.0.began.as_secs()).unwrap_or(i64::MAX)
    }
}

/// Starts counting now.
impl Default for Traffic {
    fn default() -> Self {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Arc::new(Counters { began, classes: Default::default(), rejections: Mutex::default() }))
    }
}

/// Writes the Prometheus text format.
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters { began, classes, rejections } = &*self.0;
        head(f, "mathsoc_build_info", "gauge", "The version of the program.")?;
        writeln!(f, "mathsoc_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))?;
        head(f, "process_start_time_seconds", "gauge", "Start time of the process, in unix seconds.")?;
        writeln!(f, "process_start_time_seconds {:.3}", began.as_secs_f64())?;
        head(f, "http_requests_total", "counter", "Responses by status class.")?;
        for (class, count) in (1..).zip(classes) {
            writeln!(f, "http_requests_total{{status=\"{class}xx\"}} {}", count.load(Ordering::Relaxed))?;
        }
        head(f, "http_refusals_total", "counter", "Requests rejected by a layer, by reason.")?;
        let rejections = rejections.lock().unwrap_or_else(PoisonError::into_inner);
        rejections
            .iter()
            .try_for_each(|(reason, count)| writeln!(f, "http_refusals_total{{reason=\"{reason}\"}} {count}"))
    }
}

/// Writes the HELP and TYPE lines of a metric.
pub(super) fn head(f: &mut fmt::Formatter<'_>, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")
}
