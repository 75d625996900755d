//! Callers that a rate limit has refused, and releases of callers.

use super::admin_log::{Action, Actor, INSERT};
use super::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::limited::{Caller, Refusal};

/// How long refusals and releases are kept, in seconds: longer than any quota of a day.
const KEPT: i64 = 2 * 24 * 60 * 60;
/// The number of callers that the page shows.
const SHOWN: i64 = 200;

/// A caller whose counts are to be reset.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Release {
    pub id: i64,
    /// An address or an account, as the command line takes it.
    pub caller: String,
}

/// Adds refusals to the stored ones.
pub async fn add(db: &Db, refusals: &[Refusal]) -> Result<()> {
    const ADD: &str = "INSERT INTO refusals (limit_name, caller, account, refused, last_at, until)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (limit_name, caller, account) DO UPDATE SET
        refused = refusals.refused + excluded.refused, last_at = excluded.last_at, until = excluded.until";
    if refusals.is_empty() {
        return Ok(());
    }
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        for Refusal { limit_name, caller, account, refused, last_at, until } in refusals {
            let add = sqlx::query(ADD).bind(limit_name).bind(caller).bind(account).bind(refused);
            add.bind(last_at).bind(until).execute(&mut *tx).await?;
        }
        tx.commit().await?;
    });
    Ok(())
}

/// Returns the callers that are refused now, and those that were refused in the last day; the
/// latest first.
pub async fn refused(db: &Db) -> Result<Vec<Refusal>> {
    const LIST: &str = "SELECT limit_name, caller, account, refused, last_at, until FROM refusals
        WHERE last_at > $1 ORDER BY last_at DESC, refused DESC, caller, account LIMIT $2";
    let since = now() - 24 * 60 * 60;
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(since).bind(SHOWN).fetch_all(pool).await)?)
}

/// Returns the addresses from which an account was tried and refused.
pub async fn clients_at(db: &Db, account: &str) -> Result<Vec<String>> {
    const LIST: &str = "SELECT caller FROM refusals WHERE account = $1 LIMIT 10000";
    let account = account.trim().to_lowercase();
    Ok(on!(db, pool => sqlx::query_scalar(LIST).bind(account).fetch_all(pool).await)?)
}

/// Asks every process of the site to reset the counts of this caller. Returns the release's id.
/// The line in the log does not name the caller, whose data may have to be erased.
pub async fn release(db: &Db, by: &Actor, caller: &Caller) -> Result<i64> {
    const ADD: &str = "INSERT INTO releases (caller, created_at) VALUES ($1, $2) RETURNING id";
    let subject = match caller {
        Caller::Address(_) => "an address",
        Caller::Account(_) => "an account",
    };
    Ok(on!(db, pool => {
        let mut tx = pool.begin().await?;
        let id: i64 = sqlx::query_scalar(ADD).bind(caller.key()).bind(now()).fetch_one(&mut *tx).await?;
        let line = sqlx::query(INSERT).bind(now()).bind(by.id).bind(&by.name).bind(Action::Released.name());
        let line = line.bind("limit").bind(None::<i64>).bind(subject).bind("");
        line.execute(&mut *tx).await?;
        tx.commit().await?;
        id
    }))
}

/// Returns the releases after this id.
pub async fn releases_after(db: &Db, id: i64) -> Result<Vec<Release>> {
    const LIST: &str = "SELECT id, caller FROM releases WHERE id > $1 ORDER BY id LIMIT 1000";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(id).fetch_all(pool).await)?)
}

/// Returns the id of the newest release; 0 without one.
pub async fn newest_release(db: &Db) -> Result<i64> {
    const NEWEST: &str = "SELECT coalesce(max(id), 0) FROM releases";
    Ok(on!(db, pool => sqlx::query_scalar(NEWEST).fetch_one(pool).await)?)
}

/// Notes that a process has applied a release, and takes the caller from the list.
pub async fn applied(db: &Db, id: i64, caller: &str) -> Result<()> {
    const APPLIED: &str = "UPDATE releases SET applied_at = $2 WHERE id = $1";
    const DELETE: &str = "DELETE FROM refusals WHERE caller = $1 OR account = $1";
    on!(db, pool => {
        sqlx::query(APPLIED).bind(id).bind(now()).execute(pool).await?;
        sqlx::query(DELETE).bind(caller).execute(pool).await?;
    });
    Ok(())
}

/// Returns `true` if a process has applied this release.
pub async fn is_applied(db: &Db, id: i64) -> Result<bool> {
    const APPLIED: &str = "SELECT applied_at IS NOT NULL FROM releases WHERE id = $1";
    let applied: Option<bool> =
        on!(db, pool => sqlx::query_scalar(APPLIED).bind(id).fetch_optional(pool).await)?;
    Ok(applied.unwrap_or(false))
}

/// Deletes old refusals and releases, and returns the number of rows.
pub async fn delete_old(db: &Db) -> Result<u64> {
    const OLD: [&str; 2] =
        ["DELETE FROM refusals WHERE last_at <= $1", "DELETE FROM releases WHERE created_at <= $1"];
    let (before, mut rows) = (now() - KEPT, 0);
    on!(db, pool => {
        for delete in OLD {
            rows += sqlx::query(delete).bind(before).execute(pool).await?.rows_affected();
        }
    });
    Ok(rows)
}
