//! User accounts.
//!
//! Each account has an *epoch*, a counter that is raised by every event that must end its
//! sessions, remembered browsers and links: a new password, another role. Anything issued for an
//! account stores the epoch, and is valid only while the account still has the same one.

pub mod edit;
pub mod list;
mod register;

use palisade::password::{PasswordHash, StoredCredential};

pub use self::register::register;
use super::admin_log::{Action, Actor, record};
use super::{Db, DbError, Result, board_versions, is_taken, on};
use crate::domain::clock::now;
use crate::domain::email::EmailAddress;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;
pub use crate::domain::person::NewUser;
use crate::domain::person::{FullName, Role, Year};

/// A user account.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct User {
    /// The id; it is never used for another account.
    pub id: i64,
    /// The e-mail address as it was typed.
    #[sqlx(try_from = "String")]
    pub email: EmailAddress,
    /// The name that pages show.
    pub full_name: FullName,
    pub role: Role,
    pub school_id: Option<i64>,
    /// The school year; `None` for adults.
    pub year: Option<Year>,
    /// The counter that invalidates sessions, remembered browsers and links.
    #[sqlx(try_from = "i64")]
    pub epoch: u64,
    /// The time at which the address was verified; Unix seconds.
    pub email_verified_at: Option<i64>,
    /// Unix seconds.
    pub created_at: i64,
    /// The last visit, to the hour; Unix seconds.
    pub last_seen_at: Option<i64>,
    /// `true` if login needs a code besides the password.
    pub has_second_factor: bool,
}

impl User {
    /// Returns the key stage of the school year.
    pub fn key_stage(&self) -> Option<KeyStage> {
        self.year.map(Year::key_stage)
    }

    /// Returns `true` for admins.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

macro_rules! user_columns {
    () => {
        "id, email, full_name, role, school_id, year, epoch, email_verified_at, created_at, last_seen_at,
            totp_secret IS NOT NULL AS has_second_factor"
    };
}
pub(super) use user_columns;

/// An account that a stranger may have made: a password, and nobody has shown that the address is
/// theirs. The owner and a class list take its address.
macro_rules! unclaimed {
    () => {
        "email_verified_at IS NULL AND password_hash IS NOT NULL AND role = 'pupil'"
    };
}
pub(super) use unclaimed;

pub(super) const DELETE_UNCLAIMED: &str =
    concat!("DELETE FROM users WHERE email_key = $1 AND ", unclaimed!());

pub(super) const INSERT: &str = concat!(
    "INSERT INTO users (email, email_key, full_name, role, school_id, year, email_verified_at, created_at, password_hash)
        VALUES ($1, $2, $3, $4, (SELECT id FROM schools WHERE id = $5 AND deleted_at IS NULL), $6, $7, $8, $9) RETURNING ",
    user_columns!()
);

/// Creates an account, with or without a password hash. A school that does not exist, or is in the
/// trash, is taken as none.
///
/// # Errors
/// Fails if the address already has an account.
pub async fn create(
    db: &Db,
    new: &NewUser,
    hash: Option<&PasswordHash>,
) -> std::result::Result<User, CreateError> {
    let now = now();
    let verified = new.email_is_verified.then_some(now);
    on!(db, pool => {
        let insert = sqlx::query_as(INSERT).bind(new.email.as_str()).bind(new.email.key());
        let insert = insert.bind(&new.full_name).bind(new.role).bind(new.school_id).bind(new.year);
        insert.bind(verified).bind(now).bind(hash.map(PasswordHash::as_str)).fetch_one(pool).await
    })
    .map_err(CreateError::of_insert)
}

/// Creates the first admin. Returns `None` if an admin exists. Of concurrent calls only one
/// succeeds.
///
/// # Errors
/// Fails if the address already has an account.
pub async fn create_first_admin(
    db: &Db,
    new: &NewUser,
    hash: &PasswordHash,
) -> std::result::Result<Option<User>, CreateError> {
    // A concurrent call waits for this row, because its hash is unique.
    const ONCE: &str =
        "INSERT INTO used_links (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    const RELEASE: &str = "DELETE FROM used_links WHERE hash = $1";
    let now = now();
    let verified = new.email_is_verified.then_some(now);
    let work = async || {
        on!(db, pool => {
            let mut tx = pool.begin().await?;
            let once = sqlx::query(ONCE).bind(&b"the first admin"[..]).bind(i64::MAX);
            let first = once.execute(&mut *tx).await?.rows_affected() > 0;
            let admins: i64 = sqlx::query_scalar(COUNT_ADMINS).fetch_one(&mut *tx).await?;
            if !first || admins > 0 {
                return Ok(None);
            }
            let insert = sqlx::query_as(INSERT).bind(new.email.as_str()).bind(new.email.key());
            let insert = insert.bind(&new.full_name).bind(new.role).bind(new.school_id).bind(new.year);
            let user: User = insert.bind(verified).bind(now).bind(hash.as_str()).fetch_one(&mut *tx).await?;
            sqlx::query(RELEASE).bind(&b"the first admin"[..]).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(Some(user))
        })
    };
    work().await.map_err(CreateError::of_insert)
}

/// Returns the account with this id.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<User>> {
    const ONE: &str = concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1 AND deleted_at IS NULL");
    let read = async || Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?);
    db.cached(|tables| &tables.users, id, read).await
}

