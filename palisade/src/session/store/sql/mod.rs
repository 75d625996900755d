//! Sessions in the application's own database: SQLite or PostgreSQL, over a pool of sqlx.
//!
//! ```
//! use palisade::session::store::SqlSessions;
//! use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool: SqlitePool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! let store = SqlSessions::sqlite(pool); // or `SqlSessions::postgres(pool)`
//! store.migrate().await?; // creates the table, unless it exists
//! assert_eq!(store.delete_expired().await?, 0);
//! // `Sessions` takes the store.
//! # Ok(())
//! # }
//! ```
//!
//! Sessions survive a restart without another server, all processes of the site share them, and
//! users can list and end them.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`table`](SqlSessions::table) | `palisade_sessions` | collides with no table of the application |
//! | timeout | 5 seconds, then [`StoreError::Down`] | a request does not wait for the pool's own 30 seconds |
//! | removal of expired rows | at most 1000 with one save a minute; a backlog with each save | no task and no scheduler |
//!
//! # Table
//!
//! | column | type in SQLite, PostgreSQL | content |
//! |---|---|---|
//! | `id` | `BLOB`, `BYTEA`; primary key | the session's id |
//! | `user_id` | `TEXT`, indexed | the account; `NULL` before the sign-in |
//! | `version` | `INTEGER`, `BIGINT` | for optimistic locking |
//! | `data` | `BLOB`, `BYTEA` | the content |
//! | `expires_at` | `INTEGER`, `BIGINT`, indexed | Unix seconds, rounded up |
//!
//! [`migrate`](SqlSessions::migrate) creates it. A migration of your own may do so instead.
//!
//! # Two sites in one database
//!
//! Give each site a table: `.table("forum_sessions")?`. Sites that share a table share accounts:
//! each lists and ends the other's sessions.
//!
//! # What it does not do
//!
//! - It has no clock of the database: the clocks of the site's processes should agree to seconds.
//! - It does not change an existing table.
//! - It has no MySQL: implement [`SessionStore`] and check it with
//!   [`test::session_store`](crate::test::session_store).
//!
//! # References
//!
//! [sqlx](https://docs.rs/sqlx), which needs Rust 1.94. OWASP Session Management Cheat Sheet.

mod statements;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::AssertSqlSafe;
#[cfg(feature = "sqlx-postgres")]
use sqlx::PgPool;
#[cfg(feature = "sqlx-sqlite")]
use sqlx::SqlitePool;

use self::statements::{BATCH, Statements};
use super::{SaveOutcome, SessionId, SessionRecord, SessionStore};
use crate::core::clock::Clock;
use crate::core::store_reply::{StoreError, StoreReply};

const NAME: &str = "database";
const DEFAULT_TABLE: &str = "palisade_sessions";
/// PostgreSQL's names have up to 63 bytes; the names of the indexes are longer than the table's.
const MAX_TABLE_NAME: usize = 40;
/// The timeout of a call.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The seconds between removals of expired rows.
const CLEANUP_INTERVAL: i64 = 60;

/// A session store in a table of SQLite or PostgreSQL. The
/// [module page](crate::session::store::sql) has an example. Clones share the pool.
#[doc(alias = "SqliteStore")]
#[doc(alias = "PostgresStore")]
#[doc(alias = "SqlxStore")]
#[derive(Clone)]
pub struct SqlSessions {
    pool: Pool,
    clock: Clock,
    statements: Arc<Statements>,
    /// The time of the next removal of expired rows; 0 before the first save.
    cleanup_at: Arc<AtomicI64>,
}

#[derive(Clone)]
enum Pool {
    #[cfg(feature = "sqlx-sqlite")]
    Sqlite(SqlitePool),
    #[cfg(feature = "sqlx-postgres")]
    Postgres(PgPool),
}

/// Expands the same work for both drivers: `on!(self, pool => query(SQL).execute(pool).await)`.
macro_rules! on {
    ($store:expr, $pool:ident => $work:expr) => {
        match &$store.pool {
            #[cfg(feature = "sqlx-sqlite")]
            Pool::Sqlite($pool) => $work,
            #[cfg(feature = "sqlx-postgres")]
            Pool::Postgres($pool) => $work,
        }
    };
}

/// Makes a query of a prepared statement.
macro_rules! query {
    ($query:ident, $statement:expr) => {
        sqlx::$query(AssertSqlSafe(Arc::clone(&$statement)))
    };
}

