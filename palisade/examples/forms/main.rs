//! Four ways to send a form, each with the CSRF token: urlencoded, with a file, `fetch`, htmx.
//!
//! ```sh
//! cargo run -p palisade --features maud,session,upload --example forms
//! # open http://localhost:3000/
//! curl -i -d text=Hello http://localhost:3000/notes   # 403: a form without the token
//! ```

mod page;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use palisade::redirect::SafePath;
use palisade::session::store::MemorySessions;
use palisade::upload::FileType;
use palisade::{CspNonce, CsrfToken, Error, Keyring, Palisade, Redirect, Session, Sessions, Uploads};
use serde::Deserialize;
use tokio::sync::Mutex;

const HOME: SafePath = SafePath::of("/");

#[derive(Clone)]
struct Site {
    notes: Arc<Mutex<Vec<String>>>,
    uploads: Uploads,
}

fn app(palisade: Palisade, keyring: &Keyring) -> Result<Router, Box<dyn StdError>> {
    // The sessions bring the check of the tokens with them.
    let sessions = Sessions::in_store(MemorySessions::new(), keyring).login_path("/login");
    let uploads = Uploads::open("memory://")?.file_types([FileType::Pdf]);
    let routes = Router::new()
        .route("/", get(home))
        .route("/notes", post(add_note))
        .route("/files", post(add_file))
        .route("/likes", post(like))
        .route("/fragments/notes", post(add_note_by_htmx))
        .route("/login", get(async || "The example `login` has this page."))
        .with_state(Site { notes: Arc::default(), uploads });
    Ok(palisade.sessions(sessions).protect(routes))
}

async fn home(State(site): State<Site>, nonce: CspNonce, token: CsrfToken) -> Html<String> {
    Html(page::home(&site.notes.lock().await, &nonce, &token).into_string())
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

async fn add_note(State(site): State<Site>, Form(note): Form<Note>) -> palisade::Result<Redirect> {
    if note.text.is_empty() {
        return Err(Error::unprocessable("Please check the form.").field("text", "is empty"));
    }
    site.notes.lock().await.push(note.text);
    Ok(Redirect::to(HOME))
}

async fn add_file(State(site): State<Site>, request: Request) -> palisade::Result<Redirect> {
    let mut form = site.uploads.take(request).await?; // 413 or 415, with the reason
    let file = form.take_file("file").ok_or_else(|| Error::unprocessable("Please choose a file."))?;
    site.notes.lock().await.push(format!("{}: {} bytes", file.name(), file.bytes()));
    Ok(Redirect::to(HOME))
}

#[derive(Deserialize)]
struct Like {
    note: u32,
}

async fn like(Json(like): Json<Like>) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "likes": like.note + 1 }))
}

/// Needs a sign-in, which may have expired: htmx then goes to the login page.
async fn add_note_by_htmx(session: Session, Form(note): Form<Note>) -> palisade::Result<Html<String>> {
    if session.sign_in().await?.is_none() {
        return Err(session.sign_in_required().into());
    }
    Ok(Html(page::note(&note.text).into_string()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().log_internal_errors(false).init();
    let keyring = Keyring::random(); // sessions end at a restart; `Keyring::from_env` keeps them
    let app = app(Palisade::development(), &keyring)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/");
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
