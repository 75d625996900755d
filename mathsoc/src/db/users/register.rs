//! Makes the account of a registration.

use palisade::password::PasswordHash;

use super::{CreateError, DELETE_UNCLAIMED, INSERT, NewUser, User, user_columns};
use crate::db::{Db, on};
use crate::domain::clock::now;

/// Creates the account of a registration, whose owner has shown that the address is theirs. It
/// replaces an account of the same address that nobody has verified: whoever chose its password may
/// be somebody else.
///
/// # Errors
/// Fails if the address already has a verified account.
pub async fn register(db: &Db, new: &NewUser, hash: &PasswordHash) -> std::result::Result<User, CreateError> {
    const TAKE_OVER: &str = concat!(
        "UPDATE users SET full_name = $2, year = coalesce(year, $3), email_verified_at = $4, password_hash = $5, epoch = epoch + 1
            WHERE email_key = $1 AND email_verified_at IS NULL AND password_hash IS NULL AND deleted_at IS NULL RETURNING ",
        user_columns!()
    );
    let now = now();
    let verified = new.email_is_verified.then_some(now);
    let work = async || {
        on!(db, pool => {
            let mut tx = pool.begin().await?;
            sqlx::query(DELETE_UNCLAIMED).bind(new.email.key()).execute(&mut *tx).await?;
            let invited = sqlx::query_as(TAKE_OVER).bind(new.email.key()).bind(&new.full_name).bind(new.year);
            let invited = invited.bind(verified).bind(hash.as_str()).fetch_optional(&mut *tx).await?;
            let user: User = match invited {
                Some(user) => user,
                None => {
                    let insert = sqlx::query_as(INSERT).bind(new.email.as_str()).bind(new.email.key());
                    let insert = insert.bind(&new.full_name).bind(new.role).bind(new.school_id).bind(new.year);
                    insert.bind(verified).bind(now).bind(hash.as_str()).fetch_one(&mut *tx).await?
                }
            };
            tx.commit().await?;
            Ok(user)
        })
    };
    work().await.map_err(CreateError::of_insert)
}
