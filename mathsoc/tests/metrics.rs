//! The metrics, and the listener that serves them.

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use mathsoc::config::{Config, Vars};
use mathsoc::routes;
use mathsoc::state::App;
use palisade::request::PeerAddr;
use test_support::Folder;
use tower::ServiceExt;

async fn app(folder: &Folder, settings: &[(&str, &str)]) -> App {
    let own = [("DATA_DIR", folder.to_str().unwrap())];
    let vars = Vars::new(own.iter().chain(settings).copied(), []);
    App::open(Config::load(&vars).unwrap()).await.unwrap()
}

async fn ask(service: &Router, method: &str, path: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr(([203, 0, 113, 9], 40_000).into()));
    service.clone().oneshot(request).await.unwrap()
}

async fn read(service: &Router) -> String {
    let body = ask(service, "GET", "/metrics").await.into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn metrics_count_responses_rejections_and_limit_decisions() {
    let folder = Folder::new();
    let app = app(&folder, &[("RATELIMIT_PAGES", "2/hour")]).await;
    let (site, metrics) = (mathsoc::app(app.clone()), routes::metrics(&app));
    for (path, status) in [("/about", 200), ("/nowhere", 404), ("/about", 429), ("/healthz", 200)] {
        assert_eq!(ask(&site, "GET", path).await.status(), status, "{path}");
    }
    let text = read(&metrics).await;
    for line in [
        concat!("mathsoc_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "http_requests_total{status=\"2xx\"} 2",
        "http_requests_total{status=\"4xx\"} 2",
        "http_requests_total{status=\"5xx\"} 0",
        "http_refusals_total{reason=\"too_many_requests\"} 1",
        "ratelimit_decisions_total{store=\"memory\",limit=\"pages\",outcome=\"allowed\"} 2",
        "ratelimit_decisions_total{store=\"memory\",limit=\"pages\",outcome=\"refused\"} 1",
        "ratelimit_store_down{store=\"memory\"} 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("203.0.113.9"), "no client is named: {text}");
    assert_eq!(read(&metrics).await, text, "reading the metrics changes none");
}

/// Checks the text format: name, optional labels and number, with HELP and TYPE before each name.
#[tokio::test]
async fn every_metrics_line_is_valid() {
    let folder = Folder::new();
    let metrics = routes::metrics(&app(&folder, &[]).await);
    let mut names = Vec::new();
    for line in read(&metrics).await.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut parts = comment.split(' ');
            let (keyword, name) = (parts.next().unwrap(), parts.next().unwrap().to_owned());
            assert!(matches!(keyword, "HELP" | "TYPE"), "{line}");
            if keyword == "TYPE" {
                assert!(!names.contains(&name), "{name} appears twice");
                names.push(name);
            }
            continue;
        }
        let (name, number) = line.rsplit_once(' ').unwrap();
        assert!(number.parse::<f64>().is_ok(), "{line}");
        let name = name.split('{').next().unwrap();
        assert!(names.last().is_some_and(|it| name.starts_with(it.as_str())), "{line}");
    }
    assert!(names.len() > 5, "{names:?}");
}

#[tokio::test]
async fn metrics_are_served_on_their_own_address_only() {
    let folder = Folder::new();
    let app = app(&folder, &[("METRICS_ADDR", "127.0.0.1:9100")]).await;
    let (site, metrics) = (mathsoc::app(app.clone()), routes::metrics(&app));
    assert_eq!(ask(&site, "GET", "/metrics").await.status(), 404);

    let read = ask(&metrics, "GET", "/metrics").await;
    assert_eq!(
        (read.status().as_u16(), &read.headers()["content-type"]),
        (200, &"text/plain; version=0.0.4".parse().unwrap())
    );
    assert_eq!(read.headers()["x-content-type-options"], "nosniff");
    assert_eq!(read.headers()["cache-control"], "no-store");
    assert_eq!(ask(&metrics, "POST", "/metrics").await.status(), 405);
    for path in ["/", "/about", "/healthz"] {
        assert_eq!(ask(&metrics, "GET", path).await.status(), 404, "{path}");
    }
}
