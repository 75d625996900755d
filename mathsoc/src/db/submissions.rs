//! Submissions: what pupils answer, what came of it, and what it is worth.
//!
//! What an answer goes through, in this order:
//! 1. its box is one of the challenge's, and the challenge is released; if it belongs to a competition, that has opened, and the
//!    pupil may see it; else there is nothing;
//! 2. the challenge is not locked, its competition not closed, the box not solved, and not all of its [`TRIES`] are used up, whatever became of others;
//! 3. it is compared, outside of any transaction; one that cannot be read uses up no try;
//! 4. in one transaction the row of this pupil and this challenge is held, all of the second step is asked again, and the
//!    answer is counted. Who has solved every box gets [`FIRST`] points, or [`LATER`] if somebody else did before.
//!
//! The same wrong answer again, letter by letter, is told the same and uses up no try: a browser whose connection broke
//! sends twice, and so does who presses twice.
//!
//! Two at once are told apart by rows: those of one pupil wait for the pupil's row, two first ones for the challenge's. The
//! tables refuse besides what this file should never write: a fourth try, a second right answer, a second first.
//!
//! Points for a challenge of a competition go to the competition's boards only, those for any other to the board of all and to
//! that of its key stage. The same transaction counts that these boards have changed.
//!
//! Admins may try their challenges out; they get no points, and are not first.
//!
//! The right answer leaves this folder when the challenge is locked, and not before.

use std::collections::HashMap;
use std::sync::Arc;

use answers::{AnswerRules, Comparison, Side};
use tokio::task::JoinError;

use super::challenges::{ChallengeSummary, KeyStage};
use super::changes::{CHANGED, Counting};
use super::competitions::CompetitionId;
use super::{Db, DbError, Result, on, scores};
use crate::person::Role;

/// How often one may try a box.
pub const TRIES: u8 = 3;
/// The points of who solves a challenge first.
pub const FIRST: u8 = 3;
/// The points of everybody after.
pub const LATER: u8 = 1;

/// Where an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The challenge.
    pub challenge: i64,
    /// Its box.
    pub answer_box: i64,
}

/// What came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the comparison said; never that the expected answer is unreadable.
    pub verdict: Comparison,
    /// How often the box may still be tried.
    pub tries_left: u8,
    /// Whether the box is solved now.
    pub solved_box: bool,
    /// Whether this was the last box.
    pub solved_challenge: bool,
    /// The points for the challenge, if this was the last box.
    pub points: u8,
}