/// Returns the account with this address; case is ignored.
pub async fn by_email(db: &Db, email: &EmailAddress) -> Result<Option<User>> {
    const ONE: &str =
        concat!("SELECT ", user_columns!(), " FROM users WHERE email_key = $1 AND deleted_at IS NULL");
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(email.key()).fetch_optional(pool).await)?)
}

/// Returns the credential of the account with this address.
pub async fn login_by_email(db: &Db, email: &EmailAddress) -> Result<Option<StoredCredential>> {
    const ONE: &str =
        "SELECT id, password_hash, epoch FROM users WHERE email_key = $1 AND deleted_at IS NULL";
    let row: Option<Login> =
        on!(db, pool => sqlx::query_as(ONE).bind(email.key()).fetch_optional(pool).await)?;
    Ok(row.map(Login::read))
}

/// Returns the credential of the account with this id.
pub async fn login_by_id(db: &Db, id: i64) -> Result<Option<StoredCredential>> {
    const ONE: &str = "SELECT id, password_hash, epoch FROM users WHERE id = $1 AND deleted_at IS NULL";
    let row: Option<Login> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    Ok(row.map(Login::read))
}

/// Sets a new password and raises the epoch, which ends sessions, remembered browsers and links.
/// Returns the new epoch, or `None` if the account's epoch is not `epoch` any more.
pub async fn set_password(db: &Db, id: i64, epoch: u64, hash: &PasswordHash) -> Result<Option<u64>> {
    const SET: &str = "UPDATE users SET password_hash = $3, epoch = epoch + 1
        WHERE id = $1 AND epoch = $2 RETURNING epoch";
    let Ok(epoch) = i64::try_from(epoch) else { return Ok(None) };
    let raised = on!(db, pool => sqlx::query_scalar(SET).bind(id).bind(epoch).bind(hash.as_str()).fetch_optional(pool).await)?;
    Ok(raised.map(i64::unsigned_abs))
}

/// Replaces `old` by a stronger hash of the same password without raising the epoch. Does nothing
/// if the stored hash is not `old`.
pub async fn set_rehashed(db: &Db, id: i64, old: &PasswordHash, hash: &PasswordHash) -> Result<()> {
    const SET: &str = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    on!(db, pool => {
        sqlx::query(SET).bind(id).bind(old.as_str()).bind(hash.as_str()).execute(pool).await.map(drop)
    })?;
    Ok(())
}

/// Raises the epoch, which ends sessions, remembered browsers and links. Returns the new epoch, or
/// `None` if the account does not exist or its epoch is not the given `epoch`.
pub async fn raise_epoch(db: &Db, id: i64, epoch: Option<u64>) -> Result<Option<u64>> {
    const RAISE: &str =
        "UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND ($2 IS NULL OR epoch = $2) RETURNING epoch";
    let Ok(epoch) = epoch.map(i64::try_from).transpose() else { return Ok(None) };
    let raised = on!(db, pool => sqlx::query_scalar(RAISE).bind(id).bind(epoch).fetch_optional(pool).await)?;
    Ok(raised.map(i64::unsigned_abs))
}

