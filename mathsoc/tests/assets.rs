//! Static files: hashed URLs, content negotiation of encodings, and conditional requests.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use mathsoc::web::assets;
use tower::ServiceExt;

fn site() -> Router {
    Router::new()
        .route("/static/{*path}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
}

async fn ask(path: &str, headers: &[(http::HeaderName, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    site().oneshot(request).await.expect("a router never fails")
}

fn header(response: &Response<Body>, name: http::HeaderName) -> Option<&str> {
    response.headers().get(name).map(|value| value.to_str().expect("ASCII"))
}

fn sheet() -> &'static str {
    assets::url("site.css").expect("the site has a style sheet")
}

#[tokio::test]
async fn a_hashed_file_is_cached_forever() {
    let response = ask(sheet(), &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, CONTENT_TYPE), Some("text/css; charset=utf-8"));
    assert_eq!(header(&response, CACHE_CONTROL), Some("public, max-age=31536000, immutable"));
    assert_eq!(header(&response, VARY), Some("accept-encoding"));
    assert_eq!(header(&response, CONTENT_ENCODING), None);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.windows(6).any(|bytes| bytes == b":root "), "the style sheet itself");
}

#[tokio::test]
async fn the_client_chooses_the_encoding() {
    let cases = [
        ("", None),
        ("identity", None),
        ("gzip", Some("gzip")),
        ("gzip, br", Some("br")),
        ("br;q=0.5, gzip;q=0.8", Some("gzip")),
        ("br;q=0, gzip;q=0", None),
        ("br;q=0, *", Some("gzip")),
        ("*;q=0.1", Some("br")),
        ("identity, br;q=0.5", None),
        ("GZIP;Q=1.0", Some("gzip")),
        ("zstd, deflate", None),
        ("br;q=nonsense, gzip;q=0.1", Some("gzip")),
        ("identity;q=0, *;q=0", None),
    ];
    for (accepted, expected) in cases {
        let response = ask(sheet(), &[(ACCEPT_ENCODING, accepted)]).await;
        assert_eq!(header(&response, CONTENT_ENCODING), expected, "Accept-Encoding: {accepted}");
    }
}

#[tokio::test]
async fn a_matching_etag_gets_304() {
    for accepted in ["br", "gzip", "identity"] {
        let first = ask(sheet(), &[(ACCEPT_ENCODING, accepted)]).await;
        let etag = header(&first, ETAG).unwrap().to_owned();
        for header_value in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
            let again = ask(sheet(), &[(ACCEPT_ENCODING, accepted), (IF_NONE_MATCH, &header_value)]).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{header_value}");
            assert_eq!(header(&again, ETAG), Some(etag.as_str()));
            assert_eq!(header(&again, VARY), Some("accept-encoding"));
            assert_eq!(again.into_body().collect().await.unwrap().to_bytes().len(), 0);
        }
        let other = if accepted == "br" { "gzip" } else { "br" };
        let changed = ask(sheet(), &[(ACCEPT_ENCODING, other), (IF_NONE_MATCH, &etag)]).await;
        assert_eq!(changed.status(), StatusCode::OK, "{accepted} and {other} need different ETags");
    }
}

#[tokio::test]
async fn every_page_file_is_served() {
    for name in ["site.css", "math.css", "favicon.svg", "robots.txt"] {
        let address = assets::url(name).unwrap_or_else(|| panic!("static/ has {name}"));
        assert_eq!(ask(address, &[]).await.status(), StatusCode::OK, "{address}");
    }
}

#[tokio::test]
async fn an_unknown_address_is_not_found() {
    for path in
        ["/static/site.css", "/static/site.0000000000000000.css", "/static/../Cargo.toml", "/static/%FF"]
    {
        assert_eq!(ask(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_fixed_addresses_are_cached_for_a_day() {
    for (path, kind) in [("/favicon.ico", "image/svg+xml"), ("/robots.txt", "text/plain; charset=utf-8")] {
        let response = ask(path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, CONTENT_TYPE), Some(kind));
        assert_eq!(header(&response, CACHE_CONTROL), Some("public, max-age=86400"));
    }
}

#[tokio::test]
async fn head_has_the_headers_and_no_body() {
    let request = Request::builder().method(Method::HEAD).uri(sheet()).body(Body::empty()).unwrap();
    let response = site().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().contains_key(http::header::CONTENT_LENGTH));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 0);
}
