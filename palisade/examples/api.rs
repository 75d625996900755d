//! A JSON API: keys in a header, CORS for one site, errors as `problem+json`, limits by key and cost.
//!
//! ```sh
//! cargo run -p palisade --features bearer,rate-limit --example api   # prints a key
//! KEY=…
//! curl -i -H "Authorization: Bearer $KEY" http://localhost:3000/api/books
//! curl -i -H "Authorization: Bearer $KEY" --json '{"title": ""}' http://localhost:3000/api/books
//! curl -i http://localhost:3000/api/books   # 401
//! ```

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Extension, FromRequestParts, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode, request::Parts};
use axum::middleware::from_extractor_with_state;
use axum::routing::get;
use axum::{Json, Router};
use palisade::bearer::{BearerRejection, BearerToken};
use palisade::error::OrNotFound;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::MemoryStore;
use palisade::{Error, Palisade, RateLimit};
use serde::{Deserialize, Serialize};
use tower_http::cors::CorsLayer;

const PARTNER: &str = "https://partner.example";

#[derive(Clone)]
struct Site {
    /// The text of each key's hash, as in a database, and its owner. The keys are not stored.
    owners: Arc<HashMap<String, &'static str>>,
    books: Arc<Mutex<Vec<Book>>>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Book {
    title: String,
}

/// The owner of the key.
#[derive(Clone)]
struct Caller(&'static str);

impl FromRequestParts<Site> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Error> {
        let hash = BearerToken::of(&parts.headers)?.hash().to_string();
        let caller = Self(site.owners.get(&hash).ok_or(BearerRejection::Invalid)?);
        parts.extensions.insert(caller.clone()); // for the rate limit and the handlers
        Ok(caller)
    }
}

fn app(palisade: Palisade, site: Site) -> Result<Router, Box<dyn StdError>> {
    let counters = FallbackStore::new(MemoryStore::new());
    let by_address = RateLimit::new("address", "600/minute", counters.clone())?; // guesses of keys
    let by_key = RateLimit::new("key", "100/minute", counters)?
        .per(|parts| parts.extensions.get::<Caller>().map(|caller| caller.0.into()))
        .cost_by(|parts| if parts.method == Method::POST { 10 } else { 1 })
        .standard_headers(); // RateLimit-Policy and RateLimit, for well-behaved programs
    let routes = Router::new()
        .route("/books", get(books).post(add_book))
        .route("/books/{number}", get(book))
        .layer(by_key) // counts callers only, because the next line is further out
        .layer(from_extractor_with_state::<Caller, _>(site.clone()))
        .with_state(site);
    // Outside of `protect`, so that a script of the partner can read errors too.
    let cors = CorsLayer::new()
        .allow_origin([HeaderValue::from_static(PARTNER)])
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE]);
    // `for_api`: no cookie is read, so no visitor's sign-in can be misused from another site.
    let api = palisade.clone().rate_limit(by_address).for_api().protect(routes).layer(cors);
    let pages = palisade.protect(Router::new().route("/", get(async || "The API is at /api/books")));
    Ok(pages.nest("/api", api))
}

async fn books(State(site): State<Site>) -> Json<Vec<Book>> {
    Json(site.books.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

async fn book(State(site): State<Site>, Path(number): Path<usize>) -> palisade::Result<Json<Book>> {
    let books = site.books.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Json(books.get(number).cloned().or_not_found()?))
}

async fn add_book(
    State(site): State<Site>,
    Extension(caller): Extension<Caller>,
    Json(book): Json<Book>,
) -> palisade::Result<StatusCode> {
    if book.title.is_empty() {
        return Err(Error::unprocessable("The book is not valid.").field("title", "is empty"));
    }
    tracing::info!(caller = caller.0, "a new book");
    site.books.lock().unwrap_or_else(PoisonError::into_inner).push(book);
    Ok(StatusCode::CREATED)
}

/// Makes a site with one key, which is shown once.
fn site() -> (Site, BearerToken) {
    let key = BearerToken::generate("books"); // the prefix helps scanners to find leaked keys
    let owners = Arc::new(HashMap::from([(key.hash().to_string(), "acme")]));
    (Site { owners, books: Arc::default() }, key)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().init();
    let (site, key) = site();
    eprintln!("The key: {}", key.as_str());
    let app = app(Palisade::development(), site)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/api/books");
    palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use palisade::test::{Browser, Page};
    use serde_json::{Value, json};

    use super::*;

    fn program() -> (Browser, String) {
        let (site, key) = site();
        let app = app(Palisade::for_hosts(["example.org"]).unwrap(), site).unwrap();
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
}
