//! Metrics in the Prometheus text format, on an address of their own.
//!
//! ```
//! use http::StatusCode;
//! use mathsoc::observe::traffic::Traffic;
//!
//! let traffic = Traffic::default();
//! traffic.answered(StatusCode::NOT_FOUND, None);
//! assert!(traffic.to_string().contains("http_requests_total{status=\"4xx\"} 1\n"));
//! ```
//!
//! Accepts GET and HEAD of `/metrics`. Other requests to that address get 404 or 405, and
//! `/metrics` on the address of the site is a 404.
//!
//! | name | value |
//! |---|---|
//! | `mathsoc_build_info` | 1, with the version |
//! | `process_start_time_seconds` | the start time of the process |
//! | `http_requests_total` | responses by status class, with files and health checks |
//! | `http_refusals_total` | rejected requests, by reason; unused reasons are absent |
//! | `browser_reports_total` | reports from browsers, by outcome: see [`ReportTotals`] |
//! | `browser_report_requests_refused_total` | rejected requests to the report endpoint |
//! | `database_writable` | 1 if the last write to the database succeeded |
//! | `log_lines_dropped_total` | log lines that could not be written |
//! | `ratelimit_…` | decisions by limit, and the store: [`palisade::rate_limit::Metrics`] |
//!
//! | setting | default | reason |
//! |---|---|---|
//! | `METRICS_ADDR` | not served | metrics reveal how busy the site is, and outages of its store |
//!
//! It does not authenticate readers. Bind it to localhost or to a network of operators.
//! Metrics contain no addresses and no accounts, and requests for metrics are not counted.
//!
//! References: Prometheus, text-based exposition format 0.0.4; metric and label naming.

use std::fmt;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use palisade::Palisade;
use palisade::rate_limit::FallbackStore;
use palisade::reporting::{Collector, ReportTotals};

use super::logging;
use super::storage::StorageCheck;
use super::traffic::{Traffic, head};

#[derive(Clone)]
pub(crate) struct Sources {
    /// Responses and rejections.
    pub traffic: Traffic,
    /// Reports from browsers.
    pub reports: Collector,
    /// The last check that the database takes writes.
    pub storage: StorageCheck,
    /// The store of the rate limits.
    pub counters: FallbackStore,
}

/// Returns the service for `METRICS_ADDR`, with the headers of `palisade`.
pub(crate) fn router(sources: Sources, palisade: &Palisade) -> Router {
    palisade.for_probes().protect(Router::new().route("/metrics", get(metrics))).with_state(sources)
}

async fn metrics(State(from): State<Sources>) -> impl IntoResponse {
    let (traffic, reports, log) = (from.traffic, Reports(from.reports.totals()), logging::status());
    let text = format!("{traffic}{reports}{log}{}{}", from.storage, from.counters.metrics());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4"), (CACHE_CONTROL, "no-store")], text)
}

/// [`ReportTotals`] in the Prometheus text format.
struct Reports(ReportTotals);

impl fmt::Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReportTotals { grouped, over_limit, noise, invalid, truncated, rejected, .. } = self.0;
        head(f, "browser_reports_total", "counter", "Reports from browsers, by outcome.")?;
        let outcomes = [
            ("grouped", grouped),
            ("others", over_limit),
            ("noise", noise),
            ("unread", invalid),
            ("cut", truncated),
        ];
        for (outcome, count) in outcomes {
            writeln!(f, "browser_reports_total{{outcome=\"{outcome}\"}} {count}")?;
        }
        let help = "Rejected requests to the report endpoint.";
        head(f, "browser_report_requests_refused_total", "counter", help)?;
        writeln!(f, "browser_report_requests_refused_total {rejected}")
    }
}
