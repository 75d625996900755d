//! askama, maud and axum print the library's HTML unescaped, and everything else escaped.

use askama::Template;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use maud::html;
use palisade::redirect::SafePath;
use palisade::session::store::MemorySessions;
use palisade::template::SafeHtml;
use palisade::{CspNonce, CsrfToken, Keyring, Palisade, Sanitizer, Sessions};

use crate::support::{HERE, ask, get_from};

/// A comment with an attack in it, and the form to answer it.
#[derive(Template)]
#[template(
    source = r#"{{ token.meta() }}<script nonce="{{ nonce }}"></script>{{ comment }}{{ name }}{{ token.input() }}"#,
    ext = "html"
)]
struct Page {
    nonce: CspNonce,
    token: CsrfToken,
    comment: SafeHtml,
    name: &'static str,
}

const NAME: &str = "<b>Ada</b>";

fn comment() -> SafeHtml {
    Sanitizer::plain().clean("<p>1 &lt; 2<script>steal()</script></p>").unwrap()
}

async fn with_askama(nonce: CspNonce, token: CsrfToken) -> Html<String> {
    Html(Page { nonce, token, comment: comment(), name: NAME }.render().unwrap())
}

async fn with_maud(nonce: CspNonce, token: CsrfToken) -> Html<String> {
    let page = html! { (token.meta()) script nonce=(nonce) {} (comment()) (NAME) (token.input()) };
    Html(page.into_string())
}

fn app() -> Router {
    let sessions = Sessions::in_store(MemorySessions::new(), &Keyring::random());
    let routes = Router::new()
        .route("/askama", get(with_askama))
        .route("/maud", get(with_maud))
        .route("/alone", get(|| async { comment() }))
        .route("/html", get(|| async { Html(comment()) }));
    Palisade::development().sessions(sessions).protect(routes)
}

async fn page(path: &str) -> (String, String) {
    let mut request = get_from(HERE, path);
    request.headers_mut().insert("host", "localhost".parse().unwrap());
    let answer = ask(&app(), request).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    (answer.header("content-type").unwrap().to_owned(), answer.body)
}

#[tokio::test]
async fn both_engines_print_safe_html_unescaped() {
    for path in ["/askama", "/maud"] {
        let (_, page) = page(path).await;
        for part in [
            "<meta name=\"csrf-token\" content=\"",
            "<script nonce=\"",
            "</script><p>1 &lt; 2</p>",
            "<input type=\"hidden\" name=\"csrf_token\" value=\"",
        ] {
            assert!(page.contains(part), "{path}: {part}: {page}");
        }
        let value = |before: &str| page.split_once(before).unwrap().1.split('"').next().unwrap().to_owned();
        assert_eq!(value("content=\""), value("value=\""), "a page has one token");
        assert_eq!(value("nonce=\"").len(), 22, "{page}");
    }
}

#[tokio::test]
async fn both_engines_still_escape_texts() {
    for (path, escaped) in [("/askama", "&#60;b&#62;Ada&#60;/b&#62;"), ("/maud", "&lt;b&gt;Ada&lt;/b&gt;")] {
        let (_, page) = page(path).await;
        assert!(page.contains(escaped) && !page.contains(NAME), "{path}: {page}");
    }
}

#[tokio::test]
async fn safe_html_is_a_page_in_axum() {
    for path in ["/alone", "/html"] {
        let (content_type, page) = page(path).await;
        assert_eq!((&*content_type, &*page), ("text/html; charset=utf-8", "<p>1 &lt; 2</p>"), "{path}");
    }
}

#[test]
fn maud_escapes_paths() {
    let path: SafePath = "/a?b=1&c='".parse().unwrap();
    assert_eq!(html! { a href=(path) {} }.into_string(), "<a href=\"/a?b=1&amp;c='\"></a>");
}
