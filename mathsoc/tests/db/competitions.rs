//! Competitions in the database.

use mathsoc::db::Db;
use mathsoc::db::admin_log::Actor;
use mathsoc::db::board_versions::{self, ScoreBoard};
use mathsoc::db::challenges;
use mathsoc::db::competitions::{self, CompetitionError, Details, Phase};
use mathsoc::db::leaderboard::{self, Board};
use mathsoc::db::submissions::{AnswerPlace, Outcome, SubmitError, submit};
use mathsoc::db::trash::{self, TrashError};
use mathsoc::db::users::{self, User};
use mathsoc::db::versions::Saved;
use mathsoc::domain::ids::CompetitionId;
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;
use mathsoc::domain::person::Year;

use super::accounts::{admin, count, school as new_school, user};
use super::{Check, at, challenge, run};

pub(super) static CHECKS: &[Check] = checks![
    a_competition_is_for_invited_schools_and_admins,
    a_competition_challenge_obeys_both_release_times,
    competition_points_count_in_their_competition_only,
    school_totals_rank_schools_without_points_last,
    admins_answer_in_a_competition_without_points,
    competitions_and_challenges_of_one_id_are_separate,
    a_competition_is_changed_closed_and_deleted,
    only_untried_challenges_join_a_competition,
    points_survive_the_deletion_of_a_school,
];

fn by() -> Actor {
    Actor::command_line()
}

const HOUR: i64 = 3600;

fn now() -> i64 {
    at(0).parse().unwrap()
}

/// Creates a competition that opened an hour ago and closes in an hour.
async fn running(db: &Db, title: &str) -> CompetitionId {
    competitions::create(db, &by(), &details(title, -HOUR, HOUR)).await.unwrap()
}

fn details(title: &str, opens: i64, closes: i64) -> Details {
    let (title, summary) = (title.to_owned(), "Quick!".to_owned());
    Details { title, summary, opens_at: now() + opens, closes_at: now() + closes }
}

/// Creates a challenge of this competition with the answer 1.
async fn set(db: &Db, competition: CompetitionId) -> i64 {
    challenge(db, "Sprint", "KS4", -9).await;
    let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer)
        SELECT max(id), 1, 'x =', '1' FROM challenges";
    run(db, sql, &[]).await.unwrap();
    let id = count(db, "challenges").await;
    assert!(competitions::add_challenge(db, &by(), competition, id).await.unwrap());
    id
}

/// Creates a school with a pupil of year 8.
async fn school(db: &Db, name: &str) -> (i64, User) {
    let school = new_school(db, name, None).await.unwrap();
    (school, pupil(db, school, name).await)
}

async fn pupil(db: &Db, school: i64, name: &str) -> User {
    let pupil = user(db, &format!("{name}@school.example")).await;
    let year = Some(Year::new(8).unwrap());
    users::set_profile(db, pupil.id, &pupil.full_name, Some(school), year).await.unwrap();
    users::by_id(db, pupil.id).await.unwrap().unwrap()
}

async fn answer(db: &Db, user: &User, challenge: i64, given: &str, now: i64) -> Result<Outcome, SubmitError> {
    // In these tests each challenge has one box with the challenge's id.
    submit(db, user.id, AnswerPlace { challenge, answer_box: challenge }, given, now).await
}

async fn a_competition_is_for_invited_schools_and_admins(db: Db) {
    let (ours, ada) = school(&db, "ours").await;
    let (_, eve) = school(&db, "theirs").await;
    let (head, outsider) =
        (admin(&db, "head@school.example").await, user(&db, "nobody@school.example").await);
    let id = running(&db, "Sprint").await;
    competitions::invite(&db, &by(), id, ours).await.unwrap();
    competitions::invite(&db, &by(), id, ours).await.expect("inviting twice is allowed");
    let challenge = set(&db, id).await;
    for (user, sees) in [(&ada, true), (&head, true), (&eve, false), (&outsider, false)] {
        assert_eq!(competitions::by_id(&db, id, user.id).await.unwrap().is_some(), sees, "{}", user.id);
        assert_eq!(competitions::of_member(&db, user.id).await.unwrap().len(), usize::from(sees));
        let found = challenges::by_id_for(&db, challenge, Some(user.id), now()).await.unwrap();
        assert_eq!(found.map(|it| it.competition), sees.then_some(Some(id)));
        let taken = answer(&db, user, challenge, "2", now()).await;
        assert_eq!(matches!(taken, Err(SubmitError::NotFound)), !sees, "{taken:?}");
    }
    assert_eq!(challenges::by_id_for(&db, challenge, None, now()).await.unwrap(), None, "a visitor");
    assert_eq!(challenges::by_id(&db, challenge).await.unwrap(), None);
    assert_eq!(challenges::latest(&db, 9).await.unwrap(), [], "competition challenges are not listed");
    assert_eq!(challenges::page(&db, Some(KeyStage::Ks4), 1).await.unwrap().total, 0);
    assert_eq!(competitions::challenges(&db, id, now()).await.unwrap().len(), 1);

    assert!(competitions::uninvite(&db, &by(), id, ours).await.unwrap());
    assert!(!competitions::uninvite(&db, &by(), id, ours).await.unwrap());
    assert_eq!(competitions::by_id(&db, id, ada.id).await.unwrap(), None);
    assert!(matches!(answer(&db, &ada, challenge, "1", now()).await, Err(SubmitError::NotFound)));
}