type Row = (i64, Option<String>, Vec<u8>);
type UserRow = (Vec<u8>, i64, Option<String>, Vec<u8>);

impl SqlSessions {
    /// Returns a store in SQLite, on a pool that the application uses too.
    #[cfg(feature = "sqlx-sqlite")]
    pub fn sqlite(pool: SqlitePool) -> Self {
        Self::new(Pool::Sqlite(pool))
    }

    /// Returns a store in PostgreSQL, on a pool that the application uses too.
    #[cfg(feature = "sqlx-postgres")]
    pub fn postgres(pool: PgPool) -> Self {
        Self::new(Pool::Postgres(pool))
    }

    fn new(pool: Pool) -> Self {
        let statements = Arc::new(Statements::new(DEFAULT_TABLE));
        Self { pool, clock: Clock::system(), statements, cleanup_at: Arc::default() }
    }

    /// Sets the name of the table; each site in a database has one of its own.
    ///
    /// # Errors
    /// [`StoreError::Table`] unless the name is 1 to 40 of `a-z`, `0-9` and `_`, a letter first.
    pub fn table(self, name: &str) -> Result<Self, StoreError> {
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase());
        if !starts_well || name.len() > MAX_TABLE_NAME || !name.bytes().all(valid) {
            return Err(StoreError::Table);
        }
        Ok(Self { statements: Arc::new(Statements::new(name)), ..self })
    }

    /// Sets the clock that expiry is measured with, for tests.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Creates the table and its indexes, unless they exist. Several processes may call it at once.
    ///
    /// # Errors
    /// [`StoreError::Down`] if the database does not answer, or does not allow it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let table = &self.statements.table;
        let columns = |bytes: &str, number: &str| {
            format!(
                "CREATE TABLE IF NOT EXISTS {table} (id {bytes} PRIMARY KEY NOT NULL, user_id TEXT, \
                 version {number} NOT NULL, data {bytes} NOT NULL, expires_at {number} NOT NULL)"
            )
        };
        let indexes = format!(
            "CREATE INDEX IF NOT EXISTS {table}_by_user ON {table} (user_id); \
             CREATE INDEX IF NOT EXISTS {table}_by_end ON {table} (expires_at)"
        );
        let done = match &self.pool {
            #[cfg(feature = "sqlx-sqlite")]
            Pool::Sqlite(pool) => {
                let sql = format!("{} STRICT; {indexes}", columns("BLOB", "INTEGER"));
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.map(drop)
            }
            #[cfg(feature = "sqlx-postgres")]
            Pool::Postgres(pool) => {
                // One implicit transaction. PostgreSQL's `IF NOT EXISTS` is not safe against
                // another process that does the same at once, hence the lock.
                let table = columns("BYTEA", "BIGINT");
                let sql = format!("SELECT pg_advisory_xact_lock(7236837260); {table}; {indexes}");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.map(drop)
            }
        };
        done.map_err(|error| down(&error))
    }

    /// Deletes the expired rows now, and returns their number. Saves do so by themselves.
    ///
    /// # Errors
    /// [`StoreError::Down`] if the database does not answer.
    pub async fn delete_expired(&self) -> Result<u64, StoreError> {
        let mut rows = 0;
        loop {
            let deleted = self.delete_batch(self.now()).await?;
            rows += deleted;
            if deleted < BATCH {
                return Ok(rows);
            }
        }
    }

    async fn delete_batch(&self, now: i64) -> Result<u64, StoreError> {
        within(async {
            on!(self, pool => {
                let query = query!(query, self.statements.delete_expired).bind(now);
                query.execute(pool).await.map(|done| done.rows_affected())
            })
        })
        .await
    }

    /// Deletes a batch of expired rows if it is time. An error is logged only: the save succeeded.
    async fn clean_up(&self, now: i64) {
        let due = self.cleanup_at.load(Ordering::Relaxed);
        if due > now {
            return;
        }
        let next = now.saturating_add(CLEANUP_INTERVAL);
        let swapped = self.cleanup_at.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
        // The first save only sets the time: a store that has just been opened deletes nothing.
        if due == 0 || swapped.is_err() {
            return;
        }
        match self.delete_batch(now).await {
            Ok(BATCH) => self.cleanup_at.store(now, Ordering::Relaxed),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "expired sessions cannot be deleted"),
        }
    }

    fn now(&self) -> i64 {
        i64::try_from(self.clock.now() / 1_000_000).unwrap_or(i64::MAX)
    }

    async fn read(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let row: Option<Row> = within(async {
            on!(self, pool => {
                let query = query!(query_as, self.statements.load).bind(&id.bytes()[..]).bind(self.now());
                query.fetch_optional(pool).await
            })
        })
        .await?;
        Ok(row.map(|(version, user, bytes)| record(version, user, bytes)))
    }

    async fn write(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> Result<SaveOutcome, StoreError> {
        let now = self.now();
        // Rounds up to whole seconds. The session checks its exact expiry itself.
        let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
        let statements = &self.statements;
        let sql = if expected.is_some() { &statements.replace } else { &statements.insert };
        let rows = within(async {
            on!(self, pool => {
                let query = query!(query, sql).bind(&id.bytes()[..]).bind(record.user);
                let query = query.bind(stored_version(record.version)).bind(record.bytes);
                let query = query.bind(now.saturating_add(ttl)).bind(now);
                let query = match expected {
                    Some(expected) => query.bind(stored_version(expected)),
                    None => query,
                };
                query.execute(pool).await.map(|done| done.rows_affected())
            })
        })
        .await?;
        self.clean_up(now).await;
        Ok(if rows > 0 { SaveOutcome::Saved } else { SaveOutcome::Conflict })
    }

    async fn remove(&self, id: SessionId) -> Result<(), StoreError> {
        within(async {
            on!(self, pool => {
                query!(query, self.statements.delete).bind(&id.bytes()[..]).execute(pool).await.map(drop)
            })
        })
        .await
    }

    async fn remove_of_user(&self, user: &str, except: &[SessionId]) -> Result<(), StoreError> {
        let statement = self.statements.delete_of_user(except.len());
        within(async {
            on!(self, pool => {
                let mut query = query!(query, statement).bind(user);
                for id in except {
                    query = query.bind(&id.bytes()[..]);
                }
                query.execute(pool).await.map(drop)
            })
        })
        .await
    }

    async fn list(&self, user: &str) -> Result<Vec<(SessionId, SessionRecord)>, StoreError> {
        let rows: Vec<UserRow> = within(async {
            on!(self, pool => {
                query!(query_as, self.statements.list).bind(user).bind(self.now()).fetch_all(pool).await
            })
        })
        .await?;
        let session = |(id, version, user, bytes): UserRow| {
            Some((SessionId::from_bytes(id.try_into().ok()?), record(version, user, bytes)))
        };
        Ok(rows.into_iter().filter_map(session).collect())
    }
}

