//! Removes what nobody needs any more.
//!
//! | what | when |
//! |---|---|
//! | sessions with remembered browsers, used links | their time is over |
//! | what admins deleted | a minute later: until then it can be put back |
//! | what browsers reported | a month after the last report of it |
//! | pupils' accounts whose address was never shown to be theirs, but for those without a password | a week after they were made: nobody holds another's address for long |
//!
//! Without a password are those that an admin made: they wait for their owners, who may be on holiday. Uploaded files stay, used or
//! not: `mathsoc check --remove-unused` removes them, when somebody says so (docs/decisions/0029).

use super::{Db, Result, on, trash};
use crate::domain::clock::now;

/// How long an account waits for its address to be verified.
const UNVERIFIED_GRACE: i64 = 7 * 24 * 60 * 60;
/// How long it is known what browsers reported: a day more than the chart shows.
const MONTH: i64 = 31 * 24 * 60 * 60;

/// Removes it; how many rows there were.
///
/// # Errors
/// When the database gives no answer.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    const ENDED: [&str; 2] =
        ["DELETE FROM sessions WHERE expires_at <= $1", "DELETE FROM used_links WHERE expires_at <= $1"];
    const REPORTED: [&str; 2] =
        ["DELETE FROM reports WHERE last_seen <= $1", "DELETE FROM report_hours WHERE since <= $1"];
    const UNVERIFIED: &str = "DELETE FROM users WHERE email_verified_at IS NULL AND password_hash IS NOT NULL AND role = 'pupil' AND created_at <= $1";
    let now = now();
    let mut rows = trash::empty(db).await?;
    on!(db, pool => {
        for delete in ENDED {
            rows += sqlx::query(delete).bind(now).execute(pool).await?.rows_affected();
        }
        for delete in REPORTED {
            rows += sqlx::query(delete).bind(now - MONTH).execute(pool).await?.rows_affected();
        }
        rows += sqlx::query(UNVERIFIED).bind(now - UNVERIFIED_GRACE).execute(pool).await?.rows_affected();
    });
    Ok(rows)
}
