//! The migration versions of the database and of the program.

use super::{Db, POSTGRES, Result, SQLITE};

impl Db {
    /// Returns the version of the newest migration that the program contains.
    pub fn newest_migration() -> i64 {
        SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0)
    }

    /// Returns the version of the newest applied migration, or `None` if there are no tables yet.
    pub async fn migration(&self) -> Result<Option<i64>> {
        const SQLITE_HAS: &str = "SELECT count(*) > 0 FROM sqlite_schema WHERE name = '_sqlx_migrations'";
        const POSTGRES_HAS: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
        const NEWEST: &str = "SELECT max(version) FROM _sqlx_migrations";
        Ok(match self {
            Self::Sqlite(pool, _) => {
                let has: bool = sqlx::query_scalar(SQLITE_HAS).fetch_one(pool).await?;
                if has { sqlx::query_scalar(NEWEST).fetch_one(pool).await? } else { None }
            }
            Self::Postgres(pool, _) => {
                let has: bool = sqlx::query_scalar(POSTGRES_HAS).fetch_one(pool).await?;
                if has { sqlx::query_scalar(NEWEST).fetch_one(pool).await? } else { None }
            }
        })
    }

    /// Applies the migrations up to an older version, for backups of an earlier release.
    ///
    /// # Errors
    /// Fails if a migration has an error (it is rolled back), or an applied one was edited later.
    pub(crate) async fn migrate_to(&self, version: i64) -> Result<()> {
        match self {
            Self::Sqlite(pool, _) => SQLITE.run_to(version, pool).await?,
            Self::Postgres(pool, _) => POSTGRES.run_to(version, pool).await?,
        }
        Ok(())
    }
}
