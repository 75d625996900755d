//! Points given by admins.

use mathsoc::db::admin_log::{self, Actor};
use mathsoc::db::awards::{self, AwardError, NewAward};
use mathsoc::db::board_versions::{self, ScoreBoard, ScoreScope};
use mathsoc::db::competitions::{self, Details};
use mathsoc::db::leaderboard::{self, Board};
use mathsoc::db::retention::delete_expired;
use mathsoc::db::submissions::{AnswerPlace, submit};
use mathsoc::db::trash;
use mathsoc::db::users::{self, list};
use mathsoc::db::versions::Saved;
use mathsoc::db::{Db, export};
use mathsoc::domain::ids::CompetitionId;
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;
use mathsoc::operate::check;

use super::accounts::{admin, at_once, count, school, user};
use super::{Check, at, challenge, run};

pub(super) static CHECKS: &[Check] = checks![
    an_award_counts_in_its_key_stage_only,
    a_competition_award_counts_in_its_competition_only,
    award_changes_update_the_boards_immediately,
    negative_points_are_on_no_board,
    awards_survive_the_deletion_of_a_challenge,
    deleting_an_account_deletes_its_awards,
    admins_and_uninvited_pupils_get_no_points,
    concurrent_awards_and_answers_are_all_counted,
    concurrent_deletes_and_awards_lose_no_points,
    rebuilt_boards_include_awards,
    awards_and_pupils_are_found_by_name,
];

const KS4: ScoreScope = ScoreScope::Stage(KeyStage::Ks4);

fn by() -> Actor {
    Actor::command_line()
}

fn now() -> i64 {
    at(0).parse().unwrap()
}

async fn give(db: &Db, user_id: i64, scope: ScoreScope, points: &str) -> Result<i64, AwardError> {
    let (points, reason) = (points.parse().unwrap(), "A poster".parse().unwrap());
    awards::create(db, &by(), &NewAward { user_id, scope, points, reason }).await
}

/// Creates a challenge of key stage 4 with this id, and one box of the same id with the answer 7.
async fn set(db: &Db, number: i64) {
    challenge(db, "Set", "KS4", -1).await;
    let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer)
        VALUES (CAST($1 AS BIGINT), 1, 'x =', '7')";
    run(db, sql, &[&number.to_string()]).await.unwrap();
}

async fn solve(db: &Db, user: i64, number: i64) {
    let place = AnswerPlace { challenge: number, answer_box: number };
    assert!(submit(db, user, place, "7", now()).await.unwrap().solved_challenge);
}

/// Returns the points and the number of solved challenges on a board.
async fn line(db: &Db, board: impl Into<Board>, user: i64) -> Option<(i64, i64)> {
    leaderboard::of_user(db, board, user).await.unwrap().map(|it| (it.points, it.solved))
}

async fn all_is_well(db: &Db) {
    assert_eq!(check::run(db).await.unwrap(), []);
}

async fn an_award_counts_in_its_key_stage_only(db: Db) {
    let (ada, eve) = (user(&db, "ada@school.example").await.id, user(&db, "eve@school.example").await.id);
    set(&db, 1).await;
    solve(&db, eve, 1).await;
    give(&db, ada, KS4, "+5").await.unwrap();
    assert_eq!(line(&db, None, ada).await, Some((5, 0)), "awards count without a solved challenge");
    assert_eq!(line(&db, Some(KeyStage::Ks4), ada).await, Some((5, 0)));
    assert_eq!(line(&db, Some(KeyStage::Ks3), ada).await, None);
    let ranks = leaderboard::page(&db, None, 1).await.unwrap().items;
    assert_eq!(ranks.iter().map(|it| (it.rank, it.user_id)).collect::<Vec<_>>(), [(1, ada), (2, eve)]);
    give(&db, eve, KS4, "2").await.unwrap();
    assert_eq!(line(&db, None, eve).await, Some((5, 1)), "equal points, equal rank");
    assert_eq!(leaderboard::of_user(&db, None, eve).await.unwrap().unwrap().rank, 1);
    let expected = [(ScoreBoard::All, 3), (ScoreBoard::Stage(KeyStage::Ks4), 3)];
    assert_eq!(board_versions::versions(&db).await.unwrap(), expected.into());
    let log = &admin_log::page(&db, Some(LogSubject::Award), 1).await.unwrap().items[1];
    assert_eq!((&*log.action, &*log.subject, &*log.detail), ("created", "Ada Lovelace, +5: A poster", "KS4"));
    all_is_well(&db).await;
}

