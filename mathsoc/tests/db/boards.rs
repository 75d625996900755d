//! Leaderboards in the database.

use std::time::{Duration, Instant};

use mathsoc::db::admin_log::Actor;
use mathsoc::db::board_versions::{self, ScoreBoard};
use mathsoc::db::leaderboard::{self, Board};
use mathsoc::db::{Db, trash, users};
use mathsoc::domain::ids::CompetitionId;
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;
use mathsoc::domain::person::Year;

use super::accounts::{school as new_school, user};
use super::{Check, run};

pub(super) static CHECKS: &[Check] = checks![
    a_class_is_one_school_and_one_year,
    ties_rank_one_one_three_on_every_board,
    a_change_raises_its_own_board_versions_only,
    a_pupil_in_the_trash_is_on_no_board,
    a_board_of_ten_thousand_is_read_quickly,
];

async fn score(db: &Db, board: &str, user: i64, points: i64) {
    let sql = "INSERT INTO scores (board, user_id, points, solved)
        VALUES ($1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), 1)";
    run(db, sql, &[board, &user.to_string(), &points.to_string()]).await.unwrap();
}

async fn a_class_is_one_school_and_one_year(db: Db) {
    let (ours, theirs) =
        (new_school(&db, "ours", None).await.unwrap(), new_school(&db, "theirs", None).await.unwrap());
    let mut pupils = Vec::new();
    for (n, (school, year, points)) in
        [(ours, 8, 4), (ours, 8, 4), (ours, 9, 9), (theirs, 8, 9), (ours, 8, 1), (ours, 8, 7)]
            .into_iter()
            .enumerate()
    {
        let pupil = user(&db, &format!("p{n}@school.example")).await;
        users::set_profile(&db, pupil.id, &pupil.full_name, Some(school), Some(Year::new(year).unwrap()))
            .await
            .unwrap();
        score(&db, "all", pupil.id, points).await;
        pupils.push(pupil.id);
    }
    let class = Board::Class { school: ours, year: Year::new(8).unwrap() };
    let found = leaderboard::page(&db, class, 1).await.unwrap();
    let lines: Vec<_> = found.items.iter().map(|it| (it.rank, it.user_id)).collect();
    assert_eq!(lines, [(1, pupils[5]), (2, pupils[0]), (2, pupils[1]), (4, pupils[4])]);
    assert_eq!((found.total, found.pages), (4, 1));
    assert_eq!(leaderboard::of_user(&db, class, pupils[4]).await.unwrap().unwrap().rank, 4);
    assert_eq!(
        leaderboard::of_user(&db, class, pupils[2]).await.unwrap(),
        None,
        "the pupil is in another year"
    );
    for n in 0..20 {
        let pupil = user(&db, &format!("q{n}@school.example")).await;
        users::set_profile(&db, pupil.id, &pupil.full_name, Some(ours), Some(Year::new(8).unwrap()))
            .await
            .unwrap();
        score(&db, "all", pupil.id, 1).await;
    }
    let third = leaderboard::page(&db, class, 3).await.unwrap();
    assert_eq!((third.pages, third.items.len(), third.items[0].rank), (3, 4, 4), "ranks continue over pages");
}

async fn ties_rank_one_one_three_on_every_board(db: Db) {
    for (n, points) in [3, 5, 5].into_iter().enumerate() {
        let id = user(&db, &format!("p{n}@school.example")).await.id;
        score(&db, "all", id, points).await;
        score(&db, "KS5", id, points).await;
    }
    for board in [Board::All, Board::Stage(KeyStage::Ks5)] {
        let found = leaderboard::page(&db, board, 1).await.unwrap();
        assert_eq!(
            found.items.iter().map(|it| (it.rank, it.user_id)).collect::<Vec<_>>(),
            [(1, 2), (1, 3), (3, 1)]
        );
        let own = leaderboard::of_user(&db, board, 3).await.unwrap().unwrap();
        assert_eq!(own, found.items[1], "the viewer's own line equals the page's line");
    }
}

