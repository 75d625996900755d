//! The import of the Flask site, from and into both databases.

use std::sync::{Arc, Mutex};

use mathsoc::db::{Db, Url};
use mathsoc::operate::check;
use mathsoc::operate::import::{self, ImportError, Line, Options, Report};
use sqlx::Row as _;
use test_support::Folder;
use test_support::postgres::Postgres;

use super::competitions;
use super::imported;
use super::old_site;
use super::tables::{count, run, table, texts};
use crate::support::site::TestSite;

pub(crate) async fn take(db: &Db, from: &str, options: Options) -> Result<Report, ImportError> {
    let report = import::run(db, &from.parse().unwrap(), &options, &mut |_| {}).await?;
    for Line { what, read, added, known, left_out, .. } in &report.lines {
        assert_eq!(*read, added + known + left_out.len(), "every row of {what} is accounted for\n{report}");
    }
    Ok(report)
}

/// Returns the numbers of rows read, added, known and left out.
pub(crate) fn numbers(report: &Report, what: &str) -> [usize; 4] {
    let line = report.line(what).unwrap();
    [line.read, line.added, line.known, line.left_out.len()]
}

pub(crate) fn why(remarks: &[import::Remark], id: i64) -> String {
    let of = remarks.iter().filter(|remark| remark.old_id == id);
    of.map(|remark| remark.text.as_str()).collect::<Vec<_>>().join("; ")
}

pub(crate) async fn everything(db: &Db) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (name, columns) in [
        ("schools", &["name", "email_domain"][..]),
        ("users", &["email", "password_hash", "role", "year", "full_name", "school_id"]),
        ("challenges", &["title", "key_stage", "summary", "statement", "released_at", "first_solved_at"]),
        ("challenges", &["id", "locked_at", "competition_id"]),
        ("competitions", &["title", "summary", "opens_at", "closes_at"]),
        ("competition_schools", &["competition_id", "school_id"]),
        ("answer_boxes", &["label", "challenge_id", "position", "answer"]),
        ("submissions", &["user_id", "box_id", "try", "given", "verdict", "submitted_at"]),
        ("progress", &["user_id", "challenge_id", "solved_at", "points"]),
        ("scores", &["board", "user_id", "points", "solved", "school_id"]),
        ("articles", &["title", "author", "teaser", "body", "published_at"]),
        ("newsletters", &["title", "summary", "body", "published_at", "file_id"]),
        ("announcements", &["title", "body", "published_at"]),
        ("imported", &["source", "kind", "old_id", "new_id"]),
    ] {
        all.push(table(db, name, columns).await);
    }
    all
}

#[tokio::test]
async fn flask_moves_from_sqlite_to_sqlite() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    moves(TestSite::new(&[]).await, &old, 1).await;
}

#[tokio::test]
async fn flask_moves_between_all_databases() {
    let server = Postgres::start();
    let folder = Folder::new();
    let (file, old) = (format!("sqlite://{}", folder.join("old.db").display()), server.database().await);
    old_site::fill(&file).await;
    old_site::fill(&old).await;
    for (from, broken) in [(&file, 1), (&old, 0)] {
        moves(TestSite::new(&[("DATABASE_URL", &server.database().await)]).await, from, broken).await;
    }
    moves(TestSite::new(&[]).await, &old, 0).await;
}

/// `broken` is the number of additional invalid challenges and users of a SQLite database, which
/// accepts any value as a date or a text.
async fn moves(site: TestSite, old: &str, broken: usize) {
    let db = &site.app.db;
    let rehearsed = take(db, old, Options { dry_run: true, ..Options::default() }).await.unwrap();
    assert_eq!(count(db, "users").await + count(db, "challenges").await + count(db, "imported").await, 0);
    let report = take(db, old, Options::default()).await.unwrap();
    assert_eq!(rehearsed.to_string(), report.to_string(), "a dry run reports what the import does");

    assert_eq!(numbers(&report, "schools"), [4, 3, 0, 1]);
    assert_eq!(numbers(&report, "users"), [9 + broken, 6, 0, 3 + broken]);
    assert_eq!(numbers(&report, "challenges"), [4 + broken, 3, 0, 1 + broken]);
    assert_eq!(numbers(&report, "answer boxes"), [6, 4, 0, 2]);
    assert_eq!(numbers(&report, "submissions"), [16, 10, 0, 6]);
    assert_eq!(numbers(&report, "leaderboard entries"), [3, 0, 1, 2]);
    assert_eq!(numbers(&report, "articles"), [3, 2, 0, 1]);
    assert_eq!(numbers(&report, "newsletters"), [6, 1, 0, 5], "newsletters need their files");
    assert_eq!(numbers(&report, "announcements"), [1, 1, 0, 0]);
    assert_eq!(numbers(&report, "competition challenges"), [4, 3, 0, 1]);
    assert_eq!(numbers(&report, "competition boxes"), [5, 4, 0, 1]);
    assert_eq!(numbers(&report, "competition answers"), [10, 8, 0, 2]);
    assert_eq!(numbers(&report, "competition entries"), [5, 0, 3, 2]);

    imported::newsletters(&site, old).await;
    imported::accounts(&site, report.line("users").unwrap()).await;
    imported::content(&site, &report).await;
    imported::answers(db, &report).await;
    competitions::are_there(&site, &report).await;
    let found: Vec<_> = check::run(db).await.unwrap().iter().map(ToString::to_string).collect();
    assert!(
        found.len() == 1 && found[0].starts_with("M08  box"),
        "only the box that cannot be solved: {found:?}"
    );

    let before = everything(db).await;
    let again = take(db, old, Options::default()).await.unwrap();
    assert_eq!(everything(db).await, before, "a second import changes nothing");
    assert!(again.lines.iter().all(|line| line.added == 0), "{again}");
}

