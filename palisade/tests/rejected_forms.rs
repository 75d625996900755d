//! `Palisade::rejected_forms`: a form that is rejected is shown again, and never sent by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Multipart, Path};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::{Request, StatusCode};
use palisade::body_limit::BodyLimit;
use palisade::error_page::Escaped;
use palisade::extract::{Account, RejectedForm};
use palisade::rate_limit::store::MemoryStore;
use palisade::rejection::InternalError;
use palisade::session::AuthProof;
use palisade::session::store::MemorySessions;
use palisade::test::{Browser, FormFile, Page};
use palisade::{CsrfToken, Error, Keyring, Palisade, RateLimit, Session, Sessions, SignedIn};

struct User;

impl Account<()> for User {
    async fn find(_: &str, (): &()) -> Result<Option<Self>, InternalError> {
        Ok(Some(Self))
    }
    fn epoch(&self) -> u64 {
        1
    }
}

fn filled(token: &CsrfToken, form: Option<&RejectedForm>, name: &str) -> String {
    let text = form.and_then(|form| form.text(name)).unwrap_or_default();
    form.inspect(|form| form.mark_shown());
    format!("<form method=post>{}<input name={name} value=\"{}\"></form>", token.input(), Escaped(text))
}

async fn own(token: CsrfToken, form: Option<RejectedForm>) -> Html<String> {
    Html(filled(&token, form.as_ref(), "note"))
}

async fn parameter(Path(id): Path<u32>, token: CsrfToken, form: Option<RejectedForm>) -> Html<String> {
    Html(format!("{id} {}", filled(&token, form.as_ref(), "note")))
}

/// The page for the forms of others: it says why, and lists the fields.
async fn all(form: RejectedForm) -> Html<String> {
    form.mark_shown();
    let code = form.rejection().map_or("none", palisade::Rejection::code);
    let fields = form.fields().iter().filter(|(name, _)| name != "csrf_token");
    let fields = fields.map(|(name, text)| format!("{name}={};", Escaped(text))).collect::<String>();
    let files = form.has_files();
    Html(format!("{} {} {code} files: {files} {fields}", form.path(), form.status().as_u16()))
}

struct Site {
    app: Router,
    saved: Arc<AtomicUsize>,
}

impl Site {
    fn new(palisade: Palisade, shows: bool) -> Self {
        let saved = Arc::new(AtomicUsize::new(0));
        let save = {
            let saved = Arc::clone(&saved);
            move || {
                saved.fetch_add(1, Ordering::Relaxed);
            }
        };
        let limit = RateLimit::new("posts", "2/hour", MemoryStore::new()).unwrap();
        let limit = limit.per_client().methods([http::Method::POST]);
        let members = Router::new()
            .route("/members", get(own).post(async || "saved"))
            .layer(SignedIn::<User>::gate(()));
        let routes = Router::new()
            .route(
                "/",
                get(own).post(move |_: String| {
                    save();
                    async { "saved" }
                }),
            )
            .route(
                "/log_in",
                get(async |session: Session| {
                    session.log_in(AuthProof::dangerous_allow_unverified("7", 1)).await.map(|()| "in")
                }),
            )
            .route("/often", get(own).post(async |_: String| "saved").layer(limit))
            .route("/fails", post(async |_: String| Error::internal("the disk is full")))
            .route(
                "/notes/{id}",
                get(parameter).post(async |Path(id): Path<u32>| StatusCode::from_u16(id as u16).unwrap()),
            )
            .route("/gone", post(async || StatusCode::NOT_FOUND))
            .route("/wrong", post(async || (StatusCode::UNPROCESSABLE_ENTITY, Html("wrong")).into_response()))
            .route(
                "/file",
                post(async |mut form: Multipart| -> Result<Response, Error> {
                    while let Some(field) = form.next_field().await? {
                        field.bytes().await?;
                    }
                    Ok("saved".into_response())
                })
                .layer(BodyLimit::bytes(100_000)),
            )
            .route("/rejected", get(all))
            .merge(members);
        let palisade = if shows { palisade.rejected_forms(routes.clone(), "/rejected") } else { palisade };
        Self { app: palisade.protect(routes), saved }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.app.clone()).without_following()
    }
}

fn palisade() -> Palisade {
    let sessions = Sessions::in_store(MemorySessions::new(), &Keyring::random()).login_path("/login");
    Palisade::development().sessions(sessions)
}

fn site() -> Site {
    Site::new(palisade(), true)
}

fn code(page: &Page) -> Option<&str> {
    page.rejection().map(palisade::Rejection::code)
}

const STALE: (&str, &str) = ("csrf_token", "that of an earlier session");

