//! Schools, and by which e-mail domain their pupils are known.

use super::admin_log::{Action, Actor, record};
use super::paged::{PER_PAGE, PagePosition};
use super::{Db, DbError, Paged, Result, is_taken, on};
use crate::domain::email::{EmailAddress, EmailDomain};
use crate::domain::log_subject::LogSubject;
pub use crate::domain::school::School;
use crate::domain::title::Title;

/// What a school is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchool {
    /// Its name.
    pub name: Title,
    /// What stands after the `@` in its pupils' addresses.
    pub email_domain: Option<EmailDomain>,
}

/// Adds a school; its number.
///
/// # Errors
/// When there is one of this name or with this domain, or the database gives no answer.
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

/// Changes a school; `false` when there is none with this number.
///
/// # Errors
/// When there is another of this name or with this domain, or the database gives no answer.
pub async fn change(db: &Db, by: &Actor, id: i64, new: &NewSchool) -> std::result::Result<bool, SchoolError> {
    const CHANGE: &str =
        "UPDATE schools SET name = $2, email_domain = $3 WHERE id = $1 AND deleted_at IS NULL";
    let (name, domain) = (new.name.as_str(), new.email_domain.as_ref().map(EmailDomain::as_str));
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(name).bind(domain);
        let there = change.execute(&mut *tx).await?.rows_affected() > 0;
        if there {
            record!(tx, by, Action::Changed, LogSubject::School, id, name, domain.unwrap_or_default());
            tx.commit().await?;
        }
        Ok(there)
    })
}

/// All schools, by name.
///
/// # Errors
/// When the database gives no answer.
pub async fn all(db: &Db) -> Result<Vec<School>> {
    const ALL: &str =
        "SELECT id, name, email_domain FROM schools WHERE deleted_at IS NULL ORDER BY lower(name), id";
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// A page of ten schools, by name.
///
/// # Errors
/// When the database gives no answer.
pub async fn page(db: &Db, page: u32) -> Result<Paged<School>> {
    const COUNT: &str = "SELECT count(*) FROM schools WHERE deleted_at IS NULL";
    const LIST: &str = "SELECT id, name, email_domain FROM schools WHERE deleted_at IS NULL
        ORDER BY lower(name), id LIMIT $1 OFFSET $2";
    let total = on!(db, pool => sqlx::query_scalar(COUNT).fetch_one(pool).await)?;
    let place = PagePosition::new(page, total);
    let rows: Vec<Row> = on!(db, pool => {
        sqlx::query_as(LIST).bind(PER_PAGE).bind(place.offset()).fetch_all(pool).await
    })?;
    Ok(place.with(rows.into_iter().map(Row::read).collect::<Result<_>>()?))
}

/// The school with this id.
///
/// # Errors
/// When the database gives no answer.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<School>> {
    const ONE: &str = "SELECT id, name, email_domain FROM schools WHERE id = $1 AND deleted_at IS NULL";
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    row.map(Row::read).transpose()
}

/// The school whose domain is that of the address: all of it, and not just the end.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_address(db: &Db, address: &EmailAddress) -> Result<Option<School>> {
    const ONE: &str =
        "SELECT id, name, email_domain FROM schools WHERE email_domain = $1 AND deleted_at IS NULL";
    let domain = address.domain().to_ascii_lowercase();
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(domain).fetch_optional(pool).await)?;
    row.map(Row::read).transpose()
}

/// Why a school cannot be added or changed.
#[derive(Debug, thiserror::Error)]
pub enum SchoolError {
    /// Another has the name or the domain.
    #[error("There is a school with this name or this e-mail domain already.")]
    Taken,
    /// The database gave no answer.
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