async fn a_change_raises_its_own_board_versions_only(db: Db) {
    use mathsoc::db::submissions::{AnswerPlace, submit};
    super::challenge(&db, "Set", "KS4", -1).await;
    let boxes = "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 1, 'x', '1')";
    run(&db, boxes, &[]).await.unwrap();
    let (ada, eve) = (user(&db, "ada@school.example").await.id, user(&db, "eve@school.example").await.id);
    let place = AnswerPlace { challenge: 1, answer_box: 1 };
    let now: i64 = super::at(0).parse().unwrap();
    assert!(board_versions::versions(&db).await.unwrap().is_empty());
    submit(&db, ada, place, "7", now).await.unwrap();
    assert!(board_versions::versions(&db).await.unwrap().is_empty(), "a wrong answer raises no version");
    submit(&db, ada, place, "1", now).await.unwrap();
    submit(&db, eve, place, "1", now).await.unwrap();
    let expected = [(ScoreBoard::All, 2), (ScoreBoard::Stage(KeyStage::Ks4), 2)];
    assert_eq!(board_versions::versions(&db).await.unwrap(), expected.into());
    users::delete(&db, ada).await.unwrap();
    let expected = [(ScoreBoard::All, 3), (ScoreBoard::Stage(KeyStage::Ks4), 3)];
    assert_eq!(
        board_versions::versions(&db).await.unwrap(),
        expected.into(),
        "deleting an account raises its versions"
    );
    for board in
        [ScoreBoard::All, ScoreBoard::Stage(KeyStage::Ks3), ScoreBoard::Competition(CompetitionId(7))]
    {
        assert_eq!(board.to_string().parse(), Ok(board));
    }
}

/// Evaluates to the median of twenty times.
macro_rules! timed {
    ($work:expr) => {{
        let mut took = Vec::new();
        for _ in 0..20 {
            let begun = Instant::now();
            $work.await.unwrap();
            took.push(begun.elapsed());
        }
        took.sort();
        took[10]
    }};
}

/// Compares the median time of each query with a generous bound, for busy machines and an
/// unoptimised SQLite. Unit tests in `src` check that no query scans a whole table.
async fn a_pupil_in_the_trash_is_on_no_board(db: Db) {
    let school = new_school(&db, "ours", None).await.unwrap();
    let mut pupils = Vec::new();
    for n in 0..3 {
        let pupil = user(&db, &format!("p{n}@school.example")).await.id;
        score(&db, "all", pupil, 3 - n).await;
        pupils.push(pupil);
    }
    let all = "UPDATE users SET school_id = CAST($1 AS BIGINT)";
    run(&db, all, &[&school.to_string()]).await.unwrap();
    run(&db, "INSERT INTO competitions (title, summary, opens_at, closes_at) VALUES ('x', '', 1, 2)", &[])
        .await
        .unwrap();
    let invite = "INSERT INTO competition_schools (competition_id, school_id) VALUES (1, CAST($1 AS BIGINT))";
    run(&db, invite, &[&school.to_string()]).await.unwrap();
    let of_school = "INSERT INTO scores (board, user_id, points, solved, competition_id, school_id)
        SELECT 'competition-1', user_id, points, solved, 1, CAST($1 AS BIGINT) FROM scores WHERE board = 'all'";
    run(&db, of_school, &[&school.to_string()]).await.unwrap();

    let contest = Board::Competition(CompetitionId(1));
    let by = Actor::command_line();
    for (gone, on_board, points) in [
        (true, [(1, pupils[1]), (2, pupils[2])].as_slice(), 3),
        (false, &[(1, pupils[0]), (2, pupils[1]), (3, pupils[2])], 6),
    ] {
        let before = board_versions::versions(&db).await.unwrap();
        if gone {
            trash::delete(&db, &by, LogSubject::User, pupils[0]).await.unwrap();
        } else {
            trash::restore(&db, &by, LogSubject::User, pupils[0]).await.unwrap();
        }
        for board in [Board::All, contest] {
            let page = leaderboard::page(&db, board, 1).await.unwrap();
            let lines: Vec<_> = page.items.iter().map(|it| (it.rank, it.user_id)).collect();
            assert_eq!(lines, on_board, "{board:?}");
            assert_eq!(page.total, on_board.len() as i64, "{board:?}");
            assert_eq!(leaderboard::of_user(&db, board, pupils[0]).await.unwrap().is_none(), gone);
            let last = leaderboard::of_user(&db, board, pupils[2]).await.unwrap().unwrap();
            assert_eq!(last.rank, on_board.len() as i64, "{board:?}");
        }
        assert_eq!(leaderboard::schools(&db, CompetitionId(1)).await.unwrap()[0].points, points);
        let after = board_versions::versions(&db).await.unwrap();
        for board in [ScoreBoard::All, ScoreBoard::Competition(CompetitionId(1))] {
            assert!(after.get(&board) > before.get(&board), "watchers of {board} learn of it");
        }
    }
}

