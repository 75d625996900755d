//! tower-http's layers, inside and outside.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use palisade::csrf::Csrf;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use super::{assert_protected, is_protected, pages, palisade, protect, visit, visit_with};
use crate::support::{HERE, ask, with_peer};

/// Returns the site with a layer inside of the protection, and with the layer outside.
macro_rules! both {
    ($layer:expr) => {
        [protect(pages().layer($layer)), protect(pages()).layer($layer)]
    };
}

#[tokio::test]
async fn traces_fit_inside_and_outside() {
    for app in both!(TraceLayer::new_for_http()) {
        assert_protected(&visit(&app, "/").await, 200);
        assert_protected(&visit(&app, "/missing").await, 404);
    }
}

#[tokio::test]
async fn compression_fits_inside_and_outside() {
    for app in both!(CompressionLayer::new()) {
        let page = visit_with(&app, "/long", &[("accept-encoding", "gzip")]).await;
        assert_protected(&page, 200);
        assert_eq!(page.header("content-encoding"), Some("gzip"));
    }
}

#[tokio::test]
async fn panics_are_pages_with_catch_panic_too() {
    for app in both!(CatchPanicLayer::new()) {
        assert_protected(&visit(&app, "/panic").await, 500);
    }
}

#[tokio::test]
async fn a_timeout_inside_gets_the_headers() {
    let layer = || TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(1));
    assert_protected(&visit(&protect(pages().layer(layer())), "/hang").await, 504);
    // Outside, the layer answers by itself: `Deadline` is the layer for the whole site.
    let outside = visit(&protect(pages()).layer(layer()), "/hang").await;
    assert_eq!((outside.status, is_protected(&outside)), (StatusCode::GATEWAY_TIMEOUT, false));
}

#[tokio::test]
async fn a_request_body_limit_fits_inside_and_outside() {
    let form = || Router::new().route("/form", post(async |body: Bytes| body.len().to_string()));
    for app in [
        protect(form().layer(RequestBodyLimitLayer::new(10))),
        protect(form()).layer(RequestBodyLimitLayer::new(10)),
    ] {
        for (length, status) in [(10, 200), (11, 413)] {
            let request = Request::post("/form").header("host", "localhost");
            let request = request.body(Body::from(vec![b'x'; length])).unwrap();
            assert_eq!(ask(&app, with_peer(request, HERE)).await.status, status);
        }
    }
}

#[tokio::test]
async fn cors_outside_answers_preflights_and_marks_rejections() {
    let partner = "https://partner.example";
    let cors = || {
        CorsLayer::new().allow_origin([HeaderValue::from_static(partner)]).allow_methods([http::Method::PUT])
    };
    let trusting = || palisade().cross_origin(Csrf::new().trusted_origins([partner]).unwrap());
    let preflight = || {
        let request = Request::options("/").header("host", "localhost").header("origin", partner);
        let request = request.header("access-control-request-method", "PUT");
        with_peer(request.body(Body::empty()).unwrap(), HERE)
    };
    for app in [trusting().protect(pages().layer(cors())), trusting().protect(pages()).layer(cors())] {
        let answer = ask(&app, preflight()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(partner));
    }
    // A script reads why it was rejected only if CORS is outside.
    let wrong_host = [("origin", partner), ("host", "other.example")];
    for (app, readable) in [
        (trusting().protect(pages()).layer(cors()), true),
        (trusting().protect(pages().layer(cors())), false),
    ] {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        for (name, value) in wrong_host {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = ask(&app, with_peer(request, HERE)).await;
        assert_eq!(answer.status, 421);
        assert_eq!(answer.header("access-control-allow-origin").is_some(), readable);
    }
}