async fn a_competition_challenge_obeys_both_release_times(db: Db) {
    let (ours, ada) = school(&db, "ours").await;
    let id = running(&db, "Sprint").await;
    competitions::invite(&db, &by(), id, ours).await.unwrap();
    let first = set(&db, id).await;
    let sees = async |at: i64| {
        let found = challenges::by_id_for(&db, first, Some(ada.id), now() + at).await.unwrap();
        found.map(|it| (it.locked, it.boxes[0].answer.is_some()))
    };
    assert_eq!(sees(-2 * HOUR).await, None, "the competition has not opened");
    assert_eq!(sees(0).await, Some((false, false)));
    assert_eq!(sees(2 * HOUR).await, Some((true, true)), "closed, with visible answers");
    assert_eq!(competitions::challenges(&db, id, now() - 2 * HOUR).await.unwrap(), []);
    assert!(matches!(answer(&db, &ada, first, "1", now() - 2 * HOUR).await, Err(SubmitError::NotFound)));
    assert!(matches!(answer(&db, &ada, first, "1", now() + 2 * HOUR).await, Err(SubmitError::Locked)));
    assert_eq!(count(&db, "submissions").await, 0);

    // The challenge's own, later release time applies too; so does its lock.
    run(&db, "UPDATE challenges SET released_at = CAST($1 AS BIGINT)", &[&at(1)]).await.unwrap();
    assert_eq!(sees(0).await, None);
    assert_eq!(competitions::challenges(&db, id, now()).await.unwrap(), []);
    assert!(matches!(answer(&db, &ada, first, "1", now()).await, Err(SubmitError::NotFound)));
    let lock = "UPDATE challenges SET released_at = 1, locked_at = CAST($1 AS BIGINT)";
    run(&db, lock, &[&at(-1)]).await.unwrap();
    assert_eq!(sees(0).await, Some((true, true)));
    assert!(matches!(answer(&db, &ada, first, "1", now()).await, Err(SubmitError::Locked)));
    run(&db, "UPDATE challenges SET locked_at = NULL", &[]).await.unwrap();
    assert_eq!(answer(&db, &ada, first, "1", now()).await.unwrap().points, 3);
    let phases = [-2, 0, 2].map(|hours| hours * HOUR + now());
    let it = competitions::by_id(&db, id, ada.id).await.unwrap().unwrap();
    assert_eq!(phases.map(|at| it.phase(at)), [Phase::Ahead, Phase::Open, Phase::Closed]);
}

async fn competition_points_count_in_their_competition_only(db: Db) {
    let (ours, ada) = school(&db, "ours").await;
    let (theirs, eve) = school(&db, "theirs").await;
    let id = running(&db, "Sprint").await;
    for school in [ours, theirs] {
        competitions::invite(&db, &by(), id, school).await.unwrap();
    }
    let first = set(&db, id).await;
    assert_eq!(answer(&db, &ada, first, "1", now()).await.unwrap().points, 3);
    assert_eq!(answer(&db, &eve, first, "1", now()).await.unwrap().points, 1);
    for board in [Board::All, Board::Stage(KeyStage::Ks4)] {
        assert_eq!(leaderboard::page(&db, board, 1).await.unwrap().total, 0);
        assert_eq!(board_versions::version(&db, board.score_board()).await.unwrap(), 0);
    }
    let found = leaderboard::page(&db, Board::Competition(id), 1).await.unwrap();
    let lines: Vec<_> =
        found.items.iter().map(|it| (it.user_id, it.rank, it.points, it.school.as_deref())).collect();
    assert_eq!(lines, [(ada.id, 1, 3, Some("ours")), (eve.id, 2, 1, Some("theirs"))]);
    assert_eq!(leaderboard::of_user(&db, Board::Competition(id), eve.id).await.unwrap().unwrap().rank, 2);
    assert_eq!(board_versions::version(&db, ScoreBoard::Competition(id)).await.unwrap(), 2);

    let other = running(&db, "Another").await;
    assert_eq!(leaderboard::page(&db, Board::Competition(other), 1).await.unwrap().total, 0);
    users::delete(&db, ada.id).await.unwrap();
    assert_eq!(leaderboard::page(&db, Board::Competition(id), 1).await.unwrap().total, 1);
    assert_eq!(
        board_versions::version(&db, ScoreBoard::Competition(id)).await.unwrap(),
        3,
        "deleting an account raises the version"
    );
    let schools = leaderboard::schools(&db, id).await.unwrap();
    assert_eq!(
        schools.iter().map(|it| (it.school_id, it.points)).collect::<Vec<_>>(),
        [(theirs, 1), (ours, 0)]
    );
}