#[tokio::test]
async fn a_later_import_adds_but_never_resurrects() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    let site = TestSite::new(&[]).await;
    let db = &site.app.db;
    take(db, &old, Options::default()).await.unwrap();
    run(db, "DELETE FROM articles WHERE title = 'On primes'; DELETE FROM users WHERE email_key = 'bob@school.example'").await;

    let there = Db::connect(&old.parse().unwrap()).await.unwrap();
    run(
        &there,
        "INSERT INTO answer_submission VALUES (20, 9, 1, 1, '1/2', 1, '2024-03-06 07:00:00'), (21, 9, 1, 2, '3', 1, '2024-03-06 07:00:00'),
            (22, 2, 2, 3, '4', 1, '2024-03-09 07:00:00');
        INSERT INTO announcement VALUES (2, 'News', 'New', '2024-04-01 00:00:00')",
    )
    .await;
    there.close().await;
    let report = take(db, &old, Options::default()).await.unwrap();
    assert_eq!(numbers(&report, "submissions")[1], 2, "{report}");
    assert_eq!(numbers(&report, "announcements"), [2, 1, 1, 0]);
    assert_eq!(numbers(&report, "articles"), [3, 0, 2, 1], "deleted rows are not imported again");
    assert!(why(&report.line("submissions").unwrap().left_out, 22).contains("its user 2 is not here"));
    let points = "SELECT CAST(p.points AS TEXT) FROM progress p JOIN users u ON u.id = p.user_id
        JOIN challenges c ON c.id = p.challenge_id AND c.competition_id IS NULL WHERE u.full_name = 'Dora'";
    assert_eq!(texts(db, points).await, ["1"], "the first solver stays first");
    assert_eq!(check::run(db).await.unwrap().iter().filter(|it| it.id != "M08").count(), 0);
}

#[tokio::test]
async fn an_id_that_no_new_row_could_follow_is_left_out() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    let there = Db::connect(&old.parse().unwrap()).await.unwrap();
    let ids = [i64::MAX, i64::MAX - 1, 1 << 53];
    for id in ids {
        let challenge = format!(
            "INSERT INTO challenge (id, title, content, date_posted, key_stage)
            VALUES ({id}, 'Far', 'x', '2024-03-01 10:00:00', 'KS3')"
        );
        run(&there, &challenge).await;
    }
    there.close().await;
    let site = TestSite::new(&[]).await;
    let report = take(&site.app.db, &old, Options::default()).await.unwrap();
    let line = report.line("challenges").unwrap();
    for id in ids {
        assert!(why(&line.left_out, id).contains("no new row could follow"), "{report}");
    }
    // The import of the summer's challenges, which have new ids, and a challenge of today.
    assert_eq!(numbers(&report, "competition challenges")[1], 3);
    run(&site.app.db, "INSERT INTO challenges (title, key_stage, summary, statement, released_at) VALUES ('x', 'KS3', '', '', 1)")
        .await;
}

#[tokio::test]
async fn existing_accounts_keep_password_and_role() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    let site = TestSite::new(&[]).await;
    let db = &site.app.db;
    site.member("CARLA@school.example", mathsoc::domain::person::Role::Pupil).await;
    let before = table(db, "users", &["email", "password_hash", "role", "epoch"]).await;
    let report = take(db, &old, Options::default()).await.unwrap();
    assert_eq!(numbers(&report, "users"), [10, 5, 1, 4]);
    let after = table(db, "users", &["email", "password_hash", "role", "epoch"]).await;
    assert!(after.contains(&before[0]), "{after:?}");
}

