//! Submissions: pupils' answers, their verdicts and their points.
//!
//! An answer passes these steps:
//! 1. Its box belongs to the challenge, and the challenge is released. If it belongs to a
//!    competition, that has opened, and the pupil may see it. Otherwise the answer is not found.
//! 2. The challenge is not locked, its competition is not closed, the box is not solved, and fewer
//!    than [`TRIES`] tries are used. Answers of other pupils have no influence.
//! 3. It is compared outside of any transaction. An unreadable answer uses up no try.
//! 4. One transaction locks the row of this pupil and this challenge, repeats step 2, and stores
//!    the answer. A pupil who has solved every box gets [`FIRST`] points, or [`LATER`] if another
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

use std::collections::HashMap;
use std::sync::Arc;

use answers::{AnswerRules, Comparison, Side};
use tokio::task::JoinError;

use super::board_versions::{CHANGED, ScoreScope};
use super::challenges::{ChallengeProgress, ChallengeSummary};
use super::{Db, DbError, Result, on, scores};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::Role;

/// The number of tries for a box.
pub const TRIES: u8 = 3;
/// The points for the first pupil to solve a challenge.
pub const FIRST: u8 = 3;
/// The points for every later pupil.
pub const LATER: u8 = 1;

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
    const QUESTION: &str =
        "SELECT b.answer, b.rules, c.key_stage, k.id AS competition, u.role,
                (c.locked_at IS NOT NULL AND c.locked_at <= $4) OR (k.id IS NOT NULL AND k.closes_at <= $4) AS locked
            FROM answer_boxes b JOIN challenges c ON c.id = b.challenge_id JOIN users u ON u.id = $3
            LEFT JOIN competitions k ON k.id = c.competition_id
            WHERE b.id = $1 AND c.id = $2 AND c.released_at <= $4 AND c.deleted_at IS NULL AND (k.id IS NULL OR k.opens_at <= $4 AND EXISTS
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
    let verdict = compare(place, &question, given).await?;
    if matches!(verdict, Comparison::Unreadable { .. }) {
        let tries_left = counts.tries_left();
        return Ok(Outcome { verdict, tries_left, solved_box: false, solved_challenge: false, points: 0 });
    }
    let Question { key_stage, competition, role, .. } = question;
    let scope = competition.map_or(ScoreScope::Stage(key_stage), ScoreScope::Competition);
    store(db, ComparedAnswer { user, place, given, verdict, scope, role, now }).await
}

/// Compares the answer on a blocking thread, because a comparison takes up to 5 ms.
async fn compare(
    place: AnswerPlace,
    question: &Question,
    given: &str,
) -> std::result::Result<Comparison, SubmitError> {
    let broken = |why: &dyn std::fmt::Display| {
        tracing::error!(answer_box = place.answer_box, %why, "an answer box cannot be answered");
        SubmitError::Broken
    };
    let rules: AnswerRules = question.rules.parse().map_err(|error| broken(&error))?;
    let (expected, given) = (question.answer.clone(), given.to_owned());
    // PostgreSQL cannot store NUL, and no keyboard types it.
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

/// An answer whose verdict is known, ready to be stored.
struct ComparedAnswer<'a> {
    user: i64,
    place: AnswerPlace,
    given: &'a str,
    verdict: Comparison,
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
        scope,
        role,
        now,
    } = answer;
    let boards = scope.boards();
    let solved_box = verdict.is_equal();
    let word = if solved_box { "right" } else { "wrong" };
    let hint = match &verdict {
        Comparison::NotEqual { hint: Some(hint) } => Some(hint.to_string()),
        _ => None,
    };
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let locked = sqlx::query_scalar(LOCK).bind(user).bind(challenge).bind(now).fetch_optional(&mut *tx).await?;
        let solved_before: Option<i64> = locked.ok_or(SubmitError::Locked)?;
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

const COUNT_TRIES: &str = "SELECT count(*) AS tries, count(*) FILTER (WHERE verdict = 'right') AS solved
    FROM submissions WHERE user_id = $1 AND box_id = $2";
