//! CORS preflights: a limit does not count one that a CORS layer further in has allowed.

use axum::Router;
use axum::routing::any;
use http::{HeaderValue, Method, Request};
use palisade::rate_limit::FallbackStore;
use tower_http::cors::CorsLayer;

use super::support::{Server, behind, get, hello, limit, lone, memory, request, statuses, wrapped};
use crate::support::ask;

const PARTNER: &str = "https://partner.example";

fn with_origin(mut request: Request<axum::body::Body>, origin: &'static str) -> Request<axum::body::Body> {
    request.headers_mut().insert("origin", HeaderValue::from_static(origin));
    request
}

fn preflight_of(origin: &'static str) -> Request<axum::body::Body> {
    let mut request = with_origin(request(Method::OPTIONS, "/"), origin);
    request.headers_mut().insert("access-control-request-method", HeaderValue::from_static("PUT"));
    request
}

fn cors() -> CorsLayer {
    CorsLayer::new().allow_methods([Method::PUT]).allow_origin([HeaderValue::from_static(PARTNER)])
}

fn routes() -> Router {
    Router::new().route("/", any(hello))
}

#[tokio::test]
async fn an_allowed_preflight_does_not_count() {
    let (store, clock, _) = memory();
    let server = FallbackStore::new(Server::new(&clock).store());
    for store in [store, server] {
        let app = wrapped(routes().layer(cors()).layer(limit("api", "2/minute", &store).per_client()));
        let asks = [preflight_of(PARTNER), preflight_of(PARTNER), get("/"), preflight_of(PARTNER), get("/")];
        assert_eq!(statuses(&app, asks).await, [200; 5]);
        assert_eq!(ask(&app, get("/")).await.status, 429);
    }
}

#[tokio::test]
async fn an_options_handler_is_not_an_exemption() {
    let app = behind(lone("1/minute").per_client());
    assert_eq!(statuses(&app, [preflight_of(PARTNER), preflight_of(PARTNER)]).await, [200, 429]);
}

#[tokio::test]
async fn a_preflight_that_cors_forbids_counts() {
    let app = wrapped(routes().layer(cors()).layer(lone("1/minute").per_client()));
    let foreign = preflight_of("https://evil.example");
    let plain = request(Method::OPTIONS, "/");
    assert_eq!(statuses(&app, [foreign, plain]).await, [200, 429]);
}

#[tokio::test]
async fn scripts_can_read_a_429_inside_of_cors() {
    let app = wrapped(routes().layer(lone("1/minute").per_client()).layer(cors()));
    assert_eq!(ask(&app, with_origin(get("/"), PARTNER)).await.status, 200);
    let limited = ask(&app, with_origin(get("/"), PARTNER)).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.header("access-control-allow-origin"), Some(PARTNER));
    assert_eq!(ask(&app, preflight_of(PARTNER)).await.status, 200, "the limit never sees it");
}
