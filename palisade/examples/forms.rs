//! Four ways to send a form, each with the CSRF token: urlencoded, with a file, `fetch`, htmx.
//!
//! ```sh
//! cargo run -p palisade --features maud,session,upload --example forms
//! # open http://localhost:3000/
//! curl -i -d text=Hello http://localhost:3000/notes   # 403: a form without the token
//! ```

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use palisade::redirect::SafePath;
use palisade::session::store::MemorySessions;
use palisade::upload::FileType;
use palisade::{CspNonce, CsrfToken, Error, Keyring, Palisade, Redirect, Session, Sessions, Uploads};
use serde::Deserialize;

const HOME: SafePath = SafePath::of("/");
/// The nonce allows the script; the hash makes the browser compare it.
const HTMX: &str = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js";
const HTMX_HASH: &str = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg";
/// The policy blocks inline styles and `eval`. Errors are swapped in, as every error has a body.
const HTMX_CONFIG: &str = r#"{"includeIndicatorStyles": false, "allowEval": false,
    "responseHandling": [{"code": "204", "swap": false}, {"code": ".*", "swap": true}]}"#;
/// Event handlers in attributes are blocked too: a script adds them.
const LIKE: &str = r##"
    document.querySelector("#like").addEventListener("click", async () => {
        const token = document.querySelector("meta[name=csrf-token]").content;
        const headers = {"X-CSRF-Token": token, "Content-Type": "application/json"};
        const body = JSON.stringify({note: 0});
        const response = await fetch("/likes", {method: "POST", headers, body});
        const answer = await response.json(); // an error is JSON too: {"status": 403, "detail": …}
        document.querySelector("#answer").textContent = answer.likes ?? answer.detail;
    });"##;

#[derive(Clone)]
struct Site {
    notes: Arc<Mutex<Vec<String>>>,
    uploads: Uploads,
}

