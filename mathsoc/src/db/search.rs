//! The texts that the search looks through: released challenges outside of competitions, published
//! articles, and published newsletters. Of a newsletter's PDF, only its summary is searched.

use std::ops::RangeInclusive;

use super::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;

/// A text that the search looks through.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Text {
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

/// The kinds of text that are searched.
pub const KINDS: [LogSubject; 3] = [LogSubject::Challenge, LogSubject::Article, LogSubject::Newsletter];

/// The most texts of one call, which are in memory at once.
pub const BATCH: usize = 32;

/// Returns up to [`BATCH`] texts of one kind with these ids, by id. Other kinds have no texts.
pub async fn texts(db: &Db, kind: LogSubject, ids: RangeInclusive<i64>) -> Result<Vec<Text>> {
    const CHALLENGES: &str =
        "SELECT id, title, summary AS lead, statement AS body, released_at AS at FROM challenges
        WHERE id BETWEEN $2 AND $3 AND is_draft = 0 AND released_at <= $1 AND deleted_at IS NULL AND competition_id IS NULL
        ORDER BY id LIMIT $4";
    const ARTICLES: &str = "SELECT id, title, teaser AS lead, body, published_at AS at FROM articles
        WHERE id BETWEEN $2 AND $3 AND published_at <= $1 AND deleted_at IS NULL ORDER BY id LIMIT $4";
    const NEWSLETTERS: &str = "SELECT n.id, n.title, n.summary AS lead, n.body, n.published_at AS at
        FROM newsletters n LEFT JOIN files f ON f.id = n.file_id
        WHERE n.id BETWEEN $2 AND $3 AND n.published_at <= $1 AND n.deleted_at IS NULL
            AND (n.body <> '' OR f.id IS NOT NULL AND f.quarantined_at IS NULL)
        ORDER BY n.id LIMIT $4";
    let sql = match kind {
        LogSubject::Challenge => CHALLENGES,
        LogSubject::Article => ARTICLES,
        LogSubject::Newsletter => NEWSLETTERS,
        _ => return Ok(Vec::new()),
    };
    let (first, last) = ids.into_inner();
    Ok(on!(db, pool => {
        sqlx::query_as(sql).bind(now()).bind(first).bind(last).bind(BATCH as i64).fetch_all(pool).await
    })?)
}