#[tokio::test]
async fn an_interrupted_import_leaves_nothing_and_can_rerun() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    let site = TestSite::new(&[]).await;
    let db = site.app.db.clone();
    let url: Url = old.parse().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let task = {
        let (db, url, seen) = (db.clone(), url.clone(), seen.clone());
        tokio::spawn(async move {
            let mut progress = |progress: import::Progress| {
                seen.lock().unwrap().push(progress.what);
                assert!(progress.what != "articles", "simulated power failure");
            };
            import::run(&db, &url, &Options::default(), &mut progress).await.map(drop)
        })
    };
    assert!(task.await.unwrap_err().is_panic());
    assert!(seen.lock().unwrap().contains(&"submissions"), "the failure comes after the submissions");
    assert_eq!(count(&db, "users").await + count(&db, "imported").await, 0);
    let report = take(&db, &old, Options::default()).await.unwrap();
    assert_eq!(numbers(&report, "users")[1], 6);
}

#[tokio::test]
async fn the_early_schema_is_imported_too() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    let there = Db::connect(&old.parse().unwrap()).await.unwrap();
    run(
        &there,
        "CREATE TABLE \"user\" (id INTEGER PRIMARY KEY, username VARCHAR(64), year INTEGER, password_hash VARCHAR(128), is_admin BOOLEAN);
        CREATE TABLE challenge (id INTEGER PRIMARY KEY, title VARCHAR(100), content TEXT, date_posted DATETIME, key_stage VARCHAR(3));
        INSERT INTO \"user\" VALUES (1, 'ada', 9, 'x', 0);
        INSERT INTO challenge VALUES (1, 'Old', '<p>Old</p>', '2023-01-01 00:00:00', 'KS3')",
    )
    .await;
    there.close().await;
    let site = TestSite::new(&[]).await;
    let report = take(&site.app.db, &old, Options::default()).await.unwrap();
    assert_eq!(numbers(&report, "users"), [1, 0, 0, 1], "the early schema has no addresses");
    assert_eq!(numbers(&report, "challenges"), [1, 1, 0, 0]);
    assert_eq!(numbers(&report, "schools"), [0; 4]);
}

#[tokio::test]
async fn other_databases_and_other_sites_are_rejected() {
    let folder = Folder::new();
    let url = |name: &str| format!("sqlite://{}", folder.join(name).display());
    let site = TestSite::new(&[]).await;
    let db = &site.app.db;
    let ours = format!("sqlite://{}", site.folder.join("mathsoc.db").display());
    assert!(matches!(take(db, &ours, Options::default()).await, Err(ImportError::Ours)));
    Db::connect(&url("empty.db").parse().unwrap()).await.unwrap().close().await;
    assert!(matches!(take(db, &url("empty.db"), Options::default()).await, Err(ImportError::Theirs)));
    assert!(matches!(take(db, &url("none.db"), Options::default()).await, Err(ImportError::Source(_))));
    assert!(!folder.join("none.db").exists(), "no database is created");

    old_site::fill(&url("old.db")).await;
    old_site::fill(&url("other.db")).await;
    let other = Db::connect(&url("other.db").parse().unwrap()).await.unwrap();
    run(&other, "UPDATE users SET email = 'other-' || email WHERE email IS NOT NULL").await;
    other.close().await;
    take(db, &url("old.db"), Options::default()).await.unwrap();
    let before = everything(db).await;
    assert!(matches!(
        take(db, &url("other.db"), Options::default()).await,
        Err(ImportError::OtherSite { .. })
    ));
    assert_eq!(everything(db).await, before);
    let named = Options { name: "other".to_owned(), ..Options::default() };
    assert_eq!(numbers(&take(db, &url("other.db"), named).await.unwrap(), "users")[1], 6);
}

#[tokio::test]
async fn the_other_database_is_only_read() {
    let folder = Folder::new();
    let file = folder.join("old.db");
    let old = format!("sqlite://{}", file.display());
    old_site::fill(&old).await;
    let hold = sqlx::sqlite::SqlitePool::connect(&old).await.unwrap();
    // Leaves the write-ahead log, because Flask's database has a rollback journal.
    let mode = sqlx::query("PRAGMA journal_mode = DELETE").fetch_one(&hold).await.unwrap();
    assert_eq!(mode.get::<String, _>(0), "delete");
    hold.close().await;
    let before = std::fs::read(&file).unwrap();
    take(&TestSite::new(&[]).await.app.db, &old, Options::default()).await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