impl Site {
    fn with_notes<T>(&self, work: impl FnOnce(&mut Vec<String>) -> T) -> T {
        work(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn app(palisade: Palisade, keyring: &Keyring) -> Result<Router, Box<dyn StdError>> {
    // The sessions bring the check of the tokens with them.
    let sessions = Sessions::in_store(MemorySessions::new(), keyring).login_path("/login");
    let uploads = Uploads::open("memory://")?.file_types([FileType::Pdf]);
    let routes = Router::new()
        .route("/", get(page))
        .route("/notes", post(add_note))
        .route("/files", post(add_file))
        .route("/likes", post(like))
        .route("/fragments/notes", post(add_note_by_htmx))
        .route("/login", get(async || "The example `login` has this page."))
        .with_state(Site { notes: Arc::default(), uploads });
    Ok(palisade.sessions(sessions).protect(routes))
}

async fn page(State(site): State<Site>, nonce: CspNonce, token: CsrfToken) -> Html<String> {
    let notes = site.with_notes(|notes| notes.clone());
    let page = html! {
        (DOCTYPE)
        title { "Notes" }
        (token.meta()) // for scripts
        meta name="htmx-config" content=(HTMX_CONFIG);
        script nonce=(nonce) src=(HTMX) integrity=(HTMX_HASH) crossorigin="anonymous" {}
        script nonce=(nonce) type="module" { (PreEscaped(LIKE)) }
        form method="post" action="/notes" { (token.input()) input name="text"; button { "Save" } }
        form method="post" action="/files" enctype="multipart/form-data" {
            (token.input()) // before the file: the check reads the first 64 KiB
            input type="file" name="file"; button { "Send a PDF" }
        }
        button id="like" { "Like" } output id="answer" {}
        form hx-post="/fragments/notes" hx-target="#notes" hx-swap="beforeend" {
            (token.input()) input name="text"; button { "Save with htmx" }
        }
        ul id="notes" { @for note in &notes { (item(note)) } }
    };
    Html(page.into_string())
}

fn item(note: &str) -> Markup {
    html! { li { (note) } } // escaped
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

async fn add_note(State(site): State<Site>, Form(note): Form<Note>) -> palisade::Result<Redirect> {
    if note.text.is_empty() {
        return Err(Error::unprocessable("Please check the form.").field("text", "is empty"));
    }
    site.with_notes(|notes| notes.push(note.text));
    Ok(Redirect::to(HOME))
}

async fn add_file(State(site): State<Site>, request: Request) -> palisade::Result<Redirect> {
    let mut form = site.uploads.take(request).await?; // 413 or 415, with the reason
    let file = form.take_file("file").ok_or_else(|| Error::unprocessable("Please choose a file."))?;
    site.with_notes(|notes| notes.push(format!("{}: {} bytes", file.name(), file.bytes())));
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
    Ok(Html(item(&note.text).into_string()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().init();
    let keyring = Keyring::random(); // sessions end at a restart; `Keyring::from_env` keeps them
    let app = app(Palisade::development(), &keyring)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://localhost:3000/");
    palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use palisade::test::{Browser, FormFile};

    use super::*;

    async fn browser() -> Browser {
        let mut browser = Browser::new(app(Palisade::development(), &Keyring::random()).unwrap());
        assert_eq!(browser.get("/").await.status, 200);
        browser
    }

    fn token(browser: &Browser) -> String {
        let meta = &browser.page().unwrap().select("meta[name=csrf-token]")[0];
        meta.attribute("content").unwrap().to_owned()
    }

    #[tokio::test]
    async fn forms_are_sent_with_the_token_of_the_page() {
        let mut browser = browser().await;
        let page = browser.submit("/notes", &[("text", "<b>Milk</b>")]).await;
        assert_eq!(page.texts("#notes li"), ["<b>Milk</b>"]);
        let file = FormFile::new("file", "a.pdf", "application/pdf", *b"%PDF-1.7\n%%EOF");
        let page = browser.submit_files("/files", &[], &[file]).await;
        assert_eq!(page.texts("#notes li").last().unwrap(), "a.pdf: 14 bytes");
        let image = FormFile::new("file", "a.pdf", "application/pdf", *b"<svg onload=steal()>");
        assert_eq!(browser.submit_files("/files", &[], &[image]).await.status, 415);
        browser.get("/").await;
        let page = browser.submit("/notes", &[("text", "")]).await;
        assert!(page.status == 422 && page.text.contains("Please check the form."), "{}", page.text);
    }

    #[tokio::test]
    async fn a_request_without_the_token_is_rejected() {
        let mut browser = browser().await;
        let file = FormFile::new("file", "a.pdf", "application/pdf", *b"%PDF-1.7\n%%EOF");
        for page in [
            browser.post("/notes", &[("text", "forged")]).await,
            browser.post_multipart("/files", &[], &[file]).await,
            browser.post_json("/likes", &serde_json::json!({ "note": 0 })).await,
        ] {
            assert_eq!(page.rejection().unwrap().code(), "csrf_token_missing", "{}", page.path);
        }
        assert!(browser.get("/").await.texts("#notes li").is_empty());
    }

    #[tokio::test]
    async fn fetch_sends_the_token_in_a_header() {
        let browser = browser().await;
        let token = token(&browser);
        let mut script = browser.header("x-csrf-token", &token);
        let answer = script.post_json("/likes", &serde_json::json!({ "note": 0 })).await;
        assert_eq!(answer.json::<serde_json::Value>()["likes"], 1);
        let answer = script.post_json("/likes", &serde_json::json!({})).await;
        assert_eq!(answer.status, 422);
        assert!(answer.json::<serde_json::Value>()["detail"].as_str().unwrap().contains("note"));
    }

    #[tokio::test]
    async fn htmx_goes_to_the_login_page() {
        let browser = browser().await;
        let token = token(&browser);
        let mut htmx = browser.header("hx-request", "true").header("x-csrf-token", &token);
        let answer = htmx.post("/fragments/notes", &[("text", "Milk")]).await;
        assert_eq!((answer.status.as_u16(), answer.header("hx-redirect")), (401, Some("/login")));
    }
}
