//! A read cache, invalidated by every commit.
//!
//! ```ignore
//! db.cached(|tables| &tables.users, id, async || read_the_user(db, id).await).await
//! ```
//!
//! Each read takes these steps:
//! 1. The [commit watch](super::commit_watch) asks the database whether anything was committed
//!    since: by this process, by another process, or by hand.
//! 2. If nothing was committed and the cached value is younger than a second, the cache returns
//!    it.
//! 3. Otherwise it reads the value. Concurrent requests for the same value wait for that one read;
//!    an error is not cached.
//!
//! The result is therefore never older than the request for it. Step 1 is one short query, and all
//! requests that arrive before it starts share its result: of thirty concurrent requests, one waits
//! for the database. A GET or HEAD request takes step 1 once, with its first read: see
//! [`RequestReads`].
//!
//! | bound | value | reason |
//! |---|---|---|
//! | age | 1 s | values that depend on the clock, such as a session's expiry, are read again |
//! | entries of one type | 1024, then they are dropped | the pages and members of a lunch hour |
//!
//! Decisions: `docs/decisions/0032-sqlite-read-cache.md` and `0067-postgresql-read-cache.md`.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use palisade::session::store::{SessionId, SessionRecord};
use tokio::sync::OnceCell;

use super::board_versions::ScoreBoard;
use super::challenges::Challenge;
use super::commit_watch::{CommitWatch, State};
use super::home::HomeContent;
use super::leaderboard::Standing;
use super::request_reads::RequestReads;
use super::submissions::LastAnswer;
use super::users::User;
use super::{Db, DbError, Paged};

/// Cached query results of a database; cheap to clone.
#[derive(Clone, Default)]
pub struct ReadCache(Arc<Tables>);

/// One map for each type of value.
#[derive(Default)]
pub(super) struct Tables {
    watch: CommitWatch,
    pub(super) boards: Entries<(ScoreBoard, u32), Paged<Standing>>,
    pub(super) home: Entries<(), Arc<HomeContent>>,
    pub(super) challenges: Entries<(i64, Option<i64>, i64), Option<Challenge>>,
    pub(super) challenge_progress: Entries<(i64, i64, i64), Arc<HashMap<i64, bool>>>,
    pub(super) sessions: Entries<SessionId, Option<SessionRecord>>,
    pub(super) last_answers: Entries<(i64, i64), HashMap<i64, LastAnswer>>,
    pub(super) users: Entries<i64, Option<User>>,
}

impl Db {
    /// Returns the cached value if the database is unchanged, or the result of `read`.
    pub(super) async fn cached<K: Eq + Hash, T: Clone, E: From<DbError>>(
        &self,
        entries: impl FnOnce(&Tables) -> &Entries<K, T>,
        key: K,
        read: impl AsyncFnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let ReadCache(tables) = self.read_cache();
        let reads_of = Arc::as_ptr(tables).addr();
        let known = RequestReads::state(reads_of);
        let state = match known {
            Some(state) => state,
            None => {
                let Some(state) = tables.watch.state(self).await? else { return read().await };
                RequestReads::remember(reads_of, state);
                state
            }
        };
        entries(tables).at(state, key, Instant::now()).get_or_try_init(|| read()).await.cloned()
    }
}

impl Db {
    /// Asks the database a short question, whose answer all concurrent callers share.
    ///
    /// # Errors
    /// If the database cannot be reached; on PostgreSQL within a second.
    pub async fn check_reachable(&self) -> super::Result<()> {
        self.read_cache().0.watch.state(self).await.map(drop)
    }
}

impl ReadCache {
    /// Closes the connection that watches for commits.
    pub(super) async fn close(&self) {
        self.0.watch.close().await;
    }
}

/// Cached values of one type, by key.
pub(super) struct Entries<K, T>(Mutex<HashMap<K, Entry<T>>>);

struct Entry<T> {
    state: State,
    since: Instant,
    value: Arc<OnceCell<T>>,
}

/// The maximum age of a cached value.
const MAX_AGE: Duration = Duration::from_secs(1);
/// The maximum number of entries of one type.
const MAX_ENTRIES: usize = 1024;

impl<K: Eq + Hash, T> Entries<K, T> {
    /// Returns the cell that holds the value, or that it must be read into.
    fn at(&self, state: State, key: K, now: Instant) -> Arc<OnceCell<T>> {
        let mut entries = self.entries();
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        let new = || Entry { state, since: now, value: Arc::default() };
        let entry = entries.entry(key).or_insert_with(new);
        if entry.state != state || now.duration_since(entry.since) >= MAX_AGE {
            *entry = new();
        }
        Arc::clone(&entry.value)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<K, Entry<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> Default for Entries<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Hides the content: cached sessions are secrets.
impl fmt::Debug for ReadCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_lives_until_a_commit_or_its_maximum_age() {
        let (entries, now) = (Entries::<u8, u8>::default(), Instant::now());
        let first = entries.at(1, 7, now);
        assert!(Arc::ptr_eq(&first, &entries.at(1, 7, now + MAX_AGE - Duration::from_millis(1))));
        assert!(!Arc::ptr_eq(&first, &entries.at(1, 8, now)), "each key has its own entry");
        let changed = entries.at(2, 7, now);
        assert!(!Arc::ptr_eq(&first, &changed));
        assert!(!Arc::ptr_eq(&changed, &entries.at(2, 7, now + MAX_AGE)));
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let entries = Entries::<usize, u8>::default();
        for key in 0..MAX_ENTRIES * 3 {
            entries.at(1, key, Instant::now());
        }
        assert!(entries.entries().len() <= MAX_ENTRIES);
    }
}
