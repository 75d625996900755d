//! The page with the forms.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use palisade::{CspNonce, CsrfToken};

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

pub(crate) fn home(notes: &[String], nonce: &CspNonce, token: &CsrfToken) -> Markup {
    html! {
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
        ul id="notes" { @for text in notes { (note(text)) } }
    }
}

pub(crate) fn note(text: &str) -> Markup {
    html! { li { (text) } } // escaped
}
