//! Competitions through the whole site, for admins and for pupils of invited schools.

use mathsoc::db::schools;
use mathsoc::db::users::{self, User};
use mathsoc::domain::person::{Role, Year};

use crate::support::browser::Browser;
use crate::support::site::{PASSWORD, TestSite};

const GRACE: &str = "grace@school.example";

async fn with_grace() -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[("ADMIN_TOTP_REQUIRED", "false")]).await;
    site.member(GRACE, Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in(GRACE, PASSWORD).await.location(), "/");
    (site, browser)
}

/// Makes Ada a pupil of this school.
async fn joins(site: &TestSite, school: i64) {
    let User { id, full_name, .. } = site.ada().await.unwrap();
    users::set_profile(&site.app.db, id, &full_name, Some(school), Some(Year::new(8).unwrap()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_competition_is_created_filled_and_closed() {
    let (site, mut grace) = with_grace().await;
    grace.fill("/admin/schools/new", &[("name", "Upton"), ("email_domain", "")]).await;
    let school = schools::all(&site.app.db).await.unwrap()[0].id;
    joins(&site, school).await;
    let mut ada = site.adas().await;

    let invited = format!("school-{school}");
    let mut sprint = vec![
        ("title", "Sprint"),
        ("summary", "Be quick."),
        ("opens_at", "2026-01-01T09:00"),
        ("closes_at", "2099-01-01T09:00"),
    ];
    assert_eq!(grace.fill("/admin/competitions/new", &sprint).await.location(), "/admin/competitions");
    assert_eq!(ada.get("/competitions/1").await.status, 404, "her school is not invited");
    sprint.push((&invited, "yes"));
    assert_eq!(grace.fill("/admin/competitions/1", &sprint).await.status, 303);
    assert!(ada.get("/competitions/1").await.body.contains("Sprint"));
    assert!(grace.get("/admin/competitions/1").await.body.contains("value=\"yes\" checked"));

    let challenge = [
        ("title", "Hurdles"),
        ("key_stage", "KS3"),
        ("summary", "Jump."),
        ("statement", "<p>Jump.</p>"),
        ("competition", "1"),
        ("released_at", "2026-01-01T09:00"),
        ("box-1-label", "x ="),
        ("box-1-answer", "7"),
    ];
    assert_eq!(grace.fill("/admin/challenges/new", &challenge).await.status, 303);
    assert!(ada.get("/competitions/1").await.body.contains("Hurdles"));
    assert_eq!(site.browser().get("/challenges/1").await.status, 404, "it belongs to the competition only");
    let token = ada.token().await;
    let answer = [("csrf_token", &*token), ("box", "1"), ("answer", "7")];
    assert_eq!(ada.post("/challenges/1/answers", &answer).await.status, 303);
    let mut out = challenge.to_vec();
    out[4].1 = "";
    // A5: points move with their challenge, after the admin has seen it.
    let asks = grace.fill("/admin/challenges/1", &out).await;
    assert!(
        asks.status == 200 && asks.body.contains("The competition “Sprint”: 3 points less"),
        "{}",
        asks.body
    );
    assert!(asks.body.contains("The leaderboard of KS3: 3 points more"), "{}", asks.body);
    assert_eq!(site.browser().get("/challenges/1").await.status, 404, "nothing is saved yet");

    let token = grace.token().await;
    assert_eq!(grace.post("/admin/competitions/1/lock", &[("csrf_token", &token)]).await.status, 303);
    assert!(ada.get("/challenges/1").await.body.contains("The answer is"));
    let deletion = grace.fill("/admin/bin/competitions/1", &[]).await;
    assert_eq!(deletion.status, 303);
    assert!(grace.get("/admin/competitions").await.body.contains("This competition has challenges."));
    let log = grace.get("/admin/log").await.body;
    assert!(log.contains("Upton is invited") && log.contains("locked the competition “Sprint”"), "{log}");
}

#[tokio::test]
async fn a_competition_must_end_after_it_starts() {
    let (_site, mut grace) = with_grace().await;
    let typed = [("title", "Back"), ("opens_at", "2026-02-01T09:00"), ("closes_at", "2026-01-01T09:00")];
    let page = grace.fill("/admin/competitions/new", &typed).await;
    assert!(page.status == 422 && page.body.contains("closes after it opens"), "{}", page.body);
    assert_eq!(grace.get("/admin/competitions/1").await.status, 404);
}
