//! Which migrations a database has, and which the program has.

use super::{Db, POSTGRES, Result, SQLITE};

impl Db {
    /// The number of the newest migration that the program knows.
    pub fn newest_migration() -> i64 {
        SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0)
    }

    /// The number of the newest migration that was applied; nothing where there are no tables yet.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn migration(&self) -> Result<Option<i64>> {
        const SQLITE_HAS: &str = "SELECT count(*) > 0 FROM sqlite_schema WHERE name = '_sqlx_migrations'";
        const POSTGRES_HAS: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
        const NEWEST: &str = "SELECT max(version) FROM _sqlx_migrations";
        Ok(match self {
            Self::Sqlite(pool, _) => {
                let has: bool = sqlx::query_scalar(SQLITE_HAS).fetch_one(pool).await?;
                if has { sqlx::query_scalar(NEWEST).fetch_one(pool).await? } else { None }
            }
            Self::Postgres(pool) => {
                let has: bool = sqlx::query_scalar(POSTGRES_HAS).fetch_one(pool).await?;
                if has { sqlx::query_scalar(NEWEST).fetch_one(pool).await? } else { None }
            }
        })
    }

    /// Brings the tables to what a former version of the program expected.
    ///
    /// # Errors
    /// When a migration fails (it is rolled back), or one that was applied has been changed since.
    pub(crate) async fn migrate_to(&self, version: i64) -> Result<()> {
        match self {
            Self::Sqlite(pool, _) => SQLITE.run_to(version, pool).await?,
            Self::Postgres(pool) => POSTGRES.run_to(version, pool).await?,
        }
        Ok(())
    }
}
