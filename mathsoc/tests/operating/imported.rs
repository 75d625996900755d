//! The Flask site's rows after an import: newsletters, accounts, content, answers.

use mathsoc::db::{Db, users};
use mathsoc::operate::import::{Files, ImportError, Line, Options, Report};
use test_support::Folder;

use super::import::{numbers, take, why};
use super::old_site::{PBKDF2_PASSWORD, SCRYPT_PASSWORD};
use super::tables::{count, run, table, texts};
use crate::support::site::TestSite;

/// Imports again, now with the newsletters' files.
pub(super) async fn newsletters(site: &TestSite, old: &str) {
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
    let stored = async || site.app.uploads.admin().list().await.unwrap().len();

    let rehearsed = take(db, old, Options { dry_run: true, ..options() }).await.unwrap();
    assert_eq!((count(db, "newsletters").await, count(db, "files").await, stored().await), (1, 0, 0));
    let report = take(db, old, options()).await.unwrap();
    assert_eq!(rehearsed.to_string(), report.to_string(), "a dry run reports what the import does");
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
    assert_eq!((count(db, "files").await, stored().await), (1, 1));
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
        assert_eq!((count(db, "files").await, stored().await), (1, 1), "the failed import removes its files");
        run(db, "DROP TRIGGER broken").await;
        run(db, "UPDATE imported SET old_id = old_id - 1000 WHERE kind = 'newsletter'").await;
    }
}

pub(super) async fn accounts(site: &TestSite, line: &Line) {
    let db = &site.app.db;
    for (id, reason) in [(3, "from that of 2 in case only"), (4, "no e-mail address"), (8, "is invalid")] {
        assert!(why(&line.left_out, id).contains(reason), "{id}: {:?}", line.left_out);
    }
    for (id, remark) in [
        (5, "its password was admin123, and is removed"),
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

pub(super) async fn content(site: &TestSite, report: &Report) {
    let db = &site.app.db;
    let challenges = report.line("challenges").unwrap();
    assert!(why(&challenges.left_out, 3).contains("KS9"));
    assert!(why(&challenges.changed, 4).contains("without its file \"later.png\""));
    let times = texts(db, "SELECT title, CAST(released_at AS TEXT), CAST(COALESCE(closed_at, locked_at) AS TEXT) FROM challenges WHERE id < 3 ORDER BY id").await;
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
        "announcements are plain text"
    );
    let articles = table(db, "articles", &["id", "title", "author"]).await;
    assert_eq!(
        articles,
        ["1 On primes Ada Lovelace", "4 By others The team"],
        "the ids, and so the URLs, are unchanged"
    );
    run(db, "INSERT INTO challenges (title, key_stage, summary, statement, released_at) VALUES ('new', 'KS3', '', '', 1)").await;
    let ids =
        texts(db, "SELECT CAST(id AS TEXT) FROM challenges WHERE competition_id IS NULL ORDER BY id").await;
    assert_eq!(ids, ["1", "2", "4", "8"], "new ids follow all imported ones");
    run(db, "DELETE FROM challenges WHERE title = 'new'").await;
    let boxes = table(db, "answer_boxes", &["id", "challenge_id", "position", "label"]).await;
    assert!(
        boxes.iter().any(|it| it.ends_with(" 1 1 A half")) && boxes.iter().any(|it| it.ends_with(" 1 2 x =")),
        "{boxes:?}"
    );
    assert!(why(&report.line("answer boxes").unwrap().changed, 6).contains("cannot be read"));
}

pub(super) async fn answers(db: &Db, report: &Report) {
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
        "admins are not first solvers"
    );
    let first = "SELECT CAST(first_solved_at AS TEXT) FROM challenges WHERE title = 'Halves'";
    assert_eq!(texts(db, first).await, ["1709717400"], "09:30 UTC, of a time with an offset");
    let board = report.line("leaderboard entries").unwrap();
    assert!(why(&board.left_out, 2).contains("had 6 points there, and has 1 here"), "{:?}", board.left_out);
}
