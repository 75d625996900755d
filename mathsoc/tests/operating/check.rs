//! `check` finds corrupted rows, repairs derived ones, and reports nothing for valid data.

use mathsoc::db::{Db, Url};
use mathsoc::operate::check;
use test_support::Folder;
use test_support::postgres::Postgres;

use super::tables::{run, table};

const WELL: &str = "
INSERT INTO users (email, email_key, full_name, role, year, created_at, password_hash) VALUES
    ('ada@a.example', 'ada@a.example', 'Ada', 'pupil', 11, 1, NULL), ('bob@a.example', 'bob@a.example', 'Bob', 'pupil', NULL, 1, '!');
INSERT INTO challenges (title, key_stage, summary, statement, released_at, first_solved_at) VALUES ('One', 'KS4', '', '', 1, 5);
INSERT INTO answer_boxes (challenge_id, position, label, answer, rules) VALUES (1, 1, 'x', '1/2', ''), (1, 2, 'y', 'x=3', 'order');
INSERT INTO submissions (user_id, box_id, try, given, verdict, submitted_at) VALUES
    (1, 1, 1, '2', 'wrong', 4), (1, 1, 2, '1/2', 'right', 5), (1, 2, 1, '3', 'right', 5), (2, 1, 1, '7', 'wrong', 6);
INSERT INTO progress (user_id, challenge_id, solved_at, points) VALUES (1, 1, 5, 3), (2, 1, NULL, 0);
INSERT INTO scores (board, user_id, points, solved) VALUES ('all', 1, 3, 1), ('KS4', 1, 3, 1);
";

async fn found(db: &Db) -> Vec<String> {
    check::run(db).await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_finding_is_found_on_both_databases() {
    let server = Postgres::start();
    let folder = Folder::new();
    for url in [Url::file(&folder.join("x.db")), server.database().await.parse().unwrap()] {
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        assert_eq!(found(&db).await, [""; 0], "an empty database has no findings");
        run(&db, WELL).await;
        assert_eq!(found(&db).await, [""; 0], "a filled database has no findings");
        findings(&db).await;
        db.close().await;
    }
}

async fn findings(db: &Db) {
    for (break_it, mend_it, finding) in [
        (
            "UPDATE scores SET points = 9 WHERE board = 'all'",
            "UPDATE scores SET points = 3 WHERE board = 'all'",
            "M03  board all, user 1: 9 points for 1 solved instead of 3 points for 1 solved (--repair fixes it)",
        ),
        (
            "DELETE FROM progress WHERE user_id = 2",
            "INSERT INTO progress (user_id, challenge_id) VALUES (2, 1)",
            "M04  user 2 has answers to challenge 1, but no row in progress (--repair fixes it)",
        ),
        (
            "UPDATE progress SET solved_at = 7 WHERE user_id = 2",
            "UPDATE progress SET solved_at = NULL WHERE user_id = 2",
            "M05  user 2 is marked as having solved challenge 1, but has not solved all its boxes",
        ),
        (
            "UPDATE challenges SET first_solved_at = NULL",
            "UPDATE challenges SET first_solved_at = 5",
            "M06  user 1 was the first to solve challenge 1, which has no time of the first solution (--repair fixes it)",
        ),
        (
            "UPDATE submissions SET try = 3 WHERE user_id = 2",
            "UPDATE submissions SET try = 1 WHERE user_id = 2",
            "M07  user 2 has a wrong count of tries at box 1, or a try after the right answer",
        ),
        (
            "UPDATE answer_boxes SET rules = 'sometimes' WHERE id = 2",
            "UPDATE answer_boxes SET rules = 'order' WHERE id = 2",
            "M08  box 2 of challenge 1: its rules cannot be read: ",
        ),
        (
            "UPDATE answer_boxes SET answer = '(((' WHERE id = 1",
            "UPDATE answer_boxes SET answer = '1/2' WHERE id = 1",
            "M08  box 1 of challenge 1: its answer cannot be read: ",
        ),
        (
            "UPDATE users SET password_hash = 'md5:x' WHERE id = 1",
            "UPDATE users SET password_hash = NULL WHERE id = 1",
            "M09  user 1: its password hash is unusable",
        ),
        (
            "UPDATE users SET email = 'ada', email_key = 'ada' WHERE id = 1",
            "UPDATE users SET email = 'ada@a.example', email_key = 'ada@a.example' WHERE id = 1",
            "M10  user 1: its e-mail address cannot be read",
        ),
        (
            "UPDATE users SET full_name = ' ' WHERE id = 1",
            "UPDATE users SET full_name = 'Ada' WHERE id = 1",
            "M10  user 1: its name cannot be shown",
        ),
        (
            "INSERT INTO schools (name, email_domain) VALUES ('S', 'localhost')",
            "DELETE FROM schools",
            "M10  school 1: its e-mail domain cannot be read",
        ),
    ] {
        run(db, break_it).await;
        let report = found(db).await;
        assert!(report.len() == 1 && report[0].starts_with(finding), "{break_it}: {report:?}");
        run(db, mend_it).await;
        assert_eq!(found(db).await, [""; 0], "{mend_it}");
    }
}

#[tokio::test]
async fn repair_rebuilds_derived_rows_only() {
    let server = Postgres::start();
    let folder = Folder::new();
    for url in [Url::file(&folder.join("x.db")), server.database().await.parse().unwrap()] {
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        run(&db, WELL).await;
        let scores = table(&db, "scores", &["board", "user_id", "points", "solved"]).await;
        run(
            &db,
            "UPDATE scores SET points = 9, solved = 2 WHERE board = 'KS4'; DELETE FROM scores WHERE board = 'all';
            INSERT INTO scores (board, user_id, points, solved) VALUES ('KS5', 2, 1, 1);
            DELETE FROM progress WHERE user_id = 2; UPDATE challenges SET first_solved_at = NULL;
            UPDATE answer_boxes SET rules = 'sometimes' WHERE id = 2",
        )
        .await;
        assert_eq!(found(&db).await.len(), 6);
        check::repair(&db).await.unwrap();
        let left = found(&db).await;
        assert!(left.len() == 1 && left[0].starts_with("M08"), "{left:?}");
        assert_eq!(table(&db, "scores", &["board", "user_id", "points", "solved"]).await, scores);
        db.close().await;
    }
}

#[tokio::test]
async fn dangling_references_are_found() {
    let folder = Folder::new();
    let db = Db::connect(&Url::file(&folder.join("x.db"))).await.unwrap();
    db.migrate().await.unwrap();
    run(&db, WELL).await;
    run(&db, "PRAGMA foreign_keys = OFF; DELETE FROM challenges; PRAGMA foreign_keys = ON").await;
    let report = found(&db).await;
    let lost = "refers to missing rows of challenges: 1";
    assert!(report.contains(&format!("M02  answer_boxes.challenge_id {lost}")), "{report:?}");
    assert!(report.contains(&format!("M02  progress.challenge_id {lost}")), "{report:?}");
}
