//! Newsletters of the society: each is a text, a PDF, or both.
//!
//! Readers see a newsletter if it is published and has content: a text, or a file that the scanner
//! has passed.

use palisade::upload::UploadId;

use super::admin_log::{Action, Actor, record};
use super::files::{named_in, note};
use super::paged::{PER_PAGE, PagePosition};
use super::versions::{Saved, unsaved};
use super::{Db, Paged, Result, on, paged};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::domain::title::Title;

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Newsletter {
    /// The number in its URL.
    pub id: i64,
    /// The title, plain text.
    pub title: String,
    /// The summary, plain text with formulas.
    pub summary: String,
    /// The body, rich text; empty if the newsletter is a file only.
    pub body: String,
    /// Unix seconds.
    pub published_at: i64,
    #[sqlx(flatten)]
    pub file: File,
}

/// The file of a newsletter. All fields are empty if it has no file.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct File {
    pub file_id: Option<String>,
    pub file_name: Option<String>,
    pub file_bytes: Option<i64>,
    /// `true` while the file is in quarantine.
    pub file_waits: bool,
}

/// The content of a new or changed newsletter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNewsletter {
    /// The title, plain text.
    pub title: Title,
    /// The summary, plain text with formulas.
    pub summary: String,
    /// The body, rich text; empty if the newsletter is a file only.
    pub body: String,
    /// The time from which readers see it; Unix seconds.
    pub published_at: i64,
}

macro_rules! with_files {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM newsletters n LEFT JOIN files f ON f.id = n.file_id WHERE n.deleted_at IS NULL",
            $rest
        )
    };
}

macro_rules! select {
    ($rest:literal) => {
        with_files!(
            "n.id, n.title, n.summary, n.body, n.published_at, f.id AS file_id, f.name AS file_name,
                f.size AS file_bytes, f.quarantined_at IS NOT NULL AS file_waits",
            $rest
        )
    };
}

/// Returns a page of ten newsletters that readers may see, newest first.
pub async fn page(db: &Db, page: u32) -> Result<Paged<Newsletter>> {
    const COUNT: &str = with_files!(
        "count(*)",
        " AND n.published_at <= $1 AND (n.body <> '' OR f.id IS NOT NULL AND f.quarantined_at IS NULL)"
    );
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(now()).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let items = published(db, PER_PAGE, position.offset()).await?;
    Ok(position.with(items))
}

/// Returns the newest newsletter that readers may see.
pub async fn latest(db: &Db) -> Result<Option<Newsletter>> {
    Ok(published(db, 1, 0).await?.pop())
}

async fn published(db: &Db, count: i64, offset: i64) -> Result<Vec<Newsletter>> {
    const LIST: &str = select!(
        " AND n.published_at <= $1 AND (n.body <> '' OR f.id IS NOT NULL AND f.quarantined_at IS NULL)
        ORDER BY n.published_at DESC, n.id DESC LIMIT $2 OFFSET $3"
    );
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(now()).bind(count).bind(offset).fetch_all(pool).await)?)
}

/// Returns a newsletter if readers may see it.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<Newsletter>> {
    const ONE: &str = select!(
        " AND n.published_at <= $1 AND (n.body <> '' OR f.id IS NOT NULL AND f.quarantined_at IS NULL)
        AND n.id = $2"
    );
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(now()).bind(id).fetch_optional(pool).await)?)
}

/// Returns a page of ten of all newsletters, newest first, for admins.
pub async fn all(db: &Db, page: u32) -> Result<Paged<Newsletter>> {
    const COUNT: &str = "SELECT count(*) FROM newsletters WHERE deleted_at IS NULL";
    const LIST: &str = select!(" ORDER BY n.published_at DESC, n.id DESC LIMIT $1 OFFSET $2");
    paged::whole(db, page, COUNT, LIST).await
}

/// Returns a newsletter even if readers may not see it, for admins.
pub async fn any(db: &Db, id: i64) -> Result<Option<Newsletter>> {
    const ONE: &str = select!(" AND n.id = $1");
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?)
}

/// Creates a newsletter and returns its id.
///
/// # Errors
/// Fails if the file does not exist.
pub async fn create(db: &Db, by: &Actor, new: &NewNewsletter, file: Option<UploadId>) -> Result<i64> {
    const INSERT: &str = "INSERT INTO newsletters (title, summary, body, published_at, file_id)
        VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let (title, file) = (new.title.as_str(), file.map(|file| file.to_string()));
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let insert = sqlx::query_scalar(INSERT).bind(title).bind(&new.summary).bind(&new.body);
        let id: i64 = insert.bind(new.published_at).bind(&file).fetch_one(&mut *tx).await?;
        note!(tx, LogSubject::Newsletter, id, &shown_by(new, file.as_deref()));
        record!(tx, by, Action::Created, LogSubject::Newsletter, id, title, "");
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes this version of a newsletter, and replaces its file if `file` is given.
///
/// # Errors
/// Fails if the file does not exist.
pub async fn change(
    db: &Db,
    by: &Actor,
    id: i64,
    version: i64,
    new: &NewNewsletter,
    file: Option<UploadId>,
) -> Result<Saved> {
    const CHANGE: &str = "UPDATE newsletters
        SET title = $2, summary = $3, body = $4, published_at = $5, file_id = COALESCE($6, file_id), version = version + 1
        WHERE id = $1 AND version = $7 AND deleted_at IS NULL RETURNING file_id";
    let (title, file) = (new.title.as_str(), file.map(|file| file.to_string()));
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query_scalar(CHANGE).bind(id).bind(title).bind(&new.summary).bind(&new.body);
        let change = change.bind(new.published_at).bind(&file).bind(version);
        let changed: Option<Option<String>> = change.fetch_optional(&mut *tx).await?;
        if let Some(has) = changed {
            note!(tx, LogSubject::Newsletter, id, &shown_by(new, has.as_deref()));
            let detail = if file.is_some() { "with another PDF" } else { "" };
            record!(tx, by, Action::Changed, LogSubject::Newsletter, id, title, detail);
            tx.commit().await?;
            return Ok(Saved::Done);
        }
    });
    unsaved(db, LogSubject::Newsletter, id).await
}

/// Returns the ids of all files that the newsletter shows: pictures in its text, and its own file.
fn shown_by(new: &NewNewsletter, file: Option<&str>) -> Vec<String> {
    let texts = [&new.summary, &new.body];
    let pictures = texts.into_iter().flat_map(|text| named_in(text)).map(|id| id.to_string());
    pictures.chain(file.map(ToOwned::to_owned)).collect()
}
