//! The second factor of an account: a sealed secret for codes, and recovery codes as hashes.
//!
//! What a code is, and how the secret is sealed, is not known here: only that a time step passes once, and a recovery code too.

use super::{Db, Result, on};
use crate::domain::clock::now;

/// What a code is compared with.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SecondFactor {
    /// The secret, sealed.
    pub secret: Vec<u8>,
    /// The last time step whose code was accepted.
    pub last_step: Option<i64>,
}

/// The second factor of the account, if it has one.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_user(db: &Db, user_id: i64) -> Result<Option<SecondFactor>> {
    const ONE: &str = "SELECT totp_secret AS secret, totp_last_step AS last_step
        FROM users WHERE id = $1 AND totp_secret IS NOT NULL";
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(user_id).fetch_optional(pool).await)?)
}

/// Sets the secret and the hashes of new recovery codes; what was there before is gone. `step` is that of the code by
/// which the secret was tried. All that was kept on behalf of the account ends: its new epoch, if it is still there.
///
/// # Errors
/// When the database gives no answer.
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
        sqlx::query(FORGET_CODES).bind(user_id).execute(&mut *tx).await?;
        for hash in recovery {
            sqlx::query(ADD_CODE).bind(user_id).bind(&hash[..]).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(epoch.map(i64::unsigned_abs))
    })
}

/// Puts new recovery codes in place of the old.
///
/// # Errors
/// When the database gives no answer.
pub async fn set_recovery_codes(db: &Db, user_id: i64, recovery: &[[u8; 32]]) -> Result<()> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        sqlx::query(FORGET_CODES).bind(user_id).execute(&mut *tx).await?;
        for hash in recovery {
            sqlx::query(ADD_CODE).bind(user_id).bind(&hash[..]).execute(&mut *tx).await?;
        }
        tx.commit().await?;
    });
    Ok(())
}

/// Leaves the account with its password alone. All that was kept on behalf of it ends: its new epoch, if it is still there.
///
/// # Errors
/// When the database gives no answer.
pub async fn remove(db: &Db, user_id: i64) -> Result<Option<u64>> {
    const REMOVE: &str = "UPDATE users SET totp_secret = NULL, totp_last_step = NULL, epoch = epoch + 1
        WHERE id = $1 RETURNING epoch";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let epoch: Option<i64> = sqlx::query_scalar(REMOVE).bind(user_id).fetch_optional(&mut *tx).await?;
        sqlx::query(FORGET_CODES).bind(user_id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(epoch.map(i64::unsigned_abs))
    })
}

/// Takes a time step, if it is later than all that were taken: of two who show the same code only one passes.
///
/// # Errors
/// When the database gives no answer.
pub async fn take_step(db: &Db, user_id: i64, step: i64) -> Result<bool> {
    const TAKE: &str = "UPDATE users SET totp_last_step = $2
        WHERE id = $1 AND totp_secret IS NOT NULL AND (totp_last_step IS NULL OR totp_last_step < $2)";
    let done = on!(db, pool => {
        sqlx::query(TAKE).bind(user_id).bind(step).execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// Takes a recovery code, if it is one of the account's and has not been taken.
///
/// # Errors
/// When the database gives no answer.
pub async fn take_recovery_code(db: &Db, user_id: i64, hash: &[u8; 32]) -> Result<bool> {
    const TAKE: &str = "UPDATE recovery_codes SET used_at = $3
        WHERE user_id = $1 AND hash = $2 AND used_at IS NULL";
    let done = on!(db, pool => {
        let take = sqlx::query(TAKE).bind(user_id).bind(&hash[..]).bind(now());
        take.execute(pool).await.map(|it| it.rows_affected())
    })?;
    Ok(done > 0)
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database gives no answer.
pub async fn recovery_codes_left(db: &Db, user_id: i64) -> Result<i64> {
    const COUNT: &str = "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL";
    Ok(on!(db, pool => sqlx::query_scalar(COUNT).bind(user_id).fetch_one(pool).await)?)
}

const FORGET_CODES: &str = "DELETE FROM recovery_codes WHERE user_id = $1";
const ADD_CODE: &str = "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)";
