//! How far a member has come: by key stage, and answer by answer.

use serde::Serialize;

use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;

/// How far a member is with the challenges of one key stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct StageProgress {
    /// Which.
    #[sqlx(try_from = "String")]
    pub key_stage: KeyStage,
    /// How many challenges there are.
    pub challenges: i64,
    /// How many of them were tried, the solved ones among them.
    pub tried: i64,
    /// How many are solved.
    pub solved: i64,
    /// The points that they gave.
    pub points: i64,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Given {
    /// The challenge's number.
    pub challenge: i64,
    /// Its title.
    pub title: String,
    /// Whether it is still there.
    #[serde(skip)]
    pub there: bool,
    /// The box.
    pub label: String,
    /// Which try it was, from 1.
    #[sqlx(rename = "try")]
    pub which_try: i64,
    /// The answer, as it was given.
    pub given: String,
    /// Whether it was right.
    pub correct: bool,
    /// What was said to it besides.
    pub hint: Option<String>,
    /// Unix seconds.
    pub submitted_at: i64,
}

/// How far the member has come with the challenges of no competition, by key stage, youngest first; stages without a challenge too.
///
/// # Errors
/// When the database gives no answer.
pub async fn by_stage(db: &Db, user: i64) -> Result<Vec<StageProgress>> {
    const STAGES: &str = "SELECT c.key_stage, count(*) AS challenges, count(p.challenge_id) AS tried,
            count(p.solved_at) AS solved, CAST(COALESCE(sum(p.points), 0) AS BIGINT) AS points
        FROM challenges c LEFT JOIN progress p ON p.challenge_id = c.id AND p.user_id = $1
        WHERE c.released_at <= $2 AND c.deleted_at IS NULL AND c.competition_id IS NULL GROUP BY c.key_stage";
    let found: Vec<StageProgress> =
        on!(db, pool => sqlx::query_as(STAGES).bind(user).bind(now()).fetch_all(pool).await)?;
    let stage = |key_stage| {
        let known = found.iter().find(|it| it.key_stage == key_stage).copied();
        known.unwrap_or(StageProgress { key_stage, challenges: 0, tried: 0, solved: 0, points: 0 })
    };
    Ok(KeyStage::ALL.map(stage).to_vec())
}

macro_rules! given {
    () => {
        "SELECT c.id AS challenge, c.title, c.deleted_at IS NULL AS there, b.label, s.try, s.given, s.verdict = 'right' AS correct, s.hint, s.submitted_at
            FROM submissions s JOIN answer_boxes b ON b.id = s.box_id JOIN challenges c ON c.id = b.challenge_id
            WHERE s.user_id = $1 ORDER BY s.submitted_at DESC, s.id DESC"
    };
}

/// A page of ten of the member's answers, the last one first.
///
/// # Errors
/// When the database gives no answer.
pub async fn history(db: &Db, user: i64, page: u32) -> Result<Paged<Given>> {
    const COUNT: &str = "SELECT count(*) FROM submissions WHERE user_id = $1";
    const LIST: &str = concat!(given!(), " LIMIT $2 OFFSET $3");
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(user).fetch_one(pool).await)?;
    let place = PagePosition::new(page, total);
    let items = on!(db, pool => {
        sqlx::query_as(LIST).bind(user).bind(PER_PAGE).bind(place.offset()).fetch_all(pool).await
    })?;
    Ok(place.with(items))
}

/// All of the member's answers, the last one first.
///
/// # Errors
/// When the database gives no answer.
pub async fn all(db: &Db, user: i64) -> Result<Vec<Given>> {
    const ALL: &str = given!();
    Ok(on!(db, pool => sqlx::query_as(ALL).bind(user).fetch_all(pool).await)?)
}
