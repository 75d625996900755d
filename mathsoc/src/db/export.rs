//! Rows for exported files, read 500 at a time, so that no file is in memory as a whole.

use super::{Db, Result, on};
use crate::domain::key_stage::KeyStage;

/// The number of rows in one read.
pub const BATCH_ROWS: usize = 500;

/// A row of the file of accounts.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UserRow {
    pub id: i64,
    pub full_name: String,
    pub email: String,
    pub role: String,
    /// The name of the school.
    pub school: Option<String>,
    pub year: Option<i64>,
    pub key_stage: Option<String>,
    /// Unix seconds.
    pub email_verified_at: Option<i64>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub last_seen_at: Option<i64>,
}

/// Returns the accounts with an id greater than `after`.
pub async fn users(db: &Db, after: i64) -> Result<Vec<UserRow>> {
    const LIST: &str = "SELECT u.id, u.full_name, u.email, u.role, s.name AS school, u.year, u.key_stage,
        u.email_verified_at, u.created_at, u.last_seen_at FROM users u LEFT JOIN schools s ON s.id = u.school_id
        WHERE u.id > $1 AND u.deleted_at IS NULL ORDER BY u.id LIMIT 500";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(after).fetch_all(pool).await)?)
}

/// A row of the file of answers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AnswerRow {
    pub id: i64,
    /// Unix seconds.
    pub submitted_at: i64,
    /// The pupil's account.
    pub user_id: i64,
    /// The pupil's name.
    pub full_name: String,
    pub challenge_id: i64,
    /// The challenge's title.
    pub title: String,
    /// The position of the box, from 1.
    pub position: i64,
    /// The number of the try, from 1; `None` if it uses up no try.
    #[sqlx(rename = "try")]
    pub number: Option<i64>,
    /// The answer as it was typed.
    pub given: String,
    /// `right` or `wrong`.
    pub verdict: String,
}

/// Returns the answers with an id greater than `after`.
pub async fn answers(db: &Db, after: i64) -> Result<Vec<AnswerRow>> {
    const LIST: &str =
        "SELECT s.id, s.submitted_at, s.user_id, u.full_name, c.id AS challenge_id, c.title, b.position,
        s.try, s.given, s.verdict FROM submissions s JOIN users u ON u.id = s.user_id
        JOIN answer_boxes b ON b.id = s.box_id JOIN challenges c ON c.id = b.challenge_id
        WHERE s.id > $1 AND u.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY s.id LIMIT 500";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(after).fetch_all(pool).await)?)
}

/// A row of the file of a leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ScoreRow {
    pub user_id: i64,
    pub full_name: String,
    /// The name of the school.
    pub school: Option<String>,
    pub year: Option<i64>,
    pub points: i64,
    /// The number of solved challenges.
    pub solved: i64,
}

/// Returns the rows of a board after these points and this user, most points first. Equal points
/// are in the order of user ids.
pub async fn scores(
    db: &Db,
    key_stage: Option<KeyStage>,
    after: Option<(i64, i64)>,
) -> Result<Vec<ScoreRow>> {
    const LIST: &str = "SELECT b.user_id, u.full_name, s.name AS school, u.year, b.points, b.solved
        FROM scores b JOIN users u ON u.id = b.user_id LEFT JOIN schools s ON s.id = u.school_id
        WHERE b.board = $1 AND b.points > 0 AND (b.points < $2 OR (b.points = $2 AND b.user_id > $3)) AND u.deleted_at IS NULL
        ORDER BY b.points DESC, b.user_id LIMIT 500";
    let board = key_stage.map_or("all", KeyStage::name);
    let (points, user) = after.unwrap_or((i64::MAX, 0));
    Ok(on!(db, pool => {
        sqlx::query_as(LIST).bind(board).bind(points).bind(user).fetch_all(pool).await
    })?)
}
