//! Changes that admins make to accounts. Each change runs in one transaction and writes a line to
//! the audit log for each account.

use palisade::password::PasswordHash;

use super::{CreateError, DELETE_UNCLAIMED, INSERT, NewUser, User};
use crate::db::admin_log::{Action, Actor, record};
use crate::db::versions::Saved;
use crate::db::{Db, DbError, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::domain::person::{FullName, Year};

/// The editable details of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    pub full_name: FullName,
    pub school_id: Option<i64>,
    pub year: Option<Year>,
}

/// The minimum time between two moves of a pupil to the next year, in seconds: half a year. A school does it once, in
/// the summer or in the first weeks of September.
pub const YEAR_PAUSE: i64 = 183 * 24 * 60 * 60;

/// A change to one or more accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Moves the accounts to this school, or to none.
    Move(Option<i64>),
    /// Moves pupils to the next year; year 13 becomes no year. Skips accounts without a year, and
    /// those that were moved in the last [`YEAR_PAUSE`].
    NextYear,
    /// Takes [`NextYear`](Self::NextYear) back, within [`YEAR_PAUSE`].
    YearBack,
    /// Ends all sessions, remembered browsers and links.
    LogOut,
    /// Accepts the e-mail addresses without a letter.
    Verify,
    /// Removes the second factor and ends all sessions.
    RemoveFactor,
}

impl Change {
    fn action(self) -> Action {
        match self {
            Self::Move(_) | Self::NextYear | Self::YearBack => Action::Changed,
            Self::LogOut => Action::LoggedOut,
            Self::Verify => Action::Verified,
            Self::RemoveFactor => Action::RemovedFactor,
        }
    }

    /// Returns the statement for one account, which returns the name and the year.
    fn sql(self) -> &'static str {
        match self {
            Self::Move(_) => {
                "UPDATE users SET school_id = $2, version = version + 1 WHERE id = $1 AND deleted_at IS NULL RETURNING full_name, year"
            }
            Self::NextYear => {
                "UPDATE users SET year = CASE WHEN year < 13 THEN year + 1 END, moved_up_at = $2, version = version + 1
                    WHERE id = $1 AND deleted_at IS NULL AND year IS NOT NULL AND (moved_up_at IS NULL OR moved_up_at < $3)
                    RETURNING full_name, year"
            }
            Self::YearBack => {
                "UPDATE users SET year = CASE WHEN year IS NULL THEN 13 ELSE year - 1 END, moved_up_at = NULL, version = version + 1
                    WHERE id = $1 AND deleted_at IS NULL AND (year IS NULL OR year > 7) AND moved_up_at >= $2
                    RETURNING full_name, year"
            }
            Self::LogOut => {
                "UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND deleted_at IS NULL RETURNING full_name, year"
            }
            Self::Verify => {
                "UPDATE users SET email_verified_at = $2
                    WHERE id = $1 AND deleted_at IS NULL AND email_verified_at IS NULL RETURNING full_name, year"
            }
            Self::RemoveFactor => {
                "UPDATE users SET totp_secret = NULL, totp_last_step = NULL, epoch = epoch + 1
                    WHERE id = $1 AND deleted_at IS NULL AND totp_secret IS NOT NULL RETURNING full_name, year"
            }
        }
    }

    /// Returns the statement's parameters after the account.
    fn values(self) -> Vec<Option<i64>> {
        match self {
            Self::Move(school) => vec![school],
            Self::NextYear => vec![Some(now()), Some(now() - YEAR_PAUSE)],
            Self::YearBack => vec![Some(now() - YEAR_PAUSE)],
            Self::Verify => vec![Some(now())],
            Self::LogOut | Self::RemoveFactor => Vec::new(),
        }
    }
}

