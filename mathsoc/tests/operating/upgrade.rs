//! A database of an earlier release keeps its answers through migrations 15 and 16.

use std::path::Path;

use mathsoc::db::{Db, Url};
use mathsoc::operate::check;
use sqlx::migrate::Migrator;
use test_support::Folder;
use test_support::postgres::Postgres;

use super::tables::{count, run, table};

const ROWS: &str = "
INSERT INTO users (email, email_key, full_name, role, year, created_at) VALUES
    ('ada@a.example', 'ada@a.example', 'Ada', 'pupil', 11, 1);
INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, first_solved_at)
    VALUES ('One', 'KS4', '', '', 1, 9, 5);
INSERT INTO answer_boxes (challenge_id, position, label, answer, rules) VALUES (1, 1, 'x', '2', '');
INSERT INTO submissions (user_id, box_id, try, given, verdict, hint, submitted_at) VALUES
    (1, 1, 1, '3', 'wrong', 'Check the sign.', 4), (1, 1, 2, '2', 'right', NULL, 5), (1, 1, 3, '9', 'wrong', NULL, 6);
DELETE FROM submissions WHERE given = '9';
INSERT INTO progress (user_id, challenge_id, solved_at, points) VALUES (1, 1, 5, 3);
INSERT INTO scores (board, user_id, points, solved) VALUES ('all', 1, 3, 1), ('KS4', 1, 3, 1);
";
const COLUMNS: [&str; 6] = ["id", "try", "given", "verdict", "hint", "submitted_at"];

/// Applies the migrations up to 13.
async fn earlier(db: &Db) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    match db {
        Db::Sqlite(pool, _) => {
            Migrator::new(folder.join("sqlite")).await.unwrap().run_to(13, pool).await.unwrap();
        }
        Db::Postgres(pool, ..) => {
            Migrator::new(folder.join("postgres")).await.unwrap().run_to(13, pool).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_upgrade_keeps_answers_and_their_ids() {
    let server = Postgres::start();
    let folder = Folder::new();
    for url in [Url::file(&folder.join("x.db")), server.database().await.parse().unwrap()] {
        let db = Db::connect(&url).await.unwrap();
        earlier(&db).await;
        run(&db, ROWS).await;
        let before = table(&db, "submissions", &COLUMNS).await;
        db.migrate().await.unwrap();
        assert_eq!(table(&db, "submissions", &COLUMNS).await, before);
        assert_eq!(check::run(&db).await.unwrap(), []);
        let insert = "INSERT INTO submissions (user_id, box_id, given, verdict, ruling, submitted_at)
            VALUES (1, 1, '8', 'wrong', 'returned', 7)";
        run(&db, insert).await;
        let ids = table(&db, "submissions", &["id", "user_id"]).await;
        assert!(ids.contains(&"4 1".to_owned()), "a number is not used twice: {ids:?}");
        run(&db, "DELETE FROM users").await;
        assert_eq!(count(&db, "submissions").await, 0, "answers go with their account");
        db.close().await;
    }
}