impl SessionStore for SqlSessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Pending(Box::pin(self.read(id)))
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        StoreReply::Pending(Box::pin(self.write(id, expected, record, ttl)))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(self.remove(id)))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        StoreReply::Pending(Box::pin(self.list(user)))
    }

    fn delete_of_user<'a>(&'a self, user: &'a str, except: &'a [SessionId]) -> StoreReply<'a, ()> {
        StoreReply::Pending(Box::pin(self.remove_of_user(user, except)))
    }

    fn name(&self) -> &'static str {
        NAME
    }
}

impl fmt::Debug for SqlSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlSessions").field("table", &self.statements.table).finish_non_exhaustive()
    }
}

fn record(version: i64, user: Option<String>, bytes: Vec<u8>) -> SessionRecord {
    SessionRecord { version: version.unsigned_abs(), user, bytes }
}

/// Versions start at 1 and grow by one with each write, so only the mark of an ended session is
/// larger.
fn stored_version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

async fn within<T>(query: impl Future<Output = sqlx::Result<T>>) -> Result<T, StoreError> {
    match tokio::time::timeout(TIMEOUT, query).await {
        Ok(result) => result.map_err(|error| down(&error)),
        Err(_) => Err(StoreError::Down { store: NAME, reason: "no answer within 5 seconds".to_owned() }),
    }
}

fn down(error: &sqlx::Error) -> StoreError {
    let table_is_missing = error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| code == "42P01") || error.message().starts_with("no such table")
    });
    let advice = if table_is_missing { "; call SqlSessions::migrate when the program starts" } else { "" };
    StoreError::Down { store: NAME, reason: format!("{error}{advice}") }
}
