//! Articles for admins, including unpublished ones.

use super::{Article, ArticleSummary};
use crate::db::admin_log::{Action, Actor, record};
use crate::db::files::note_uses;
use crate::db::paged;
use crate::db::versions::{Saved, unsaved};
use crate::db::{Db, Paged, Result, on};
use crate::domain::log_subject::LogSubject;
use crate::domain::title::Title;

/// The content of a new or changed article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub title: Title,
    pub author: Title,
    /// One or two sentences, plain text with formulas.
    pub teaser: String,
    /// The body, rich text.
    pub body: String,
    /// The time from which readers see it; Unix seconds.
    pub published_at: i64,
}

/// Returns a page of ten of all articles, newest first.
pub async fn all(db: &Db, page: u32) -> Result<Paged<ArticleSummary>> {
    const COUNT: &str = "SELECT count(*) FROM articles WHERE deleted_at IS NULL";
    const LIST: &str = "SELECT id, title, author, teaser, published_at FROM articles
        WHERE deleted_at IS NULL ORDER BY published_at DESC, id DESC LIMIT $1 OFFSET $2";
    paged::whole(db, page, COUNT, LIST).await
}

/// Returns an article, even if it is not published yet.
pub async fn any(db: &Db, id: i64) -> Result<Option<Article>> {
    const ONE: &str = "SELECT id, title, author, teaser, body, published_at
        FROM articles WHERE id = $1 AND deleted_at IS NULL";
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?)
}

/// Creates an article and returns its id.
pub async fn create(db: &Db, by: &Actor, new: &Draft) -> Result<i64> {
    const INSERT: &str = "INSERT INTO articles (title, author, teaser, body, published_at)
        VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let (title, author) = (new.title.as_str(), new.author.as_str());
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let insert = sqlx::query_scalar(INSERT).bind(title).bind(author).bind(&new.teaser).bind(&new.body);
        let id: i64 = insert.bind(new.published_at).fetch_one(&mut *tx).await?;
        note_uses!(tx, LogSubject::Article, id, &[&new.teaser, &new.body]);
        record!(tx, by, Action::Created, LogSubject::Article, id, title, "");
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes this version of an article.
pub async fn change(db: &Db, by: &Actor, id: i64, version: i64, new: &Draft) -> Result<Saved> {
    const CHANGE: &str =
        "UPDATE articles SET title = $2, author = $3, teaser = $4, body = $5, published_at = $6, version = version + 1
        WHERE id = $1 AND version = $7 AND deleted_at IS NULL";
    let (title, author) = (new.title.as_str(), new.author.as_str());
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(title).bind(author).bind(&new.teaser).bind(&new.body);
        let there = change.bind(new.published_at).bind(version).execute(&mut *tx).await?.rows_affected() > 0;
        if there {
            note_uses!(tx, LogSubject::Article, id, &[&new.teaser, &new.body]);
            record!(tx, by, Action::Changed, LogSubject::Article, id, title, "");
            tx.commit().await?;
            return Ok(Saved::Done);
        }
    });
    unsaved(db, LogSubject::Article, id).await
}
