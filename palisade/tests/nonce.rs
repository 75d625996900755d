//! The nonce: one per request, made on first use, the same in header and page.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use palisade::front_door::Guards;
use palisade::{CspNonce, ErrorPages};

use crate::support::{Answer, HERE, ask, get_from};

fn app() -> Router {
    Router::new()
        .route("/plain", get(|_: CspNonce| async { "asks, never reads" }))
        .route("/script", get(|nonce: CspNonce| async move { nonce.to_string() }))
        .route(
            "/fail",
            get(|nonce: CspNonce| async move { (StatusCode::INTERNAL_SERVER_ERROR, nonce.to_string()) }),
        )
        .layer(
            Guards::new()
                .hosts(["example.org"])
                .unwrap()
                .https(palisade::https::Https::new().dangerous_allow_http()),
        )
        .layer(ErrorPages::new(|page| page.nonce().to_string()))
}

async fn fetched(target: &str) -> Answer {
    ask(&app(), get_from(HERE, target)).await
}

fn in_policy(answer: &Answer) -> Option<&str> {
    answer.header("content-security-policy").unwrap().split("'nonce-").nth(1)?.split('\'').next()
}

#[tokio::test]
async fn a_printed_nonce_matches_the_header() {
    let answer = fetched("/script").await;
    assert_eq!(answer.body.len(), 22, "128 bits in base64");
    assert_eq!(in_policy(&answer), Some(answer.body.as_str()));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert_ne!(answer.body, fetched("/script").await.body);
}

#[tokio::test]
async fn a_page_without_nonce_stays_cacheable() {
    let answer = fetched("/plain").await;
    assert_eq!(in_policy(&answer), None);
    assert_eq!(answer.header("cache-control"), None);
}

#[tokio::test]
async fn an_error_pages_nonce_matches_its_header() {
    for target in ["/nowhere", "/fail"] {
        let answer = fetched(target).await;
        assert_eq!(in_policy(&answer), Some(answer.body.as_str()), "{target}");
    }
    let mut request = get_from(HERE, "/script");
    request.headers_mut().insert("host", "evil.example".parse().unwrap());
    let rejected = ask(&app(), request).await;
    assert_eq!(rejected.status, 421);
    assert_eq!(in_policy(&rejected), Some(rejected.body.as_str()));
}

/// A nonce is a system call, and a flood of rejected programs should cost as little as possible.
#[tokio::test]
async fn an_error_for_a_program_has_no_nonce() {
    for (header, value) in [("accept", "*/*"), ("sec-fetch-mode", "cors"), ("hx-request", "true")] {
        let mut request = get_from(HERE, "/nowhere");
        request.headers_mut().insert(header, value.parse().unwrap());
        let answer = ask(&app(), request).await;
        assert_eq!((answer.status.as_u16(), in_policy(&answer)), (404, None), "{header}: {}", answer.body);
        assert!(answer.header("content-security-policy").unwrap().contains("script-src"));
    }
}

#[tokio::test]
async fn shared_caches_never_store_a_nonce() {
    for (own, sent) in [
        ("public, max-age=3600", "private, no-cache"),
        ("max-age=60", "private, no-cache"),
        ("no-cache", "private, no-cache"),
        ("s-maxage=60, stale-while-revalidate=30", "private, no-cache"),
        ("no-store", "no-store"),
        ("max-age=0, No-Store", "max-age=0, No-Store"),
        ("private, max-age=60", "private, max-age=60"),
    ] {
        let page = async move |nonce: CspNonce| {
            ([("cache-control", own), ("cdn-cache-control", "max-age=60")], nonce.to_string())
        };
        let app = Router::new().route("/", get(page)).layer(palisade::SecurityHeaders::strict());
        let answer = ask(&app, get_from(HERE, "/")).await;
        assert_eq!(answer.header("cache-control"), Some(sent), "{own}");
        let is_rewritten = own != sent;
        assert_eq!(answer.header("cdn-cache-control").is_none(), is_rewritten, "{own}");
    }
}

#[tokio::test]
async fn shared_caches_never_store_a_cookie_or_token() {
    let keyring = palisade::Keyring::random();
    let public = [("cache-control", "public, max-age=3600")];
    let app = Router::new()
        .route("/form", get(async move |token: palisade::CsrfToken| (public, token.to_string())))
        .layer(palisade::CsrfTokens::new(&keyring))
        .layer(palisade::Sessions::in_cookie(&keyring).dangerous_forgets_on_restart())
        .route("/cookie", get(async move || (public, [("set-cookie", "theme=dark")], "")))
        .route("/plain", get(async move || (public, "")))
        .layer(Guards::new());
    let mut browser = palisade::test::Browser::new(app);
    for (path, control) in [
        ("/form", "private, no-cache"),
        ("/form", "private, no-cache"), // with a session from before, and no cookie to set
        ("/cookie", "private, no-cache"),
        ("/plain", "public, max-age=3600"),
    ] {
        assert_eq!(browser.get(path).await.header("cache-control"), Some(control), "{path}");
    }
}
