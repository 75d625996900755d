//! One transaction over many functions, of whichever database.
//!
//! Where one function does all the work, `on!` with a transaction inside is shorter. This is for what takes over, saves
//! and restores whole databases.

use sqlx::{Postgres, Sqlite, Transaction};

use super::{Db, Result};

/// A transaction; what was done in it is undone when it is dropped.
pub(crate) enum Tx {
    /// In a file on this machine.
    Sqlite(Transaction<'static, Sqlite>),
    /// On a PostgreSQL server.
    Postgres(Transaction<'static, Postgres>),
}

/// Expands the same work for both drivers: `within!(tx, link => query(SQL).execute(&mut **link).await)`.
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
    /// One that only reads, and sees the database as it is at the first look, whatever others write meanwhile.
    pub(crate) async fn snapshot(db: &Db) -> Result<Self> {
        const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(match db {
            Db::Sqlite(pool, _) => Self::Sqlite(pool.begin().await?),
            Db::Postgres(pool) => Self::Postgres(pool.begin_with(SNAPSHOT).await?),
        })
    }

    /// One that writes. SQLite lets nobody else write from here on, so that none of both has to give up.
    pub(crate) async fn writing(db: &Db) -> Result<Self> {
        Ok(match db {
            Db::Sqlite(pool, _) => Self::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => Self::Postgres(pool.begin().await?),
        })
    }

    /// Makes what was done last.
    pub(crate) async fn commit(self) -> Result<()> {
        Ok(within!(self, link => link.commit().await)?)
    }

    /// Undoes what was done.
    pub(crate) async fn rollback(self) -> Result<()> {
        Ok(within!(self, link => link.rollback().await)?)
    }
}
