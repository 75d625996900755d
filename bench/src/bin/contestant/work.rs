//! The responses of every contestant.

use std::fmt::{Display, Write};
use std::sync::LazyLock;

use axum::Json;
use axum::response::Html;
use serde::{Deserialize, Serialize};

/// A small JSON response.
#[derive(Serialize)]
pub struct Small {
    status: &'static str,
    solved: u32,
}

/// The response to GET /json.
pub fn json() -> Json<Small> {
    Json(Small { status: "ok", solved: 42 })
}

/// Twenty kilobytes of table rows.
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

/// The response to GET /page.
pub fn page(nonce: impl Display) -> Html<String> {
    let rows = &*ROWS;
    Html(format!(
        "<!doctype html><title>Board</title><script nonce=\"{nonce}\">document.title = 'Leaderboard'</script><table>{rows}</table>"
    ))
}

/// The signed-in user.
#[derive(Serialize)]
pub struct Me {
    name: String,
}

/// The response to GET /me.
pub fn me(name: &str) -> Json<Me> {
    Json(Me { name: name.to_owned() })
}

/// The response to GET /form: a form with the token.
pub fn form(field: impl Display, token: impl Display) -> Html<String> {
    Html(format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"{field}\" value=\"{token}\"><input name=\"text\"></form>"
    ))
}

/// The form of POST /form.
#[derive(Deserialize)]
pub struct Note {
    pub text: String,
    /// The token, in stacks whose handler checks it.
    #[serde(default)]
    pub token: String,
}

/// The response to POST /form.
pub fn saved(note: &Note) -> String {
    format!("saved {} letters", note.text.len())
}

/// The response to GET /limited within the quota.
pub fn limited() -> &'static str {
    "not yet"
}
