//! Marking that can be repaired, in the database.

use mathsoc::db::admin_log::{self, Actor};
use mathsoc::db::board_versions::ScoreBoard;
use mathsoc::db::challenges::change;
use mathsoc::db::challenges::edit::{self, Draft, DraftBox, EditError, Help};
use mathsoc::db::competitions::{self, Details};
use mathsoc::db::leaderboard::{self, Board};
use mathsoc::db::marking::rulings::{Mode, Ruling, rule};
use mathsoc::db::submissions::{self, AnswerPlace, Outcome, SubmitError, submit};
use mathsoc::db::{Db, trash, users};
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;
use mathsoc::operate::check;

use super::accounts::{admin, count, user};
use super::{Check, at, run};

pub(super) static CHECKS: &[Check] = checks![
    a_corrected_key_repairs_the_lesson,
    a_preview_changes_nothing,
    another_key_stage_moves_the_points,
    a_competition_takes_the_points_along,
    a_removed_box_completes_the_challenge,
    an_added_box_is_needed_too,
    a_deleted_first_solver_keeps_the_place,
    a_competition_in_the_trash_takes_no_challenge,
    a_reopened_challenge_keeps_its_schedule,
    an_older_form_saves_nothing,
    answers_beside_a_new_key_have_its_verdict,
];

pub(super) fn by() -> Actor {
    Actor::command_line()
}

pub(super) fn now() -> i64 {
    at(0).parse().unwrap()
}

pub(super) fn a_box(answer: &str) -> DraftBox {
    DraftBox { id: None, label: "x =".to_owned(), answer: answer.to_owned(), rules: String::new() }
}

/// Creates a challenge of key stage 3, released an hour ago.
pub(super) async fn set(db: &Db, keys: &[&str]) -> i64 {
    let new = Draft {
        version: 0,
        is_draft: false,
        title: "The lunch queue".parse().unwrap(),
        key_stage: KeyStage::Ks3,
        summary: "In short.".to_owned(),
        statement: "<p>At length.</p>".to_owned(),
        help: Help::default(),
        released_at: now() - 3600,
        locked_at: None,
        competition: None,
        boxes: keys.iter().map(|key| a_box(key)).collect(),
    };
    edit::create(db, &by(), &new).await.unwrap()
}

pub(super) async fn stored(db: &Db, id: i64) -> Draft {
    edit::any(db, id).await.unwrap().unwrap()
}

pub(super) async fn box_id(db: &Db, challenge: i64, n: usize) -> i64 {
    stored(db, challenge).await.boxes[n].id.unwrap()
}

/// Answers at a time of its own, so that the order is known.
pub(super) async fn answer(
    db: &Db,
    user: i64,
    challenge: i64,
    n: usize,
    given: &str,
    second: i64,
) -> Result<Outcome, SubmitError> {
    let place = AnswerPlace { challenge, answer_box: box_id(db, challenge, n).await };
    submit(db, user, place, given, now() - 1800 + second).await
}

pub(super) async fn pupil(db: &Db, n: usize) -> i64 {
    user(db, &format!("pupil{n}@school.example")).await.id
}

pub(super) async fn with_key(db: &Db, id: i64, key: &str) -> Draft {
    let mut next = stored(db, id).await;
    next.boxes[0].answer = key.to_owned();
    next
}

pub(super) async fn points(db: &Db, board: impl Into<Board>, user: i64) -> i64 {
    leaderboard::of_user(db, board, user).await.unwrap().map_or(0, |it| it.points)
}

pub(super) async fn assert_clean(db: &Db, after: &str) {
    let found: Vec<_> = check::run(db).await.unwrap().iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{after}: {found:?}");
}

/// Returns tries left and `true` if it is solved, as the pupil's page shows it.
pub(super) async fn shown(db: &Db, user: i64, challenge: i64) -> (u8, bool) {
    let answer_box = box_id(db, challenge, 0).await;
    let last = submissions::last_answers(db, user, challenge).await.unwrap();
    last.get(&answer_box).map_or((3, false), |it| (it.tries_left, it.solved))
}

