//! A member's progress by key stage, and the history of their answers.

use serde::Serialize;

use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;

/// A member's progress with the challenges of one key stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct StageProgress {
    #[sqlx(try_from = "String")]
    pub key_stage: KeyStage,
    /// The number of released challenges.
    pub challenges: i64,
    /// The number of tried challenges, including solved ones.
    pub tried: i64,
    /// The number of solved challenges.
    pub solved: i64,
    /// The points for them.
    pub points: i64,
}

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct SubmittedAnswer {
    /// The challenge's id.
    pub challenge: i64,
    /// The challenge's title.
    pub title: String,
    /// `false` if the challenge is in the trash.
    #[serde(skip)]
    pub there: bool,
    /// The label of the answer box.
    pub label: String,
    /// The number of the try, from 1; `None` if it uses up no try.
    #[sqlx(rename = "try")]
    pub which_try: Option<i64>,
    /// The answer as it was typed.
    pub given: String,
    /// `true` if the answer was right.
    pub correct: bool,
    /// The hint that came with the verdict.
    pub hint: Option<String>,
    /// Unix seconds.
    pub submitted_at: i64,
}

/// Returns the progress outside of competitions for every key stage, youngest first.
pub async fn by_stage(db: &Db, user: i64) -> Result<Vec<StageProgress>> {
    const STAGES: &str = "SELECT c.key_stage, count(*) AS challenges, count(p.challenge_id) AS tried,
            count(p.solved_at) AS solved, CAST(COALESCE(sum(p.points), 0) AS BIGINT) AS points
        FROM challenges c LEFT JOIN progress p ON p.challenge_id = c.id AND p.user_id = $1
        WHERE c.is_draft = 0 AND c.released_at <= $2 AND c.deleted_at IS NULL AND c.competition_id IS NULL GROUP BY c.key_stage";
    let found: Vec<StageProgress> =
        on!(db, pool => sqlx::query_as(STAGES).bind(user).bind(now()).fetch_all(pool).await)?;
    let stage = |key_stage| {
        let row = found.iter().find(|it| it.key_stage == key_stage).copied();
        row.unwrap_or(StageProgress { key_stage, challenges: 0, tried: 0, solved: 0, points: 0 })
    };
    Ok(KeyStage::ALL.map(stage).to_vec())
}

macro_rules! answers {
    () => {
        "SELECT c.id AS challenge, c.title, c.deleted_at IS NULL AS there, b.label, s.try, s.given, s.verdict = 'right' AS correct, s.hint, s.submitted_at
            FROM submissions s JOIN answer_boxes b ON b.id = s.box_id JOIN challenges c ON c.id = b.challenge_id
            WHERE s.user_id = $1 ORDER BY s.submitted_at DESC, s.id DESC"
    };
}

/// Returns a page of ten of the member's answers, newest first.
pub async fn history(db: &Db, user: i64, page: u32) -> Result<Paged<SubmittedAnswer>> {
    const COUNT: &str = "SELECT count(*) FROM submissions WHERE user_id = $1";
    const LIST: &str = concat!(answers!(), " LIMIT $2 OFFSET $3");
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(user).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let items = on!(db, pool => {
        sqlx::query_as(LIST).bind(user).bind(PER_PAGE).bind(position.offset()).fetch_all(pool).await
    })?;
    Ok(position.with(items))
}

/// Returns all of the member's answers, newest first.
pub async fn all(db: &Db, user: i64) -> Result<Vec<SubmittedAnswer>> {
    const ALL: &str = answers!();
    Ok(on!(db, pool => sqlx::query_as(ALL).bind(user).fetch_all(pool).await)?)
}