/// Marks the address as verified. Returns `false` if the account does not exist.
pub async fn verify_email(db: &Db, id: i64) -> Result<bool> {
    const VERIFY: &str = "UPDATE users SET email_verified_at = COALESCE(email_verified_at, $2) WHERE id = $1";
    let done = on!(db, pool => {
        sqlx::query(VERIFY).bind(id).bind(now()).execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// Changes name, school and year. Returns `false` if the account does not exist.
pub async fn set_profile(
    db: &Db,
    id: i64,
    name: &FullName,
    school_id: Option<i64>,
    year: Option<Year>,
) -> Result<bool> {
    const SET: &str =
        "UPDATE users SET full_name = $2, school_id = $3, year = $4, version = version + 1 WHERE id = $1";
    let done = on!(db, pool => {
        let set = sqlx::query(SET).bind(id).bind(name).bind(school_id).bind(year);
        set.execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// The minimum time between two updates of `last_seen_at`, in seconds.
pub const SEEN_EVERY: i64 = 60 * 60;

/// Updates the time of the last visit of these accounts, at most once an hour each, in one
/// transaction.
pub async fn seen(db: &Db, ids: &[i64], now: i64) -> Result<()> {
    const SEEN: &str = "UPDATE users SET last_seen_at = $2
        WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at <= $2 - $3)";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        for id in ids {
            sqlx::query(SEEN).bind(id).bind(now).bind(SEEN_EVERY).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    })
}

/// Changes the role and raises the epoch. Returns the current epoch, or `None` if the account does
/// not exist. Does nothing if the account already has the role.
///
/// # Errors
/// Fails if no admin would remain, or an admin would remove their own rights.
pub async fn change_role(
    db: &Db,
    by: &Actor,
    id: i64,
    role: Role,
) -> std::result::Result<Option<u64>, RightsError> {
    const BEFORE: &str = "SELECT role, full_name, epoch FROM users WHERE id = $1 AND deleted_at IS NULL";
    const CHANGE: &str = "UPDATE users SET epoch = epoch + 1, role = $2 WHERE id = $1 RETURNING epoch";
    if by.id == Some(id) && role != Role::Admin {
        return Err(RightsError::Own);
    }
    Ok(on!(db, pool => {
        let mut tx = pool.begin().await?;
        let admins = sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?.rows_affected();
        let before: Option<(Role, String, i64)> = sqlx::query_as(BEFORE).bind(id).fetch_optional(&mut *tx).await?;
        let Some((before, name, epoch)) = before else { return Ok(None) };
        if before == role {
            return Ok(Some(epoch.unsigned_abs()));
        }
        let epoch: i64 = sqlx::query_scalar(CHANGE).bind(id).bind(role).fetch_one(&mut *tx).await?;
        let remain: i64 = sqlx::query_scalar(COUNT_ADMINS).fetch_one(&mut *tx).await?;
        if admins > 0 && remain == 0 {
            return Err(RightsError::LastAdmin);
        }
        record!(tx, by, Action::ChangedRole, LogSubject::User, id, name, role.name());
        tx.commit().await?;
        Some(epoch.unsigned_abs())
    }))
}

/// Deletes an account with all its own data: sessions, remembered browsers, recovery codes,
/// submissions and points. Returns `false` if it does not exist.
///
/// Points of others do not change: a challenge that the account solved first keeps its first
/// solution. Articles and other content name an author without an account, and stay.
///
/// # Errors
/// Fails if no admin would remain.
pub async fn delete(db: &Db, id: i64) -> std::result::Result<bool, RightsError> {
    const DELETE: &str = "DELETE FROM users WHERE id = $1";
    const SESSIONS: &str = "DELETE FROM sessions WHERE user_id = $1";
    Ok(on!(db, pool => {
        let mut tx = pool.begin().await?;
        let admins = sqlx::query(LOCK_ADMINS).execute(&mut *tx).await?.rows_affected();
        let boards = board_versions::boards_of!(tx, [id]);
        let gone = sqlx::query(DELETE).bind(id).execute(&mut *tx).await?.rows_affected();
        let remain: i64 = sqlx::query_scalar(COUNT_ADMINS).fetch_one(&mut *tx).await?;
        if admins > 0 && remain == 0 {
            return Err(RightsError::LastAdmin);
        }
        sqlx::query(SESSIONS).bind(id.to_string()).execute(&mut *tx).await?;
        board_versions::raise!(tx, &boards);
        tx.commit().await?;
        gone > 0
    }))
}

/// Locks all admins' rows without a change. Otherwise two admins could remove each other at the
/// same time.
const LOCK_ADMINS: &str = "UPDATE users SET role = role WHERE role = 'admin'";
const COUNT_ADMINS: &str = "SELECT count(*) FROM users WHERE role = 'admin'";

/// Returns `true` if an admin exists.
pub async fn has_admin(db: &Db) -> Result<bool> {
    let count: i64 = on!(db, pool => sqlx::query_scalar(COUNT_ADMINS).fetch_one(pool).await)?;
    Ok(count > 0)
}

/// Returns all admins, oldest account first.
pub async fn admins(db: &Db) -> Result<Vec<User>> {
    const ADMINS: &str = concat!("SELECT ", user_columns!(), " FROM users WHERE role = 'admin' ORDER BY id");
    Ok(on!(db, pool => sqlx::query_as(ADMINS).fetch_all(pool).await)?)
}

/// An error of account creation.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The address already has an account.
    #[error("there is an account with this e-mail address")]
    EmailTaken,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl CreateError {
    pub(super) fn of_insert(error: sqlx::Error) -> Self {
        if is_taken(&error) { Self::EmailTaken } else { Self::Db(error.into()) }
    }
}

/// An error of a change to an admin's rights.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    /// No admin would remain.
    #[error("this is the only admin: give another account admin rights first")]
    LastAdmin,
    /// Admins cannot remove their own rights.
    #[error("You cannot take your own rights away: ask another admin.")]
    Own,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for RightsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

#[derive(sqlx::FromRow)]
struct Login {
    id: i64,
    password_hash: Option<String>,
    epoch: i64,
}

impl Login {
    /// Substitutes a hash that matches no password if there is none, so that login takes equally
    /// long.
    fn read(self) -> StoredCredential {
        let hash = self.password_hash.unwrap_or_else(|| "!".to_owned()).into();
        StoredCredential { user: self.id.to_string().into(), epoch: self.epoch.unsigned_abs(), hash }
    }
}
