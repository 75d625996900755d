//! Schools, and the e-mail domains of their pupils.

use super::admin_log::{Action, Actor, record};
use super::paged::{PER_PAGE, PagePosition};
use super::versions::{Saved, unsaved};
use super::{Db, DbError, Paged, Result, is_taken, on};
use crate::domain::email::{EmailAddress, EmailDomain};
use crate::domain::log_subject::LogSubject;
pub use crate::domain::school::School;
use crate::domain::title::Title;

/// The content of a new or changed school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchool {
    pub name: Title,
    /// The domain of its pupils' addresses.
    pub email_domain: Option<EmailDomain>,
}

/// Creates a school and returns its id.
///
/// # Errors
/// Fails if another school has the name or the domain.
pub async fn create(db: &Db, by: &Actor, new: &NewSchool) -> std::result::Result<i64, SchoolError> {
    const INSERT: &str = "INSERT INTO schools (name, email_domain) VALUES ($1, $2) RETURNING id";
    let (name, domain) = (new.name.as_str(), new.email_domain.as_ref().map(EmailDomain::as_str));
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let id: i64 = sqlx::query_scalar(INSERT).bind(name).bind(domain).fetch_one(&mut *tx).await?;
        record!(tx, by, Action::Created, LogSubject::School, id, name, domain.unwrap_or_default());
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes this version of a school.
///
/// # Errors
/// Fails if another school has the name or the domain.
pub async fn change(
    db: &Db,
    by: &Actor,
    id: i64,
    version: i64,
    new: &NewSchool,
) -> std::result::Result<Saved, SchoolError> {
    const CHANGE: &str = "UPDATE schools SET name = $2, email_domain = $3, version = version + 1
        WHERE id = $1 AND version = $4 AND deleted_at IS NULL";
    let (name, domain) = (new.name.as_str(), new.email_domain.as_ref().map(EmailDomain::as_str));
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(name).bind(domain);
        let there = change.bind(version).execute(&mut *tx).await?.rows_affected() > 0;
        if there {
            record!(tx, by, Action::Changed, LogSubject::School, id, name, domain.unwrap_or_default());
            tx.commit().await?;
            return Ok(Saved::Done);
        }
    });
    Ok(unsaved(db, LogSubject::School, id).await?)
}

/// Returns all schools by name.
pub async fn all(db: &Db) -> Result<Vec<School>> {
    const ALL: &str =
        "SELECT id, name, email_domain FROM schools WHERE deleted_at IS NULL ORDER BY lower(name), id";
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Returns a page of ten schools by name.
pub async fn page(db: &Db, page: u32) -> Result<Paged<School>> {
    const COUNT: &str = "SELECT count(*) FROM schools WHERE deleted_at IS NULL";
    const LIST: &str = "SELECT id, name, email_domain FROM schools WHERE deleted_at IS NULL
        ORDER BY lower(name), id LIMIT $1 OFFSET $2";
    let total = on!(db, pool => sqlx::query_scalar(COUNT).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let rows: Vec<Row> = on!(db, pool => {
        sqlx::query_as(LIST).bind(PER_PAGE).bind(position.offset()).fetch_all(pool).await
    })?;
    Ok(position.with(rows.into_iter().map(Row::read).collect::<Result<_>>()?))
}

/// Returns the school with this id.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<School>> {
    const ONE: &str = "SELECT id, name, email_domain FROM schools WHERE id = $1 AND deleted_at IS NULL";
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    row.map(Row::read).transpose()
}

/// Returns the school of an address. The whole domain must match, not only its end.
pub async fn of_address(db: &Db, address: &EmailAddress) -> Result<Option<School>> {
    const ONE: &str =
        "SELECT id, name, email_domain FROM schools WHERE email_domain = $1 AND deleted_at IS NULL";
    let domain = address.domain().to_ascii_lowercase();
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(domain).fetch_optional(pool).await)?;
    row.map(Row::read).transpose()
}

/// An error of a new or changed school.
#[derive(Debug, thiserror::Error)]
pub enum SchoolError {
    /// Another school has the name or the domain.
    #[error("There is a school with this name or this e-mail domain already.")]
    Taken,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for SchoolError {
    fn from(error: sqlx::Error) -> Self {
        if is_taken(&error) { Self::Taken } else { Self::Db(error.into()) }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    email_domain: Option<String>,
}

impl Row {
    fn read(self) -> Result<School> {
        let domain = self.email_domain.map(EmailDomain::try_from).transpose();
        let email_domain = domain.map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(School { id: self.id, name: self.name, email_domain })
    }
}
