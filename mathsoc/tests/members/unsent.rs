//! Nothing typed is lost: every form of the site after its session ended, with a stale token, over a
//! limit, too large, and with a failing handler.

use std::time::Duration;

use mathsoc::db::{Db, drafts};
use mathsoc::domain::person::Role;
use mathsoc::operate::demo;
use mathsoc::routes;

use super::unsent_forms::{FORMS, MARK, SHOWN, TestForm, WITHOUT_TEXT};
use crate::support::browser::{Browser, Page};
use crate::support::site::{ADA, PASSWORD, TestSite};

const GRACE: &str = "grace@school.example";

async fn with_grace(settings: &[(&str, &str)]) -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[&[("ADMIN_TOTP_REQUIRED", "false")], settings].concat()).await;
    site.member_named("Grace Hopper", GRACE, Role::Admin).await;
    demo::load(&site.app.db).await.unwrap();
    let grace = log_in(&site).await;
    (site, grace)
}

async fn log_in(site: &TestSite) -> Browser {
    let mut browser = site.browser();
    assert_eq!(browser.log_in(GRACE, PASSWORD).await.location(), "/");
    browser
}

/// Ends every session by the clock.
fn end_sessions(site: &TestSite) {
    site.hand.advance(Duration::from_secs(2 * 3600));
}

/// Logs in with the form of a page, its hidden fields included. Returns the page that it leads to.
async fn log_in_on(browser: &mut Browser, page: &Page, email: &str) -> Page {
    let hidden = page.hidden();
    let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
    let fields: Vec<_> = hidden.chain([("email", email), ("password", PASSWORD)]).collect();
    let done = browser.post("/login", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    browser.get(done.location()).await
}

#[test]
fn every_form_is_listed() {
    for row in routes::map().rows().iter().filter(|row| row.methods == "POST") {
        let has_text = FORMS.iter().any(|form| form.route == row.path);
        let has_none = WITHOUT_TEXT.contains(&row.path);
        assert!(has_text != has_none, "{}: list it in FORMS or in WITHOUT_TEXT", row.path);
    }
}

on_both_databases!(
    texts_of_every_form_outlive_the_session,
    texts_of_every_form_outlive_the_session_on_sqlite,
    texts_of_every_form_outlive_the_session_on_postgresql
);

async fn texts_of_every_form_outlive_the_session(settings: &[(&str, &str)]) {
    let (site, mut grace) = with_grace(settings).await;
    add_award(&mut grace).await;
    for form in FORMS.iter().filter(|form| form.is_for_members) {
        let mut browser = log_in(&site).await;
        let hidden = form.hidden(&mut browser).await;
        end_sessions(&site);
        let page = form.send(&mut browser, &hidden).await;
        assert_eq!(page.status, 401, "{}: {}", form.route, page.body);
        assert!(!page.body.contains(SHOWN), "{}: sealed until the log-in", form.route);
        let page = log_in_on(&mut browser, &page, GRACE).await;
        assert_eq!(page.status, 200, "{}", form.route);
        assert!(page.body.contains(SHOWN), "{}: {}", form.route, page.body);
        assert!(page.body.contains("Nothing was sent yet"), "{}: {}", form.route, page.body);
    }
    let articles = site.browser().get("/articles").await.body;
    assert!(!articles.contains(SHOWN), "nothing is sent by itself");
}

#[tokio::test]
async fn texts_of_every_form_outlive_a_lost_cookie() {
    let (site, mut grace) = with_grace(&[]).await;
    add_award(&mut grace).await;
    for form in FORMS.iter().filter(|form| form.is_for_members) {
        let mut browser = log_in(&site).await;
        let hidden = form.hidden(&mut browser).await;
        browser.remove_cookie("session");
        let page = form.send(&mut browser, &hidden).await;
        assert_eq!(page.status, 403, "{}: {}", form.route, page.body);
        let page = log_in_on(&mut browser, &page, GRACE).await;
        assert!(page.status == 200 && page.body.contains(SHOWN), "{}: {}", form.route, page.body);
    }
}

#[tokio::test]
async fn texts_of_every_form_outlive_their_token() {
    let (site, mut grace) = with_grace(&[]).await;
    add_award(&mut grace).await;
    for form in FORMS {
        let mut browser = if form.is_for_members { log_in(&site).await } else { site.browser() };
        let mut hidden = form.hidden(&mut browser).await;
        for (name, value) in &mut hidden {
            if name == "csrf_token" {
                value.replace_range(value.len() - 9.., "AAAAAAAAA");
            }
        }
        let page = form.send(&mut browser, &hidden).await;
        assert_eq!(page.status, 403, "{}: {}", form.route, page.body);
        assert!(page.body.contains(SHOWN), "{}: {}", form.route, page.body);
        assert!(page.body.contains("What you typed is still here."), "{}: {}", form.route, page.body);
        // The page's own form, with its fresh token, is taken.
        assert!(page.hidden().iter().any(|(name, _)| name == "csrf_token"), "{}", form.route);
    }
}

async fn add_award(grace: &mut Browser) {
    let award = [("pupil", ADA), ("points", "2"), ("reason", "Poster"), ("counts", "KS3")];
    assert_eq!(grace.fill("/admin/awards/new", &award).await.status, 303);
}

fn form(route: &str) -> &'static TestForm {
    FORMS.iter().find(|form| form.route == route).unwrap()
}

