//! One transaction across many functions, for either database.
//!
//! A function that does all the work itself uses `on!` with a transaction inside, which is
//! shorter. This type is for imports, backups and restores of whole databases.

use sqlx::{Postgres, Sqlite, Transaction};

use super::{Db, Result};

/// A database transaction. Dropping it rolls it back.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Expands the same work for both drivers:
/// `within!(tx, link => query(SQL).execute(&mut **link).await)`.
macro_rules! within {
    ($tx:expr, $link:ident => $work:expr) => {
        match $tx {
            $crate::db::tx::Tx::Sqlite($link) => $work,
            $crate::db::tx::Tx::Postgres($link) => $work,
        }
    };
}
pub(crate) use within;

impl Tx {
    /// Starts a read-only transaction that sees the snapshot of its first query.
    pub(crate) async fn snapshot(db: &Db) -> Result<Self> {
        const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(match db {
            Db::Sqlite(pool, _) => Self::Sqlite(pool.begin().await?),
            Db::Postgres(pool, _) => Self::Postgres(pool.begin_with(SNAPSHOT).await?),
        })
    }

    /// Starts a transaction that writes. It takes SQLite's write lock at the start, so that two
    /// writers cannot deadlock.
    pub(crate) async fn writing(db: &Db) -> Result<Self> {
        Ok(match db {
            Db::Sqlite(pool, _) => Self::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool, _) => Self::Postgres(pool.begin().await?),
        })
    }

    /// Commits the transaction.
    pub(crate) async fn commit(self) -> Result<()> {
        Ok(within!(self, link => link.commit().await)?)
    }

    /// Rolls the transaction back.
    pub(crate) async fn rollback(self) -> Result<()> {
        Ok(within!(self, link => link.rollback().await)?)
    }
}