/// Creates a running competition for one school.
async fn competition(db: &Db, school: i64) -> CompetitionId {
    let (title, summary) = ("Sprint".to_owned(), "Quick!".to_owned());
    let details = Details { title, summary, opens_at: now() - 60, closes_at: now() + 3600 };
    let id = competitions::create(db, &by(), &details).await.unwrap();
    competitions::invite(db, &by(), id, school).await.unwrap();
    id
}

async fn joins(db: &Db, id: i64, school: i64) {
    let user = users::by_id(db, id).await.unwrap().unwrap();
    users::set_profile(db, id, &user.full_name, Some(school), None).await.unwrap();
}

async fn a_competition_award_counts_in_its_competition_only(db: Db) {
    let ours = school(&db, "Ours", None).await.unwrap();
    let ada = user(&db, "ada@school.example").await.id;
    joins(&db, ada, ours).await;
    let sprint = competition(&db, ours).await;
    let award = give(&db, ada, ScoreScope::Competition(sprint), "4").await.unwrap();
    assert_eq!(line(&db, Board::Competition(sprint), ada).await, Some((4, 0)));
    assert_eq!(line(&db, None, ada).await, None);
    let schools = leaderboard::schools(&db, sprint).await.unwrap();
    assert_eq!(schools.iter().map(|it| (it.points, it.solved)).collect::<Vec<_>>(), [(4, 0)]);
    assert_eq!(board_versions::versions(&db).await.unwrap(), [(ScoreBoard::Competition(sprint), 1)].into());
    assert_eq!(awards::by_id(&db, award).await.unwrap().unwrap().place(), "Sprint");
    all_is_well(&db).await;

    trash::delete(&db, &by(), LogSubject::Competition, sprint.0).await.unwrap();
    assert_eq!(awards::page(&db, "", 1).await.unwrap().total, 0, "hidden together with the competition");
    run(&db, "UPDATE competitions SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    delete_expired(&db).await.unwrap();
    assert_eq!((count(&db, "awards").await, count(&db, "scores").await), (0, 0));
    all_is_well(&db).await;
}

async fn award_changes_update_the_boards_immediately(db: Db) {
    let ada = user(&db, "ada@school.example").await.id;
    let award = give(&db, ada, KS4, "5").await.unwrap();
    let (points, reason) = ("2".parse().unwrap(), "Two posters".parse().unwrap());
    assert_eq!(awards::change(&db, &by(), award, 1, points, &reason).await.unwrap(), Saved::Done);
    assert_eq!(awards::change(&db, &by(), award, 1, points, &reason).await.unwrap(), Saved::Conflict);
    assert_eq!(line(&db, None, ada).await, Some((2, 0)));
    let version = async || board_versions::version(&db, ScoreBoard::All).await.unwrap();
    assert_eq!(version().await, 2);
    assert_eq!(
        awards::change(&db, &by(), award, 2, points, &"Posters".parse().unwrap()).await.unwrap(),
        Saved::Done
    );
    assert_eq!(version().await, 2, "a changed reason leaves the board alone");

    assert_eq!(
        trash::delete(&db, &by(), LogSubject::Award, award).await.unwrap(),
        "Ada Lovelace, +2: Posters"
    );
    assert_eq!((line(&db, None, ada).await, count(&db, "scores").await), (None, 0));
    assert_eq!(
        awards::change(&db, &by(), award, 3, points, &reason).await.unwrap(),
        Saved::Missing,
        "it is in the trash"
    );
    assert!(awards::of_user(&db, ada).await.unwrap().is_empty());
    all_is_well(&db).await;
    trash::restore(&db, &by(), LogSubject::Award, award).await.unwrap();
    assert!(trash::restore(&db, &by(), LogSubject::Award, award).await.is_err(), "restoring works once");
    assert_eq!((line(&db, None, ada).await, version().await), (Some((2, 0)), 4));
    all_is_well(&db).await;

    assert_eq!(trash::delete_all(&db, &by(), LogSubject::Award, &[award, 99]).await.unwrap(), 1);
    assert_eq!(trash::restore_all(&db, &by(), LogSubject::Award).await.unwrap(), 1);
    assert_eq!(line(&db, None, ada).await, Some((2, 0)));
    trash::delete(&db, &by(), LogSubject::Award, award).await.unwrap();
    run(&db, "UPDATE awards SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    assert!(
        trash::restore(&db, &by(), LogSubject::Award, award).await.is_err(),
        "a minute later it is too late"
    );
    delete_expired(&db).await.unwrap();
    assert_eq!((count(&db, "awards").await, line(&db, None, ada).await), (0, None));
    all_is_well(&db).await;
}

async fn negative_points_are_on_no_board(db: Db) {
    let ours = school(&db, "Ours", None).await.unwrap();
    let (ada, eve) = (user(&db, "ada@school.example").await.id, user(&db, "eve@school.example").await.id);
    for pupil in [ada, eve] {
        joins(&db, pupil, ours).await;
    }
    set(&db, 1).await;
    solve(&db, ada, 1).await;
    give(&db, eve, KS4, "1").await.unwrap();
    let award = give(&db, ada, KS4, "-3").await.unwrap();
    let there = async || {
        let board = leaderboard::page(&db, None, 1).await.unwrap();
        let file = export::scores(&db, None, None).await.unwrap();
        assert_eq!(file.len() as i64, board.total);
        board.items.iter().map(|it| it.user_id).collect::<Vec<_>>()
    };
    assert_eq!(there().await, [eve], "Ada has no points left");
    give(&db, ada, KS4, "-1").await.unwrap();
    assert_eq!(there().await, [eve]);
    assert_eq!(line(&db, None, ada).await, None);
    all_is_well(&db).await;
    trash::delete(&db, &by(), LogSubject::Award, award).await.unwrap();
    assert_eq!((there().await, line(&db, None, ada).await), (vec![ada, eve], Some((2, 1))));

    let sprint = competition(&db, ours).await;
    give(&db, ada, ScoreScope::Competition(sprint), "-5").await.unwrap();
    give(&db, eve, ScoreScope::Competition(sprint), "4").await.unwrap();
    let schools = leaderboard::schools(&db, sprint).await.unwrap();
    assert_eq!(schools[0].points, 4, "a school's points are those of its visible lines");
    all_is_well(&db).await;
}

async fn awards_survive_the_deletion_of_a_challenge(db: Db) {
    let (ada, eve) = (user(&db, "ada@school.example").await.id, user(&db, "eve@school.example").await.id);
    set(&db, 1).await;
    for pupil in [ada, eve] {
        solve(&db, pupil, 1).await;
    }
    give(&db, ada, KS4, "2").await.unwrap();
    give(&db, eve, KS4, "-1").await.unwrap();
    trash::delete(&db, &by(), LogSubject::Challenge, 1).await.unwrap();
    run(&db, "UPDATE challenges SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    delete_expired(&db).await.unwrap();
    assert_eq!(line(&db, None, ada).await, Some((2, 0)));
    assert_eq!(count(&db, "scores").await, 4, "negative points are still stored");
    all_is_well(&db).await;
}

async fn deleting_an_account_deletes_its_awards(db: Db) {
    let (ada, eve) = (user(&db, "ada@school.example").await.id, user(&db, "eve@school.example").await.id);
    for pupil in [ada, eve] {
        give(&db, pupil, KS4, "2").await.unwrap();
    }
    users::delete(&db, ada).await.unwrap();
    assert_eq!((count(&db, "awards").await, count(&db, "scores").await), (1, 2));
    trash::delete(&db, &by(), LogSubject::User, eve).await.unwrap();
    assert_eq!(awards::page(&db, "", 1).await.unwrap().total, 0);
    assert!(matches!(give(&db, eve, KS4, "1").await, Err(AwardError::NoPupil)));
    run(&db, "UPDATE users SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    delete_expired(&db).await.unwrap();
    assert_eq!((count(&db, "awards").await, count(&db, "scores").await), (0, 0));
    all_is_well(&db).await;
}

async fn admins_and_uninvited_pupils_get_no_points(db: Db) {
    let ours = school(&db, "Ours", None).await.unwrap();
    let (grace, eve) =
        (admin(&db, "grace@school.example").await.id, user(&db, "eve@school.example").await.id);
    let sprint = competition(&db, ours).await;
    for invalid in [grace, 0, 99] {
        assert!(matches!(give(&db, invalid, KS4, "1").await, Err(AwardError::NoPupil)), "{invalid}");
    }
    let in_it = give(&db, eve, ScoreScope::Competition(sprint), "1").await;
    assert!(matches!(in_it, Err(AwardError::NotInvited)), "{in_it:?}");
    assert_eq!((count(&db, "awards").await, count(&db, "admin_log").await), (0, 3));
    joins(&db, eve, ours).await;
    give(&db, eve, ScoreScope::Competition(sprint), "1").await.unwrap();
}

async fn concurrent_awards_and_answers_are_all_counted(db: Db) {
    const ROUNDS: i64 = 12;
    let ada = user(&db, "ada@school.example").await.id;
    for number in 1..=ROUNDS {
        set(&db, number).await;
    }
    let next = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1));
    at_once(&db, 2 * ROUNDS as usize, move |db| {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move {
            match number {
                1..=ROUNDS => solve(&db, ada, number).await,
                _ => drop(give(&db, ada, KS4, "2").await.unwrap()),
            }
        }
    })
    .await;
    for board in [None, Some(KeyStage::Ks4)] {
        assert_eq!(line(&db, board, ada).await, Some((5 * ROUNDS, ROUNDS)), "five points a round");
    }
    assert_eq!(board_versions::version(&db, ScoreBoard::All).await.unwrap(), 2 * ROUNDS);
    all_is_well(&db).await;
}

async fn concurrent_deletes_and_awards_lose_no_points(db: Db) {
    let ada = user(&db, "ada@school.example").await.id;
    for round in 0..6 {
        let award = give(&db, ada, KS4, "4").await.unwrap();
        let next = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
        let done = at_once(&db, 6, move |db| {
            let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async move {
                match number % 3 {
                    0 => trash::delete(&db, &by(), LogSubject::Award, award).await.is_ok(),
                    1 => give(&db, ada, KS4, "1").await.is_ok(),
                    _ => {
                        let (points, reason) = ("9".parse().unwrap(), "More".parse().unwrap());
                        awards::change(&db, &by(), award, 1, points, &reason).await.is_ok()
                    }
                }
            }
        })
        .await;
        assert_eq!(done.iter().filter(|done| **done).count(), 5, "each award is deleted once: {done:?}");
        assert_eq!(line(&db, None, ada).await, Some((2 * (round + 1), 0)));
        all_is_well(&db).await;
    }
}

async fn rebuilt_boards_include_awards(db: Db) {
    let ada = user(&db, "ada@school.example").await.id;
    set(&db, 1).await;
    solve(&db, ada, 1).await;
    give(&db, ada, KS4, "2").await.unwrap();
    run(&db, "UPDATE scores SET points = 3 WHERE board = 'all'", &[]).await.unwrap();
    let found = check::run(&db).await.unwrap();
    let expected =
        "M03  board all, user 1: 3 points for 1 solved instead of 5 points for 1 solved (--repair fixes it)";
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    check::repair(&db).await.unwrap();
    assert_eq!(line(&db, None, ada).await, Some((5, 1)));
    all_is_well(&db).await;
}

async fn awards_and_pupils_are_found_by_name(db: Db) {
    let (ada, eve) = (user(&db, "ada@school.example").await, user(&db, "eve@school.example").await);
    users::set_profile(&db, eve.id, &"Émilie Noether".parse().unwrap(), None, None).await.unwrap();
    for _ in 0..11 {
        give(&db, ada.id, KS4, "1").await.unwrap();
    }
    give(&db, eve.id, KS4, "-1").await.unwrap();
    let page = awards::page(&db, "", 1).await.unwrap();
    assert_eq!((page.total, page.pages, page.items[0].user_id), (12, 2, eve.id), "newest first");
    for (text, total) in [("émilie", 1), ("eve@SCHOOL", 1), ("ada", 11), ("%", 0), ("nobody", 0)] {
        assert_eq!(awards::page(&db, text, 1).await.unwrap().total, total, "{text}");
    }
    let named = async |text: &str| {
        let found = list::named(&db, text).await.unwrap();
        found.iter().map(|it| it.user.id).collect::<Vec<_>>()
    };
    for text in ["Émilie Noether", " émilie  noether", "EVE@school.example"] {
        assert_eq!(named(text).await, [eve.id], "{text}");
    }
    assert_eq!(named("Émilie").await, [0; 0], "a part of a name does not match");
    user(&db, "king@school.example").await;
    assert_eq!(named("ada lovelace").await.len(), 2, "pupils of one name are all found");
}