// F2, A4: the teacher on Tuesday.
async fn a_corrected_key_repairs_the_lesson(db: Db) {
    let id = set(&db, &["2"]).await;
    let mut pupils = Vec::new();
    for n in 0..20 {
        pupils.push(pupil(&db, n).await);
    }
    for (n, user) in pupils.iter().enumerate() {
        let second = n as i64 * 10;
        match n {
            0..3 => drop(answer(&db, *user, id, 0, "2", second).await.unwrap()),
            3..10 => {
                for (more, given) in ["5", "5.0", "10/2"].iter().enumerate() {
                    answer(&db, *user, id, 0, given, second + more as i64).await.unwrap();
                }
            }
            _ => drop(answer(&db, *user, id, 0, "5", second).await.unwrap()),
        }
    }
    assert_eq!(points(&db, Board::All, pupils[0]).await, 3);

    let report = change::change(&db, &by(), id, &with_key(&db, id, "5").await).await.unwrap();
    assert_eq!((report.turned_right(), report.turned_wrong()), (7 * 3 + 10, 3));
    assert_eq!(report.gainers_and_losers(), (17, 3));
    assert_clean(&db, "the key is corrected").await;
    for (n, user) in pupils.iter().enumerate() {
        let expected = match n {
            0..3 => (0, (3, false)),
            3 => (3, (2, true)),
            _ => (1, (2, true)),
        };
        assert_eq!(
            (points(&db, Board::All, *user).await, shown(&db, *user, id).await),
            expected,
            "pupil {n}"
        );
        assert_eq!(points(&db, Board::Stage(KeyStage::Ks3), *user).await, expected.0);
    }
    let back = answer(&db, pupils[0], id, 0, "5", 900).await.unwrap();
    assert_eq!((back.points, back.tries_left), (1, 2), "no one lost a try to the wrong key");
    let log = admin_log::page(&db, Some(LogSubject::Challenge), 1).await.unwrap();
    assert_eq!(
        log.items[0].detail,
        "the key of “x =” from “2” to “5”; 31 answers turned right, 3 turned wrong, 17 tries given back; \
         17 gained points, 3 lost points"
    );
}

async fn a_preview_changes_nothing(db: Db) {
    let id = set(&db, &["2"]).await;
    let (ada, bob) = (pupil(&db, 1).await, pupil(&db, 2).await);
    answer(&db, ada, id, 0, "2", 1).await.unwrap();
    answer(&db, bob, id, 0, "5", 2).await.unwrap();
    let next = with_key(&db, id, "5").await;
    let preview = change::preview(&db, &by(), id, &next).await.unwrap();
    assert_eq!(stored(&db, id).await.boxes[0].answer, "2");
    assert_eq!((points(&db, Board::All, ada).await, points(&db, Board::All, bob).await), (3, 0));
    assert_eq!(admin_log::page(&db, Some(LogSubject::Challenge), 1).await.unwrap().total, 1);
    let done = change::change(&db, &by(), id, &next).await.unwrap();
    assert_eq!(done, preview, "what was shown is what was done");
    let boards: Vec<_> = done.boards.iter().map(|it| (it.board, it.gained, it.lost)).collect();
    assert_eq!(boards, [(ScoreBoard::All, 3, 3), (ScoreBoard::Stage(KeyStage::Ks3), 3, 3)]);
}

