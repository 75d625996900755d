//! Schools, and by which e-mail domain their pupils are known.

use super::{Db, DbError, Result, is_taken, on};
use crate::email::{EmailAddress, EmailDomain};

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct School {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What stands after the `@` in its pupils' addresses; nothing: they are let in by an admin.
    pub email_domain: Option<EmailDomain>,
}

/// Adds a school.
///
/// # Errors
/// When there is one of this name or with this domain, or the database gives no answer.
pub async fn create(
    db: &Db,
    name: &str,
    email_domain: Option<&EmailDomain>,
) -> std::result::Result<School, SchoolError> {
    const INSERT: &str = "INSERT INTO schools (name, email_domain) VALUES ($1, $2) RETURNING id";
    let domain = email_domain.map(EmailDomain::as_str);
    let id = on!(db, pool => sqlx::query_scalar(INSERT).bind(name).bind(domain).fetch_one(pool).await);
    let id = id.map_err(SchoolError::of_insert)?;
    Ok(School { id, name: name.to_owned(), email_domain: email_domain.cloned() })
}

/// All schools, by name.
///
/// # Errors
/// When the database gives no answer.
pub async fn all(db: &Db) -> Result<Vec<School>> {
    const ALL: &str = "SELECT id, name, email_domain FROM schools ORDER BY lower(name), id";
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The school with this id.
///
/// # Errors
/// When the database gives no answer.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<School>> {
    const ONE: &str = "SELECT id, name, email_domain FROM schools WHERE id = $1";
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    row.map(Row::read).transpose()
}

/// The school whose domain is that of the address: all of it, and not just the end.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_address(db: &Db, address: &EmailAddress) -> Result<Option<School>> {
    const ONE: &str = "SELECT id, name, email_domain FROM schools WHERE email_domain = $1";
    let domain = address.domain().to_ascii_lowercase();
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(domain).fetch_optional(pool).await)?;
    row.map(Row::read).transpose()
}

/// Removes a school that nobody belongs to; `false` when there is none with this id.
///
/// # Errors
/// When somebody belongs to it, or the database gives no answer.
pub async fn delete(db: &Db, id: i64) -> std::result::Result<bool, SchoolError> {
    const DELETE: &str = "DELETE FROM schools WHERE id = $1";
    let done = on!(db, pool => sqlx::query(DELETE).bind(id).execute(pool).await.map(|it| it.rows_affected()));
    match done {
        Ok(rows) => Ok(rows > 0),
        Err(error) if error.as_database_error().is_some_and(|it| it.is_foreign_key_violation()) => {
            Err(SchoolError::InUse)
        }
        Err(error) => Err(DbError::from(error).into()),
    }
}

/// Why a school cannot be added or removed.
#[derive(Debug, thiserror::Error)]
pub enum SchoolError {
    /// Another has the name or the domain.
    #[error("There is a school with this name or this e-mail domain already.")]
    Taken,
    /// Somebody belongs to it.
    #[error("Somebody belongs to this school. Move its pupils first.")]
    InUse,
    /// The database gave no answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl SchoolError {
    fn of_insert(error: sqlx::Error) -> Self {
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
