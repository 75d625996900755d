//! Responses with secrets are not compressed, on either side of the guards.

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{ACCEPT_ENCODING, HeaderName};
use palisade::{CspNonce, PageHeaders, Palisade, compression};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate};

use crate::support::{HERE, ask, get_from};

fn words() -> String {
    "word ".repeat(1_000)
}

fn pages() -> Router {
    let with = |name: &'static str, value: &'static str| {
        get(move || async move { ([(HeaderName::from_static(name), value)], words()) })
    };
    Router::new()
        .route("/public", get(|| async { words() }))
        .route("/nonce", get(|nonce: CspNonce| async move { format!("{nonce}{}", words()) }))
        .route("/cookie", with("set-cookie", "session=1"))
        .route("/no-store", with("cache-control", "private, No-Store"))
        .route("/not-no-store", with("cache-control", "private, x-no-store-not"))
        .route("/range", with("accept-ranges", "bytes"))
        .route("/account", get(|| async { (PageHeaders::new().no_store(), words()).into_response() }))
}

fn compress() -> CompressionLayer<And<DefaultPredicate, Rule>> {
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(compression::is_safe as Rule))
}

type Rule = fn(http::StatusCode, http::Version, &http::HeaderMap, &http::Extensions) -> bool;

async fn is_compressed(app: &Router, path: &str) -> bool {
    let mut request: http::Request<Body> = get_from(HERE, path);
    request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
    request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let response = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.headers().contains_key("content-encoding")
}

#[tokio::test]
async fn responses_with_secrets_stay_uncompressed() {
    let inside = Palisade::development().protect(pages().layer(compress()));
    let outside = Palisade::development().protect(pages()).layer(compress());
    for (place, app) in [("inside", inside), ("outside", outside)] {
        for (path, compressed) in [
            ("/public", true),
            ("/nonce", true),
            ("/not-no-store", true),
            ("/cookie", false),
            ("/no-store", false),
            ("/range", false),
            ("/account", false),
        ] {
            assert_eq!(is_compressed(&app, path).await, compressed, "{path} {place}");
        }
    }
}

#[tokio::test]
async fn a_compressed_page_keeps_its_headers() {
    let app = Palisade::development().protect(pages()).layer(compress());
    let mut request = get_from(HERE, "/nonce");
    request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
    let answer = ask(&app, request).await;
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert!(answer.header("content-security-policy").unwrap().contains(&answer.body[..22]));
}
