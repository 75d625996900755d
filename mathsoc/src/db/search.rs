//! The texts that the search looks through: released challenges outside of competitions, published
//! articles, and published newsletters. Of a newsletter's PDF, only its summary is searched.

use super::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;

/// A text that the search looks through.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Text {
    #[sqlx(try_from = "String")]
    pub kind: LogSubject,
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    /// The summary that lists show, plain text with formulas.
    pub lead: String,
    /// The whole text, unsanitized rich text.
    pub body: String,
    /// The time of its release; Unix seconds.
    pub at: i64,
}

/// Returns all texts, newest first.
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
