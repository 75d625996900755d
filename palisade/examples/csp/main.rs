//! Content-Security-Policy: nonces in askama and maud, a page that a partner frames, a script of a
//! CDN, a stricter policy on trial, and a collector for the reports of browsers.
//!
//! ```sh
//! cargo run -p palisade --features askama,maud,rate-limit,reporting --example csp
//! curl -i http://localhost:3000/   # two policies: one to enforce, one on trial
//! # open http://localhost:3000/trial in a browser, then http://localhost:3000/reports
//! ```

#[cfg(test)]
mod tests;

use std::error::Error as StdError;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::response::Html;
use axum::routing::{get, post};
use maud::{PreEscaped, html};
use palisade::csp::{CspError, Source};
use palisade::headers::ReportsTo;
use palisade::rate_limit::store::MemoryStore;
use palisade::reporting::Collector;
use palisade::{Csp, CspNonce, PageHeaders, Palisade, RateLimit, SecurityHeaders};

/// A file whose content never changes: the browser compares it with the hash.
const CHART: &str = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js";
const CHART_HASH: &str = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg";

/// The policy that browsers enforce: the strict one, and images of one more host.
fn policy() -> Result<Csp, CspError> {
    Ok(Csp::strict().img_src([Source::SELF, Source::host("https://images.example")?]))
}

fn app(palisade: Palisade) -> Result<Router, Box<dyn StdError>> {
    let collector = Collector::new();
    let reports = RateLimit::new("reports", "60/minute", MemoryStore::new())?.per_client();
    let headers = SecurityHeaders::strict()
        .csp(policy()?)
        .csp_report_only(policy()?.require_trusted_types()) // reports what it would block
        .reports_to(ReportsTo::new("/csp-report")?);
    // Pages that differ say so, and keep the rest of the site's policy.
    let framed = PageHeaders::new().frame_ancestors([Source::host("https://partner.example")?]);
    let with_chart = PageHeaders::new().merge_csp(Csp::new().script_src([Source::integrity(CHART_HASH)?]));
    let routes = Router::new()
        .route("/", get(with_askama))
        .route("/maud", get(with_maud))
        .route("/embed", get(async || "For the frame of a partner").layer(framed))
        .route("/chart", get(chart).layer(with_chart))
        .route("/trial", get(trial))
        .route("/reports", get(list)) // for administrators only: see the example `roles`
        .route("/csp-report", post(collect).layer(reports)) // anyone can send reports
        .with_state(collector);
    Ok(palisade.headers(headers).protect(routes))
}

#[derive(Template)]
#[template(
    source = r#"<!doctype html><title>{{ name }}</title><script nonce="{{ nonce }}">console.log("runs")</script>"#,
    ext = "html"
)]
struct Page<'a> {
    name: &'a str,
    nonce: CspNonce,
}

async fn with_askama(nonce: CspNonce) -> palisade::Result<Html<String>> {
    Ok(Html(Page { name: "<Ada>", nonce }.render()?))
}

async fn with_maud(nonce: CspNonce) -> Html<String> {
    let page = html! { title { "<Ada>" } script nonce=(nonce) { "console.log('runs')" } };
    Html(page.into_string())
}

/// Needs no nonce, so that the page is the same for everyone and can be cached.
async fn chart() -> Html<String> {
    let page = html! { script src=(CHART) integrity=(CHART_HASH) crossorigin="anonymous" {} };
    Html(page.into_string())
}

/// Breaks both policies: the image is blocked, and the assignment is reported only.
async fn trial(nonce: CspNonce) -> Html<String> {
    let script = "document.body.innerHTML += 'Now see <a href=/reports>the reports</a>'";
    let page = html! { body { img src="https://tracker.example/a.png"; script nonce=(nonce) { (PreEscaped(script)) } } };
    Html(page.into_string())
}

async fn collect(State(collector): State<Collector>, request: Request) -> Response<String> {
    collector.collect(request).await
}

async fn list(State(collector): State<Collector>) -> palisade::Result<Html<String>> {
    let policy = policy()?;
    let page = html! {
        @for group in collector.groups() {
            p { (group.count) " × " (group.description()) " " (group.advice()) }
            @if let Some(change) = group.suggestion(&policy) { code { (change.after) } }
        }
    };
    Ok(Html(page.into_string()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().log_internal_errors(false).init();
    let app = app(Palisade::development())?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/");
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