/// Applies a change to accounts in one transaction and returns the number of changed accounts.
/// Skips accounts that do not exist.
///
/// # Errors
/// Fails if the school does not exist.
pub async fn change_all(
    db: &Db,
    by: &Actor,
    ids: &[i64],
    change: Change,
) -> std::result::Result<usize, ChangeError> {
    const SCHOOL: &str = "SELECT name FROM schools WHERE id = $1 AND deleted_at IS NULL";
    const DELETE_CODES: &str = "DELETE FROM recovery_codes WHERE user_id = $1";
    // Always locks rows in ascending order, so that two transactions cannot deadlock.
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut changed = 0;
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let school: Option<String> = match change {
            Change::Move(Some(school)) => {
                let name = sqlx::query_scalar(SCHOOL).bind(school).fetch_optional(&mut *tx).await?;
                Some(name.ok_or(ChangeError::NoSchool)?)
            }
            Change::Move(None) => Some("no school".to_owned()),
            _ => None,
        };
        for id in ids {
            let query = sqlx::query_as(change.sql()).bind(id);
            let query = change.values().into_iter().fold(query, |query, value| query.bind(value));
            let row: Option<(String, Option<i64>)> = query.fetch_optional(&mut *tx).await?;
            let Some((name, year)) = row else { continue };
            if change == Change::RemoveFactor {
                sqlx::query(DELETE_CODES).bind(id).execute(&mut *tx).await?;
            }
            let detail = match (change, &school, year) {
                (Change::NextYear | Change::YearBack, _, Some(year)) => format!("year {year}"),
                (Change::NextYear | Change::YearBack, _, None) => "no year".to_owned(),
                (_, Some(school), _) => school.clone(),
                _ => String::new(),
            };
            record!(tx, by, change.action(), LogSubject::User, id, name, detail);
            changed += 1;
        }
        tx.commit().await?;
    });
    Ok(changed)
}

/// Changes name, school and year of this version of an account.
///
/// # Errors
/// Fails if the school does not exist.
pub async fn change(
    db: &Db,
    by: &Actor,
    id: i64,
    version: i64,
    new: &Details,
) -> std::result::Result<Saved, ChangeError> {
    const CHANGE: &str =
        "UPDATE users SET full_name = $2, school_id = $3, year = $4, version = version + 1
            WHERE id = $1 AND version = $5 AND deleted_at IS NULL AND ($3 IS NULL OR EXISTS (SELECT 1 FROM schools s WHERE s.id = $3 AND s.deleted_at IS NULL))";
    const VERSION: &str = "SELECT version FROM users WHERE id = $1 AND deleted_at IS NULL";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(&new.full_name).bind(new.school_id).bind(new.year);
        if change.bind(version).execute(&mut *tx).await?.rows_affected() == 0 {
            let existing: Option<i64> = sqlx::query_scalar(VERSION).bind(id).fetch_optional(&mut *tx).await?;
            return match existing {
                None => Ok(Saved::Missing),
                Some(existing) if existing != version => Ok(Saved::Conflict),
                Some(_) => Err(ChangeError::NoSchool),
            };
        }
        record!(tx, by, Action::Changed, LogSubject::User, id, new.full_name.as_str(), "");
        tx.commit().await?;
        Ok(Saved::Done)
    })
}

/// Records that an admin sent a letter with a link to this user.
pub async fn note_link(db: &Db, by: &Actor, user: &User) -> Result<()> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        record!(tx, by, Action::SentLink, LogSubject::User, user.id, user.full_name.as_str(), "");
        tx.commit().await?;
    });
    Ok(())
}

/// Creates accounts without a password, all of them or none.
///
/// # Errors
/// Fails if one of the addresses already has an account.
pub async fn create_all(
    db: &Db,
    by: &Actor,
    action: Action,
    new: &[NewUser],
) -> std::result::Result<Vec<User>, CreateError> {
    let now = now();
    let mut users = Vec::with_capacity(new.len());
    let done: std::result::Result<(), sqlx::Error> = on!(db, pool => {
        async {
            let mut tx = pool.begin().await?;
            for new in new {
                sqlx::query(DELETE_UNCLAIMED).bind(new.email.key()).execute(&mut *tx).await?;
                let insert = sqlx::query_as(INSERT).bind(new.email.as_str()).bind(new.email.key());
                let insert = insert.bind(&new.full_name).bind(new.role).bind(new.school_id).bind(new.year);
                let insert = insert.bind(new.email_is_verified.then_some(now)).bind(now);
                let no_password = None::<&PasswordHash>.map(PasswordHash::as_str);
                let user: User = insert.bind(no_password).fetch_one(&mut *tx).await?;
                record!(tx, by, action, LogSubject::User, user.id, user.full_name.as_str(), "");
                users.push(user);
            }
            tx.commit().await
        }
        .await
    });
    done.map_err(CreateError::of_insert)?;
    Ok(users)
}

/// An error of a change to accounts.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The school does not exist.
    #[error("There is no such school. Choose another.")]
    NoSchool,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
