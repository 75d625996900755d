//! Re-marking: verdicts, tries, points and leaderboards of a challenge, computed again from its
//! answers.
//!
//! One function, `remark`, does it for every cause: a changed key, an answer that is accepted too,
//! tries that are given back, a box that is removed, another key stage or competition. It runs in
//! the transaction of that change, so nothing is ever half done. A preview is the same
//! transaction, rolled back.
//!
//! 1. Answers in the boxes whose key changed are compared with the present key. A ruling of a
//!    teacher outlives that: an accepted answer stays right.
//! 2. An answer that the former key called right and the present one calls wrong uses up no try
//!    any more, since its pupil was told to stop. Neither does one that can no longer be read.
//! 3. The answers of each pupil in each box are numbered in the order of time. The first right one
//!    ends the count; later ones keep their verdict but have no number.
//! 4. A pupil who has answered every box has solved the challenge, at the time of the last of
//!    these answers. The first place stays where it is, unless its pupil has not solved the
//!    challenge any more, or another one turns out to have been earlier. If its account was
//!    deleted, no one else becomes first (`docs/decisions/0016-scoring-answers.md`).
//! 5. The differences are written, and the leaderboards change by them.
//!
//! Pupils whose result stays the same keep their points, also those of an import.
//!

mod judge;
mod replay;
mod report;
pub mod rulings;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::task::JoinError;

pub(crate) use self::judge::compare_any;
pub(super) use self::judge::{BoxKey, Judge};
use self::replay::{Answer, Standing};
pub use self::report::{BoardChange, KeyChange, MarkingReport, PupilChange, counted};
use super::board_versions::ScoreScope;
use super::tx::{Tx, within};
use super::{Db, DbError, Result};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::Role;

