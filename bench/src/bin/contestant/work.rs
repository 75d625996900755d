//! What every contestant answers.

use std::fmt::{Display, Write};
use std::sync::LazyLock;

use axum::Json;
use axum::response::Html;
use serde::{Deserialize, Serialize};

/// A small answer of a program.
#[derive(Serialize)]
pub struct Small {
    status: &'static str,
    solved: u32,
}

/// What GET /json answers.
pub fn json() -> Json<Small> {
    Json(Small { status: "ok", solved: 42 })
}

/// Twenty kilobytes of a page, without its beginning.
static ROWS: LazyLock<String> = LazyLock::new(|| {
    let mut rows = String::with_capacity(21_000);
    for row in 1.. {
        if rows.len() >= 20_000 {
            break;
        }
        let _ = writeln!(rows, "<tr><td>{row}</td><td>Ada Lovelace</td><td>{}</td></tr>", 1000 - row);
    }
    rows
});

/// What GET /page answers.
pub fn page(nonce: impl Display) -> Html<String> {
    let rows = &*ROWS;
    Html(format!(
        "<!doctype html><title>Board</title><script nonce=\"{nonce}\">document.title = 'Leaderboard'</script><table>{rows}</table>"
    ))
}

/// Who is signed in.
#[derive(Serialize)]
pub struct Me {
    name: String,
}

/// What GET /me answers.
pub fn me(name: &str) -> Json<Me> {
    Json(Me { name: name.to_owned() })
}

/// What GET /form answers: where the token stands.
pub fn form(field: impl Display, token: impl Display) -> Html<String> {
    Html(format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"{field}\" value=\"{token}\"><input name=\"text\"></form>"
    ))
}

/// What POST /form takes.
#[derive(Deserialize)]
pub struct Note {
    /// What somebody wrote.
    pub text: String,
    /// Where the token is checked by the handler.
    #[serde(default)]
    pub token: String,
}

/// What POST /form answers.
pub fn saved(note: &Note) -> String {
    format!("saved {} letters", note.text.len())
}

/// What GET /limited answers as long as it may.
pub fn limited() -> &'static str {
    "not yet"
}