#[tokio::test]
async fn the_text_of_another_account_is_not_shown() {
    let (site, mut grace) = with_grace(&[]).await;
    let article = form("/admin/articles/new");
    let hidden = article.hidden(&mut grace).await;
    end_sessions(&site);
    let page = article.send(&mut grace, &hidden).await;
    // Ada logs in on Grace's page, on the same computer.
    let page = log_in_on(&mut grace, &page, ADA).await;
    assert!(!page.body.contains(SHOWN), "{}", page.body);
    assert!(page.body.contains("belongs to another account"), "{}", page.body);
    let ada = site.ada().await.unwrap();
    assert_eq!(drafts::of_user(&site.app.db, ada.id).await.unwrap(), []);

    // Without the signed account of a page, a text is carried to no one.
    let mut visitor = site.browser();
    let token = visitor.get("/register").await.token();
    let unsigned = [("csrf_token".to_owned(), token)];
    let page = article.send(&mut visitor, &unsigned).await;
    assert_eq!((page.status, page.location()), (303, "/login"), "{}", page.body);
}

#[tokio::test]
async fn a_wrong_password_and_a_code_keep_the_text() {
    let (site, mut grace) = with_grace(&[]).await;
    let device = super::factor::Device::new(&mut grace).await;
    let article = form("/admin/articles/new");
    let hidden = article.hidden(&mut grace).await;
    end_sessions(&site);
    let page = article.send(&mut grace, &hidden).await;
    let post = async |browser: &mut Browser, page: &Page, path: &str, typed: &[(&str, &str)]| {
        let hidden = page.hidden();
        let fields = hidden.iter().map(|(name, value)| (&**name, &**value));
        browser.post(path, &fields.chain(typed.iter().copied()).collect::<Vec<_>>()).await
    };
    let page = post(&mut grace, &page, "/login", &[("email", GRACE), ("password", "not mine")]).await;
    assert_eq!(page.status, 422, "{}", page.body);
    let page = post(&mut grace, &page, "/login", &[("email", GRACE), ("password", PASSWORD)]).await;
    assert!(page.status == 200 && page.body.contains("action=\"/login/code\""), "{}", page.body);
    let page = post(&mut grace, &page, "/login/code", &[("code", "000000")]).await;
    assert_eq!(page.status, 422, "{}", page.body);
    let page = post(&mut grace, &page, "/login/code", &[("code", &device.next())]).await;
    assert_eq!((page.status, page.location()), (303, "/admin/articles/new"), "{}", page.body);
    assert!(grace.get("/admin/articles/new").await.body.contains(SHOWN));
}

#[tokio::test]
async fn a_rate_limit_keeps_the_answer() {
    let site = TestSite::with_ada(&[("RATELIMIT_ENABLED", "true"), ("RATELIMIT_ANSWERS", "10/minute")]).await;
    demo::load(&site.app.db).await.unwrap();
    let mut ada = site.adas().await;
    let answer = form("/challenges/{id}/answers");
    let hidden = answer.hidden(&mut ada).await;
    let mut page = answer.send(&mut ada, &hidden).await;
    for _ in 0..10 {
        page = answer.send(&mut ada, &hidden).await;
    }
    assert_eq!(page.status, 429, "{}", page.body);
    assert!(page.body.contains(SHOWN) && !page.header("retry-after").is_empty(), "{}", page.body);
    assert!(page.body.contains("action=\"/challenges/1/answers\""), "{}", page.body);
}

