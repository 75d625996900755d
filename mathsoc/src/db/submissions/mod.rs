//! Submissions: pupils' answers, their verdicts and their points.
//!
//! An answer passes these steps:
//! 1. Its box belongs to the challenge, and the challenge is released. If it belongs to a
//!    competition, that has opened, and the pupil may see it. Otherwise the answer is not found.
//! 2. The challenge is not locked, its competition is not closed, the box is not solved, and fewer
//!    than [`TRIES`] tries are used. Answers of other pupils have no influence.
//! 3. It is compared outside of any transaction. An unreadable answer uses up no try.
//! 4. One transaction locks the row of this pupil and this challenge, repeats step 2, and stores
//!    the answer. If an admin has changed the key or the scope since step 1, all begins again. A pupil who has solved every box gets [`FIRST`] points, or [`LATER`] if another
//!    pupil was first.
//!
//! The same wrong answer, character by character, returns the same verdict and uses up no try. A
//! browser whose connection broke sends it twice, and so does a pupil who presses the button
//! twice.
//!
//! Row locks order concurrent answers: those of one pupil by the pupil's row, two first solutions
//! by the challenge's row. Constraints of the tables also reject a fourth try, a second right
//! answer and a second first solution.
//!
//! Points in a competition count on the competition's boards only. All other points count on the
//! board of all and on that of the key stage. The same transaction raises the versions of these
//! boards.
//!
//! Admins may try challenges. They get no points and do not count as first.
//!
//! The right answer leaves `db` only after the challenge is locked.

mod read;

use answers::{AnswerRules, Comparison, Side};
use tokio::task::JoinError;

pub use self::read::{LastAnswer, last_answers, load_progress};

use super::board_versions::{CHANGED, ScoreScope};
use super::marking::compare_any;
use super::{Db, DbError, on, scores};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::Role;
use crate::domain::scoring::{FIRST, LATER, TRIES};

/// The number of times that an answer is compared, if the key changes during the comparison.
const ROUNDS: u8 = 5;

/// The box that an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerPlace {
    pub challenge: i64,
    pub answer_box: i64,
}

/// The result of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict of the comparison; never that the expected answer is unreadable.
    pub verdict: Comparison,
    /// The number of tries that remain for the box.
    pub tries_left: u8,
    /// `true` if the box is solved now.
    pub solved_box: bool,
    /// `true` if this answer solved the last open box.
    pub solved_challenge: bool,
    /// The points for the challenge, if this answer solved it.
    pub points: u8,
}

