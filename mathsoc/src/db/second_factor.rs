//! The second factor of an account: a sealed TOTP secret, and recovery codes as hashes.
//!
//! This module only makes sure that each time step and each recovery code is accepted once.
//! [`totp`](crate::domain::totp) computes the codes and seals the secret.

use super::{Db, Result, on};
use crate::domain::clock::now;

/// A stored second factor.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SecondFactor {
    /// The sealed secret.
    pub secret: Vec<u8>,
    /// The last time step whose code was accepted.
    pub last_step: Option<i64>,
}

/// Returns the second factor of an account, if it has one.
pub async fn of_user(db: &Db, user_id: i64) -> Result<Option<SecondFactor>> {
    const ONE: &str = "SELECT totp_secret AS secret, totp_last_step AS last_step
        FROM users WHERE id = $1 AND totp_secret IS NOT NULL";
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(user_id).fetch_optional(pool).await)?)
}

/// Replaces the secret and the recovery codes. `step` is the time step of the code that confirmed
/// the secret. Raises the account's epoch and returns it, or `None` if the account does not
/// exist.
pub async fn set(
    db: &Db,
    user_id: i64,
    secret: &[u8],
    step: i64,
    recovery: &[[u8; 32]],
) -> Result<Option<u64>> {
    const SET: &str = "UPDATE users SET totp_secret = $2, totp_last_step = $3, epoch = epoch + 1
        WHERE id = $1 RETURNING epoch";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let set = sqlx::query_scalar(SET).bind(user_id).bind(secret).bind(step);
        let epoch: Option<i64> = set.fetch_optional(&mut *tx).await?;
        if epoch.is_none() {
            return Ok(None);
        }
        sqlx::query(DELETE_CODES).bind(user_id).execute(&mut *tx).await?;
        for hash in recovery {
            sqlx::query(ADD_CODE).bind(user_id).bind(&hash[..]).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(epoch.map(i64::unsigned_abs))
    })
}

/// Replaces the recovery codes.
pub async fn set_recovery_codes(db: &Db, user_id: i64, recovery: &[[u8; 32]]) -> Result<()> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        sqlx::query(DELETE_CODES).bind(user_id).execute(&mut *tx).await?;
        for hash in recovery {
            sqlx::query(ADD_CODE).bind(user_id).bind(&hash[..]).execute(&mut *tx).await?;
        }
        tx.commit().await?;
    });
    Ok(())
}

/// Removes the second factor. Raises the account's epoch and returns it, or `None` if the account
/// does not exist.
pub async fn remove(db: &Db, user_id: i64) -> Result<Option<u64>> {
    const REMOVE: &str = "UPDATE users SET totp_secret = NULL, totp_last_step = NULL, epoch = epoch + 1
        WHERE id = $1 RETURNING epoch";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let epoch: Option<i64> = sqlx::query_scalar(REMOVE).bind(user_id).fetch_optional(&mut *tx).await?;
        sqlx::query(DELETE_CODES).bind(user_id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(epoch.map(i64::unsigned_abs))
    })
}

/// Accepts a time step if it is later than the last accepted one. Of two concurrent logins with
/// the same code only one succeeds.
pub async fn take_step(db: &Db, user_id: i64, step: i64) -> Result<bool> {
    const TAKE: &str = "UPDATE users SET totp_last_step = $2
        WHERE id = $1 AND totp_secret IS NOT NULL AND (totp_last_step IS NULL OR totp_last_step < $2)";
    let done = on!(db, pool => {
        sqlx::query(TAKE).bind(user_id).bind(step).execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// Accepts a recovery code if it belongs to the account and is unused, and marks it as used.
pub async fn take_recovery_code(db: &Db, user_id: i64, hash: &[u8; 32]) -> Result<bool> {
    const TAKE: &str = "UPDATE recovery_codes SET used_at = $3
        WHERE user_id = $1 AND hash = $2 AND used_at IS NULL";
    let done = on!(db, pool => {
        let take = sqlx::query(TAKE).bind(user_id).bind(&hash[..]).bind(now());
        take.execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// Returns the number of unused recovery codes.
pub async fn recovery_codes_left(db: &Db, user_id: i64) -> Result<i64> {
    const COUNT: &str = "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL";
    Ok(on!(db, pool => sqlx::query_scalar(COUNT).bind(user_id).fetch_one(pool).await)?)
}

const DELETE_CODES: &str = "DELETE FROM recovery_codes WHERE user_id = $1";
const ADD_CODE: &str = "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)";
