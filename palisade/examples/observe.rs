//! Logs, request ids and metrics: one id in the response, on error pages and in every log line of a request.
//!
//! ```sh
//! cargo run -p palisade --features rate-limit --example observe
//! curl -i http://localhost:3000/notes/7; curl -i http://localhost:3000/broken
//! curl http://localhost:3001/metrics # for Prometheus, on a port of its own
//! ```

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
    tracing_subscriber::fmt().with_env_filter(filter).init(); // `.json()` for a log server
    let (site, metrics) = apps(Palisade::development())?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let internal = tokio::net::TcpListener::bind("127.0.0.1:3001").await?; // not public
    eprintln!("Listening on http://{}", listener.local_addr()?);
    let site = palisade::serve(listener, site).until(palisade::serve::shutdown_signal()?);
    let metrics = palisade::serve(internal, metrics).until(palisade::serve::shutdown_signal()?);
    tokio::try_join!(site.into_future(), metrics.into_future())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use palisade::proxy::Proxies;
    use palisade::test::Browser;
    use test_support::log::Log;

    use super::*;

    /// Returns a visitor and a scraper of https://example.org, behind a proxy at 10.0.0.2.
    fn browsers() -> (Browser, Browser) {
        let palisade = Palisade::for_hosts(["example.org"]).unwrap().trusted_proxies(Proxies::hops(1));
        let (site, metrics) = apps(palisade).unwrap();
        let visitor = Browser::new(site).at("https://example.org").from("10.0.0.2");
        let visitor = visitor.header("x-forwarded-for", "192.0.2.7").header("x-forwarded-proto", "https");
        (visitor, Browser::new(metrics).at("http://10.0.0.3:3001").from("10.0.0.4"))
    }

    #[tokio::test]
    async fn every_line_of_a_request_has_its_id() {
        let log = Log::default();
        let _listening = log.listen();
        let page = browsers().0.get("/notes/7").await;
        let id = page.header("x-request-id").unwrap();
        assert_eq!(page.text, format!("note 7, request {id}"));

        let span =
            format!(r#"request{{method=GET route="/notes/{{id}}" request_id={id} client_ip=192.0.2.7}}"#);
        for line in ["note read number=7", "finished processing request"] {
            let text = log.text();
            let line = text.lines().find(|found| found.contains(line)).unwrap();
            assert!(line.contains(&span), "{line}");
        }
    }

    #[tokio::test]
    async fn an_error_page_shows_the_id_alone() {
        let log = Log::default();
        let _listening = log.listen();
        let page = browsers().0.get("/broken").await;
        let id = page.header("x-request-id").unwrap();
        assert!(page.status == 500 && page.text.contains(id) && !page.text.contains("disk"), "{}", page.text);
        assert!(log.text().lines().any(|line| line.contains(id) && line.contains("the disk is full")));
    }

    #[tokio::test]
    async fn takes_ids_from_the_proxy_only() {
        let (visitor, _) = browsers();
        let mut visitor = visitor.header("x-request-id", "7f3a");
        assert_eq!(visitor.get("/notes/7").await.header("x-request-id"), Some("7f3a"));
        let page = visitor.from("203.0.113.9").get("/notes/7").await; // a stranger
        assert_ne!(page.header("x-request-id"), Some("7f3a"));
    }

    #[tokio::test]
    async fn metrics_count_rejections_too() {
        let (mut visitor, mut scraper) = browsers();
        visitor.get("/notes/7").await;
        visitor.get("/nowhere").await;
        assert_eq!(visitor.clone().at("https://evil.example").get("/notes/8").await.status, 421);
        assert_eq!(visitor.get("/metrics").await.status, 404, "the site does not publish them");
        let text = scraper.get("/metrics").await.text;
        for line in [
            r#"responses_total{route="/notes/{id}",status="200"} 1"#,
            r#"responses_total{route="/notes/{id}",status="421"} 1"#,
            r#"responses_total{route="none",status="404"} 2"#,
            r#"ratelimit_decisions_total{store="memory",limit="site",outcome="allowed"} 3"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
        }
    }
}
