//! What the site counts of itself, as Prometheus reads it, on an address of its own.
//!
//! ```
//! use http::StatusCode;
//! use mathsoc::metrics::Traffic;
//!
//! let traffic = Traffic::default();
//! traffic.answered(StatusCode::NOT_FOUND, None);
//! assert!(traffic.to_string().contains("http_requests_total{status=\"4xx\"} 1\n"));
//! ```
//!
//! What passes: GET and HEAD of `/metrics`. Anything else on that address is 404 or 405, and `/metrics` on the address of the
//! site is 404 like any page that is not there.
//!
//! | name | is |
//! |---|---|
//! | `mathsoc_build_info` | 1, with the version |
//! | `process_start_time_seconds` | when the program began, so that its age and its restarts can be told |
//! | `http_requests_total` | answers by class of status, files and health checks too |
//! | `http_refusals_total` | what a layer refused, by its reason; what it never refused is not there |
//! | `browser_reports_total` | what browsers reported, by what became of it: see [`Totals`] |
//! | `browser_report_requests_refused_total` | what was sent as reports and is none |
//! | `ratelimit_…` | [`palisade::Metrics`]: decisions by limit, and how the store does |
//!
//! | setting | default | why |
//! |---|---|---|
//! | `METRICS_ADDR` | not served | whoever reads it learns how busy the site is, and when its store is down |
//!
//! What it does not do: ask who reads it. Bind it to this machine, or to a network that only the operator reaches. No address
//! and no account of a visitor is in it, and it counts nothing of itself.
//!
//! References: Prometheus, text-based exposition format 0.0.4; metric and label naming.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use palisade::report::Totals;
use palisade::{Deadline, ErrorPages, Refusal};

use crate::policy;
use crate::state::App;

/// The service for `METRICS_ADDR`: what `main` serves there and the tests call.
pub fn app(state: App) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .layer(Deadline::default())
        .layer(policy::palisade(&state.config).open())
        .layer(ErrorPages::plain())
        .with_state(state)
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let text = format!("{}{}{}", app.traffic, Reports(app.reports.totals()), app.counters.metrics());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4"), (CACHE_CONTROL, "no-store")], text)
}

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
    pub fn answered(&self, status: StatusCode, refusal: Option<&Refusal>) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(class) = self.0.classes.get(class) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(refusal) = refusal {
            let mut refusals = self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            *refusals.entry(refusal.reason()).or_default() += 1;
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

/// Of [`Totals`], in Prometheus' text format.
struct Reports(Totals);

impl fmt::Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { grouped, others, noise, unread, cut, refused, .. } = self.0;
        head(f, "browser_reports_total", "counter", "What browsers reported, by what became of it.")?;
        let outcomes =
            [("grouped", grouped), ("others", others), ("noise", noise), ("unread", unread), ("cut", cut)];
        for (outcome, count) in outcomes {
            writeln!(f, "browser_reports_total{{outcome=\"{outcome}\"}} {count}")?;
        }
        let help = "Requests with what are no reports, or too many.";
        head(f, "browser_report_requests_refused_total", "counter", help)?;
        writeln!(f, "browser_report_requests_refused_total {refused}")
    }
}

fn head(f: &mut fmt::Formatter<'_>, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")
}
