//! What admins change in other people's accounts, one or many together: all of it, or nothing, and a line in the log for each.

use palisade::password::PasswordHash;

use super::{CreateError, INSERT, NewUser, User};
use crate::db::admin_log::{Action, Actor, record};
use crate::db::{Db, DbError, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::domain::person::{FullName, Year};

/// What is said of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The name.
    pub full_name: FullName,
    /// The school, if they belong to one.
    pub school_id: Option<i64>,
    /// The year, if they go to school.
    pub year: Option<Year>,
}

/// Something that is done to several accounts, or to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They belong to this school from now on, or to none.
    Move(Option<i64>),
    /// They are a year further on; who was in the last one has left school. It leaves out who has no year.
    NextYear,
    /// All their sessions end, with remembered browsers and links.
    LogOut,
    /// Their addresses are taken to be theirs.
    Verify,
    /// They log in by password alone, and are logged out.
    RemoveFactor,
}

impl Change {
    fn action(self) -> Action {
        match self {
            Self::Move(_) | Self::NextYear => Action::Changed,
            Self::LogOut => Action::LoggedOut,
            Self::Verify => Action::Verified,
            Self::RemoveFactor => Action::RemovedFactor,
        }
    }

    /// The statement for one account, which says its name and, where it has changed, its year.
    fn sql(self) -> &'static str {
        match self {
            Self::Move(_) => {
                "UPDATE users SET school_id = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING full_name, year"
            }
            Self::NextYear => {
                "UPDATE users SET year = CASE WHEN year < 13 THEN year + 1 END
                    WHERE id = $1 AND deleted_at IS NULL AND year IS NOT NULL RETURNING full_name, year"
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

    /// What the statement is given besides the account.
    fn value(self) -> Option<Option<i64>> {
        match self {
            Self::Move(school) => Some(school),
            Self::Verify => Some(Some(now())),
            Self::NextYear | Self::LogOut | Self::RemoveFactor => None,
        }
    }
}

/// Does it to these accounts, all in one transaction; how many it concerned. One that is gone is left out.
///
/// # Errors
/// When there is no such school, or the database gives no answer.
pub async fn change_all(
    db: &Db,
    by: &Actor,
    ids: &[i64],
    change: Change,
) -> std::result::Result<usize, ChangeError> {
    const SCHOOL: &str = "SELECT name FROM schools WHERE id = $1 AND deleted_at IS NULL";
    const FORGET_CODES: &str = "DELETE FROM recovery_codes WHERE user_id = $1";
    // Always in one order, so that no two wait for each other.
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut done = 0;
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
            let query = match change.value() {
                Some(value) => query.bind(value),
                None => query,
            };
            let row: Option<(String, Option<i64>)> = query.fetch_optional(&mut *tx).await?;
            let Some((name, year)) = row else { continue };
            if change == Change::RemoveFactor {
                sqlx::query(FORGET_CODES).bind(id).execute(&mut *tx).await?;
            }
            let detail = match (change, &school, year) {
                (Change::NextYear, _, Some(year)) => format!("year {year}"),
                (Change::NextYear, _, None) => "no year".to_owned(),
                (_, Some(school), _) => school.clone(),
                _ => String::new(),
            };
            record!(tx, by, change.action(), LogSubject::User, id, name, detail);
            done += 1;
        }
        tx.commit().await?;
    });
    Ok(done)
}

/// Changes name, school and year of one account; `false` when it is gone.
///
/// # Errors
/// When there is no such school, or the database gives no answer.
pub async fn change(db: &Db, by: &Actor, id: i64, new: &Details) -> std::result::Result<bool, ChangeError> {
    const CHANGE: &str =
        "UPDATE users SET full_name = $2, school_id = $3, year = $4 WHERE id = $1 AND deleted_at IS NULL
            AND ($3 IS NULL OR EXISTS (SELECT 1 FROM schools s WHERE s.id = $3 AND s.deleted_at IS NULL))";
    const THERE: &str = "SELECT count(*) FROM users WHERE id = $1 AND deleted_at IS NULL";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(&new.full_name).bind(new.school_id).bind(new.year);
        if change.execute(&mut *tx).await?.rows_affected() == 0 {
            let there: i64 = sqlx::query_scalar(THERE).bind(id).fetch_one(&mut *tx).await?;
            return if there > 0 { Err(ChangeError::NoSchool) } else { Ok(false) };
        }
        record!(tx, by, Action::Changed, LogSubject::User, id, new.full_name.as_str(), "");
        tx.commit().await?;
        Ok(true)
    })
}

/// Notes that somebody gets a letter with a link; the name, unless the account is gone.
///
/// # Errors
/// When the database gives no answer.
pub async fn note_link(db: &Db, by: &Actor, user: &User) -> Result<()> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        record!(tx, by, Action::SentLink, LogSubject::User, user.id, user.full_name.as_str(), "");
        tx.commit().await?;
    });
    Ok(())
}

/// Makes accounts without a password, all of them or none.
///
/// # Errors
/// When one of the addresses has an account, or the database gives no answer.
pub async fn create_all(
    db: &Db,
    by: &Actor,
    action: Action,
    new: &[NewUser],
) -> std::result::Result<Vec<User>, CreateError> {
    let now = now();
    let mut made = Vec::with_capacity(new.len());
    let done: std::result::Result<(), sqlx::Error> = on!(db, pool => {
        async {
            let mut tx = pool.begin().await?;
            for new in new {
                let insert = sqlx::query_as(INSERT).bind(new.email.as_str()).bind(new.email.key());
                let insert = insert.bind(&new.full_name).bind(new.role).bind(new.school_id).bind(new.year);
                let insert = insert.bind(new.email_is_verified.then_some(now)).bind(now);
                let no_password = None::<&PasswordHash>.map(PasswordHash::as_str);
                let user: User = insert.bind(no_password).fetch_one(&mut *tx).await?;
                record!(tx, by, action, LogSubject::User, user.id, user.full_name.as_str(), "");
                made.push(user);
            }
            tx.commit().await
        }
        .await
    });
    done.map_err(CreateError::of_insert)?;
    Ok(made)
}

/// Why accounts are not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The school is gone.
    #[error("There is no such school. Choose another.")]
    NoSchool,
    /// The database gave no answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
