//! What was read from a SQLite file, for as long as nobody changes the file.
//!
//! ```ignore
//! db.cached(|tables| &tables.users, id, async || read_the_user(db, id).await).await
//! ```
//!
//! What is given, in this order:
//! 1. the file is asked whether anything at all has been committed since: by this process, by another, or by hand;
//! 2. where nothing was, and it was read less than a second ago, what was read then;
//! 3. else what is read now. Whoever asks meanwhile for the same waits for it; an error is not kept.
//!
//! So nothing that is given is ever older than the question. The first step is one short question (`PRAGMA data_version`, on a
//! connection that never writes), and all who have come before it is put share the answer: of thirty requests at once one
//! waits for the file, and thirty are answered. That is what makes it worth while: a query is 10 µs of SQLite, and 30 to 60 of
//! going to its thread and back.
//!
//! | bound | is | because |
//! |---|---|---|
//! | age | 1 s | what depends on the clock, such as a challenge that is set for noon or a session that ends, is read anew |
//! | things of one kind | 1024, then they are forgotten | the pages and members of a lunch hour |
//!
//! On PostgreSQL every question is put: there is no such number there, and asking for one would be a way to the server as well.
//!
//! Reference: SQLite, `PRAGMA data_version`. Decision: `docs/decisions/0032-site-cost.md`.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use palisade::session::store::{SessionId, SessionRecord};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio::sync::OnceCell;

use super::board_versions::Changing;
use super::challenges::Challenge;
use super::home::HomeContent;
use super::leaderboard::Standing;
use super::submissions::Tried;
use super::users::User;
use super::{Db, Paged, Result};

/// What was read from a file; cheap to clone.
#[derive(Clone, Default)]
pub struct ReadCache(Arc<Tables>);

/// One map for each kind of thing.
#[derive(Default)]
pub(super) struct Tables {
    file: File,
    pub(super) boards: Rows<(Changing, u32), Paged<Standing>>,
    pub(super) home: Rows<(), Arc<HomeContent>>,
    pub(super) challenges: Rows<(i64, Option<i64>, i64), Option<Challenge>>,
    pub(super) marks: Rows<(i64, i64, i64), Arc<HashMap<i64, bool>>>,
    pub(super) sessions: Rows<SessionId, Option<SessionRecord>>,
    pub(super) tried: Rows<(i64, i64), HashMap<i64, Tried>>,
    pub(super) users: Rows<i64, Option<User>>,
}

impl Db {
    /// What this reads, or what it read when the database was as it is now.
    pub(super) async fn cached<K: Eq + Hash, T: Clone>(
        &self,
        rows: impl FnOnce(&Tables) -> &Rows<K, T>,
        key: K,
        read: impl AsyncFnOnce() -> Result<T>,
    ) -> Result<T> {
        let Self::Sqlite(pool, ReadCache(tables)) = self else { return read().await };
        let state = tables.file.state(pool).await?;
        rows(tables).at(state, key, Instant::now()).get_or_try_init(|| read()).await.cloned()
    }
}

impl ReadCache {
    /// Lets go of the file.
    pub(super) async fn close(&self) {
        let link = self.0.file.last.lock().await.link.take();
        if let Some(link) = link {
            // It has written nothing.
            let _ = link.close().await;
        }
    }
}

/// Where the file is: the number of the connection that says so, and what it says. Two connections count each for itself.
type State = (u64, i64);

/// Whether the file has been changed.
#[derive(Default)]
struct File {
    /// How many have come to ask.
    came: AtomicU64,
    last: tokio::sync::Mutex<LastAnswer>,
}

/// The last answer.
#[derive(Default)]
struct LastAnswer {
    link: Option<SqliteConnection>,
    /// How many had come before the question was put.
    before: u64,
    state: State,
}

impl File {
    /// What is another one after each commit.
    async fn state(&self, pool: &SqlitePool) -> Result<State> {
        let came = self.came.fetch_add(1, Ordering::SeqCst);
        let mut asked = self.last.lock().await;
        if asked.before > came {
            return Ok(asked.state);
        }
        if pool.is_closed() {
            return Err(sqlx::Error::PoolClosed.into());
        }
        // Who else is about to ask comes first: one question then serves them all.
        tokio::task::yield_now().await;
        let before = self.came.load(Ordering::SeqCst);
        // A question that is given up halfway, or fails, takes its connection along.
        let (mut link, number) = match asked.link.take() {
            Some(link) => (link, asked.state.0),
            None => (SqliteConnection::connect_with(&pool.connect_options()).await?, asked.state.0 + 1),
        };
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut link).await?;
        *asked = LastAnswer { link: Some(link), before, state: (number, version) };
        Ok(asked.state)
    }
}

/// What was read, by what was asked for.
pub(super) struct Rows<K, T>(Mutex<HashMap<K, Row<T>>>);

struct Row<T> {
    state: State,
    since: Instant,
    value: Arc<OnceCell<T>>,
}

/// How old a thing may be.
const AGE: Duration = Duration::from_secs(1);
/// How many things of one kind are kept.
const MOST: usize = 1024;

impl<K: Eq + Hash, T> Rows<K, T> {
    /// Where this thing is, or where it is to be put.
    fn at(&self, state: State, key: K, now: Instant) -> Arc<OnceCell<T>> {
        let mut rows = self.rows();
        if rows.len() >= MOST {
            rows.clear();
        }
        let new = || Row { state, since: now, value: Arc::default() };
        let row = rows.entry(key).or_insert_with(new);
        if row.state != state || now.duration_since(row.since) >= AGE {
            *row = new();
        }
        Arc::clone(&row.value)
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<K, Row<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> Default for Rows<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Sessions are secrets, and are not shown.
impl fmt::Debug for ReadCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_stays_while_the_file_does_and_no_longer_than_its_age() {
        let (rows, now) = (Rows::<u8, u8>::default(), Instant::now());
        let first = rows.at((1, 1), 7, now);
        assert!(Arc::ptr_eq(&first, &rows.at((1, 1), 7, now + AGE - Duration::from_millis(1))));
        assert!(!Arc::ptr_eq(&first, &rows.at((1, 1), 8, now)), "another is another");
        let changed = rows.at((1, 2), 7, now);
        assert!(!Arc::ptr_eq(&first, &changed));
        assert!(!Arc::ptr_eq(&changed, &rows.at((1, 2), 7, now + AGE)));
        let another_link = rows.at((2, 2), 7, now);
        assert!(
            !Arc::ptr_eq(&another_link, &rows.at((1, 2), 7, now)),
            "two connections count each for itself"
        );
    }

    #[test]
    fn there_are_never_more_than_the_bound() {
        let rows = Rows::<usize, u8>::default();
        for key in 0..MOST * 3 {
            rows.at((1, 1), key, Instant::now());
        }
        assert!(rows.rows().len() <= MOST);
    }
}
