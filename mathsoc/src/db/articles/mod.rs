//! Articles: what members write about mathematics.
//!
//! Only what has been published is ever given out: one that is dated ahead waits for its day.

pub mod edit;

use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::clock::now;

/// What a list shows of an article.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ArticleSummary {
    /// The number in its address.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// One or two sentences that make one read on.
    pub teaser: String,
    /// Unix seconds.
    pub published_at: i64,
}

/// An article with all that its page shows.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Article {
    /// The number in its address.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// One or two sentences that make one read on.
    pub teaser: String,
    /// The text itself.
    pub body: String,
    /// Unix seconds.
    pub published_at: i64,
}

/// The newest published articles, newest first.
///
/// # Errors
/// When the database gives no answer.
pub async fn latest(db: &Db, count: u32) -> Result<Vec<ArticleSummary>> {
    published(db, i64::from(count), 0).await
}

/// A page of ten published articles, newest first.
///
/// # Errors
/// When the database gives no answer.
pub async fn page(db: &Db, page: u32) -> Result<Paged<ArticleSummary>> {
    const COUNT: &str = "SELECT count(*) FROM articles WHERE published_at <= $1 AND deleted_at IS NULL";
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(now()).fetch_one(pool).await)?;
    let place = PagePosition::new(page, total);
    let items = published(db, PER_PAGE, place.offset()).await?;
    Ok(place.with(items))
}

/// The article with this id, if it has been published.
///
/// # Errors
/// When the database gives no answer.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<Article>> {
    const ONE: &str = "SELECT id, title, author, teaser, body, published_at
        FROM articles WHERE id = $1 AND published_at <= $2 AND deleted_at IS NULL";
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).bind(now()).fetch_optional(pool).await)?)
}

async fn published(db: &Db, count: i64, offset: i64) -> Result<Vec<ArticleSummary>> {
    const LIST: &str = "SELECT id, title, author, teaser, published_at FROM articles
        WHERE published_at <= $1 AND deleted_at IS NULL ORDER BY published_at DESC, id DESC LIMIT $2 OFFSET $3";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(now()).bind(count).bind(offset).fetch_all(pool).await)?)
}
