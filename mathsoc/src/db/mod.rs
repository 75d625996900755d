//! Database access: one module per table group, with one SQL text for SQLite and PostgreSQL.
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
//! | property | SQLite | PostgreSQL |
//! |---|---|---|
//! | connections | up to 5: one writes, the others read | up to 10 |
//! | timeout for a connection | 5 s | 5 s |
//! | timeout for a lock | 5 s (`busy_timeout`) | the server's setting |
//! | durability | write-ahead log, `synchronous = NORMAL` | the server's setting |
//! | foreign keys | on | on |
//! | first start | creates folder (0700) and file (0600) | the database must exist |
//!
//! After a power cut, SQLite may have lost the last commits, but the file is not corrupt.
//!
//! Values are always bound, never formatted into the SQL text. Times are Unix seconds. The reasons
//! for two drivers and one text are in `docs/decisions/0002-sqlx-one-text-two-drivers.md`.

pub mod admin_log;
pub mod announcements;
pub mod articles;
pub mod awards;
pub mod board_versions;
pub mod challenges;
mod commit_watch;
pub mod competitions;
pub mod dashboard;
pub mod drafts;
pub mod export;
pub mod files;
pub mod home;
pub mod leaderboard;
pub mod limits;
pub mod marking;
pub mod newsletters;
pub(crate) mod outage;
mod paged;
pub mod progress;
mod read_cache;
pub mod reports;
pub(crate) mod request_reads;
pub mod results;
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
pub mod versions;

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

/// The timeout for a free connection, and for a lock in SQLite.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A pool of database connections; cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// A SQLite file on this machine, with a cache of query results.
    Sqlite(SqlitePool, ReadCache),
    /// A PostgreSQL server, with a cache of query results.
    Postgres(PgPool, ReadCache),
}

/// Expands the same work for both drivers: `on!(db, pool => query(SQL).fetch_one(pool).await)`.
macro_rules! on {
    ($db:expr, $pool:ident => $work:expr) => {
        match $db {
            $crate::db::Db::Sqlite($pool, _) => $work,
            $crate::db::Db::Postgres($pool, _) => $work,
        }
    };
}
pub(crate) use on;

impl Db {
    /// Opens the pool. Creates a missing SQLite file and its folder.
    ///
    /// # Errors
    /// Fails if the file cannot be created, or the connection fails.
    pub async fn connect(url: &Url) -> Result<Self> {
        match url.target() {
            url::Target::Sqlite(file) => {
                create_file(file.get_filename())?;
                Ok(Self::Sqlite(sqlite_pool(*file.clone()).await?, ReadCache::default()))
            }
            url::Target::Postgres(server) => {
                let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(ACQUIRE_TIMEOUT);
                Ok(Self::Postgres(pool.connect_with(*server.clone()).await?, ReadCache::default()))
            }
        }
    }

    /// Opens an existing database for reading only. Creates nothing and changes no settings.
    ///
    /// # Errors
    /// Fails if the database does not exist, or the connection fails.
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

    /// Applies the migrations that the database lacks.
    ///
    /// # Errors
    /// Fails if a migration has an error (it is rolled back), or an applied one was edited later.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite(pool, _) => SQLITE.run(pool).await?,
            Self::Postgres(pool, _) => POSTGRES.run(pool).await?,
        }
        Ok(())
    }

    /// Checks that the database answers a query.
    pub async fn ping(&self) -> Result<()> {
        on!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Returns the database server's time in Unix seconds. Returns `None` for SQLite, which uses
    /// this machine's clock.
    pub async fn clock(&self) -> Result<Option<i64>> {
        const NOW: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)";
        match self {
            Self::Sqlite(..) => Ok(None),
            Self::Postgres(pool, _) => Ok(Some(sqlx::query_scalar(NOW).fetch_one(pool).await?)),
        }
    }

    /// Waits for running queries, then closes all connections.
    pub async fn close(&self) {
        on!(self, pool => pool.close().await);
        // The closed pool prevents the cache from opening a new connection.
        self.read_cache().close().await;
    }

    fn read_cache(&self) -> &ReadCache {
        let (Self::Sqlite(_, cache) | Self::Postgres(_, cache)) = self;
        cache
    }
}

/// An error of the database layer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The query failed, or a row did not have the expected form.
    #[error("the database query failed")]
    Query(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the database tables could not be migrated")]
    Migrate(#[from] MigrateError),
    /// The SQLite file or its folder could not be created.
    #[error("cannot create the database file {}", .path.display())]
    File {
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A column has a type that the backup format does not support.
    #[error("the column {column} has the type {kind}, which backups do not support")]
    UnsupportedType {
        /// The table and the column, separated by a dot.
        column: String,
        /// The type as the database names it.
        kind: String,
    },
    /// The demo content is not valid TOML of the expected form.
    #[error("the demo content cannot be parsed")]
    Demo(#[from] toml::de::Error),
}

impl DbError {
    /// Returns `true` if a row names another row that does not exist: a foreign key.
    #[must_use]
    pub fn is_missing_reference(&self) -> bool {
        let Self::Query(error) = self else { return false };
        error.as_database_error().is_some_and(|it| it.is_foreign_key_violation())
    }
}

/// The result of a database operation.
pub type Result<T> = result::Result<T, DbError>;

async fn sqlite_pool(file: SqliteConnectOptions) -> Result<SqlitePool> {
    let file = file
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(ACQUIRE_TIMEOUT);
    // A file does not disconnect as a server does. Testing the connection first would double the
    // latency of each query.
    let pool = SqlitePoolOptions::new().max_connections(5).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = pool.test_before_acquire(false);
    Ok(pool.connect_with(file).await?)
}

/// Creates the file with private permissions. SQLite itself would make it readable for every user
/// of the machine. The files beside it (`-wal`, `-shm`) get the same permissions.
fn create_file(path: &Path) -> Result<()> {
    let created = path.parent().map_or(Ok(()), private_files::folder).and_then(|()| {
        match private_files::new_file(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result.map(drop),
        }
    });
    created.map_err(|source| DbError::File { path: path.to_owned(), source })
}

/// Returns `true` if a unique constraint was violated.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|it| it.is_unique_violation())
}
