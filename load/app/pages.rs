//! The pages for visitors: small, large, endless, slow, a form, and the login.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use futures_util::stream;
use palisade::password::{Password, StoredCredential};
use palisade::{CsrfToken, Error, Redirect, Session};
use serde::Deserialize;

use crate::App;

/// The size of the large page, in bytes.
const LARGE: usize = 200 << 10;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(hello))
        .route("/large", get(async || Html("x".repeat(LARGE))))
        .route("/events", get(events))
        .route("/slow/{milliseconds}", get(slow))
        .route("/form", get(form).post(async || Html("saved")))
        .route("/login", get(form).post(log_in))
}

async fn hello() -> Html<&'static str> {
    tracing::info!("a page is served");
    Html("<!doctype html><title>Hello</title><p>Hello")
}

async fn events() -> impl IntoResponse {
    Sse::new(stream::pending::<Result<Event, Infallible>>())
}

async fn slow(Path(milliseconds): Path<u64>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    "at last"
}

/// Begins a session.
async fn form(session: Session, token: CsrfToken) -> palisade::Result<Html<String>> {
    session.set("began", true).await?;
    Ok(Html(format!("<form method=post>{}<button>Send</button></form>", token.input())))
}

#[derive(Deserialize)]
struct Credentials {
    password: Password,
}

async fn log_in(
    State(app): State<App>,
    session: Session,
    Form(form): Form<Credentials>,
) -> palisade::Result<Redirect> {
    let stored = StoredCredential::new(1, app.hash.clone());
    let Some(verified) = app.passwords.verify(form.password, Some(stored)).await? else {
        return Err(Error::forbidden("That password is wrong."));
    };
    session.log_in(verified.proof).await?;
    Ok(Redirect::to(palisade::redirect::SafePath::of("/")))
}