#[tokio::test]
async fn a_failing_database_keeps_the_text() {
    let (site, mut grace) = with_grace(&[]).await;
    let announcement = form("/admin/announcements/new");
    let hidden = announcement.hidden(&mut grace).await;
    let Db::Sqlite(pool, _) = &site.app.db else { panic!("tests use SQLite") };
    sqlx::query("DROP TABLE announcements").execute(pool).await.unwrap();
    let fields: Vec<_> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    let valid = [("title", "Tea"), ("body", MARK), ("published_at", "2026-01-01T09:00")];
    let page = grace.post("/admin/announcements/new", &[&fields[..], &valid].concat()).await;
    assert_eq!(page.status, 500, "{}", page.body);
    assert!(page.body.contains(SHOWN) && page.body.contains("on our side"), "{}", page.body);
}

#[tokio::test]
async fn a_file_that_is_too_large_keeps_the_texts() {
    let (_site, mut grace) = with_grace(&[("MAX_CONTENT_LENGTH", "300000")]).await;
    let newsletter = form("/admin/newsletters/new");
    let hidden = newsletter.hidden(&mut grace).await;
    let page = newsletter.send_with_file(&mut grace, &hidden, 400_000).await;
    assert_eq!(page.status, 413, "{}", page.body);
    assert!(
        page.body.contains(SHOWN) && page.body.contains("A file has to be chosen again."),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_draft_is_offered_until_the_form_is_sent() {
    let (site, mut grace) = with_grace(&[]).await;
    let path = "/admin/articles/new";
    let save = async |browser: &mut Browser, body: &str| {
        let token = browser.get(path).await.token();
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("x-csrftoken", &token),
        ];
        browser.send("POST", "/api/drafts", &headers, body.as_bytes().to_vec()).await
    };
    let body =
        format!("{{\"form\": \"{path}\", \"fields\": [[\"title\", \"{MARK}\"], [\"csrf_token\", \"x\"]]}}");
    let saved = save(&mut grace, &body).await;
    assert!(saved.status == 200 && saved.body.contains("\"token\":\""), "{}", saved.body);
    let page = grace.get(path).await;
    assert!(page.body.contains("Put it back") && !page.body.contains(SHOWN), "{}", page.body);
    assert!(grace.get("/unsent").await.body.contains(SHOWN));
    // No one else sees it.
    assert!(!site.adas().await.get("/unsent").await.body.contains(SHOWN));
    assert_eq!(site.browser().get("/unsent").await.status, 404);

    let token = page.token();
    let take = [("csrf_token", &*token), ("form", path), ("do", "take")];
    assert_eq!(grace.post("/unsent", &take).await.location(), path);
    let page = grace.get(path).await;
    assert!(page.body.contains(SHOWN) && page.body.contains("Nothing was sent yet"), "{}", page.body);
    let article = [("title", "Primes"), ("author", "Ann"), ("teaser", "They"), ("body", "<p>x</p>")];
    let article = [&article[..], &[("published_at", "2026-01-01T09:00")]].concat();
    assert_eq!(grace.fill(path, &[("title", "")]).await.status, 422);
    assert!(grace.get(path).await.body.contains("Put it back"), "a form that is wrong is not sent");
    assert_eq!(grace.fill(path, &article).await.status, 303);
    assert!(!grace.get(path).await.body.contains("Put it back"));

    assert_eq!(save(&mut grace, &body).await.status, 200);
    let token = grace.get(path).await.token();
    let discard = [("csrf_token", &*token), ("form", path), ("do", "discard")];
    assert_eq!(grace.post("/unsent", &discard).await.location(), path);
    assert!(!grace.get(path).await.body.contains("Put it back"));

    for wrong in ["{", "{\"form\": \"/about\", \"fields\": []}", "{\"form\": \"/admin/articles/new\"}"] {
        assert_eq!(save(&mut grace, wrong).await.status, 422, "{wrong}");
    }
    let long = body.replace(MARK, &"x".repeat(drafts::MAX_BYTES));
    assert_eq!(save(&mut grace, &long).await.status, 413);
}
