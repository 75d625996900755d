//! The first lesson: a class of thirty behind one address, all within a minute, with every default.

use mathsoc::db::Db;
use test_support::postgres::Postgres;

use crate::support::browser::Browser;
use crate::support::site::{PASSWORD, TestSite};

const CLASS: usize = 30;

async fn challenge(db: &Db) {
    const INSERTS: [&str; 2] = [
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at)
            VALUES ('Halves', 'KS3', 'Find it.', '<p>Find it.</p>', 1)",
        "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 1, 'A half', '1/2')",
    ];
    for insert in INSERTS {
        match db {
            Db::Sqlite(pool, ..) => sqlx::query(insert).execute(pool).await.map(drop).unwrap(),
            Db::Postgres(pool, ..) => sqlx::query(insert).execute(pool).await.map(drop).unwrap(),
        }
    }
}

fn at_school(site: &TestSite) -> Browser {
    let mut browser = site.browser();
    browser.comes_from([198, 51, 100, 1].into());
    browser
}

/// One pupil: registers, opens the letter, mistypes, logs in, reads three pages, answers.
async fn one_pupil(site: &TestSite, number: usize) {
    let mut pupil = at_school(site);
    let email = format!("pupil{number}@school.example");
    let fields = [("full_name", "Ada"), ("email", &*email), ("year", "8")];
    assert_eq!(pupil.fill("/register", &fields).await.status, 200, "{number} registers");
    let link = site.link("/verify_email/").await;
    let fields = [("full_name", "Ada"), ("year", "8"), ("password", PASSWORD)];
    assert_eq!(pupil.fill(&link, &fields).await.status, 303, "{number} opens the letter");
    let token = pupil.token().await;
    assert_eq!(pupil.post("/logout", &[("csrf_token", &token)]).await.status, 303);
    for _ in 0..2 {
        assert_eq!(pupil.log_in(&email, "mistyped").await.status, 422, "{number} mistypes");
    }
    assert_eq!(pupil.log_in(&email, PASSWORD).await.status, 303, "{number} logs in");
    for path in ["/", "/challenges", "/leaderboard"] {
        assert_eq!(pupil.get(path).await.status, 200, "{number} reads {path}");
    }
    let token = pupil.get("/challenges/1").await.token();
    let fields = [("box", "1"), ("answer", "1/2"), ("csrf_token", &*token)];
    let answered = pupil.post("/challenges/1/answers", &fields).await;
    assert_eq!(answered.status, 303, "{number} answers: {}", answered.body);
    let mut other = at_school(site);
    for _ in 0..2 {
        assert_eq!(other.log_in(&email, "mistyped").await.status, 422, "{number} mistypes elsewhere");
    }
    assert_eq!(other.log_in(&email, PASSWORD).await.status, 303, "{number} logs in on a school computer");
}

async fn lesson(site: &TestSite) {
    challenge(&site.app.db).await;
    // The clock of the limits stands still: all of it happens within one minute.
    for number in 0..CLASS {
        one_pupil(site, number).await;
    }
    assert_eq!(at_school(site).get("/").await.status, 200, "visitors at the school can read");
    let mut tried = 0;
    for guess in 0..20 {
        for number in 0..CLASS {
            let mut guesser = site.browser();
            guesser.comes_from([203, 0, 113, 9].into());
            let email = format!("pupil{number}@school.example");
            let page = guesser.log_in(&email, &format!("guess {guess}")).await;
            tried += usize::from(page.status == 422);
        }
    }
    assert!(tried <= 100, "a guesser elsewhere tried {tried} passwords");
    assert_eq!(at_school(site).log_in("pupil7@school.example", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_class_of_thirty_gets_in_within_a_minute_on_sqlite() {
    lesson(&TestSite::new(&[("RATELIMIT_ENABLED", "true")]).await).await;
}

#[tokio::test]
async fn a_class_of_thirty_gets_in_within_a_minute_on_postgresql() {
    let server = Postgres::start();
    let url = server.database().await;
    let site = TestSite::new(&[("RATELIMIT_ENABLED", "true"), ("DATABASE_URL", &url)]).await;
    lesson(&site).await;
    site.app.db.close().await;
}
