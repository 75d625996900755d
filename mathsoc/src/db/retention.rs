//! Deletes data that has reached the end of its retention period.
//!
//! | data | deleted |
//! |---|---|
//! | sessions, remembered browsers, used links | when they expire |
//! | things in the trash | after one minute, in which they can be restored |
//! | refusals of rate limits, and releases | after two days |
//! | drafts of forms | 30 days after the last change |
//! | browser reports | a month after the last report of their group |
//! | unverified pupils' accounts with a password | a week after their creation |
//!
//! The last rule frees addresses that others registered. Accounts without a password were created
//! by an admin and wait for their owners, who may be on holiday. Unused uploads stay:
//! `mathsoc check --remove-unused` removes them on request
//! (`docs/decisions/0029-file-checks-and-backups.md`).

use super::drafts::RETENTION as DRAFT_RETENTION;
use super::{Db, Result, limits, on, trash};
use crate::domain::clock::now;

/// The time in which an address must be verified.
const UNVERIFIED_GRACE: i64 = 7 * 24 * 60 * 60;
/// The retention of browser reports: a day more than the chart shows.
const MONTH: i64 = 31 * 24 * 60 * 60;

/// Deletes all expired data and returns the number of rows.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    const ENDED: [&str; 2] =
        ["DELETE FROM sessions WHERE expires_at <= $1", "DELETE FROM used_links WHERE expires_at <= $1"];
    const REPORTED: [&str; 2] =
        ["DELETE FROM reports WHERE last_seen <= $1", "DELETE FROM report_hours WHERE since <= $1"];
    const DRAFTS: &str = "DELETE FROM drafts WHERE updated_at <= $1";
    const UNVERIFIED: &str = "DELETE FROM users WHERE email_verified_at IS NULL AND password_hash IS NOT NULL AND role = 'pupil' AND created_at <= $1";
    let now = now();
    let mut rows = trash::empty(db).await? + limits::delete_old(db).await?;
    on!(db, pool => {
        for delete in ENDED {
            rows += sqlx::query(delete).bind(now).execute(pool).await?.rows_affected();
        }
        for delete in REPORTED {
            rows += sqlx::query(delete).bind(now - MONTH).execute(pool).await?.rows_affected();
        }
        rows += sqlx::query(DRAFTS).bind(now - DRAFT_RETENTION).execute(pool).await?.rows_affected();
        rows += sqlx::query(UNVERIFIED).bind(now - UNVERIFIED_GRACE).execute(pool).await?.rows_affected();
    });
    Ok(rows)
}