async fn school_totals_rank_schools_without_points_last(db: Db) {
    let id = running(&db, "Sprint").await;
    let mut pupils = Vec::new();
    for name in ["delta", "beta", "alpha", "gamma"] {
        let (school, pupil) = school(&db, name).await;
        competitions::invite(&db, &by(), id, school).await.unwrap();
        pupils.push(pupil);
    }
    let second = pupil(&db, pupils[0].school_id.unwrap(), "second").await;
    let (one, two) = (set(&db, id).await, set(&db, id).await);
    for (pupil, challenge) in
        [(&pupils[0], one), (&second, one), (&pupils[1], one), (&pupils[1], two), (&pupils[3], one)]
    {
        answer(&db, pupil, challenge, "1", now()).await.unwrap();
    }
    let found = leaderboard::schools(&db, id).await.unwrap();
    let lines: Vec<_> = found.iter().map(|it| (it.rank, it.name.as_str(), it.points, it.solved)).collect();
    assert_eq!(lines, [(1, "beta", 4, 2), (1, "delta", 4, 2), (3, "gamma", 1, 1), (4, "alpha", 0, 0)]);

    // Points won before a pupil moves stay with the former school.
    let alpha = pupils[2].school_id;
    users::set_profile(&db, second.id, &second.full_name, alpha, None).await.unwrap();
    answer(&db, &second, two, "1", now()).await.unwrap();
    let found = leaderboard::schools(&db, id).await.unwrap();
    assert_eq!(found.iter().map(|it| it.points).sum::<i64>(), 10);
    assert_eq!(
        found.iter().find(|it| it.name == "delta").unwrap().points,
        5,
        "points stay with the former school"
    );
}

async fn admins_answer_in_a_competition_without_points(db: Db) {
    let (ours, ada) = school(&db, "ours").await;
    let head = admin(&db, "head@school.example").await;
    let id = running(&db, "Sprint").await;
    competitions::invite(&db, &by(), id, ours).await.unwrap();
    let first = set(&db, id).await;
    assert_eq!(answer(&db, &head, first, "1", now()).await.unwrap().points, 0);
    assert_eq!(answer(&db, &ada, first, "1", now()).await.unwrap().points, 3);
    assert_eq!(leaderboard::page(&db, Board::Competition(id), 1).await.unwrap().total, 1);
}

async fn competitions_and_challenges_of_one_id_are_separate(db: Db) {
    challenge(&db, "For all", "KS3", -2).await;
    let (id, other) = (running(&db, "Sprint").await, running(&db, "Another").await);
    assert_eq!((id.0, count(&db, "challenges").await), (1, 1), "both have the id 1");
    assert_eq!(competitions::lock(&db, &by(), id, now()).await.unwrap().as_deref(), Some("Sprint"));
    let found = challenges::by_id(&db, 1).await.unwrap().unwrap();
    assert!(!found.locked && found.competition.is_none());
    let head = admin(&db, "head@school.example").await.id;
    let phase = async |id| competitions::by_id(&db, id, head).await.unwrap().unwrap().phase(now());
    assert_eq!((phase(id).await, phase(other).await), (Phase::Closed, Phase::Open));

    // An answer to a box of one challenge does not count for another either.
    let (ours, ada) = school(&db, "ours").await;
    competitions::invite(&db, &by(), other, ours).await.unwrap();
    let sprint = set(&db, other).await;
    let strange = AnswerPlace { challenge: 1, answer_box: 1 };
    assert_eq!(sprint, 2);
    assert!(matches!(submit(&db, ada.id, strange, "1", now()).await, Err(SubmitError::NotFound)));
    assert_eq!(count(&db, "submissions").await, 0);
}