/// Writes before any read. From here on SQLite has its write lock, and PostgreSQL a lock on this
/// row.
const LOCK: &str = "INSERT INTO progress (user_id, challenge_id)
    SELECT $1, c.id FROM challenges c WHERE c.id = $2 AND c.released_at <= $3 AND c.deleted_at IS NULL AND (c.locked_at IS NULL OR c.locked_at > $3)
        AND (c.competition_id IS NULL OR EXISTS (SELECT 1 FROM competitions k
            JOIN competition_members m ON m.competition_id = k.id
            WHERE k.id = c.competition_id AND m.user_id = $1 AND k.opens_at <= $3 AND k.closes_at > $3))
    ON CONFLICT (user_id, challenge_id) DO UPDATE SET points = progress.points RETURNING solved_at";
const REPEATED: &str = "SELECT count(*) FROM submissions WHERE user_id = $1 AND box_id = $2 AND given = $3";
const INSERT: &str = "INSERT INTO submissions (user_id, box_id, try, given, verdict, hint, submitted_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const OPEN: &str = "SELECT count(*) FROM answer_boxes b WHERE b.challenge_id = $2 AND NOT EXISTS
    (SELECT 1 FROM submissions s WHERE s.user_id = $1 AND s.box_id = b.id AND s.verdict = 'right')";
const BE_FIRST: &str = "UPDATE challenges SET first_solved_at = $2 WHERE id = $1 AND first_solved_at IS NULL";
const SOLVE: &str =
    "UPDATE progress SET solved_at = $3, points = $4 WHERE user_id = $1 AND challenge_id = $2";

/// The last answer of a pupil in one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// The number of tries that remain.
    pub tries_left: u8,
    pub solved: bool,
    /// The last answer as it was typed.
    pub given: String,
    /// The hint that came with the verdict.
    pub hint: Option<String>,
}

/// Returns the pupil's last answer in each tried box of a challenge, by box id.
pub async fn last_answers(db: &Db, user: i64, challenge: i64) -> Result<HashMap<i64, LastAnswer>> {
    // SQLite joins the tables of a CROSS JOIN in this order: it looks up a few boxes instead of
    // all submissions of the member.
    const LAST: &str = "SELECT s.box_id, s.try, s.given, s.verdict = 'right', s.hint
        FROM answer_boxes b CROSS JOIN submissions s
        WHERE b.challenge_id = $2 AND s.user_id = $1 AND s.box_id = b.id ORDER BY s.box_id, s.try";
    let progress = |(answer_box, tries, given, solved, hint)| {
        (
            answer_box,
            LastAnswer { tries_left: TryCounts { tries, solved: 0 }.tries_left(), solved, given, hint },
        )
    };
    let read = async || {
        let rows: Vec<(i64, i64, String, bool, Option<String>)> =
            on!(db, pool => sqlx::query_as(LAST).bind(user).bind(challenge).fetch_all(pool).await)?;
        // For each box, the last row wins.
        Ok(rows.into_iter().map(progress).collect())
    };
    db.cached(|tables| &tables.last_answers, (user, challenge), read).await
}

/// Fills in the pupil's progress with each challenge of a list.
pub async fn load_progress(db: &Db, user: i64, challenges: &mut [ChallengeSummary]) -> Result<()> {
    const ALL: &str = "SELECT challenge_id, solved_at IS NOT NULL FROM progress
        WHERE user_id = $1 AND challenge_id BETWEEN $2 AND $3";
    let ids = challenges.iter().map(|challenge| challenge.id);
    let (Some(first), Some(last)) = (ids.clone().min(), ids.max()) else { return Ok(()) };
    let read = async || {
        let rows: Vec<(i64, bool)> = on!(db, pool => {
            sqlx::query_as(ALL).bind(user).bind(first).bind(last).fetch_all(pool).await
        })?;
        Ok::<_, DbError>(Arc::new(rows.into_iter().collect()))
    };
    let progress: Arc<HashMap<_, _>> =
        db.cached(|tables| &tables.challenge_progress, (user, first, last), read).await?;
    for challenge in challenges {
        let solved = progress.get(&challenge.id);
        challenge.progress =
            solved.map(|solved| if *solved { ChallengeProgress::Solved } else { ChallengeProgress::Tried });
    }
    Ok(())
}
