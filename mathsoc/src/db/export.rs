//! What goes out as files, five hundred rows at a time, so that no file is ever in memory as a whole.

use super::{Db, Result, on};
use crate::domain::key_stage::KeyStage;

/// How many rows are read at once.
pub const AT_ONCE: usize = 500;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UserRow {
    /// Its number.
    pub id: i64,
    /// The name.
    pub full_name: String,
    /// The address.
    pub email: String,
    /// What they may do.
    pub role: String,
    /// What the school is called.
    pub school: Option<String>,
    /// The year.
    pub year: Option<i64>,
    /// The stage of the year.
    pub key_stage: Option<String>,
    /// Unix seconds.
    pub email_verified_at: Option<i64>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub last_seen_at: Option<i64>,
}

/// The accounts after this one, by their numbers.
///
/// # Errors
/// When the database gives no answer.
pub async fn users(db: &Db, after: i64) -> Result<Vec<UserRow>> {
    const LIST: &str = "SELECT u.id, u.full_name, u.email, u.role, s.name AS school, u.year, u.key_stage,
        u.email_verified_at, u.created_at, u.last_seen_at FROM users u LEFT JOIN schools s ON s.id = u.school_id
        WHERE u.id > $1 AND u.deleted_at IS NULL ORDER BY u.id LIMIT 500";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(after).fetch_all(pool).await)?)
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AnswerRow {
    /// Its number.
    pub id: i64,
    /// Unix seconds.
    pub submitted_at: i64,
    /// Whose it is.
    pub user_id: i64,
    /// Their name.
    pub full_name: String,
    /// The challenge.
    pub challenge_id: i64,
    /// What the challenge is called.
    pub title: String,
    /// Which box, from 1.
    pub position: i64,
    /// Which try, from 1.
    #[sqlx(rename = "try")]
    pub number: i64,
    /// The answer as it was given.
    pub given: String,
    /// `right` or `wrong`.
    pub verdict: String,
}

/// The answers after this one, by their numbers.
///
/// # Errors
/// When the database gives no answer.
pub async fn answers(db: &Db, after: i64) -> Result<Vec<AnswerRow>> {
    const LIST: &str =
        "SELECT s.id, s.submitted_at, s.user_id, u.full_name, c.id AS challenge_id, c.title, b.position,
        s.try, s.given, s.verdict FROM submissions s JOIN users u ON u.id = s.user_id
        JOIN answer_boxes b ON b.id = s.box_id JOIN challenges c ON c.id = b.challenge_id
        WHERE s.id > $1 AND u.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY s.id LIMIT 500";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(after).fetch_all(pool).await)?)
}

/// One line of a leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ScoreRow {
    /// Whose it is.
    pub user_id: i64,
    /// Their name.
    pub full_name: String,
    /// What the school is called.
    pub school: Option<String>,
    /// The year.
    pub year: Option<i64>,
    /// The points.
    pub points: i64,
    /// How many challenges they are for.
    pub solved: i64,
}

/// The lines of a board after this one, the most points first; who has as many stands in the order of the accounts.
///
/// # Errors
/// When the database gives no answer.
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
