//! Challenges and their answer boxes.
//!
//! Functions here return released challenges only. A challenge of a competition is in no list, and
//! found only by members who may see the competition, after it has opened.

pub mod change;
pub mod edit;

use self::edit::Help;
use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::clock::now;
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;

/// A challenge in a list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ChallengeSummary {
    /// The number in its URL.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    #[sqlx(try_from = "String")]
    pub key_stage: KeyStage,
    /// One or two sentences, plain text with formulas.
    pub summary: String,
    /// Unix seconds.
    pub released_at: i64,
    /// The time from which it takes no more answers, if one is known; Unix seconds.
    pub closes_at: Option<i64>,
    /// The viewer's progress, if a member is logged in.
    #[sqlx(skip)]
    pub progress: Option<ChallengeProgress>,
}

/// A member's progress with a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeProgress {
    /// At least one box was answered.
    Tried,
    /// All boxes are solved.
    Solved,
}

/// A challenge with all that its page shows.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Challenge {
    /// The number in its URL.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    #[sqlx(try_from = "String")]
    pub key_stage: KeyStage,
    /// One or two sentences, plain text with formulas.
    pub summary: String,
    /// The problem, rich text.
    pub statement: String,
    /// Unix seconds.
    pub released_at: i64,
    /// `true` if it takes no more answers and shows the right ones.
    pub locked: bool,
    /// The time from which it takes no more answers, if one is known; Unix seconds.
    pub closes_at: Option<i64>,
    /// Shown to those whom it says.
    #[sqlx(flatten)]
    pub help: Help,
    pub competition: Option<CompetitionId>,
    /// The answer boxes in order.
    #[sqlx(skip)]
    pub boxes: Vec<AnswerBox>,
}

/// An answer box.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AnswerBox {
    /// The id that a form sends.
    pub id: i64,
    /// The label, such as `x =`.
    pub label: String,
    /// The right answer; `None` until the challenge is locked, so that it does not leave `db`
    /// early.
    pub answer: Option<String>,
}

/// Returns the newest released challenges, newest first.
pub async fn latest(db: &Db, count: u32) -> Result<Vec<ChallengeSummary>> {
    released(db, None, i64::from(count), 0).await
}

/// Returns a page of ten released challenges of one key stage or of all, newest first.
pub async fn page(db: &Db, key_stage: Option<KeyStage>, page: u32) -> Result<Paged<ChallengeSummary>> {
    const COUNT: &str = "SELECT count(*) FROM challenges WHERE is_draft = 0 AND released_at <= $1 AND competition_id IS NULL AND deleted_at IS NULL AND ($2 IS NULL OR key_stage = $2)";
    let stage = key_stage.map(KeyStage::name);
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(now()).bind(stage).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let items = released(db, key_stage, PER_PAGE, position.offset()).await?;
    Ok(position.with(items))
}

/// Returns a released challenge outside of competitions.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<Challenge>> {
    by_id_for(db, id, None, now()).await
}

/// Returns a released challenge that the user may see. Without a user, those of competitions are
/// not found.
pub async fn by_id_for(db: &Db, id: i64, user: Option<i64>, now: i64) -> Result<Option<Challenge>> {
    const ONE: &str = "SELECT c.id, c.title, c.key_stage, c.summary, c.statement, c.released_at,
            c.closed_at IS NOT NULL OR (c.locked_at IS NOT NULL AND c.locked_at <= $2) OR (k.id IS NOT NULL AND k.closes_at <= $2) AS locked,
            COALESCE(c.closed_at, CASE WHEN c.locked_at IS NULL OR k.closes_at < c.locked_at THEN k.closes_at ELSE c.locked_at END)
                AS closes_at,
            c.hint, c.hint_after, c.solution, c.solution_when_done = 1 AS solution_when_done, k.id AS competition
        FROM challenges c LEFT JOIN competitions k ON k.id = c.competition_id
        WHERE c.id = $1 AND c.is_draft = 0 AND c.released_at <= $2 AND c.deleted_at IS NULL AND (k.id IS NULL OR k.opens_at <= $2 AND EXISTS
            (SELECT 1 FROM competition_members m WHERE m.competition_id = k.id AND m.user_id = $3))";
    const BOXES: &str = "SELECT id, label, CASE WHEN $2 THEN answer END AS answer
        FROM answer_boxes WHERE challenge_id = $1 ORDER BY position";
    let read = async || {
        let found: Option<Challenge> =
            on!(db, pool => sqlx::query_as(ONE).bind(id).bind(now).bind(user).fetch_optional(pool).await)?;
        let Some(mut challenge) = found else { return Ok(None) };
        challenge.boxes =
            on!(db, pool => sqlx::query_as(BOXES).bind(id).bind(challenge.locked).fetch_all(pool).await)?;
        Ok(Some(challenge))
    };
    db.cached(|tables| &tables.challenges, (id, user, now), read).await
}

async fn released(
    db: &Db,
    stage: Option<KeyStage>,
    count: i64,
    offset: i64,
) -> Result<Vec<ChallengeSummary>> {
    const LIST: &str = "SELECT id, title, key_stage, summary, released_at, COALESCE(closed_at, locked_at) AS closes_at FROM challenges
        WHERE is_draft = 0 AND released_at <= $1 AND competition_id IS NULL AND deleted_at IS NULL AND ($2 IS NULL OR key_stage = $2)
        ORDER BY released_at DESC, id DESC LIMIT $3 OFFSET $4";
    let stage = stage.map(KeyStage::name);
    Ok(on!(db, pool => {
        sqlx::query_as(LIST).bind(now()).bind(stage).bind(count).bind(offset).fetch_all(pool).await
    })?)
}
