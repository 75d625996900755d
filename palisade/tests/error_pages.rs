//! Error pages: a rejection or an internal error becomes HTML or JSON.

use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use palisade::front_door::Guards;
use palisade::rejection::InternalError;
use palisade::request::{RequestContext, RequestId};
use palisade::{ErrorPages, Rejection};
use test_support::log::Log;

use crate::support::{Answer, HERE, ask, get_from, guarded, site};

fn app() -> Router {
    let broken =
        || async { InternalError::new(std::io::Error::other("disk /var/secret is full")).into_response() };
    let routes = site()
        .route("/broken", get(broken))
        .route("/number/{n}", get(|Path(n): Path<u32>| async move { n.to_string() }))
        .route("/own", get(|| async { (StatusCode::NOT_FOUND, Json("mine")) }))
        .route("/own-html", get(|| async { (StatusCode::GONE, axum::response::Html("mine")) }));
    let palisade = Guards::new().hosts(["example.org"]).unwrap();
    routes
        .layer(palisade.https(palisade::https::Https::new().dangerous_allow_http()))
        .layer(ErrorPages::plain())
}

async fn fetched(target: &str, accept: &'static str) -> Answer {
    let mut request = get_from(HERE, target);
    request.headers_mut().insert("accept", accept.parse().unwrap());
    ask(&app(), request).await
}

#[tokio::test]
async fn a_404_is_html_or_json_by_accept() {
    let page = fetched("/nowhere", "text/html").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("Page not found"));
    let json = fetched("/nowhere", "application/json").await;
    assert_eq!((json.status.as_u16(), json.header("content-type")), (404, Some("application/problem+json")));
    let problem: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["title"], "Page not found");
    assert_eq!(json.header("vary"), Some("accept"));
}

#[tokio::test]
async fn a_wrong_method_keeps_its_allow_header() {
    let answer = fetched("/form", "*/*").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")));
    assert!(answer.body.contains("Not possible here"));
}

#[tokio::test]
async fn no_page_shows_a_cause_type_or_version() {
    for target in ["/broken", "/panic", "/number/x"] {
        for accept in ["text/html", "application/json"] {
            let answer = fetched(target, accept).await;
            assert!(answer.status.is_client_error() || answer.status.is_server_error());
            for secret in ["secret", "disk", "u32", "parse", "panick", "axum"] {
                assert!(!answer.body.contains(secret), "{target} shows {secret}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn a_handlers_own_body_stays_unchanged() {
    assert_eq!(fetched("/own", "text/html").await.body, "\"mine\"");
    assert_eq!(fetched("/own-html", "application/json").await.body, "mine");
    assert_eq!(fetched("/", "text/html").await.body, "home");
}

#[tokio::test]
async fn a_rejection_has_a_page_a_redirect_none() {
    let mut request = get_from(HERE, "/");
    request.headers_mut().insert("host", "evil.example".parse().unwrap());
    let answer = ask(&app(), request).await;
    assert!(answer.body.contains(&*Rejection::from(palisade::host::HostRejection::Unknown).message()));
    let strict = guarded(Guards::new().hosts(["example.org"]).unwrap());
    let redirect = ask(&strict, get_from("203.0.113.9:1", "/")).await;
    assert_eq!(
        (redirect.status.as_u16(), redirect.body.as_str(), redirect.header("content-type")),
        (302, "", None)
    );
}

#[tokio::test]
async fn the_cause_is_logged_under_the_shown_id() {
    let log = Log::default();
    let id = RequestId::random();
    let mut request = get_from(HERE, "/broken");
    RequestContext::begin(request.extensions_mut()).set_request_id(id);
    let logging = log.listen();
    let answer = ask(&app(), request).await;
    drop(logging);
    let log = log.text();
    assert_eq!(log.matches("disk /var/secret is full").count(), 1, "{log}");
    assert!(log.contains(&id.to_string()) && answer.body.contains(&id.to_string()));
}
