//! axum without layers.

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Router};

use super::work::{self, Note};

pub fn app() -> Router {
    Router::new()
        .route("/json", get(async || work::json()))
        .route("/page", get(async || work::page("bm9uY2Ugb2YgMTYgYnl0")))
        .route("/me", get(async || work::me("ada")))
        .route("/login", post(async || StatusCode::NO_CONTENT))
        .route(
            "/form",
            get(async || work::form("token", "none")).post(async |Form(note): Form<Note>| work::saved(&note)),
        )
        .route("/limited", get(async || (StatusCode::TOO_MANY_REQUESTS, "wait an hour")))
}
