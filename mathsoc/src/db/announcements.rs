//! Announcements on the front page.

use super::admin_log::{Action, Actor, record};
use super::versions::{Saved, unsaved};
use super::{Db, Paged, Result, on, paged};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::domain::title::Title;

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Announcement {
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    /// The body, plain text with formulas.
    pub body: String,
    /// Unix seconds.
    pub published_at: i64,
}

/// Returns the newest announcement that is published.
pub async fn latest(db: &Db) -> Result<Option<Announcement>> {
    const NEWEST: &str = "SELECT id, title, body, published_at FROM announcements
        WHERE published_at <= $1 AND deleted_at IS NULL ORDER BY published_at DESC, id DESC LIMIT 1";
    Ok(on!(db, pool => sqlx::query_as(NEWEST).bind(now()).fetch_optional(pool).await)?)
}

/// The content of a new or changed announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnnouncement {
    /// The title, plain text.
    pub title: Title,
    /// The body, plain text with formulas.
    pub body: String,
    /// The time from which it is shown; Unix seconds.
    pub published_at: i64,
}

/// Returns a page of ten of all announcements, including future ones, newest first.
pub async fn all(db: &Db, page: u32) -> Result<Paged<Announcement>> {
    const COUNT: &str = "SELECT count(*) FROM announcements WHERE deleted_at IS NULL";
    const LIST: &str = "SELECT id, title, body, published_at FROM announcements
        WHERE deleted_at IS NULL ORDER BY published_at DESC, id DESC LIMIT $1 OFFSET $2";
    paged::whole(db, page, COUNT, LIST).await
}

/// Returns an announcement, even if it is not published yet.
pub async fn any(db: &Db, id: i64) -> Result<Option<Announcement>> {
    const ONE: &str =
        "SELECT id, title, body, published_at FROM announcements WHERE id = $1 AND deleted_at IS NULL";
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?)
}

/// Creates an announcement and returns its id.
pub async fn create(db: &Db, by: &Actor, new: &NewAnnouncement) -> Result<i64> {
    const INSERT: &str =
        "INSERT INTO announcements (title, body, published_at) VALUES ($1, $2, $3) RETURNING id";
    let title = new.title.as_str();
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let insert = sqlx::query_scalar(INSERT).bind(title).bind(&new.body).bind(new.published_at);
        let id: i64 = insert.fetch_one(&mut *tx).await?;
        record!(tx, by, Action::Created, LogSubject::Announcement, id, title, "");
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes this version of an announcement.
pub async fn change(db: &Db, by: &Actor, id: i64, version: i64, new: &NewAnnouncement) -> Result<Saved> {
    const CHANGE: &str =
        "UPDATE announcements SET title = $2, body = $3, published_at = $4, version = version + 1
        WHERE id = $1 AND version = $5 AND deleted_at IS NULL";
    let title = new.title.as_str();
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(title).bind(&new.body).bind(new.published_at);
        let there = change.bind(version).execute(&mut *tx).await?.rows_affected() > 0;
        if there {
            record!(tx, by, Action::Changed, LogSubject::Announcement, id, title, "");
            tx.commit().await?;
            return Ok(Saved::Done);
        }
    });
    unsaved(db, LogSubject::Announcement, id).await
}
