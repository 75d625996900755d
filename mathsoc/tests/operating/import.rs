//! Taking over the Flask site, from and into both databases.

use std::sync::{Arc, Mutex};

use mathsoc::db::import::{self, Files, ImportError, Line, Options, Report};
use mathsoc::db::{Db, Url, check, users};
use sqlx::Row as _;
use test_support::Folder;
use test_support::postgres::Postgres;

use super::competitions;
use super::old_site::{self, PBKDF2_PASSWORD, SCRYPT_PASSWORD};
use super::tables::{count, run, table, texts};
use crate::support::site::TestSite;

pub(crate) async fn take(db: &Db, from: &str, options: Options) -> Result<Report, ImportError> {
    let report = import::run(db, &from.parse().unwrap(), &options, &mut |_| {}).await?;
    for Line { what, read, added, known, left_out, .. } in &report.lines {
        assert_eq!(*read, added + known + left_out.len(), "every row of {what} is accounted for\n{report}");
    }
    Ok(report)
}

/// Read, added, known and left out.
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

/// `broken`: how many more challenges and users a file has, which takes anything for a date or a text.
async fn moves(site: TestSite, old: &str, broken: usize) {
    let db = &site.app.db;
    let rehearsed = take(db, old, Options { dry_run: true, ..Options::default() }).await.unwrap();
    assert_eq!(count(db, "users").await + count(db, "challenges").await + count(db, "imported").await, 0);
    let report = take(db, old, Options::default()).await.unwrap();
    assert_eq!(rehearsed.to_string(), report.to_string(), "a dry run says what is done");

    assert_eq!(numbers(&report, "schools"), [4, 3, 0, 1]);
    assert_eq!(numbers(&report, "users"), [9 + broken, 6, 0, 3 + broken]);
    assert_eq!(numbers(&report, "challenges"), [4 + broken, 3, 0, 1 + broken]);
    assert_eq!(numbers(&report, "answer boxes"), [6, 4, 0, 2]);
    assert_eq!(numbers(&report, "submissions"), [16, 10, 0, 6]);
    assert_eq!(numbers(&report, "leaderboard entries"), [3, 0, 1, 2]);
    assert_eq!(numbers(&report, "articles"), [3, 2, 0, 1]);
    assert_eq!(numbers(&report, "newsletters"), [6, 1, 0, 5], "without their files");
    assert_eq!(numbers(&report, "announcements"), [1, 1, 0, 0]);
    assert_eq!(numbers(&report, "competition challenges"), [4, 3, 0, 1]);
    assert_eq!(numbers(&report, "competition boxes"), [5, 4, 0, 1]);
    assert_eq!(numbers(&report, "competition answers"), [10, 8, 0, 2]);
    assert_eq!(numbers(&report, "competition entries"), [5, 0, 3, 2]);

    newsletters(&site, old).await;
    accounts(&site, report.line("users").unwrap()).await;
    content(&site, &report).await;
    answers(db, &report).await;
    competitions::are_there(&site, &report).await;
    let found: Vec<_> = check::run(db).await.unwrap().iter().map(ToString::to_string).collect();
    assert!(
        found.len() == 1 && found[0].starts_with("M08  box"),
        "only the box that nobody can solve: {found:?}"
    );

    let before = everything(db).await;
    let again = take(db, old, Options::default()).await.unwrap();
    assert_eq!(everything(db).await, before, "a second time changes nothing");
    assert!(again.lines.iter().all(|line| line.added == 0), "{again}");
}

