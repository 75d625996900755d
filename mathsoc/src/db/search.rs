//! What can be found: challenges that are released, unless they belong to a competition, and articles that are published.

use super::{Db, Result, now, on};

/// A text to look through.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Text {
    /// Whether it is a challenge; else it is an article.
    pub is_challenge: bool,
    /// Its number.
    pub id: i64,
    /// Its title, plain text.
    pub title: String,
    /// What lists say of it, plain text with formulas.
    pub lead: String,
    /// All of it, rich text as it was typed.
    pub body: String,
    /// Since when it is there; unix seconds.
    pub at: i64,
}

/// All texts, the newest first.
///
/// # Errors
/// When the database gives no answer.
pub async fn texts(db: &Db) -> Result<Vec<Text>> {
    const TEXTS: &str =
        "SELECT TRUE AS is_challenge, id, title, summary AS lead, statement AS body, released_at AS at
            FROM challenges WHERE released_at <= $1 AND deleted_at IS NULL AND competition_id IS NULL
        UNION ALL SELECT FALSE, id, title, teaser, body, published_at
            FROM articles WHERE published_at <= $1 AND deleted_at IS NULL
        ORDER BY at DESC, id DESC";
    Ok(on!(db, pool => sqlx::query_as(TEXTS).bind(now()).fetch_all(pool).await)?)
}