/// The reason for which an answer is rejected. Most texts are for the pupil.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The box or the challenge does not exist, or is not released.
    #[error("There is no such answer box.")]
    NotFound,
    /// The challenge takes no more answers.
    #[error("This challenge is closed. Its answers are on its page.")]
    Locked,
    /// The box is solved.
    #[error("You have solved this already.")]
    Solved,
    /// All tries are used up.
    #[error("You have used up your three tries here.")]
    NoTriesLeft,
    /// The expected answer or its rules are unreadable, which is an admin's mistake.
    #[error("This box cannot be answered: we have made a mistake in it. Your try is not used up.")]
    Broken,
    /// The key changed while the answer was compared, again and again.
    #[error("This challenge is being changed just now. Send your answer again: no try is used up.")]
    Changing,
    /// The comparison task panicked or was cancelled.
    #[error("the answer could not be compared")]
    Compare(#[from] JoinError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for SubmitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// The expected answer of a box, with everything that decides about a new answer.
#[derive(sqlx::FromRow)]
struct Question {
    answer: String,
    rules: String,
    /// The number of other right answers.
    accepted: i64,
    key_version: i64,
    #[sqlx(try_from = "String")]
    key_stage: KeyStage,
    competition: Option<CompetitionId>,
    locked: bool,
    role: Role,
}

/// The numbers of stored tries and right answers of one pupil for one box.
#[derive(Clone, Copy, sqlx::FromRow)]
struct TryCounts {
    tries: i64,
    solved: i64,
}

impl TryCounts {
    fn tries_left(self) -> u8 {
        u8::try_from(i64::from(TRIES) - self.tries).unwrap_or(0)
    }

    fn takes_more(self) -> std::result::Result<(), SubmitError> {
        if self.solved > 0 {
            Err(SubmitError::Solved)
        } else if self.tries_left() == 0 {
            Err(SubmitError::NoTriesLeft)
        } else {
            Ok(())
        }
    }
}

/// Compares an answer and stores it.
///
/// # Errors
/// Fails if the answer is rejected; [`SubmitError`] has the reasons.
pub async fn submit(
    db: &Db,
    user: i64,
    place: AnswerPlace,
    given: &str,
    now: i64,
) -> std::result::Result<Outcome, SubmitError> {
    for _ in 0..ROUNDS {
        match submit_once(db, user, place, given, now).await {
            Err(SubmitError::Changing) => {}
            result => return result,
        }
    }
    Err(SubmitError::Changing)
}

async fn submit_once(
    db: &Db,
    user: i64,
    place: AnswerPlace,
    given: &str,
    now: i64,
) -> std::result::Result<Outcome, SubmitError> {
    const QUESTION: &str =
        "SELECT b.answer, b.rules, (SELECT count(*) FROM accepted_answers a WHERE a.box_id = b.id) AS accepted, c.key_version,
                c.key_stage, k.id AS competition, u.role,
                c.closed_at IS NOT NULL OR (c.locked_at IS NOT NULL AND c.locked_at <= $4) OR (k.id IS NOT NULL AND k.closes_at <= $4) AS locked
            FROM answer_boxes b JOIN challenges c ON c.id = b.challenge_id JOIN users u ON u.id = $3
            LEFT JOIN competitions k ON k.id = c.competition_id
            WHERE b.id = $1 AND c.id = $2 AND c.is_draft = 0 AND c.released_at <= $4 AND c.deleted_at IS NULL AND (k.id IS NULL OR k.opens_at <= $4 AND EXISTS
                (SELECT 1 FROM competition_members m WHERE m.competition_id = k.id AND m.user_id = $3))";
    let (question, counts): (Option<Question>, TryCounts) = on!(db, pool => {
        let question = sqlx::query_as(QUESTION).bind(place.answer_box).bind(place.challenge).bind(user).bind(now);
        let counts = sqlx::query_as(COUNT_TRIES).bind(user).bind(place.answer_box);
        (question.fetch_optional(pool).await?, counts.fetch_one(pool).await?)
    });
    let question = question.ok_or(SubmitError::NotFound)?;
    if question.locked {
        return Err(SubmitError::Locked);
    }
    counts.takes_more()?;
    let verdict = compare(db, place, &question, given).await?;
    if matches!(verdict, Comparison::Unreadable { .. }) {
        let tries_left = counts.tries_left();
        return Ok(Outcome { verdict, tries_left, solved_box: false, solved_challenge: false, points: 0 });
    }
    let Question { key_version, key_stage, competition, role, .. } = question;
    let scope = ScoreScope::of(key_stage, competition);
    store(db, ComparedAnswer { user, place, given, verdict, key_version, scope, role, now }).await
}

/// Compares the answer on a blocking thread, because a comparison takes up to 5 ms.
async fn compare(
    db: &Db,
    place: AnswerPlace,
    question: &Question,
    given: &str,
) -> std::result::Result<Comparison, SubmitError> {
    const ACCEPTED: &str = "SELECT answer FROM accepted_answers WHERE box_id = $1 ORDER BY id";
    let broken = |why: &dyn std::fmt::Display| {
        tracing::error!(answer_box = place.answer_box, %why, "an answer box cannot be answered");
        SubmitError::Broken
    };
    let rules: AnswerRules = question.rules.parse().map_err(|error| broken(&error))?;
    let (mut right, given) = (vec![question.answer.clone()], given.to_owned());
    if question.accepted > 0 {
        let accepted: Vec<String> = on!(db, pool => {
            sqlx::query_scalar(ACCEPTED).bind(place.answer_box).fetch_all(pool).await?
        });
        right.extend(accepted);
    }
    // PostgreSQL cannot store NUL, and no keyboard types it.
    if let Some(position) = given.chars().position(|c| c == '\0') {
        let message = "There is a character that cannot be seen: type it in again.".to_owned();
        return Ok(Comparison::Unreadable { side: Side::Given, position, message });
    }
    let compare = move || compare_any(right.iter().map(String::as_str), &given, &rules);
    match tokio::task::spawn_blocking(compare).await? {
        Comparison::Unreadable { side: Side::Expected, message, .. } => Err(broken(&message)),
        Comparison::Undecided => {
            let message = "This answer can't be checked: write it in a simpler form.".to_owned();
            Ok(Comparison::Unreadable { side: Side::Given, position: 0, message })
        }
        verdict => Ok(verdict),
    }
}

/// An answer whose verdict is known, ready to be stored.
struct ComparedAnswer<'a> {
    user: i64,
    place: AnswerPlace,
    given: &'a str,
    verdict: Comparison,
    key_version: i64,
    scope: ScoreScope,
    role: Role,
    now: i64,
}