/// An error of re-marking.
#[derive(Debug, thiserror::Error)]
pub enum MarkingError {
    /// The challenge, the box, the answer or the pupil does not exist.
    #[error("the answer or its challenge does not exist")]
    NotFound,
    /// The ruling makes no sense; the text says why.
    #[error("{0}")]
    Refused(&'static str),
    /// The comparison task panicked or was cancelled.
    #[error("the answers could not be compared")]
    Compare(#[from] JoinError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for MarkingError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// The boxes whose answers are compared again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rejudge {
    /// Every box.
    All,
    /// These boxes.
    Boxes(BTreeSet<i64>),
    /// One answer.
    Answer(i64),
}

impl Rejudge {
    /// No box: verdicts stay, and only what follows from them is computed again.
    pub(super) fn none() -> Self {
        Self::Boxes(BTreeSet::new())
    }

    fn includes(&self, answer: &Answer) -> bool {
        match self {
            Self::All => true,
            Self::Boxes(boxes) => boxes.contains(&answer.box_id),
            Self::Answer(id) => answer.id == *id,
        }
    }
}

/// The state of a challenge that decides where its points count.
#[derive(sqlx::FromRow)]
struct ChallengeRow {
    #[sqlx(try_from = "String")]
    key_stage: KeyStage,
    competition_id: Option<CompetitionId>,
    first_solved_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct ProgressRow {
    user_id: i64,
    full_name: String,
    role: Role,
    solved_at: Option<i64>,
    points: i64,
}

/// Locks a challenge against answers that are on their way. It must be the first statement of the
/// transaction. SQLite has its write lock already.
pub(super) async fn lock(tx: &mut Tx, challenge: i64) -> Result<()> {
    const LOCK: &str = "SELECT id FROM challenges WHERE id = $1 FOR UPDATE";
    if let Tx::Postgres(link) = tx {
        sqlx::query(LOCK).bind(challenge).execute(&mut **link).await?;
    }
    Ok(())
}

/// Reads the keys of a challenge's boxes, with the answers that are accepted too.
pub(super) async fn keys(tx: &mut Tx, challenge: i64) -> Result<Vec<BoxKey>> {
    const BOXES: &str =
        "SELECT id, label, answer, rules FROM answer_boxes WHERE challenge_id = $1 ORDER BY position";
    const ACCEPTED: &str =
        "SELECT a.box_id, a.answer FROM accepted_answers a JOIN answer_boxes b ON b.id = a.box_id
        WHERE b.challenge_id = $1 ORDER BY a.id";
    let (mut keys, accepted): (Vec<BoxKey>, Vec<(i64, String)>) = within!(tx, link => (
        sqlx::query_as(BOXES).bind(challenge).fetch_all(&mut **link).await?,
        sqlx::query_as(ACCEPTED).bind(challenge).fetch_all(&mut **link).await?,
    ));
    for (id, answer) in accepted {
        if let Some(key) = keys.iter_mut().find(|key| key.id == id) {
            key.accepted.push(answer);
        }
    }
    Ok(keys)
}

/// Marks a challenge again, within the transaction of the change that makes it necessary.
/// `before` is the scope in which its points counted until then.
pub(super) async fn remark(
    tx: &mut Tx,
    challenge: i64,
    before: ScoreScope,
    rejudge: &Rejudge,
    judge: &mut Judge,
) -> std::result::Result<MarkingReport, MarkingError> {
    const CHALLENGE: &str = "SELECT key_stage, competition_id, first_solved_at FROM challenges WHERE id = $1";
    const PROGRESS: &str = "SELECT p.user_id, u.full_name, u.role, p.solved_at, p.points
        FROM progress p JOIN users u ON u.id = p.user_id WHERE p.challenge_id = $1 ORDER BY p.user_id";
    const ANSWERS: &str =
        "SELECT s.id, s.user_id, s.box_id, s.try, s.given, s.verdict = 'right' AS correct, s.hint,
            s.ruling, s.submitted_at
        FROM submissions s JOIN answer_boxes b ON b.id = s.box_id
        WHERE b.challenge_id = $1 ORDER BY s.submitted_at, s.id";
    let keys = keys(tx, challenge).await?;
    let (row, progress, stored): (Option<ChallengeRow>, Vec<ProgressRow>, Vec<Answer>) = within!(&mut *tx, link => (
        sqlx::query_as(CHALLENGE).bind(challenge).fetch_optional(&mut **link).await?,
        sqlx::query_as(PROGRESS).bind(challenge).fetch_all(&mut **link).await?,
        sqlx::query_as(ANSWERS).bind(challenge).fetch_all(&mut **link).await?,
    ));
    let row = row.ok_or(MarkingError::NotFound)?;
    let boxes: BTreeSet<i64> = keys.iter().map(|key| key.id).collect();
    let keys: HashMap<i64, Arc<BoxKey>> = keys.into_iter().map(|key| (key.id, Arc::new(key))).collect();

    let mut answers = stored.clone();
    let concerned = |answer: &&Answer| rejudge.includes(answer);
    let tasks = answers.iter().filter(concerned);
    let tasks = tasks.filter_map(|it| Some((Arc::clone(keys.get(&it.box_id)?), it.given.clone())));
    judge.judge(tasks.collect()).await?;
    for answer in &mut answers {
        answer.take_ruling();
        if let Some(key) = keys.get(&answer.box_id).filter(|_| rejudge.includes(answer)) {
            answer.take_verdict(judge.verdict(key, &answer.given));
        }
    }
    let completions = replay::number(&mut answers, &boxes);
    let standings: Vec<Standing> = progress
        .iter()
        .map(|it| Standing {
            user_id: it.user_id,
            is_pupil: it.role == Role::Pupil,
            solved_at: it.solved_at,
            points: it.points,
        })
        .collect();
    let (after, first_solved_at) = replay::award(&standings, &completions, row.first_solved_at);

    let scopes = (before, ScoreScope::of(row.key_stage, row.competition_id));
    write::answers(tx, &stored, &answers).await?;
    write::progress(tx, challenge, &standings, &after).await?;
    if first_solved_at != row.first_solved_at {
        write::first_solved(tx, challenge, first_solved_at).await?;
    }
    let boards = write::boards(tx, &standings, &after, scopes).await?;

    let names = progress.into_iter().map(|it| (it.user_id, it.full_name)).collect();
    let pupils = differences(&names, (&stored[..], &answers[..]), (&standings[..], &after[..]));
    Ok(MarkingReport { keys: Vec::new(), pupils, boards })
}

/// Returns the members with a difference, by name.
fn differences(
    names: &BTreeMap<i64, String>,
    (stored, answers): (&[Answer], &[Answer]),
    (before, after): (&[Standing], &[Standing]),
) -> Vec<PupilChange> {
    let mut changes: BTreeMap<i64, PupilChange> = before
        .iter()
        .zip(after)
        .map(|(before, after)| {
            let change = PupilChange {
                user_id: before.user_id,
                full_name: names.get(&before.user_id).cloned().unwrap_or_default(),
                turned_right: 0,
                turned_wrong: 0,
                tries_back: 0,
                points_before: before.points,
                points_after: after.points,
                solved_before: before.solved_at.is_some(),
                solved_after: after.solved_at.is_some(),
            };
            (before.user_id, change)
        })
        .collect();
    for (old, new) in stored.iter().zip(answers) {
        let Some(change) = changes.get_mut(&new.user_id) else { continue };
        change.turned_right += usize::from(!old.correct && new.correct);
        change.turned_wrong += usize::from(old.correct && !new.correct);
        change.tries_back += usize::from(old.number.is_some() && new.number.is_none());
    }
    let has_changed = |it: &PupilChange| {
        it.turned_right + it.turned_wrong + it.tries_back > 0
            || it.points_before != it.points_after
            || it.solved_before != it.solved_after
    };
    let mut changes: Vec<_> = changes.into_values().filter(has_changed).collect();
    changes.sort_by_cached_key(|it| (it.full_name.to_lowercase(), it.user_id));
    changes
}

/// Compares the given texts of a challenge before its transaction begins, so that the transaction
/// holds its locks for a moment only. Texts that arrive later are compared within it.
pub(super) async fn prepare(
    db: &Db,
    challenge: i64,
    keys: &[BoxKey],
) -> std::result::Result<Judge, MarkingError> {
    const TEXTS: &str =
        "SELECT DISTINCT s.box_id, s.given FROM submissions s JOIN answer_boxes b ON b.id = s.box_id
        WHERE b.challenge_id = $1";
    let mut judge = Judge::default();
    if keys.is_empty() {
        return Ok(judge);
    }
    let texts: Vec<(i64, String)> =
        super::on!(db, pool => sqlx::query_as(TEXTS).bind(challenge).fetch_all(pool).await)?;
    let keys: HashMap<i64, Arc<BoxKey>> = keys.iter().map(|key| (key.id, Arc::new(key.clone()))).collect();
    let tasks = texts.into_iter().filter_map(|(id, given)| Some((Arc::clone(keys.get(&id)?), given)));
    judge.judge(tasks.collect()).await?;
    Ok(judge)
}
