//! What the site counts of itself, as Prometheus reads it, on an address of its own.
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
//! What passes: GET and HEAD of `/metrics`. Anything else on that address is 404 or 405, and `/metrics` on the address of the
//! site is 404 like any page that is not there.
//!
//! | name | is |
//! |---|---|
//! | `mathsoc_build_info` | 1, with the version |
//! | `process_start_time_seconds` | when the program began, so that its age and its restarts can be told |
//! | `http_requests_total` | answers by class of status, files and health checks too |
//! | `http_refusals_total` | what a layer refused, by its reason; what it never refused is not there |
//! | `browser_reports_total` | what browsers reported, by what became of it: see [`ReportTotals`] |
//! | `browser_report_requests_refused_total` | what was sent as reports and is none |
//! | `ratelimit_…` | [`palisade::rate_limit::Metrics`]: decisions by limit, and how the store does |
//!
//! | setting | default | why |
//! |---|---|---|
//! | `METRICS_ADDR` | not served | whoever reads it learns how busy the site is, and when its store is down |
//!
//! What it does not do: ask who reads it. Bind it to this machine, or to a network that only the operator reaches. No address
//! and no account of a visitor is in it, and it counts nothing of itself.
//!
//! References: Prometheus, text-based exposition format 0.0.4; metric and label naming.

use std::fmt;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use palisade::deadline::Deadline;
use palisade::rate_limit::FallbackStore;
use palisade::reporting::{Collector, ReportTotals};
use palisade::{ErrorPages, Palisade};

use super::traffic::{Traffic, head};

/// The counters that `/metrics` shows.
#[derive(Clone)]
pub(crate) struct Sources {
    /// Answers and rejections.
    pub traffic: Traffic,
    /// Reports of browsers.
    pub reports: Collector,
    /// The store of the rate limits.
    pub counters: FallbackStore,
}

/// Returns the service for `METRICS_ADDR`, with the headers of `palisade`.
pub(crate) fn router(sources: Sources, palisade: &Palisade) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .layer(Deadline::default())
        .layer(palisade.for_probes())
        .layer(ErrorPages::plain())
        .with_state(sources)
}

async fn metrics(State(from): State<Sources>) -> impl IntoResponse {
    let text = format!("{}{}{}", from.traffic, Reports(from.reports.totals()), from.counters.metrics());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4"), (CACHE_CONTROL, "no-store")], text)
}

/// Of [`ReportTotals`], in Prometheus' text format.
struct Reports(ReportTotals);

impl fmt::Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReportTotals { grouped, over_limit, noise, invalid, truncated, rejected, .. } = self.0;
        head(f, "browser_reports_total", "counter", "What browsers reported, by what became of it.")?;
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
        let help = "Requests with what are no reports, or too many.";
        head(f, "browser_report_requests_refused_total", "counter", help)?;
        writeln!(f, "browser_report_requests_refused_total {rejected}")
    }
}