async fn a_board_of_ten_thousand_is_read_quickly(db: Db) {
    let n = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)";
    for sql in [
        "INSERT INTO schools (name) SELECT 'School ' || i FROM n WHERE i <= 10",
        "INSERT INTO users (email, email_key, full_name, role, school_id, year, created_at)
            SELECT i || '@x', i || '@x', 'Pupil ' || i, 'pupil', 1 + i % 10, 7 + (i / 10) % 7, 0 FROM n",
        "INSERT INTO competitions (title, summary, opens_at, closes_at) VALUES ('c', 'c', 1, 2)",
        "INSERT INTO competition_schools (competition_id, school_id) SELECT 1, id FROM schools",
        "INSERT INTO scores (board, user_id, points, solved) SELECT 'all', id, 1 + (id * 7919) % 997, 3 FROM users",
        "INSERT INTO scores (board, user_id, points, solved, competition_id, school_id)
            SELECT 'competition-1', id, 1 + (id * 7919) % 997, 3, 1, school_id FROM users",
        "VACUUM",
        "ANALYZE",
    ] {
        let sql = match sql.split_once(" FROM n") {
            Some((insert, rest)) => insert.replacen("SELECT", &format!("{n} SELECT"), 1) + " FROM n" + rest,
            None => sql.to_owned(),
        };
        match &db {
            Db::Sqlite(pool, _) => sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.map(drop),
            Db::Postgres(pool, _) => sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.map(drop),
        }
        .unwrap();
    }
    let competition = Board::Competition(CompetitionId(1));
    let class = Board::Class { school: 3, year: Year::new(9).unwrap() };
    for (board, total) in [(Board::All, 10_000), (competition, 10_000), (class, 143)] {
        for page in [1, 14, 1000] {
            let took = timed!(leaderboard::page(&db, board, page));
            assert!(took < Duration::from_millis(50), "{board:?} page {page}: {took:?}");
        }
        for user in [1, 5000, 10_000] {
            let took = timed!(leaderboard::of_user(&db, board, user));
            assert!(took < Duration::from_millis(50), "{board:?} {user}: {took:?}");
        }
        assert_eq!(leaderboard::page(&db, board, 1).await.unwrap().total, total, "{board:?}");
    }
    let took = timed!(leaderboard::schools(&db, CompetitionId(1)));
    assert!(took < Duration::from_millis(100), "{took:?}");
    let last = leaderboard::page(&db, Board::All, 1000).await.unwrap();
    for line in &last.items {
        let own = leaderboard::of_user(&db, Board::All, line.user_id).await.unwrap().unwrap();
        assert_eq!(own.rank, line.rank, "both queries give the same rank");
    }
}
