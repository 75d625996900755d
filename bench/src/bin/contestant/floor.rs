//! The lowest cost of sending these headers: a bare handler, with headers cloned from a prepared
//! map.

use std::error::Error;

use axum::Form;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use serde::Serialize;

use super::visitor::{RecordedResponse, Visitor};
use super::work::{self, Note};

/// A recorded response of `palisade`.
#[derive(Clone)]
struct Recorded {
    status: StatusCode,
    headers: HeaderMap,
}

impl Recorded {
    fn of(seen: &RecordedResponse, expected: StatusCode) -> Result<Self, Box<dyn Error>> {
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
    let json = Recorded::of(&visitor.get("/json").await?, StatusCode::OK)?;
    let page = Recorded::of(&visitor.get("/page").await?, StatusCode::OK)?;
    visitor.sign_in().await?;
    let me = Recorded::of(&visitor.get("/me").await?, StatusCode::OK)?;
    let saved = Recorded::of(&visitor.save().await?, StatusCode::OK)?;
    for _ in 0..5 {
        visitor.get("/limited").await?;
    }
    let rejected = visitor.get("/limited").await?;
    let limited = Recorded::of(&rejected, StatusCode::TOO_MANY_REQUESTS)?;
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
        .route("/limited", get(async move || limited.with(rejected.body.clone()))))
}
