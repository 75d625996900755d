//! Notices every commit to the database.
//!
//! | database | the question | why it is right |
//! |---|---|---|
//! | SQLite | `PRAGMA data_version`, on a connection that never writes | it changes with every commit by another connection |
//! | PostgreSQL | `pg_current_snapshot()`, as text | a commit becomes visible by leaving the snapshot's transactions in progress, so the text changes |
//!
//! All requests that arrive before the question is sent share its answer. On a replica of
//! PostgreSQL the snapshot does not list transactions, so a server in recovery (asked each time) is
//! not cached. A proxy that sends reads to replicas must not stand in between.
//!
//! | bound on PostgreSQL | value | reason |
//! |---|---|---|
//! | time of a question, with connecting | 1 s | a page must answer 503 within two |
//! | pause after a failure | 1 s | requests fail at once until then, and none waits in line |
//!
//! References: SQLite, `PRAGMA data_version`; PostgreSQL, "System Information Functions" and
//! `GetSnapshotData`. Decisions: `docs/decisions/0032-sqlite-read-cache.md` and
//! `0067-postgresql-read-cache.md`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection, PgPool, SqliteConnection, SqlitePool};
use tokio::time::timeout;

use super::{Db, Result, on};

/// The number of a state of the database, as this process has seen it. Equal numbers mean that
/// nothing was committed in between.
pub(super) type State = u64;

/// The longest time of a question to PostgreSQL, and the pause after a failure.
const PATIENCE: Duration = Duration::from_secs(1);

/// Watches a database for commits.
#[derive(Default)]
pub(super) struct CommitWatch {
    /// The number of requests that have asked for the state so far.
    arrivals: AtomicU64,
    last: tokio::sync::Mutex<LastQuery>,
}

/// The result of the last question.
#[derive(Default)]
struct LastQuery {
    connection: Option<Watcher>,
    version: Option<Version>,
    /// The number of requests that had arrived before the question was sent.
    arrived_before: u64,
    state: State,
    failed_at: Option<Instant>,
}

enum Watcher {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// The answer of the database. The answers of two connections are not compared.
#[derive(PartialEq, Eq)]
enum Version {
    Data(i64),
    Snapshot(String),
    /// A server in recovery: unknown.
    Replica,
}

impl CommitWatch {
    /// Returns a number that changes with every commit, or `None` if commits cannot be noticed.
    pub(super) async fn state(&self, db: &Db) -> Result<Option<State>> {
        let arrival = self.arrivals.fetch_add(1, Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.arrived_before > arrival {
            return Ok(last.known_state());
        }
        if on!(db, pool => pool.is_closed()) {
            return Err(sqlx::Error::PoolClosed.into());
        }
        if last.failed_at.is_some_and(|at| at.elapsed() < PATIENCE) {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        // Lets other requests that are ready arrive first, so that one question serves them all.
        tokio::task::yield_now().await;
        let arrived_before = self.arrivals.load(Ordering::SeqCst);
        // The connection is taken out here, so that a cancelled or failed question drops it.
        let connection = last.connection.take();
        let answer = match db {
            Db::Sqlite(pool, _) => ask_sqlite(connection, pool).await,
            Db::Postgres(pool, _) => {
                let answer = timeout(PATIENCE, ask_postgres(connection, pool)).await;
                let answer = answer.unwrap_or(Err(sqlx::Error::PoolTimedOut));
                last.failed_at = answer.is_err().then(Instant::now);
                answer
            }
        };
        let Answer { connection, is_new, version } = answer?;
        if is_new || last.version.as_ref() != Some(&version) {
            last.state += 1;
        }
        (last.connection, last.version, last.arrived_before) =
            (Some(connection), Some(version), arrived_before);
        Ok(last.known_state())
    }

    /// Closes the connection. The closed pool prevents a new one.
    pub(super) async fn close(&self) {
        // An error is harmless: the connection has written nothing.
        let _ = match self.last.lock().await.connection.take() {
            Some(Watcher::Sqlite(connection)) => connection.close().await,
            Some(Watcher::Postgres(connection)) => connection.close().await,
            None => Ok(()),
        };
    }
}

impl LastQuery {
    fn known_state(&self) -> Option<State> {
        (self.version != Some(Version::Replica)).then_some(self.state)
    }
}

struct Answer {
    connection: Watcher,
    /// `true` if the connection was opened for this question.
    is_new: bool,
    version: Version,
}

async fn ask_sqlite(connection: Option<Watcher>, pool: &SqlitePool) -> sqlx::Result<Answer> {
    let (mut connection, is_new) = match connection {
        Some(Watcher::Sqlite(connection)) => (connection, false),
        _ => (SqliteConnection::connect_with(&pool.connect_options()).await?, true),
    };
    let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut connection).await?;
    Ok(Answer { connection: Watcher::Sqlite(connection), is_new, version: Version::Data(version) })
}

/// Opens a new connection if the last one was closed, such as by a restart of the server.
async fn ask_postgres(connection: Option<Watcher>, pool: &PgPool) -> sqlx::Result<Answer> {
    if let Some(Watcher::Postgres(connection)) = connection
        && let Ok(answer) = snapshot(connection, false).await
    {
        return Ok(answer);
    }
    snapshot(PgConnection::connect_with(&pool.connect_options()).await?, true).await
}

async fn snapshot(mut connection: PgConnection, is_new: bool) -> sqlx::Result<Answer> {
    const SNAPSHOT: &str = "SELECT pg_is_in_recovery(), pg_current_snapshot()::text";
    let (is_replica, snapshot): (bool, String) = sqlx::query_as(SNAPSHOT).fetch_one(&mut connection).await?;
    let version = if is_replica { Version::Replica } else { Version::Snapshot(snapshot) };
    Ok(Answer { connection: Watcher::Postgres(connection), is_new, version })
}
