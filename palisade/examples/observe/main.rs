//! Logs, request ids and metrics: one id in the response, on error pages and in every log line of a request.
//!
//! ```sh
//! cargo run -p palisade --features rate-limit --example observe
//! curl -i http://localhost:3000/notes/7; curl -i http://localhost:3000/broken
//! curl http://localhost:3001/metrics # for Prometheus, on a port of its own
//! ```

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use palisade::rate_limit::{FallbackStore, store::MemoryStore};
use palisade::request::RequestId;
use palisade::request_id::{RequestIds, make_span};
use palisade::{Error, Palisade, RateLimit};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// The number of responses by route and status. Use a metrics library for more, such as times.
#[derive(Clone, Default)]
struct Responses(Arc<Mutex<BTreeMap<(String, u16), u64>>>);

/// Writes Prometheus' text format.
impl fmt::Display for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# TYPE responses_total counter")?;
        for ((route, status), count) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            writeln!(f, "responses_total{{route=\"{route}\",status=\"{status}\"}} {count}")?;
        }
        Ok(())
    }
}

/// Counts by route, not by path: clients can send any number of paths.
async fn count(
    State(responses): State<Responses>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = route.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let response = next.run(request).await;
    let mut counts = responses.0.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry((route, response.status().as_u16())).or_default() += 1;
    response
}

/// Returns the site, and the page of its metrics.
fn apps(palisade: Palisade) -> Result<(Router, Router), Box<dyn StdError>> {
    let (responses, counters) = (Responses::default(), FallbackStore::new(MemoryStore::new()));
    let limit = RateLimit::new("site", "300/minute", counters.clone())?;
    let routes = Router::new().route("/notes/{id}", get(note)).route("/broken", get(broken));
    let site = palisade
        .clone()
        .request_ids(RequestIds::new()) // `X-Request-Id`, taken over from trusted proxies only
        .rate_limit(limit)
        .protect(routes)
        // Outside of `protect`, so that rejections are counted and logged too. The last is outermost.
        .layer(from_fn_with_state(responses.clone(), count))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(make_span) // method, route, request_id, client_ip; neither path nor query
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        );
    let page = get(async move || format!("{responses}{}", counters.metrics()));
    // A scraper asks by address and over plain HTTP, which `for_probes` allows.
    Ok((site, palisade.for_probes().protect(Router::new().route("/metrics", page))))
}

async fn note(Path(number): Path<u32>, id: RequestId) -> palisade::Result<String> {
    tracing::info!(number, "note read"); // the line has the request's id
    Ok(format!("note {number}, request {id}"))
}

async fn broken() -> palisade::Result<String> {
    Err(Error::internal("the disk is full")) // logged with the id; visitors see the id alone
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false).init(); // `.json()` for a log server
    let (site, metrics) = apps(Palisade::development())?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let internal = tokio::net::TcpListener::bind("127.0.0.1:3001").await?; // not public
    eprintln!("Listening on http://{}", listener.local_addr()?);
    let site = palisade::serve(listener, site).until(palisade::serve::shutdown_signal()?);
    let metrics = palisade::serve(internal, metrics).until(palisade::serve::shutdown_signal()?);
    tokio::try_join!(site.into_future(), metrics.into_future())?;
    Ok(())
}