async fn store(db: &Db, answer: ComparedAnswer<'_>) -> std::result::Result<Outcome, SubmitError> {
    let ComparedAnswer {
        user,
        place: AnswerPlace { challenge, answer_box },
        given,
        verdict,
        key_version,
        scope,
        role,
        now,
    } = answer;
    let lock = match db {
        Db::Sqlite(..) => LOCK_SQLITE,
        Db::Postgres(..) => LOCK_POSTGRES,
    };
    let boards = scope.boards();
    let solved_box = verdict.is_equal();
    let word = if solved_box { "right" } else { "wrong" };
    let hint = match &verdict {
        Comparison::NotEqual { hint: Some(hint) } => Some(hint.to_string()),
        _ => None,
    };
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let locked = sqlx::query_scalar(lock).bind(user).bind(challenge).bind(now).fetch_optional(&mut *tx).await?;
        let solved_before: Option<i64> = locked.ok_or(SubmitError::Locked)?;
        let present: i64 = sqlx::query_scalar(KEY_VERSION).bind(challenge).fetch_one(&mut *tx).await?;
        if present != key_version {
            return Err(SubmitError::Changing);
        }
        let counts: TryCounts = sqlx::query_as(COUNT_TRIES).bind(user).bind(answer_box).fetch_one(&mut *tx).await?;
        counts.takes_more()?;
        let repeated: i64 =
            sqlx::query_scalar(REPEATED).bind(user).bind(answer_box).bind(given).fetch_one(&mut *tx).await?;
        if repeated > 0 && !solved_box {
            tx.commit().await?;
            let tries_left = counts.tries_left();
            return Ok(Outcome { verdict, tries_left, solved_box, solved_challenge: false, points: 0 });
        }
        let insert = sqlx::query(INSERT).bind(user).bind(answer_box).bind(counts.tries + 1).bind(given);
        insert.bind(word).bind(hint).bind(now).execute(&mut *tx).await?;
        let tries_left = counts.tries_left() - 1;
        let mut outcome = Outcome { verdict, tries_left, solved_box, solved_challenge: false, points: 0 };
        if solved_box && solved_before.is_none() {
            let open: i64 = sqlx::query_scalar(OPEN).bind(user).bind(challenge).fetch_one(&mut *tx).await?;
            outcome.solved_challenge = open == 0;
        }
        if outcome.solved_challenge {
            if role == Role::Pupil {
                let first = sqlx::query(BE_FIRST).bind(challenge).bind(now).execute(&mut *tx).await?.rows_affected();
                outcome.points = if first > 0 { FIRST } else { LATER };
            }
            let points = i64::from(outcome.points);
            sqlx::query(SOLVE).bind(user).bind(challenge).bind(now).bind(points).execute(&mut *tx).await?;
            if points > 0 {
                for board in &boards {
                    let score = sqlx::query(scores::ADD).bind(board.to_string()).bind(user).bind(points);
                    score.bind(scope.competition()).bind(1_i64).execute(&mut *tx).await?;
                }
                for board in &boards {
                    sqlx::query(CHANGED).bind(board.to_string()).execute(&mut *tx).await?;
                }
            }
        }
        tx.commit().await?;
        Ok(outcome)
    })
}

const COUNT_TRIES: &str =
    "SELECT count(try) AS tries, count(*) FILTER (WHERE verdict = 'right' AND try IS NOT NULL) AS solved
    FROM submissions WHERE user_id = $1 AND box_id = $2";
/// Writes before any read. From here on SQLite has its write lock, and PostgreSQL a lock on this
/// row; there the challenge's row is locked first, against a change of its key until the commit.
macro_rules! lock {
    ($challenge:literal) => {
        concat!(
            "INSERT INTO progress (user_id, challenge_id)
                SELECT $1, c.id FROM challenges c WHERE c.id = $2 AND c.is_draft = 0 AND c.released_at <= $3 AND c.deleted_at IS NULL
                    AND c.closed_at IS NULL AND (c.locked_at IS NULL OR c.locked_at > $3)
                    AND (c.competition_id IS NULL OR EXISTS (SELECT 1 FROM competitions k
                        JOIN competition_members m ON m.competition_id = k.id
                        WHERE k.id = c.competition_id AND m.user_id = $1 AND k.opens_at <= $3 AND k.closes_at > $3))",
            $challenge,
            " ON CONFLICT (user_id, challenge_id) DO UPDATE SET points = progress.points RETURNING solved_at"
        )
    };
}
const LOCK_SQLITE: &str = lock!("");
const LOCK_POSTGRES: &str = lock!(" FOR KEY SHARE OF c");
const KEY_VERSION: &str = "SELECT key_version FROM challenges WHERE id = $1";
const REPEATED: &str = "SELECT count(*) FROM submissions WHERE user_id = $1 AND box_id = $2 AND given = $3";
const INSERT: &str = "INSERT INTO submissions (user_id, box_id, try, given, verdict, hint, submitted_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const OPEN: &str = "SELECT count(*) FROM answer_boxes b WHERE b.challenge_id = $2 AND NOT EXISTS
    (SELECT 1 FROM submissions s WHERE s.user_id = $1 AND s.box_id = b.id AND s.verdict = 'right')";
const BE_FIRST: &str = "UPDATE challenges SET first_solved_at = $2 WHERE id = $1 AND first_solved_at IS NULL";
const SOLVE: &str =
    "UPDATE progress SET solved_at = $3, points = $4 WHERE user_id = $1 AND challenge_id = $2";