#[tokio::test]
async fn a_stale_token_shows_the_filled_form() {
    let site = site();
    let mut browser = site.browser();
    browser.get("/").await;
    let page = browser.submit("/", &[("note", "an <hour>'s work"), STALE]).await;
    assert_eq!((page.status.as_u16(), code(&page)), (403, Some("csrf_token_invalid")));
    assert!(page.text.contains("value=\"an &lt;hour&gt;&#39;s work\""), "{}", page.text);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.headers.contains_key("content-security-policy"));
    assert_eq!(site.saved.load(Ordering::Relaxed), 0, "nothing is sent by itself");
    // The page has a fresh token: the visitor sends the form again.
    assert_eq!(browser.submit("/", &[]).await.text, "saved");
    assert_eq!(site.saved.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_form_without_a_session_reaches_the_other_page() {
    let site = site();
    let mut browser = site.browser();
    browser.get("/log_in").await;
    let token = browser.get("/members").await.select("input")[0].attribute("value").unwrap().to_owned();
    assert_eq!(browser.post("/members", &[("note", "a"), ("csrf_token", &token)]).await.text, "saved");
    // Another visitor: a token of its own session, and no sign-in.
    let mut visitor = site.browser();
    let token = visitor.get("/").await.select("input")[0].attribute("value").unwrap().to_owned();
    let page = visitor.post("/members?a=b", &[("note", "a & b"), ("csrf_token", &token)]).await;
    assert_eq!((page.status.as_u16(), code(&page)), (401, Some("sign_in_required")));
    assert_eq!(page.text, "/members?a=b 303 sign_in_required files: false note=a &amp; b;");
    // The browser has lost its cookies.
    browser.get("/members").await;
    browser.close();
    let page = browser.post("/members", &[("note", "a"), ("csrf_token", &token)]).await;
    assert_eq!((page.status.as_u16(), code(&page)), (403, Some("csrf_token_without_session")));
    assert!(page.text.starts_with("/members 403 csrf_token_without_session"), "{}", page.text);
}

#[tokio::test]
async fn limits_and_errors_keep_the_form() {
    let site = site();
    let mut browser = site.browser();
    browser.get("/often").await;
    for _ in 0..2 {
        assert_eq!(browser.submit("/often", &[("note", "x")]).await.text, "saved");
        browser.get("/often").await;
    }
    let page = browser.submit("/often", &[("note", "third")]).await;
    assert_eq!((page.status.as_u16(), code(&page)), (429, Some("too_many_requests")));
    assert!(page.text.contains("value=\"third\"") && page.header("retry-after").is_some(), "{}", page.text);

    let token = browser.get("/").await.select("input")[0].attribute("value").unwrap().to_owned();
    let fields = [("csrf_token", &*token), ("note", "kept")];
    let page = browser.post("/fails", &fields).await;
    assert_eq!((page.status.as_u16(), &*page.text), (500, "/fails 500 none files: false note=kept;"));
    let page = browser.post("/notes/500", &fields).await;
    assert_eq!(page.status, 500);
    assert!(page.text.starts_with("500 <form") && page.text.contains("value=\"kept\""), "{}", page.text);
    let page = browser.post("/gone", &fields).await;
    assert_eq!((page.status.as_u16(), &*page.text), (404, "/gone 404 none files: false note=kept;"));
    let page = browser.post("/wrong", &fields).await;
    assert_eq!((page.status.as_u16(), &*page.text), (422, "wrong"), "a page of the handler stays");
}

#[tokio::test]
async fn texts_before_a_large_file_are_kept() {
    let site = site();
    let mut browser = site.browser();
    let token = browser.get("/").await.select("input")[0].attribute("value").unwrap().to_owned();
    let file = |bytes: usize| FormFile::new("file", "a.pdf", "application/pdf", vec![b'x'; bytes]);
    let fields = [("csrf_token", &*token), ("note", "with it")];
    assert_eq!(browser.post_multipart("/file", &fields, &[file(1000)]).await.text, "saved");
    for bytes in [150_000, 3_000_000] {
        let page = browser.post_multipart("/file", &fields, &[file(bytes)]).await;
        assert_eq!((page.status.as_u16(), code(&page)), (413, Some("body_too_large")), "{bytes}");
        assert_eq!(page.text, "/file 413 body_too_large files: true note=with it;");
    }
}

#[tokio::test]
async fn only_forms_of_our_pages_are_shown() {
    let site = site();
    let mut browser = site.browser();
    browser.get("/").await;
    let body = "note=forged&csrf_token=x";
    let request = |headers: &[(&str, &str)]| {
        let mut request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(body)).unwrap()
    };
    let html = ("accept", "text/html");
    // No header says who made it; a page of another site did; a script asks.
    for headers in [
        &[html][..],
        &[html, ("sec-fetch-site", "cross-site")],
        &[html, ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")],
        &[("sec-fetch-site", "same-origin")],
    ] {
        let page = browser.send(request(headers)).await;
        assert!(page.status == 403 && !page.text.contains("forged"), "{headers:?} {}", page.text);
    }
    let page = browser.send(request(&[html, ("sec-fetch-site", "same-origin")])).await;
    assert!(page.status == 403 && page.text.contains("forged"), "{}", page.text);
    // A form that never had a token is not from a page of ours.
    let page = browser.post("/", &[("note", "forged")]).await;
    assert_eq!(code(&page), Some("csrf_token_missing"));
    assert!(!page.text.contains("forged"), "{}", page.text);
}

#[tokio::test]
async fn a_form_over_the_bound_is_not_shown() {
    let site = site();
    let mut browser = site.browser();
    browser.get("/").await;
    let long = "x".repeat(256 << 10);
    let page = browser.submit("/", &[("note", &long), STALE]).await;
    assert_eq!(page.status, 403);
    assert!(page.text.len() < 5000, "the page is the rejection's");
    let fits = "x".repeat((256 << 10) - 100);
    assert!(browser.get("/").await.status == 200);
    let page = browser.submit("/", &[("note", &fits), STALE]).await;
    assert!(page.status == 403 && page.text.contains(&fits));
}

#[tokio::test]
async fn without_the_setting_nothing_is_shown() {
    let sessions = Sessions::in_store(MemorySessions::new(), &Keyring::random());
    let site = Site::new(Palisade::development().sessions(sessions).timeout(Duration::from_secs(30)), false);
    let mut browser = site.browser();
    browser.get("/").await;
    let page = browser.submit("/", &[("note", "typed"), STALE]).await;
    assert!(page.status == 403 && !page.text.contains("typed"));
    assert_eq!(browser.get("/rejected").await.status, 404, "the page is for rejected forms only");
}
