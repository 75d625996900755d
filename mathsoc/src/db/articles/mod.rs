//! Articles about mathematics by members.
//!
//! Readers see published articles only: one with a later date waits for that time.

pub mod edit;

use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::clock::now;

/// An article in a list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ArticleSummary {
    /// The number in its URL.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    pub author: String,
    /// One or two sentences that introduce the article.
    pub teaser: String,
    /// Unix seconds.
    pub published_at: i64,
}

/// An article with all that its page shows.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Article {
    /// The number in its URL.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    pub author: String,
    /// One or two sentences that introduce the article.
    pub teaser: String,
    /// The body, rich text.
    pub body: String,
    /// Unix seconds.
    pub published_at: i64,
}

/// Returns the newest published articles, newest first.
pub async fn latest(db: &Db, count: u32) -> Result<Vec<ArticleSummary>> {
    published(db, i64::from(count), 0).await
}

/// Returns a page of ten published articles, newest first.
pub async fn page(db: &Db, page: u32) -> Result<Paged<ArticleSummary>> {
    const COUNT: &str = "SELECT count(*) FROM articles WHERE published_at <= $1 AND deleted_at IS NULL";
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(now()).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let items = published(db, PER_PAGE, position.offset()).await?;
    Ok(position.with(items))
}

/// Returns a published article.
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
