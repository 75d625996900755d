//! Announcements: the note on the front page.

use super::{Db, Result, now, on};

/// A note to everybody.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Announcement {
    /// Its number.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    /// The text itself.
    pub body: String,
    /// Unix seconds.
    pub published_at: i64,
}

/// The newest announcement whose time has come.
///
/// # Errors
/// When the database gives no answer.
pub async fn latest(db: &Db) -> Result<Option<Announcement>> {
    const NEWEST: &str = "SELECT id, title, body, published_at FROM announcements
        WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT 1";
    Ok(on!(db, pool => sqlx::query_as(NEWEST).bind(now()).fetch_optional(pool).await)?)
}