// A5.
async fn another_key_stage_moves_the_points(db: Db) {
    let id = set(&db, &["2"]).await;
    let ada = pupil(&db, 1).await;
    answer(&db, ada, id, 0, "2", 1).await.unwrap();
    let next = Draft { key_stage: KeyStage::Ks5, ..stored(&db, id).await };
    let report = change::change(&db, &by(), id, &next).await.unwrap();
    assert!(report.pupils.is_empty() && report.boards.len() == 2, "{report:?}");
    let stages = [KeyStage::Ks3, KeyStage::Ks5];
    let mut found = Vec::new();
    for stage in stages {
        found.push(points(&db, Board::Stage(stage), ada).await);
    }
    assert_eq!((found, points(&db, Board::All, ada).await), (vec![0, 3], 3));
    assert_clean(&db, "another key stage").await;
    trash::delete(&db, &by(), LogSubject::Challenge, id).await.unwrap();
    run(&db, "UPDATE challenges SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    trash::empty(&db).await.unwrap();
    assert_eq!(count(&db, "scores").await, 0, "no points of a challenge that is gone");
    assert_clean(&db, "it is gone").await;
}

async fn sprint(db: &Db) -> competitions::Competition {
    let details = Details {
        title: "Sprint".into(),
        summary: "".into(),
        opens_at: now() - 7200,
        closes_at: now() + 7200,
    };
    let id = competitions::create(db, &by(), &details).await.unwrap();
    competitions::all(db).await.unwrap().into_iter().find(|it| it.id == id).unwrap()
}

async fn a_competition_takes_the_points_along(db: Db) {
    let (id, sprint) = (set(&db, &["2"]).await, sprint(&db).await.id);
    let ada = pupil(&db, 1).await;
    answer(&db, ada, id, 0, "2", 1).await.unwrap();
    let next = Draft { competition: Some(sprint.0), ..stored(&db, id).await };
    change::change(&db, &by(), id, &next).await.unwrap();
    assert_eq!(
        (points(&db, Board::All, ada).await, points(&db, Board::Competition(sprint), ada).await),
        (0, 3)
    );
    assert_clean(&db, "in the competition").await;
    let next = Draft { competition: None, ..stored(&db, id).await };
    change::change(&db, &by(), id, &next).await.unwrap();
    assert_eq!(
        (points(&db, Board::All, ada).await, points(&db, Board::Competition(sprint), ada).await),
        (3, 0)
    );
    assert_clean(&db, "out of it").await;
}

// A6.
async fn a_removed_box_completes_the_challenge(db: Db) {
    let id = set(&db, &["1", "2"]).await;
    let (ada, head) = (pupil(&db, 1).await, admin(&db, "head@school.example").await.id);
    for user in [head, ada] {
        assert!(!answer(&db, user, id, 0, "1", 1).await.unwrap().solved_challenge);
    }
    let mut next = stored(&db, id).await;
    next.boxes.pop();
    let report = change::change(&db, &by(), id, &next).await.unwrap();
    assert_eq!(report.gainers_and_losers(), (1, 0), "an admin gets no points");
    assert_eq!(points(&db, Board::All, ada).await, 3);
    assert_clean(&db, "a box is removed").await;
}

// F17.
async fn an_added_box_is_needed_too(db: Db) {
    let id = set(&db, &["1"]).await;
    let (ada, bob) = (pupil(&db, 1).await, pupil(&db, 2).await);
    answer(&db, ada, id, 0, "1", 1).await.unwrap();
    answer(&db, bob, id, 0, "1", 2).await.unwrap();
    let mut next = stored(&db, id).await;
    next.boxes.push(a_box("2"));
    let report = change::change(&db, &by(), id, &next).await.unwrap();
    assert_eq!(report.gainers_and_losers(), (0, 2));
    assert_clean(&db, "a box is added").await;
    assert_eq!(answer(&db, bob, id, 1, "2", 10).await.unwrap().points, 3);
    assert_eq!(answer(&db, ada, id, 1, "2", 11).await.unwrap().points, 1);
    assert_clean(&db, "all is solved").await;
}

async fn a_deleted_first_solver_keeps_the_place(db: Db) {
    let id = set(&db, &["2"]).await;
    let (ada, bob) = (pupil(&db, 1).await, pupil(&db, 2).await);
    answer(&db, bob, id, 0, "5", 1).await.unwrap();
    answer(&db, ada, id, 0, "2", 2).await.unwrap();
    users::delete(&db, ada).await.unwrap();
    change::change(&db, &by(), id, &with_key(&db, id, "5").await).await.unwrap();
    assert_eq!(points(&db, Board::All, bob).await, 1);
    assert_clean(&db, "the first one is gone").await;
}

// A13.
async fn a_competition_in_the_trash_takes_no_challenge(db: Db) {
    let (id, sprint) = (set(&db, &["2"]).await, sprint(&db).await.id.0);
    let into = |draft: Draft| Draft { competition: Some(sprint), ..draft };
    let next = into(stored(&db, id).await);
    trash::delete(&db, &by(), LogSubject::Competition, sprint).await.unwrap();
    assert!(matches!(change::change(&db, &by(), id, &next).await, Err(EditError::NoCompetition)));
    assert!(matches!(edit::create(&db, &by(), &next).await, Err(EditError::NoCompetition)));
    let unknown = Draft { competition: Some(99), ..next.clone() };
    assert!(matches!(change::change(&db, &by(), id, &unknown).await, Err(EditError::NoCompetition)));
    assert_eq!((stored(&db, id).await.competition, count(&db, "challenges").await), (None, 1));
    trash::restore(&db, &by(), LogSubject::Competition, sprint).await.unwrap();
    change::change(&db, &by(), id, &next).await.unwrap();
    let deletion = trash::delete(&db, &by(), LogSubject::Competition, sprint).await;
    assert!(deletion.is_err(), "it has a challenge");
}

// A14.
async fn a_reopened_challenge_keeps_its_schedule(db: Db) {
    let id = set(&db, &["2"]).await;
    let closes = Some(now() + 3600);
    let next = Draft { locked_at: closes, ..stored(&db, id).await };
    change::change(&db, &by(), id, &next).await.unwrap();
    assert!(change::close(&db, &by(), id).await.unwrap().is_some());
    assert!(change::close(&db, &by(), id).await.unwrap().is_none(), "it is closed already");
    assert!(change::reopen(&db, &by(), id).await.unwrap().is_some());
    assert_eq!(stored(&db, id).await.locked_at, closes);
    assert!(change::reopen(&db, &by(), id).await.unwrap().is_none(), "it is open");
    let ahead = Draft { released_at: now() + 60, ..stored(&db, id).await };
    change::change(&db, &by(), id, &ahead).await.unwrap();
    assert!(change::close(&db, &by(), id).await.unwrap().is_none(), "it is not shown yet");
    let over = Draft { released_at: now() - 60, locked_at: Some(now() - 30), ..stored(&db, id).await };
    change::change(&db, &by(), id, &over).await.unwrap();
    assert!(change::reopen(&db, &by(), id).await.unwrap().is_some());
    assert_eq!(stored(&db, id).await.locked_at, None, "a time that is over would close it again");
}

// A7, F16.
async fn an_older_form_saves_nothing(db: Db) {
    let id = set(&db, &["2"]).await;
    let old = stored(&db, id).await;
    let mut next = old.clone();
    next.boxes.push(a_box("3"));
    change::change(&db, &by(), id, &next).await.unwrap();
    assert!(matches!(change::change(&db, &by(), id, &old).await, Err(EditError::Conflict)));
    assert!(matches!(change::preview(&db, &by(), id, &old).await, Err(EditError::Conflict)));
    assert_eq!(stored(&db, id).await.boxes.len(), 2);
}

/// Answers arrive while the key changes back and forth. None is stored with a verdict of before.
async fn answers_beside_a_new_key_have_its_verdict(db: Db) {
    let id = set(&db, &["2"]).await;
    let answer_box = box_id(&db, id, 0).await;
    let mut tasks = Vec::new();
    for n in 0..30 {
        let (db, user) = (db.clone(), pupil(&db, n).await);
        tasks.push(tokio::spawn(async move {
            for given in ["5", "2"] {
                let place = AnswerPlace { challenge: id, answer_box };
                match submit(&db, user, place, given, now()).await {
                    Ok(_) | Err(SubmitError::Solved | SubmitError::Changing) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }));
    }
    for key in ["5", "2", "5"] {
        change::change(&db, &by(), id, &with_key(&db, id, key).await).await.unwrap();
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_clean(&db, "all have answered").await;
    let again = rule(&db, &by(), id, Ruling::MarkAgain, Mode::Preview).await.unwrap();
    assert!(again.is_empty(), "every verdict is by the present key: {again:?}");
}
