//! Tells an unreachable or locked database from other errors, and checks that it takes writes.
//!
//! | error | meaning | the page |
//! |---|---|---|
//! | connection refused, closed or timed out; no free connection | the server is down or overloaded | 503 |
//! | SQLite `BUSY` and `LOCKED` | another process has held the write lock for 5 s | 503 |
//! | PostgreSQL class 57 (`57P01` …), class 53 | the server shuts down, starts, or has no resources | 503 |
//! | all others | a fault | 500 |

use std::error::Error as StdError;

use super::{Db, DbError, Result, on};

impl DbError {
    /// Returns `true` if the database is unreachable or locked, so that a retry may succeed.
    pub fn is_outage(&self) -> bool {
        is_outage(self)
    }
}

/// Returns `true` if an outage of the database is among the causes of an error.
pub(crate) fn is_outage(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<sqlx::Error>().is_some_and(is_unavailable) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn is_unavailable(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
    match error {
        Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(error) => error.code().is_some_and(|code| match code.parse::<u32>() {
            // SQLite's extended codes keep the primary code in the low byte.
            Ok(code) if code < 10_000 => matches!(code & 0xff, 5 | 6),
            _ => code.starts_with("57P") || code.starts_with("53"),
        }),
        _ => false,
    }
}

impl Db {
    /// Writes a row and deletes it, in one transaction.
    ///
    /// # Errors
    /// If the disk is full, or the database takes no writes.
    pub async fn check_writes(&self) -> Result<()> {
        const INSERT: &str =
            "INSERT INTO used_links (hash, expires_at) VALUES ($1, 0) ON CONFLICT (hash) DO NOTHING";
        const DELETE: &str = "DELETE FROM used_links WHERE hash = $1";
        let hash = &b"a check that the database takes writes"[..];
        on!(self, pool => {
            let mut tx = pool.begin().await?;
            sqlx::query(INSERT).bind(hash).execute(&mut *tx).await?;
            sqlx::query(DELETE).bind(hash).execute(&mut *tx).await?;
            Ok(tx.commit().await?)
        })
    }
}
