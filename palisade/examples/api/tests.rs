use axum::body::Body;
use axum::http::Request;
use palisade::test::{Browser, Page};
use serde_json::{Value, json};

use super::*;

fn program() -> (Browser, String) {
    let key = BearerToken::generate("books");
    let app = app(Palisade::for_hosts(["example.org"]).unwrap(), &key).unwrap();
    (Browser::new(app).at("https://example.org").as_program(), format!("Bearer {}", key.as_str()))
}

/// Asserts that the page is an error as JSON, and returns it.
fn problem(page: &Page, status: u16) -> Value {
    assert_eq!(
        (page.status.as_u16(), page.header("content-type")),
        (status, Some("application/problem+json"))
    );
    page.json()
}

#[tokio::test]
async fn a_key_opens_the_api() {
    let (program, key) = program();
    let mut program = program.header("authorization", &key);
    assert_eq!(program.post_json("/api/books", &json!({ "title": "Emma" })).await.status, 201);
    assert_eq!(program.get("/api/books/0").await.json::<Value>(), json!({ "title": "Emma" }));
    problem(&program.get("/api/books/1").await, 404);
    let invalid = problem(&program.post_json("/api/books", &json!({ "title": "" })).await, 422);
    assert_eq!(invalid["errors"][0]["pointer"], "#/title");
    let malformed = problem(&program.post_json("/api/books", &json!({})).await, 422);
    assert!(malformed["detail"].as_str().unwrap().contains("title"), "{malformed}");
}

#[tokio::test]
async fn a_request_without_a_valid_key_is_rejected() {
    let (mut program, key) = program();
    problem(&program.get("/api/books").await, 401);
    let mut guess = program.header("authorization", &format!("{key}x"));
    let page = guess.get("/api/books").await;
    problem(&page, 401);
    assert_eq!(page.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn writing_costs_ten_times_as_much() {
    let (program, key) = program();
    let mut program = program.header("authorization", &key);
    for _ in 0..10 {
        assert_eq!(program.post_json("/api/books", &json!({ "title": "Emma" })).await.status, 201);
    }
    let page = program.get("/api/books").await;
    problem(&page, 429);
    assert!(page.headers.contains_key("retry-after") && page.headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn one_other_site_may_call_the_api() {
    let (mut browser, _) = program();
    for (origin, allowed) in [(PARTNER, Some(PARTNER)), ("https://evil.example", None)] {
        let preflight = Request::options("/api/books")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let page = browser.send(preflight.body(Body::empty()).unwrap()).await;
        assert_eq!(page.header("access-control-allow-origin"), allowed, "{origin}");
        // Errors are readable, too.
        let request = Request::post("/api/books").header("origin", origin).body(Body::empty()).unwrap();
        let page = browser.send(request).await;
        problem(&page, 401);
        assert_eq!(page.header("access-control-allow-origin"), allowed, "{origin}");
    }
    let forged = Request::post("/").header("origin", PARTNER).body(Body::empty()).unwrap();
    assert_eq!(browser.send(forged).await.status, 403, "the pages stay closed");
}