/// Why an answer is not taken, in words for the pupil.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// No such box, no such challenge, or not yet.
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
    /// The box expects what cannot be read: an admin's mistake.
    #[error("This box cannot be answered: we have made a mistake in it. Your try is not used up.")]
    Broken,
    /// The comparison broke off.
    #[error("the answer could not be compared")]
    Compare(#[from] JoinError),
    /// The database gave no answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for SubmitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// What the box asks, and how far the pupil is.
#[derive(sqlx::FromRow)]
struct Question {
    answer: String,
    rules: String,
    #[sqlx(try_from = "String")]
    key_stage: KeyStage,
    competition: Option<CompetitionId>,
    locked: bool,
    role: Role,
}

/// What was counted of a pupil and a box.
#[derive(Clone, Copy, sqlx::FromRow)]
struct Counted {
    tries: i64,
    solved: i64,
}

impl Counted {
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

/// Compares an answer, and counts it.
///
/// # Errors
/// When it is not taken, or the database gives no answer.
pub async fn submit(
    db: &Db,
    user: i64,
    place: Place,
    given: &str,
    now: i64,
) -> std::result::Result<Outcome, SubmitError> {
    const QUESTION: &str =
        "SELECT b.answer, b.rules, c.key_stage, k.id AS competition, u.role,
                (c.locked_at IS NOT NULL AND c.locked_at <= $4) OR (k.id IS NOT NULL AND k.closes_at <= $4) AS locked
            FROM answer_boxes b JOIN challenges c ON c.id = b.challenge_id JOIN users u ON u.id = $3
            LEFT JOIN competitions k ON k.id = c.competition_id
            WHERE b.id = $1 AND c.id = $2 AND c.released_at <= $4 AND c.deleted_at IS NULL AND (k.id IS NULL OR k.opens_at <= $4 AND EXISTS
                (SELECT 1 FROM competition_members m WHERE m.competition_id = k.id AND m.user_id = $3))";
    let (question, counted): (Option<Question>, Counted) = on!(db, pool => {
        let question = sqlx::query_as(QUESTION).bind(place.answer_box).bind(place.challenge).bind(user).bind(now);
        let counted = sqlx::query_as(COUNTED).bind(user).bind(place.answer_box);
        (question.fetch_optional(pool).await?, counted.fetch_one(pool).await?)
    });
    let question = question.ok_or(SubmitError::NotFound)?;
    if question.locked {
        return Err(SubmitError::Locked);
    }
    counted.takes_more()?;
    let verdict = judged(place, &question, given).await?;
    if matches!(verdict, Comparison::Unreadable { .. }) {
        let tries_left = counted.tries_left();
        return Ok(Outcome { verdict, tries_left, solved_box: false, solved_challenge: false, points: 0 });
    }
    let Question { key_stage, competition, role, .. } = question;
    let counting = competition.map_or(Counting::Stage(key_stage), Counting::Competition);
    count(db, Answer { user, place, given, verdict, counting, role, now }).await
}

/// What the comparison says. It takes up to 5 ms, for which nobody else should wait.
async fn judged(
    place: Place,
    question: &Question,
    given: &str,
) -> std::result::Result<Comparison, SubmitError> {
    let broken = |why: &dyn std::fmt::Display| {
        tracing::error!(answer_box = place.answer_box, %why, "an answer box cannot be answered");
        SubmitError::Broken
    };
    let rules: AnswerRules = question.rules.parse().map_err(|error| broken(&error))?;
    let (expected, given) = (question.answer.clone(), given.to_owned());
    // No database keeps it, and nobody can have typed it.
    if let Some(position) = given.chars().position(|c| c == '\0') {
        let message = "There is a character that cannot be seen: type it in again.".to_owned();
        return Ok(Comparison::Unreadable { side: Side::Given, position, message });
    }
    let compare = move || answers::compare(&expected, &given, &rules);
    match tokio::task::spawn_blocking(compare).await? {
        Comparison::Unreadable { side: Side::Expected, message, .. } => Err(broken(&message)),
        verdict => Ok(verdict),
    }
}

/// An answer that can be read.
struct Answer<'a> {
    user: i64,
    place: Place,
    given: &'a str,
    verdict: Comparison,
    counting: Counting,
    role: Role,
    now: i64,
}

async fn count(db: &Db, answer: Answer<'_>) -> std::result::Result<Outcome, SubmitError> {
    let Answer { user, place: Place { challenge, answer_box }, given, verdict, counting, role, now } = answer;
    let boards = counting.boards();
    let solved_box = verdict.is_equal();
    let word = if solved_box { "right" } else { "wrong" };
    let hint = match &verdict {
        Comparison::NotEqual { hint: Some(hint) } => Some(hint.to_string()),
        _ => None,
    };
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let held = sqlx::query_scalar(HOLD).bind(user).bind(challenge).bind(now).fetch_optional(&mut *tx).await?;
        let solved_before: Option<i64> = held.ok_or(SubmitError::Locked)?;
        let counted: Counted = sqlx::query_as(COUNTED).bind(user).bind(answer_box).fetch_one(&mut *tx).await?;
        counted.takes_more()?;
        let again: i64 =
            sqlx::query_scalar(AGAIN).bind(user).bind(answer_box).bind(given).fetch_one(&mut *tx).await?;
        if again > 0 && !solved_box {
            tx.commit().await?;
            let tries_left = counted.tries_left();
            return Ok(Outcome { verdict, tries_left, solved_box, solved_challenge: false, points: 0 });
        }
        let keep = sqlx::query(KEEP).bind(user).bind(answer_box).bind(counted.tries + 1).bind(given);
        keep.bind(word).bind(hint).bind(now).execute(&mut *tx).await?;
        let tries_left = counted.tries_left() - 1;
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
                    score.bind(counting.competition()).bind(1_i64).execute(&mut *tx).await?;
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

const COUNTED: &str = "SELECT count(*) AS tries, count(*) FILTER (WHERE verdict = 'right') AS solved
    FROM submissions WHERE user_id = $1 AND box_id = $2";
/// Writes before anything is read: SQLite lets nobody else write from here on, PostgreSQL nobody else have this row.
const HOLD: &str = "INSERT INTO progress (user_id, challenge_id)
    SELECT $1, c.id FROM challenges c WHERE c.id = $2 AND c.released_at <= $3 AND c.deleted_at IS NULL AND (c.locked_at IS NULL OR c.locked_at > $3)
        AND (c.competition_id IS NULL OR EXISTS (SELECT 1 FROM competitions k
            JOIN competition_members m ON m.competition_id = k.id
            WHERE k.id = c.competition_id AND m.user_id = $1 AND k.opens_at <= $3 AND k.closes_at > $3))
    ON CONFLICT (user_id, challenge_id) DO UPDATE SET points = progress.points RETURNING solved_at";
const AGAIN: &str = "SELECT count(*) FROM submissions WHERE user_id = $1 AND box_id = $2 AND given = $3";
const KEEP: &str = "INSERT INTO submissions (user_id, box_id, try, given, verdict, hint, submitted_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const OPEN: &str = "SELECT count(*) FROM answer_boxes b WHERE b.challenge_id = $2 AND NOT EXISTS
    (SELECT 1 FROM submissions s WHERE s.user_id = $1 AND s.box_id = b.id AND s.verdict = 'right')";
const BE_FIRST: &str = "UPDATE challenges SET first_solved_at = $2 WHERE id = $1 AND first_solved_at IS NULL";
const SOLVE: &str =
    "UPDATE progress SET solved_at = $3, points = $4 WHERE user_id = $1 AND challenge_id = $2";

/// How far a pupil is with one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How often it may still be tried.
    pub tries_left: u8,
    /// Whether it is solved.
    pub solved: bool,
    /// The last answer, as it was given.
    pub given: String,
    /// What was said to it besides.
    pub hint: Option<String>,
}

/// How far the pupil is with the boxes of a challenge that were tried, by their ids.
///
/// # Errors
/// When the database gives no answer.
pub async fn tried(db: &Db, user: i64, challenge: i64) -> Result<HashMap<i64, Tried>> {
    // SQLite takes the tables of a CROSS JOIN in this order: a few boxes, instead of all that the member has ever sent.
    const LAST: &str = "SELECT s.box_id, s.try, s.given, s.verdict = 'right', s.hint
        FROM answer_boxes b CROSS JOIN submissions s
        WHERE b.challenge_id = $2 AND s.user_id = $1 AND s.box_id = b.id ORDER BY s.box_id, s.try";
    let tried = |(answer_box, tries, given, solved, hint)| {
        (answer_box, Tried { tries_left: Counted { tries, solved: 0 }.tries_left(), solved, given, hint })
    };
    let read = async || {
        let rows: Vec<(i64, i64, String, bool, Option<String>)> =
            on!(db, pool => sqlx::query_as(LAST).bind(user).bind(challenge).fetch_all(pool).await)?;
        // Of one box the last row stays.
        Ok(rows.into_iter().map(tried).collect())
    };
    db.known(|known| &known.tried, (user, challenge), read).await
}

/// How far somebody has come with a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Some answer was given.
    Tried,
    /// All boxes are solved.
    Solved,
}

/// Marks the challenges of a list that the pupil has tried or solved.
///
/// # Errors
/// When the database gives no answer.
pub async fn mark(db: &Db, user: i64, challenges: &mut [ChallengeSummary]) -> Result<()> {
    const ALL: &str = "SELECT challenge_id, solved_at IS NOT NULL FROM progress
        WHERE user_id = $1 AND challenge_id BETWEEN $2 AND $3";
    let ids = challenges.iter().map(|challenge| challenge.id);
    let (Some(first), Some(last)) = (ids.clone().min(), ids.max()) else { return Ok(()) };
    let read = async || {
        let rows: Vec<(i64, bool)> = on!(db, pool => {
            sqlx::query_as(ALL).bind(user).bind(first).bind(last).fetch_all(pool).await
        })?;
        Ok(Arc::new(rows.into_iter().collect()))
    };
    let marks: Arc<HashMap<_, _>> = db.known(|known| &known.marks, (user, first, last), read).await?;
    for challenge in challenges {
        let solved = marks.get(&challenge.id);
        challenge.mark = solved.map(|solved| if *solved { Mark::Solved } else { Mark::Tried });
    }
    Ok(())
}
