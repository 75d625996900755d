//! All database access: one file per subject, one SQL text for SQLite and PostgreSQL.
//!
//! ```no_run
//! # async fn example() -> mathsoc::db::Result<()> {
//! use mathsoc::db::{self, Db};
//!
//! let url: db::Url = "sqlite://data/mathsoc.db".parse().expect("a SQLite file");
//! let db = Db::connect(&url).await?;
//! db.migrate().await?;
//! for challenge in db::challenges::latest(&db, 3).await? {
//!     println!("{}", challenge.title);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | what | SQLite | PostgreSQL |
//! |---|---|---|
//! | connections | up to 5: one writes, the others read | up to 10 |
//! | wait for a connection | 5 s | 5 s |
//! | wait for a lock | 5 s (`busy_timeout`) | as the server is set |
//! | durability | write-ahead log, `synchronous = NORMAL`: a power cut may lose the last commits, never the file | as the server is set |
//! | foreign keys | on | on |
//! | first start | folder (0700) and file (0600) are made | the database must exist |
//!
//! Values are always bound, never pasted into the text. Times are unix seconds. Why two drivers and one text:
//! `docs/decisions/0002-sqlx-one-text-two-drivers.md`.

pub mod admin_log;
pub mod announcements;
pub mod articles;
pub mod awards;
pub mod board_versions;
pub mod challenges;
pub mod competitions;
pub mod dashboard;
pub mod export;
pub mod files;
pub mod home;
pub mod leaderboard;
pub mod newsletters;
mod paged;
pub mod progress;
mod read_cache;
pub mod reports;
pub mod retention;
pub mod schools;
pub(crate) mod scores;
pub mod search;
pub mod second_factor;
pub mod sessions;
pub mod submissions;
pub mod trash;
pub(crate) mod tx;
mod url;
pub mod used_links;
pub mod users;
mod version;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{io, result};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub use self::paged::Paged;
pub use self::read_cache::ReadCache;
pub use self::url::{LinkSecurity, Url, UrlError, hide_password};
use crate::private_files;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a request waits for a free connection, and SQLite for a lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The database: a pool of connections, cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file on this machine, and what was read from it.
    Sqlite(SqlitePool, ReadCache),
    /// A PostgreSQL server.
    Postgres(PgPool),
}

/// Expands the same work for both drivers: `on!(db, pool => query(SQL).fetch_one(pool).await)`.
macro_rules! on {
    ($db:expr, $pool:ident => $work:expr) => {
        match $db {
            $crate::db::Db::Sqlite($pool, _) => $work,
            $crate::db::Db::Postgres($pool) => $work,
        }
    };
}
pub(crate) use on;

impl Db {
    /// Opens the pool; a SQLite file and its folder are made where they are missing.
    ///
    /// # Errors
    /// When the file cannot be made, or the database does not answer.
    pub async fn connect(url: &Url) -> Result<Self> {
        match url.target() {
            url::Target::Sqlite(file) => {
                make_file(file.get_filename())?;
                Ok(Self::Sqlite(sqlite_pool(*file.clone()).await?, ReadCache::default()))
            }
            url::Target::Postgres(server) => {
                let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(ACQUIRE_TIMEOUT);
                Ok(Self::Postgres(pool.connect_with(*server.clone()).await?))
            }
        }
    }

    /// Opens a database that is there, to read from it only: nothing is made, and nothing set.
    ///
    /// # Errors
    /// When it is not there, or does not answer.
    pub async fn connect_to_read(url: &Url) -> Result<Self> {
        match url.target() {
            url::Target::Sqlite(file) => {
                let file =
                    file.clone().create_if_missing(false).read_only(true).busy_timeout(ACQUIRE_TIMEOUT);
                let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
                Ok(Self::Sqlite(pool.connect_with(file).await?, ReadCache::default()))
            }
            url::Target::Postgres(_) => Self::connect(url).await,
        }
    }

    /// Brings the tables to what this version of the program expects; does nothing when they are.
    ///
    /// # Errors
    /// When a migration fails (it is rolled back), or one that was applied has been changed since.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite(pool, _) => SQLITE.run(pool).await?,
            Self::Postgres(pool) => POSTGRES.run(pool).await?,
        }
        Ok(())
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn ping(&self) -> Result<()> {
        on!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    /// What time it is for the database, in unix seconds; a file has no clock of its own.
    ///
    /// # Errors
    /// When it gives no answer.
    pub async fn clock(&self) -> Result<Option<i64>> {
        const NOW: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)";
        match self {
            Self::Sqlite(..) => Ok(None),
            Self::Postgres(pool) => Ok(Some(sqlx::query_scalar(NOW).fetch_one(pool).await?)),
        }
    }

    /// Lets running queries end, then closes all connections.
    pub async fn close(&self) {
        on!(self, pool => pool.close().await);
        // From here on nobody opens it again.
        if let Self::Sqlite(_, cache) = self {
            cache.close().await;
        }
    }
}

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The query failed, or the answer was not what the tables promise.
    #[error("the database gave no answer")]
    Query(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the tables of the database could not be brought up to date")]
    Migrate(#[from] MigrateError),
    /// The SQLite file or its folder could not be made.
    #[error("cannot make the database file {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A table has a column that nobody knows how to save.
    #[error("the column {column} is of the type {kind}, which no backup can hold")]
    Kind {
        /// Table and column.
        column: String,
        /// What the database calls it.
        kind: String,
    },
    /// The demo content is not written as it should be.
    #[error("the demo content cannot be read")]
    Demo(#[from] toml::de::Error),
}

/// What every question to the database gives.
pub type Result<T> = result::Result<T, DbError>;

async fn sqlite_pool(file: SqliteConnectOptions) -> Result<SqlitePool> {
    let file = file
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(ACQUIRE_TIMEOUT);
    // A file does not go away as a server does: asking the connection first would double the way to each answer.
    let pool = SqlitePoolOptions::new().max_connections(5).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = pool.test_before_acquire(false);
    Ok(pool.connect_with(file).await?)
}

/// Made by us and not by SQLite, which would let everybody read it; the files beside it (`-wal`, `-shm`) take after it.
fn make_file(path: &Path) -> Result<()> {
    let made =
        path.parent().map_or(Ok(()), private_files::folder).and_then(|()| {
            match private_files::new_file(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                made => made.map(drop),
            }
        });
    made.map_err(|source| DbError::File { path: path.to_owned(), source })
}

/// Whether something else has what must be one's own.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|it| it.is_unique_violation())
}