/// In a second run, which has their files.
async fn newsletters(site: &TestSite, old: &str) {
    const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n";
    let db = &site.app.db;
    let folder = Folder::new();
    let uploads = folder.join("uploads");
    std::fs::create_dir_all(uploads.join("newsletters")).unwrap();
    std::fs::write(uploads.join("newsletters/newsletter_2024_05_.pdf"), PDF).unwrap();
    std::fs::write(uploads.join("page.pdf"), "<!doctype html><script>steal()</script>").unwrap();
    std::fs::write(folder.join("outside.pdf"), PDF).unwrap();
    let files = Files { from: uploads.clone(), uploads: site.app.uploads.clone() };
    let options = || Options { files: Some(files.clone()), ..Options::default() };
    let kept = async || site.app.uploads.list().await.unwrap().len();

    let rehearsed = take(db, old, Options { dry_run: true, ..options() }).await.unwrap();
    assert_eq!((count(db, "newsletters").await, count(db, "files").await, kept().await), (1, 0, 0));
    let report = take(db, old, options()).await.unwrap();
    assert_eq!(rehearsed.to_string(), report.to_string(), "a dry run says what is done");
    assert_eq!(numbers(&report, "newsletters"), [6, 1, 1, 4], "{report}");
    let line = report.line("newsletters").unwrap();
    for (id, why_not) in [
        (2, "it has neither a text nor a file"),
        (6, "lost.pdf\" is not in "),
        (7, "page.pdf: This is a web page."),
        (8, "outside.pdf\" is not in "),
    ] {
        assert!(why(&line.left_out, id).contains(why_not), "{id}: {:?}", line.left_out);
    }
    assert_eq!((count(db, "files").await, kept().await), (1, 1));
    let mut visitor = site.browser();
    let id = texts(db, "SELECT CAST(id AS TEXT) FROM newsletters WHERE title = 'May'").await.remove(0);
    let page = visitor.get(&format!("/newsletters/{id}")).await;
    assert!(page.body.contains("<p>Dear all</p>") && !page.body.contains("steal"), "{}", page.body);
    let address = page.body.split("href=\"/files/").nth(1).unwrap().split('"').next().unwrap();
    let file = visitor.get(&format!("/files/{address}")).await;
    assert_eq!((file.status, file.body.as_bytes()), (200, PDF));
    assert!(visitor.get("/newsletters").await.body.contains("Only words."));

    if let Db::Sqlite(..) = db {
        run(db, "UPDATE imported SET old_id = old_id + 1000 WHERE kind = 'newsletter'").await;
        run(
            db,
            "CREATE TRIGGER broken BEFORE INSERT ON imported WHEN NEW.kind = 'newsletter' AND NEW.old_id = 9
                BEGIN SELECT RAISE(ABORT, 'here the power fails'); END",
        )
        .await;
        assert!(matches!(take(db, old, options()).await, Err(ImportError::Db(_))));
        assert_eq!((count(db, "files").await, kept().await), (1, 1), "what was kept for it is gone");
        run(db, "DROP TRIGGER broken").await;
        run(db, "UPDATE imported SET old_id = old_id - 1000 WHERE kind = 'newsletter'").await;
    }
}

async fn accounts(site: &TestSite, line: &Line) {
    let db = &site.app.db;
    for (id, reason) in
        [(3, "that of 2, but for capitals"), (4, "no e-mail address"), (8, "cannot be written to")]
    {
        assert!(why(&line.left_out, id).contains(reason), "{id}: {:?}", line.left_out);
    }
    for (id, remark) in [
        (5, "its password was admin123, and is taken away"),
        (6, "without its school: 99 is not here"),
        (7, "its name had to be changed; its password hash cannot be read"),
        (7, "without its year"),
        (9, "it has no password"),
        (9, "its key stage follows from its year now: KS3"),
    ] {
        assert!(why(&line.changed, id).contains(remark), "{id}: {}", why(&line.changed, id));
    }
    assert!(why(&line.changed, 1).is_empty() && why(&line.changed, 2).is_empty());

    for (email, password) in
        [("ADA@school.example", PBKDF2_PASSWORD), ("bob@school.example", SCRYPT_PASSWORD)]
    {
        let mut browser = site.browser();
        let page = browser.log_in(email, "another password").await;
        assert_eq!(page.status, 422, "{}", page.body);
        let page = browser.log_in(email, password).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{email}: {}", page.body);
        assert!(browser.is_in().await);
    }
    for (email, password) in [("admin@school.example", "admin123"), ("bob@school.example", PBKDF2_PASSWORD)] {
        assert_eq!(site.browser().log_in(email, password).await.status, 422, "{email}");
    }
    let ada = users::by_email(db, &"ada@school.example".parse().unwrap()).await.unwrap().unwrap();
    assert!(ada.email_verified_at.is_some() && !ada.is_admin() && ada.school_id.is_some());
    assert_eq!(ada.year.unwrap().number(), 11);
    let admins: Vec<_> =
        users::admins(db).await.unwrap().into_iter().map(|it| it.email.to_string()).collect();
    assert_eq!(admins, ["admin@school.example", "carla@school.example"]);
    assert_eq!(
        table(db, "schools", &["name", "email_domain"]).await,
        ["Marlow Bridge school.example", "Odd NULL", "Their School NULL"]
    );
}