async fn a_competition_is_changed_closed_and_deleted(db: Db) {
    let backwards = competitions::create(&db, &by(), &details("Back", HOUR, -HOUR)).await;
    assert!(matches!(backwards, Err(CompetitionError::Times)), "{backwards:?}");
    let id = running(&db, "Sprint").await;
    assert!(matches!(
        competitions::update(&db, &by(), id, 1, &details("Sprint", HOUR, HOUR)).await,
        Err(CompetitionError::Times)
    ));
    assert_eq!(
        competitions::update(&db, &by(), id, 1, &details("Dash", -HOUR, HOUR)).await.unwrap(),
        Saved::Done
    );
    assert_eq!(
        competitions::update(&db, &by(), CompetitionId(99), 1, &details("Dash", -HOUR, HOUR)).await.unwrap(),
        Saved::Missing
    );
    assert_eq!(competitions::lock(&db, &by(), id, now()).await.unwrap().as_deref(), Some("Dash"));
    assert!(competitions::lock(&db, &by(), id, now() + 1).await.unwrap().is_none(), "it is already closed");
    let ahead = competitions::create(&db, &by(), &details("Later", HOUR, 2 * HOUR)).await.unwrap();
    assert!(competitions::lock(&db, &by(), ahead, now()).await.unwrap().is_none(), "it has not opened");
    let head = admin(&db, "head@school.example").await.id;
    let all = competitions::of_member(&db, head).await.unwrap();
    assert_eq!(all.iter().map(|it| it.title.as_str()).collect::<Vec<_>>(), ["Later", "Dash"]);
    assert_eq!(
        competitions::update(&db, &by(), id, 3, &details("Dash", -HOUR, HOUR)).await.unwrap(),
        Saved::Done,
        "it is open again"
    );

    set(&db, id).await;
    let delete = async || trash::delete(&db, &by(), LogSubject::Competition, id.0).await;
    assert!(matches!(delete().await, Err(TrashError::InUse(_))));
    run(&db, "DELETE FROM challenges", &[]).await.unwrap();
    delete().await.unwrap();
    let all = competitions::of_member(&db, head).await.unwrap();
    assert_eq!(
        all.iter().map(|it| it.title.as_str()).collect::<Vec<_>>(),
        ["Later"],
        "trashed competitions are hidden"
    );
    assert!(competitions::by_id(&db, id, head).await.unwrap().is_none());
    run(&db, "UPDATE competitions SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    assert_eq!(trash::empty(&db).await.unwrap(), 1);
    assert!(competitions::invite(&db, &by(), id, 1).await.is_err(), "the competition does not exist");
}

async fn only_untried_challenges_join_a_competition(db: Db) {
    let (ours, ada) = school(&db, "ours").await;
    let (id, other) = (running(&db, "Sprint").await, running(&db, "Another").await);
    competitions::invite(&db, &by(), id, ours).await.unwrap();
    let taken = set(&db, id).await;
    assert!(
        !competitions::add_challenge(&db, &by(), other, taken).await.unwrap(),
        "it belongs to another competition"
    );
    assert!(competitions::add_challenge(&db, &by(), id, taken).await.unwrap(), "adding it twice is allowed");
    challenge(&db, "For all", "KS3", -2).await;
    let insert = "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (2, 1, 'x', '1')";
    run(&db, insert, &[]).await.unwrap();
    answer(&db, &ada, 2, "7", now()).await.unwrap();
    assert!(!competitions::add_challenge(&db, &by(), id, 2).await.unwrap(), "it has been tried");
    assert!(!competitions::add_challenge(&db, &by(), id, 99).await.unwrap());
    challenge(&db, "Fresh", "KS3", -2).await;
    assert!(competitions::add_challenge(&db, &by(), CompetitionId(99), 3).await.is_err());
    assert!(competitions::add_challenge(&db, &by(), id, 3).await.unwrap());
}

async fn points_survive_the_deletion_of_a_school(db: Db) {
    let (ours, ada) = school(&db, "ours").await;
    let id = running(&db, "Sprint").await;
    competitions::invite(&db, &by(), id, ours).await.unwrap();
    let first = set(&db, id).await;
    answer(&db, &ada, first, "1", now()).await.unwrap();
    assert!(trash::delete(&db, &by(), LogSubject::School, ours).await.is_err(), "it still has a member");
    users::set_profile(&db, ada.id, &ada.full_name, None, None).await.unwrap();
    trash::delete(&db, &by(), LogSubject::School, ours).await.unwrap();
    run(&db, "UPDATE schools SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    trash::empty(&db).await.unwrap();
    let line = leaderboard::of_user(&db, Board::Competition(id), ada.id).await.unwrap().unwrap();
    assert_eq!((line.points, line.school), (3, None));
    assert_eq!(leaderboard::schools(&db, id).await.unwrap(), []);
}
