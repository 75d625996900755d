//! Answers in the database: tries, points, races.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use answers::{Comparison, Hint, Side};
use mathsoc::db::challenges;
use mathsoc::db::challenges::ChallengeProgress;
use mathsoc::db::submissions::{self, AnswerPlace, Outcome, SubmitError, submit};
use mathsoc::db::users;
use mathsoc::db::{Db, leaderboard};
use mathsoc::domain::key_stage::KeyStage;

use super::accounts::{admin, count, user};
use super::{Check, at, challenge, run};

pub(super) static CHECKS: &[Check] = checks![
    each_box_has_three_tries_of_its_own,
    one_box_solved_twice_counts_once,
    a_repeated_wrong_answer_costs_no_try,
    an_unreadable_answer_costs_no_try,
    a_faulty_box_costs_no_try,
    hostile_answers_end_at_once,
    answers_are_accepted_between_release_and_lock,
    answers_are_visible_after_the_lock,
    the_first_solver_gets_three_points_others_one,
    a_deleted_account_takes_its_points_only,
    admins_answer_without_points,
    a_box_added_later_gives_no_more_points,
    equal_points_have_equal_rank,
    constraints_reject_fourth_tries_and_second_firsts,
    a_thousand_concurrent_answers_are_counted_correctly,
];

/// Creates a challenge of key stage 4, released an hour ago, with boxes that have these answers.
async fn set(db: &Db, boxes: &[&str]) {
    challenge(db, "Set", "KS4", -1).await;
    let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer)
        SELECT max(id), CAST($1 AS BIGINT), 'x =', $2 FROM challenges";
    for (position, answer) in boxes.iter().enumerate() {
        run(db, sql, &[&position.to_string(), answer]).await.unwrap();
    }
}

async fn pupil(db: &Db, n: usize) -> i64 {
    user(db, &format!("pupil{n}@school.example")).await.id
}

fn box_of(challenge: i64, answer_box: i64) -> AnswerPlace {
    AnswerPlace { challenge, answer_box }
}

async fn answer(db: &Db, user: i64, answer_box: i64, given: &str) -> Result<Outcome, SubmitError> {
    submit(db, user, box_of(1, answer_box), given, now()).await
}

fn now() -> i64 {
    at(0).parse().unwrap()
}

fn wrong(hint: Option<Hint>, tries_left: u8) -> Outcome {
    let verdict = Comparison::NotEqual { hint };
    Outcome { verdict, tries_left, solved_box: false, solved_challenge: false, points: 0 }
}

async fn each_box_has_three_tries_of_its_own(db: Db) {
    set(&db, &["1/3", "2"]).await;
    let ada = pupil(&db, 1).await;
    let right = answer(&db, ada, 2, "4/2").await.unwrap();
    assert_eq!((right.solved_box, right.solved_challenge, right.tries_left), (true, false, 2));

    assert_eq!(answer(&db, ada, 1, "0.333").await.unwrap(), wrong(Some(Hint::Rounded), 2));
    assert_eq!(answer(&db, ada, 1, "7").await.unwrap(), wrong(None, 1));
    assert_eq!(answer(&db, ada, 1, "8").await.unwrap(), wrong(None, 0));
    for late in ["1/3", "9", "2+", ""] {
        assert!(matches!(answer(&db, ada, 1, late).await, Err(SubmitError::NoTriesLeft)), "{late}");
    }
    assert!(matches!(answer(&db, ada, 2, "2").await, Err(SubmitError::Solved)));
    assert_eq!(count(&db, "submissions").await, 4);

    let tried = submissions::last_answers(&db, ada, 1).await.unwrap();
    let (one, two) = (&tried[&1], &tried[&2]);
    assert_eq!((one.tries_left, one.solved, one.given.as_str()), (0, false, "8"), "the last answer is shown");
    assert_eq!(
        (two.tries_left, two.solved, two.given.as_str()),
        (2, true, "4/2"),
        "the answer is shown as typed"
    );
    let eve = pupil(&db, 2).await;
    assert!(answer(&db, eve, 1, "1/3").await.unwrap().solved_box, "tries are counted for each pupil");
    assert!(!submissions::last_answers(&db, eve, 1).await.unwrap().contains_key(&2));
}

async fn one_box_solved_twice_counts_once(db: Db) {
    set(&db, &["1", "2"]).await;
    let ada = pupil(&db, 1).await;
    assert!(answer(&db, ada, 1, "1").await.unwrap().solved_box);
    assert!(matches!(answer(&db, ada, 1, "1").await, Err(SubmitError::Solved)));
    assert_eq!(leaderboard::page(&db, None, 1).await.unwrap().total, 0);
    let last = answer(&db, ada, 2, "2").await.unwrap();
    assert_eq!((last.solved_challenge, last.points), (true, 3));

    set(&db, &["3"]).await;
    let strange = submit(&db, ada, box_of(2, 1), "1", now()).await;
    assert!(matches!(strange, Err(SubmitError::NotFound)), "the box is not in this challenge");
    for missing in [0, -1, 9, i64::MAX] {
        assert!(matches!(answer(&db, ada, missing, "1").await, Err(SubmitError::NotFound)));
    }
}