async fn content(site: &TestSite, report: &Report) {
    let db = &site.app.db;
    let challenges = report.line("challenges").unwrap();
    assert!(why(&challenges.left_out, 3).contains("KS9"));
    assert!(why(&challenges.changed, 4).contains("without its file \"later.png\""));
    let times = texts(db, "SELECT title, CAST(released_at AS TEXT), CAST(locked_at AS TEXT) FROM challenges WHERE id < 3 ORDER BY id").await;
    assert_eq!(times[0], "Halves 1709649000 1709735400", "released at 14:30 UTC, locked a day after");
    assert!(times[1].starts_with("Locked 1709380800 17"), "{times:?}");

    let page = site.browser().get("/challenges/1").await;
    assert!(page.status == 200 && page.body.contains("<mfrac>"), "{}", page.body);
    for path in ["/challenges/1", "/article/1", "/article/4", "/articles", "/"] {
        let page = site.browser().get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for attack in ["steal()</script>", "onclick", "onerror", "javascript:", "<script>steal"] {
            assert!(!page.body.contains(attack), "{path} has {attack}");
        }
    }
    assert!(
        site.browser().get("/").await.body.contains("Room 5 &lt;b&gt; today"),
        "an announcement is a text"
    );
    let articles = table(db, "articles", &["id", "title", "author"]).await;
    assert_eq!(articles, ["1 On primes Ada Lovelace", "4 By others The team"], "with the addresses they had");
    run(db, "INSERT INTO challenges (title, key_stage, summary, statement, released_at) VALUES ('new', 'KS3', '', '', 1)").await;
    let ids =
        texts(db, "SELECT CAST(id AS TEXT) FROM challenges WHERE competition_id IS NULL ORDER BY id").await;
    assert_eq!(ids, ["1", "2", "4", "8"], "the next one comes after them, and after those of competitions");
    run(db, "DELETE FROM challenges WHERE title = 'new'").await;
    let boxes = table(db, "answer_boxes", &["id", "challenge_id", "position", "label"]).await;
    assert!(
        boxes.iter().any(|it| it.ends_with(" 1 1 A half")) && boxes.iter().any(|it| it.ends_with(" 1 2 x =")),
        "{boxes:?}"
    );
    assert!(why(&report.line("answer boxes").unwrap().changed, 6).contains("cannot be read"));
}

async fn answers(db: &Db, report: &Report) {
    let line = report.line("submissions").unwrap();
    for (id, reason) in [
        (3, "three tries"),
        (4, "three tries"),
        (6, "solved before"),
        (13, "its box 99 is not here"),
        (14, "its user 3 is not here"),
        (15, "it has no answer"),
    ] {
        assert!(why(&line.left_out, id).contains(reason), "{id}: {:?}", line.left_out);
    }
    assert!(why(&line.changed, 12).contains("judged now") && why(&line.changed, 16).contains("no time"));
    let of_ada = "SELECT CAST(s.try AS TEXT), s.given, s.verdict FROM submissions s JOIN users u ON u.id = s.user_id
        WHERE u.email_key = 'ada@school.example' AND s.box_id = (SELECT id FROM answer_boxes WHERE label = 'A half') ORDER BY s.try";
    assert_eq!(texts(db, of_ada).await, ["1 1 wrong", "2 2 wrong", "3 0.5 right"]);
    let scores = "SELECT s.board, u.full_name, CAST(s.points AS TEXT), CAST(s.solved AS TEXT)
        FROM scores s JOIN users u ON u.id = s.user_id WHERE s.competition_id IS NULL ORDER BY 1, 2";
    assert_eq!(
        texts(db, scores).await,
        [
            "KS3 Ada Lovelace 3 1",
            "KS4 Ada Lovelace 3 1",
            "KS4 Bob 1 1",
            "all Ada Lovelace 6 2",
            "all Bob 1 1"
        ],
        "the admin was first, and is in no way"
    );
    let first = "SELECT CAST(first_solved_at AS TEXT) FROM challenges WHERE title = 'Halves'";
    assert_eq!(texts(db, first).await, ["1709717400"], "09:30 UTC, of a time with an offset");
    let board = report.line("leaderboard entries").unwrap();
    assert!(why(&board.left_out, 2).contains("had 6 points there, and has 1 here"), "{:?}", board.left_out);
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
    assert_eq!(numbers(&report, "articles"), [3, 0, 2, 1], "deleted here is not new");
    assert!(why(&report.line("submissions").unwrap().left_out, 22).contains("its user 2 is not here"));
    let points = "SELECT CAST(p.points AS TEXT) FROM progress p JOIN users u ON u.id = p.user_id
        JOIN challenges c ON c.id = p.challenge_id AND c.competition_id IS NULL WHERE u.full_name = 'Dora'";
    assert_eq!(texts(db, points).await, ["1"], "who was first stays first");
    assert_eq!(check::run(db).await.unwrap().iter().filter(|it| it.id != "M08").count(), 0);
}

#[tokio::test]
async fn existing_accounts_keep_password_and_role() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    let site = TestSite::new(&[]).await;
    let db = &site.app.db;
    site.member("CARLA@school.example", mathsoc::person::Role::Pupil).await;
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
                assert!(progress.what != "articles", "here the power fails");
            };
            import::run(&db, &url, &Options::default(), &mut progress).await.map(drop)
        })
    };
    assert!(task.await.unwrap_err().is_panic());
    assert!(seen.lock().unwrap().contains(&"submissions"), "it had come that far");
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
    assert_eq!(numbers(&report, "users"), [1, 0, 0, 1], "nobody had an address then");
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
    assert!(!folder.join("none.db").exists(), "nothing is made where nothing is");

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
    // Out of the write-ahead log, as Flask has it.
    let mode = sqlx::query("PRAGMA journal_mode = DELETE").fetch_one(&hold).await.unwrap();
    assert_eq!(mode.get::<String, _>(0), "delete");
    hold.close().await;
    let before = std::fs::read(&file).unwrap();
    take(&TestSite::new(&[]).await.app.db, &old, Options::default()).await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
