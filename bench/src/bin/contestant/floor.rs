//! What nothing that sends these headers can undercut: a bare handler, and a map of headers that was made beforehand.

use std::error::Error;

use axum::Form;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use serde::Serialize;

use super::visitor::{Seen, Visitor};
use super::work::{self, Note};

/// What `palisade` answered once.
#[derive(Clone)]
struct Kept {
    status: StatusCode,
    headers: HeaderMap,
}

impl Kept {
    fn of(seen: &Seen, expected: StatusCode) -> Result<Self, Box<dyn Error>> {
        if seen.status != expected {
            return Err(
                format!("palisade answered {} instead of {expected}: {}", seen.status, seen.body).into()
            );
        }
        let mut headers = seen.headers.clone();
        headers.remove("content-length");
        Ok(Self { status: seen.status, headers })
    }

    fn with(&self, body: impl Into<Body>) -> Response<Body> {
        let mut response = Response::new(body.into());
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        response
    }

    fn with_json(&self, value: &impl Serialize) -> Response<Body> {
        self.with(serde_json::to_vec(value).expect("a struct of words and numbers"))
    }
}

pub async fn app() -> Result<Router, Box<dyn Error>> {
    let mut visitor = Visitor::new()?;
    let json = Kept::of(&visitor.get("/json").await?, StatusCode::OK)?;
    let page = Kept::of(&visitor.get("/page").await?, StatusCode::OK)?;
    visitor.sign_in().await?;
    let me = Kept::of(&visitor.get("/me").await?, StatusCode::OK)?;
    let saved = Kept::of(&visitor.save().await?, StatusCode::OK)?;
    for _ in 0..5 {
        visitor.get("/limited").await?;
    }
    let refused = visitor.get("/limited").await?;
    let limited = Kept::of(&refused, StatusCode::TOO_MANY_REQUESTS)?;
    Ok(Router::new()
        .route("/json", get(async move || json.with_json(&work::json().0)))
        .route("/page", get(async move || page.with(work::page("bm9uY2Ugb2YgMTYgYnl0").0)))
        .route("/me", get(async move || me.with_json(&work::me("ada").0)))
        .route("/login", post(async || StatusCode::NO_CONTENT))
        .route(
            "/form",
            get(async || work::form("token", "none"))
                .post(async move |Form(note): Form<Note>| saved.with(work::saved(&note))),
        )
        .route("/limited", get(async move || limited.with(refused.body.clone()))))
}
