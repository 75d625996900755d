//! A JSON API: keys in a header, CORS for one site, errors as `problem+json`, limits by key and cost.
//!
//! ```sh
//! cargo run -p palisade --features bearer,rate-limit --example api   # prints a key
//! KEY=…
//! curl -i -H "Authorization: Bearer $KEY" http://localhost:3000/api/books
//! curl -i -H "Authorization: Bearer $KEY" --json '{"title": ""}' http://localhost:3000/api/books
//! curl -i http://localhost:3000/api/books   # 401
//! ```

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use axum::extract::{Extension, FromRequestParts, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode, request::Parts};
use axum::middleware::from_extractor_with_state;
use axum::routing::get;
use axum::{Json, Router};
use palisade::bearer::{BearerRejection, BearerToken};
use palisade::error::OrNotFound;
use palisade::rate_limit::store::MemoryStore;
use palisade::{Error, Palisade, RateLimit};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use tower_http::cors::CorsLayer;

const PARTNER: &str = "https://partner.example";

#[derive(Clone)]
struct Site {
    /// The text of each key's hash, as in a database, and its owner. The keys are not stored.
    owners: Arc<HashMap<String, &'static str>>,
    books: Arc<RwLock<Vec<Book>>>,
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

fn app(palisade: Palisade, key: &BearerToken) -> Result<Router, Box<dyn StdError>> {
    let owners = Arc::new(HashMap::from([(key.hash().to_string(), "acme")]));
    let site = Site { owners, books: Arc::default() };
    let counters = MemoryStore::new();
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
    Json(site.books.read().await.clone())
}

async fn book(State(site): State<Site>, Path(number): Path<usize>) -> palisade::Result<Json<Book>> {
    let book = site.books.read().await.get(number).cloned();
    Ok(Json(book.or_not_found()?))
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
    site.books.write().await.push(book);
    Ok(StatusCode::CREATED)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().log_internal_errors(false).init();
    let key = BearerToken::generate("books"); // the prefix helps scanners to find leaked keys
    let app = app(Palisade::development(), &key)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/api/books, key: {}", key.as_str());
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