async fn a_repeated_wrong_answer_costs_no_try(db: Db) {
    set(&db, &["1/3"]).await;
    let ada = pupil(&db, 1).await;
    for _ in 0..5 {
        assert_eq!(answer(&db, ada, 1, "0.333").await.unwrap(), wrong(Some(Hint::Rounded), 2));
    }
    let (one, two) = tokio::join!(answer(&db, ada, 1, "7"), answer(&db, ada, 1, "7"));
    assert_eq!(
        (one.unwrap(), two.unwrap()),
        (wrong(None, 1), wrong(None, 1)),
        "concurrent repeats cost one try"
    );
    assert_eq!(count(&db, "submissions").await, 2);
    let eve = pupil(&db, 2).await;
    assert_eq!(answer(&db, eve, 1, "7").await.unwrap(), wrong(None, 2), "tries are counted for each pupil");
    // A former wrong answer counts once the box is corrected.
    run(&db, "UPDATE answer_boxes SET answer = '7'", &[]).await.unwrap();
    assert!(answer(&db, ada, 1, "7").await.unwrap().solved_box);
    assert_eq!(count(&db, "submissions").await, 4);
}

async fn an_unreadable_answer_costs_no_try(db: Db) {
    set(&db, &["x+1"]).await;
    let ada = pupil(&db, 1).await;
    let long = "1+".repeat(600);
    for given in ["x+", "(x+1", "", "x\0+1", &long] {
        let outcome = answer(&db, ada, 1, given).await.unwrap();
        let Comparison::Unreadable { side: Side::Given, message: why, .. } = outcome.verdict else {
            panic!("{given}")
        };
        assert!(why.ends_with('.'), "{why}");
        assert_eq!((outcome.tries_left, outcome.solved_box), (3, false), "{given}");
    }
    assert_eq!((count(&db, "submissions").await, count(&db, "progress").await), (0, 0));
    assert!(answer(&db, ada, 1, "1+x").await.unwrap().solved_challenge);
}

async fn a_faulty_box_costs_no_try(db: Db) {
    set(&db, &["(((", "0.1"]).await;
    let ada = pupil(&db, 1).await;
    assert!(matches!(answer(&db, ada, 1, "1").await, Err(SubmitError::Broken)));
    run(&db, "UPDATE answer_boxes SET rules = 'lenient' WHERE id = 2", &[]).await.unwrap();
    assert!(matches!(answer(&db, ada, 2, "1").await, Err(SubmitError::Broken)));
    assert_eq!(count(&db, "submissions").await, 0);
    run(&db, "UPDATE answer_boxes SET rules = 'tolerance=0.05' WHERE id = 2", &[]).await.unwrap();
    assert!(answer(&db, ada, 2, "0.12").await.unwrap().solved_box, "the box's rules apply");
}

async fn hostile_answers_end_at_once(db: Db) {
    set(&db, &["42"]).await;
    let texts = ["9**9**9**9", "99999999!", "__import__('os').system('id')", "'; DROP TABLE submissions; --"];
    let deep = format!("{}1{}", "(".repeat(499), ")".repeat(499));
    let tower = "2^".repeat(400) + "2";
    for (n, given) in texts.iter().copied().chain([deep.as_str(), tower.as_str()]).enumerate() {
        let pupil = pupil(&db, n).await;
        let begun = Instant::now();
        let solved = answer(&db, pupil, 1, given).await.unwrap().solved_box;
        // A generous bound for a busy machine; the original site took thirty seconds.
        assert!(!solved && begun.elapsed() < Duration::from_secs(5), "{given}: {:?}", begun.elapsed());
    }
}

async fn answers_are_accepted_between_release_and_lock(db: Db) {
    set(&db, &["1"]).await;
    let ada = pupil(&db, 1).await;
    let early = submit(&db, ada, box_of(1, 1), "1", now() - 7200).await;
    assert!(matches!(early, Err(SubmitError::NotFound)), "unreleased challenges are hidden");
    run(&db, "UPDATE challenges SET locked_at = CAST($1 AS BIGINT)", &[&at(1)]).await.unwrap();
    let late = submit(&db, ada, box_of(1, 1), "1", now() + 7200).await;
    assert!(matches!(late, Err(SubmitError::Locked)));
    assert_eq!(count(&db, "submissions").await, 0);
    assert!(answer(&db, ada, 1, "1").await.unwrap().solved_box, "accepted between release and lock");
}

