//! A member's own data (progress, history, export), and the search.

use mathsoc::db::admin_log::Actor;
use mathsoc::db::challenges::edit::{self, Draft, Help};
use mathsoc::db::trash;
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::site::{ADA, OTHER, PASSWORD, TestSite};

/// Returns Ada's browser after two wrong answers to the demo's first challenge of key stage 3.
async fn ada_has_answered(site: &TestSite) -> (Browser, i64) {
    mathsoc::operate::demo::load(&site.app.db).await.unwrap();
    let mut ada = site.adas().await;
    let challenge = 1;
    let token = ada.token().await;
    for answer in ["12345", "1/0x<"] {
        let fields = [("csrf_token", &*token), ("box", "1"), ("answer", answer)];
        ada.post("/challenges/1/answers", &fields).await;
    }
    (ada, challenge)
}

#[tokio::test]
async fn progress_is_visible_to_its_owner_only() {
    let site = TestSite::with_ada(&[]).await;
    let (mut ada, challenge) = ada_has_answered(&site).await;
    let profile = ada.get("/profile").await.body;
    assert!(profile.contains("<svg class=\"bar stage-KS3\"") && !profile.contains("style="), "{profile}");
    assert!(profile.contains("<td>0</td><td>1</td>"), "one tried, none solved: {profile}");
    let history = ada.get("/profile/history").await.body;
    assert!(
        history.contains(&format!("/challenges/{challenge}")) && history.contains("first try"),
        "{history}"
    );
    assert!(history.contains("12345") && !history.contains("1/0x<"));
    site.member("eve@school.example", mathsoc::domain::person::Role::Pupil).await;
    let mut eve = site.browser();
    eve.log_in("eve@school.example", PASSWORD).await;
    assert!(eve.get("/profile/history").await.body.contains("You have not answered a challenge yet."));
}

#[tokio::test]
async fn the_data_export_is_complete_without_secrets() {
    let site = TestSite::with_ada(&[]).await;
    let (mut ada, _) = ada_has_answered(&site).await;
    let page = ada.get("/profile/export").await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"maths-society.json\"");
    assert!(page.header("cache-control").contains("no-store"), "{:?}", page.headers);
    let all: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(all["account"]["email"], ADA);
    assert_eq!(all["answers"][0]["given"], "12345");
    assert_eq!(all["progress"][0]["key_stage"], "KS3");
    assert_eq!(all["logged_in"][0]["browser"], "Firefox/140.0");
    assert!(!page.body.contains("argon2") && !page.body.contains("hash"), "{}", page.body);
    site.hand.advance(std::time::Duration::from_secs(11 * 60));
    let later = ada.get("/profile/export").await;
    assert_eq!(
        later.location(),
        "/login/confirm?next=/profile/export",
        "an old session needs the password again"
    );
}

#[tokio::test]
async fn texts_are_found_by_what_readers_see() {
    let site = TestSite::new(&[]).await;
    mathsoc::operate::demo::load(&site.app.db).await.unwrap();
    let mut browser = site.browser();
    let found = browser.get("/search?q=SQUARES+chessboard").await.body;
    assert!(found.contains("2 texts found.") && found.contains("<mark>squares</mark>"), "{found}");
    let first = found.find("/challenges/2\"").unwrap();
    assert!(first < found.find("/article/5\"").unwrap(), "titles come first: {found}");
    for (query, shown) in [
        ("", "Looks through all"),
        ("zzzzzz", "Nothing has all of these words in it."),
        ("%25", "Nothing has all"),
        ("%3Cscript%3Ealert(1)%3C/script%3E", "&#60;script&#62;alert(1)"),
        ("a%00b", "Nothing has all"),
        ("9999999999999999999999999", "Nothing has all"),
    ] {
        let page = browser.get(&format!("/search?q={query}")).await;
        assert!(page.status == 200 && page.body.contains(shown), "{query}: {} {}", page.status, page.body);
    }
    let long = "x".repeat(101);
    assert!(browser.get(&format!("/search?q={long}")).await.body.contains("100 characters at most"));
    assert_eq!(browser.get("/search?q=the&page=2").await.status, 200);
    assert_eq!(browser.get("/search?q=the&page=99").await.status, 404);
    assert!(browser.get("/search?q=the").await.body.contains("/search?q=the&#38;page=2"));
}

#[tokio::test]
async fn unreleased_and_deleted_content_is_404() {
    let site = TestSite::new(&[]).await;
    let db = &site.app.db;
    let by = Actor::command_line();
    let draft = |title: &str, released_at| Draft {
        version: 0,
        is_draft: false,
        help: Help::default(),
        title: title.parse().unwrap(),
        key_stage: KeyStage::Ks3,
        summary: "Odd one out.".to_owned(),
        statement: "<p>Which?</p>".to_owned(),
        released_at,
        locked_at: None,
        competition: None,
        boxes: Vec::new(),
    };
    for (title, released_at) in [("Zebra out", 1), ("Zebra ahead", 4_000_000_000), ("Zebra gone", 1)] {
        edit::create(db, &by, &draft(title, released_at)).await.unwrap();
    }
    trash::delete(db, &by, LogSubject::Challenge, 3).await.unwrap();
    let found = site.browser().get("/search?q=zebra").await.body;
    assert!(found.contains("1 text found.") && found.contains("Zebra out"), "{found}");
}

#[tokio::test]
async fn a_password_change_keeps_the_browser_remembered() {
    let site = TestSite::with_ada(&[]).await;
    let mut ada = site.browser();
    let fields = [("email", ADA), ("password", PASSWORD), ("remember", "yes")];
    assert_eq!(ada.fill("/login", &fields).await.location(), "/");
    let fields = [("password", PASSWORD), ("new_password", OTHER)];
    assert_eq!(ada.fill("/profile/change_password", &fields).await.location(), "/profile");
    ada.remove_cookie("session");
    assert!(ada.is_in().await);
}
