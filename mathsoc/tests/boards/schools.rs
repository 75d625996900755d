//! Schools, pupils, challenges and competitions for the tests.

use std::time::{SystemTime, UNIX_EPOCH};

use mathsoc::db::Db;
use mathsoc::db::admin_log::Actor;
use mathsoc::db::competitions::{self, Details};
use mathsoc::db::schools::{self, NewSchool};
use mathsoc::db::submissions::{AnswerPlace, Outcome, submit};
use mathsoc::db::users::{self, User};
use mathsoc::domain::ids::CompetitionId;
use mathsoc::domain::person::{Role, Year};

use crate::support::browser::Browser;
use crate::support::site::{PASSWORD, TestSite};

pub(crate) const HOUR: i64 = 3600;

pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

pub(crate) async fn run(site: &TestSite, sql: &'static str, numbers: &[i64]) {
    let Db::Sqlite(pool, _) = &site.app.db else { panic!("tests use SQLite") };
    numbers.iter().fold(sqlx::query(sql), |query, number| query.bind(*number)).execute(pool).await.unwrap();
}

/// Creates a school and returns its id.
pub(crate) async fn school(site: &TestSite, name: &str) -> i64 {
    let new = NewSchool { name: name.parse().unwrap(), email_domain: None };
    schools::create(&site.app.db, &Actor::command_line(), &new).await.unwrap()
}

/// Creates a pupil of year 8 whose name is the local part of this address.
pub(crate) async fn pupil(site: &TestSite, school: Option<i64>, email: &str) -> User {
    let (db, name) = (&site.app.db, email.split('@').next().unwrap().parse().unwrap());
    let id = site.member(email, Role::Pupil).await.id;
    users::set_profile(db, id, &name, school, school.map(|_| Year::new(8).unwrap())).await.unwrap();
    users::by_id(db, id).await.unwrap().unwrap()
}

/// Returns a browser in which this member is logged in.
pub(crate) async fn logged_in(site: &TestSite, email: &str) -> Browser {
    let mut browser = site.browser();
    assert_eq!(browser.log_in(email, PASSWORD).await.location(), "/");
    browser
}

/// Creates a released challenge of key stage 4, with one box of the same id and the answer 1.
pub(crate) async fn challenge(site: &TestSite) -> i64 {
    run(
        site,
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at)
            VALUES ('Halves', 'KS4', 'Find it.', '<p>Find it.</p>', 1)",
        &[],
    )
    .await;
    run(
        site,
        "INSERT INTO answer_boxes (id, challenge_id, position, label, answer)
            SELECT max(id), max(id), 1, 'x =', '1' FROM challenges",
        &[],
    )
    .await;
    let Db::Sqlite(pool, _) = &site.app.db else { panic!("tests use SQLite") };
    sqlx::query_scalar("SELECT max(id) FROM challenges").fetch_one(pool).await.unwrap()
}

/// Saves an answer without a notification in this process, as another process would.
pub(crate) async fn solve(site: &TestSite, user: &User, challenge: i64) -> Outcome {
    let place = AnswerPlace { challenge, answer_box: challenge };
    submit(&site.app.db, user.id, place, "1", now()).await.unwrap()
}

/// Creates a competition with these schools; its times are in seconds from now.
pub(crate) async fn competition(site: &TestSite, opens: i64, closes: i64, schools: &[i64]) -> CompetitionId {
    let (title, summary) = ("Spring sprint".to_owned(), "Quick!".to_owned());
    let details = Details { title, summary, opens_at: now() + opens, closes_at: now() + closes };
    let id = competitions::create(&site.app.db, &Actor::command_line(), &details).await.unwrap();
    for school in schools {
        competitions::invite(&site.app.db, &Actor::command_line(), id, *school).await.unwrap();
    }
    id
}