async fn answers_are_visible_after_the_lock(db: Db) {
    set(&db, &["1", "2"]).await;
    for (lock, answers) in [(None, [None, None]), (Some(1), [None, None]), (Some(-1), [Some("1"), Some("2")])]
    {
        if let Some(hours) = lock {
            run(&db, "UPDATE challenges SET locked_at = CAST($1 AS BIGINT)", &[&at(hours)]).await.unwrap();
        }
        let found = challenges::by_id(&db, 1).await.unwrap().unwrap();
        assert_eq!(found.locked, answers[0].is_some());
        assert_eq!(found.boxes.iter().map(|it| it.answer.as_deref()).collect::<Vec<_>>(), answers);
    }
}

async fn the_first_solver_gets_three_points_others_one(db: Db) {
    set(&db, &["1"]).await;
    let (ada, eve, bob) = (pupil(&db, 1).await, pupil(&db, 2).await, pupil(&db, 3).await);
    assert_eq!(answer(&db, bob, 1, "0").await.unwrap().points, 0);
    for (pupil, points) in [(ada, 3), (eve, 1), (bob, 1)] {
        assert_eq!(answer(&db, pupil, 1, "1").await.unwrap().points, points);
    }
    for board in [None, Some(KeyStage::Ks4)] {
        let page = leaderboard::page(&db, board, 1).await.unwrap();
        let lines: Vec<_> = page.items.iter().map(|it| (it.user_id, it.points, it.solved)).collect();
        assert_eq!(lines, [(ada, 3, 1), (eve, 1, 1), (bob, 1, 1)]);
    }
    assert_eq!(leaderboard::page(&db, Some(KeyStage::Ks3), 1).await.unwrap().total, 0);

    set(&db, &["1"]).await;
    answer(&db, pupil(&db, 4).await, 1, "0").await.unwrap();
    let mut list = challenges::latest(&db, 9).await.unwrap();
    submissions::load_progress(&db, ada, &mut list).await.unwrap();
    assert_eq!(
        list.iter().map(|it| it.progress).collect::<Vec<_>>(),
        [None, Some(ChallengeProgress::Solved)]
    );
    submissions::load_progress(&db, 4, &mut list).await.unwrap();
    assert_eq!(list.iter().map(|it| it.progress).collect::<Vec<_>>(), [None, Some(ChallengeProgress::Tried)]);
}

async fn a_deleted_account_takes_its_points_only(db: Db) {
    set(&db, &["1"]).await;
    let (ada, eve, bob) = (pupil(&db, 1).await, pupil(&db, 2).await, pupil(&db, 3).await);
    answer(&db, ada, 1, "1").await.unwrap();
    answer(&db, eve, 1, "1").await.unwrap();
    users::delete(&db, ada).await.unwrap();
    assert_eq!((count(&db, "submissions").await, count(&db, "progress").await), (1, 1));
    assert_eq!(count(&db, "scores").await, 2, "Eve's scores on both boards stay");
    assert_eq!(
        answer(&db, bob, 1, "1").await.unwrap().points,
        1,
        "the first solver's points are not given again"
    );
    assert_eq!(leaderboard::of_user(&db, None, eve).await.unwrap().unwrap().points, 1);
}

async fn admins_answer_without_points(db: Db) {
    set(&db, &["1"]).await;
    let teacher = admin(&db, "teacher@school.example").await.id;
    let tried = answer(&db, teacher, 1, "1").await.unwrap();
    assert_eq!((tried.solved_challenge, tried.points), (true, 0));
    assert_eq!(answer(&db, pupil(&db, 1).await, 1, "1").await.unwrap().points, 3);
    assert_eq!(leaderboard::page(&db, None, 1).await.unwrap().total, 1);
}

async fn a_box_added_later_gives_no_more_points(db: Db) {
    set(&db, &["1"]).await;
    let ada = pupil(&db, 1).await;
    answer(&db, ada, 1, "1").await.unwrap();
    let add = "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 9, 'y =', '2')";
    run(&db, add, &[]).await.unwrap();
    let added = answer(&db, ada, 2, "2").await.unwrap();
    assert_eq!((added.solved_box, added.points), (true, 0));
    assert_eq!(leaderboard::of_user(&db, None, ada).await.unwrap().unwrap().points, 3);
}

