//! What can be found: challenges that are released, unless they belong to a competition, and articles and newsletters that are
//! published. Of a PDF only what its newsletter says of it.

use super::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;

/// A text to look through.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Text {
    /// What it is.
    #[sqlx(try_from = "String")]
    pub kind: LogSubject,
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
        "SELECT 'challenges' AS kind, id, title, summary AS lead, statement AS body, released_at AS at
            FROM challenges WHERE released_at <= $1 AND deleted_at IS NULL AND competition_id IS NULL
        UNION ALL SELECT 'articles', id, title, teaser, body, published_at
            FROM articles WHERE published_at <= $1 AND deleted_at IS NULL
        UNION ALL SELECT 'newsletters', n.id, n.title, n.summary, n.body, n.published_at
            FROM newsletters n LEFT JOIN files f ON f.id = n.file_id WHERE n.published_at <= $1 AND n.deleted_at IS NULL
                AND (n.body <> '' OR f.id IS NOT NULL AND f.quarantined_at IS NULL)
        ORDER BY at DESC, id DESC";
    Ok(on!(db, pool => sqlx::query_as(TEXTS).bind(now()).fetch_all(pool).await)?)
}