async fn equal_points_have_equal_rank(db: Db) {
    for n in 1..=13 {
        let id = pupil(&db, n).await;
        let sql = "INSERT INTO scores (board, user_id, points, solved)
            VALUES ('all', CAST($1 AS BIGINT), CAST($2 AS BIGINT), 1)";
        run(
            &db,
            sql,
            &[
                &id.to_string(),
                if n == 7 {
                    "9"
                } else if n % 2 == 0 {
                    "5"
                } else {
                    "4"
                },
            ],
        )
        .await
        .unwrap();
    }
    let ranks = async |page| {
        let page = leaderboard::page(&db, None, page).await.unwrap();
        page.items.iter().map(|it| (it.rank, it.user_id)).collect::<Vec<_>>()
    };
    let first = [(1, 7), (2, 2), (2, 4), (2, 6), (2, 8), (2, 10), (2, 12), (8, 1), (8, 3), (8, 5)];
    assert_eq!(ranks(1).await, first);
    assert_eq!(ranks(2).await, [(8, 9), (8, 11), (8, 13)], "ties continue on the next page");
    assert_eq!(leaderboard::of_user(&db, None, 13).await.unwrap().unwrap().rank, 8);
    assert_eq!(leaderboard::of_user(&db, Some(KeyStage::Ks3), 13).await.unwrap(), None);
}

async fn constraints_reject_fourth_tries_and_second_firsts(db: Db) {
    set(&db, &["1"]).await;
    let (ada, eve) = (pupil(&db, 1).await, pupil(&db, 2).await);
    let insert = "INSERT INTO submissions (user_id, box_id, try, given, verdict, submitted_at)
        VALUES (1, 1, CAST($1 AS BIGINT), '1', $2, 0)";
    for (number, verdict, taken) in [
        ("0", "wrong", false),
        ("4", "wrong", false),
        ("1", "perhaps", false),
        ("1", "right", true),
        ("1", "wrong", false),
        ("2", "right", false),
        ("2", "wrong", true),
    ] {
        assert_eq!(run(&db, insert, &[number, verdict]).await.is_ok(), taken, "{number} {verdict}");
    }
    let first = "INSERT INTO progress (user_id, challenge_id, points) VALUES (CAST($1 AS BIGINT), 1, 3)";
    run(&db, first, &[&ada.to_string()]).await.unwrap();
    assert!(run(&db, first, &[&eve.to_string()]).await.is_err());
}

async fn a_thousand_concurrent_answers_are_counted_correctly(db: Db) {
    set(&db, &["2", "3"]).await;
    let mut pupils = Vec::new();
    for n in 0..200 {
        pupils.push(pupil(&db, n).await);
    }
    // Every fourth pupil guesses five times. The others send each right answer twice, and a
    // wrong one.
    let guesses = [(1, "7"), (1, "8"), (1, "9"), (1, "10"), (1, "11")];
    let solves = [(1, "2"), (2, "4"), (2, "3"), (1, "2"), (2, "3")];
    let is_guessing = |pupil: i64| pupil % 4 == 0;
    let mut tasks = Vec::new();
    for n in 0..5 {
        for &pupil in &pupils {
            let (db, (answer_box, given)) =
                (db.clone(), if is_guessing(pupil) { guesses[n] } else { solves[n] });
            tasks.push(tokio::spawn(async move { (pupil, answer(&db, pupil, answer_box, given).await) }));
        }
    }
    let (mut counted, mut rejected, mut points) = (0, 0, HashMap::new());
    for task in tasks {
        match task.await.unwrap() {
            (pupil, Ok(outcome)) => {
                counted += 1;
                if outcome.solved_challenge {
                    assert_eq!(points.insert(pupil, outcome.points), None, "a challenge is solved once");
                }
            }
            (_, Err(SubmitError::Solved | SubmitError::NoTriesLeft)) => rejected += 1,
            (_, Err(error)) => panic!("{error:?}"),
        }
    }
    assert_eq!(
        (counted + rejected, count(&db, "submissions").await),
        (1000, counted),
        "every answer was counted or rejected"
    );
    let guessing = pupils.iter().filter(|pupil| is_guessing(**pupil)).count();
    assert_eq!(points.len(), 200 - guessing, "all other pupils solved it");
    let of = |wanted: u8| points.values().filter(|points| **points == wanted).count();
    assert_eq!((of(3), of(1)), (1, points.len() - 1), "exactly one pupil gets three points");
    for &pupil in &pupils {
        let tried = submissions::last_answers(&db, pupil, 1).await.unwrap();
        let standing = leaderboard::of_user(&db, None, pupil).await.unwrap();
        let expected = points.get(&pupil).map(|points| (i64::from(*points), 1));
        assert_eq!(standing.map(|it| (it.points, it.solved)), expected);
        assert!(!is_guessing(pupil) || tried[&1].tries_left == 0 && !tried[&1].solved);
    }
    let guessed = "SELECT count(*) FROM submissions WHERE verdict = 'wrong' AND box_id = 1";
    let guessed: i64 = match &db {
        Db::Sqlite(pool, _) => sqlx::query_scalar(guessed).fetch_one(pool).await.unwrap(),
        Db::Postgres(pool, _) => sqlx::query_scalar(guessed).fetch_one(pool).await.unwrap(),
    };
    assert_eq!(guessed, 3 * i64::try_from(guessing).unwrap(), "three tries for each pupil");
}
