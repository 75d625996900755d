//! Sessions in this process's memory, until it stops.
//!
//! ```
//! use palisade::session::store::{MemorySessions, SaveOutcome, SessionId, SessionRecord, SessionStore};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade::session::store::StoreError> {
//! let store = MemorySessions::new();
//! let record = SessionRecord { version: 1, user: Some("7".into()), bytes: Vec::new() };
//! let outcome = store.save(SessionId::random(), None, record, Duration::from_secs(60)).await?;
//! assert_eq!(outcome, SaveOutcome::Saved);
//! assert_eq!((store.len(), store.of_user("7").await?.len()), (1, 1));
//! # Ok(())
//! # }
//! ```
//!
//! Expired records are removed when the map has 1,024 records or more and has doubled since the
//! last removal. A small store stays small, and no request waits long.
//!
//! # What it does not do
//!
//! - It has no maximum size: bound the requests that may start sessions.
//! - It has no index by account: `of_user` scans all records. That is fast enough for thousands of
//!   sessions; use another store for millions.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{SaveOutcome, SessionId, SessionRecord, SessionStore};
use crate::core::clock::Clock;
use crate::core::store_reply::StoreReply;

/// A session store in memory. The [module page](crate::session::store::memory) has an example.
#[doc(alias = "MemoryStore")]
#[derive(Default)]
pub struct MemorySessions {
    clock: Clock,
    table: Mutex<SessionTable>,
}

#[derive(Default)]
struct SessionTable {
    /// The records with their expiry times.
    sessions: HashMap<SessionId, (u64, SessionRecord)>,
    /// The size at which expired records are removed next.
    sweep_at: usize,
}

/// The size below which expired records are not removed.
const MIN_SWEEP: usize = 1024;

impl MemorySessions {
    /// Returns an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock that expiry is measured with, for tests.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Returns the number of records, including expired ones that are not removed yet.
    pub fn len(&self) -> usize {
        self.locked(|table| table.sessions.len())
    }

    /// Returns `true` if the store has no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn locked<T>(&self, then: impl FnOnce(&mut SessionTable) -> T) -> T {
        then(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessions").finish_non_exhaustive()
    }
}

impl SessionStore for MemorySessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Ready(Ok(self.locked(|table| table.live(id, || self.clock.now()).cloned())))
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        let now = self.clock.now();
        let saved = self.locked(|table| {
            if table.live(id, || now).map(|record| record.version) != expected {
                return SaveOutcome::Conflict;
            }
            let expires_at = now.saturating_add(u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX));
            table.sessions.insert(id, (expires_at, record));
            table.sweep(now);
            SaveOutcome::Saved
        });
        StoreReply::Ready(Ok(saved))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        self.locked(|table| table.sessions.remove(&id));
        StoreReply::Ready(Ok(()))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        let now = self.clock.now();
        let found = self.locked(|table| {
            let of_user = |(id, (expires_at, record)): (&SessionId, &(u64, SessionRecord))| {
                (*expires_at > now && record.user.as_deref() == Some(user)).then(|| (*id, record.clone()))
            };
            table.sessions.iter().filter_map(of_user).collect()
        });
        StoreReply::Ready(Ok(found))
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

impl SessionTable {
    /// Returns the record unless it has expired. The clock is read only if there is a record: with
    /// cookie storage, most lookups find none.
    fn live(&self, id: SessionId, now: impl FnOnce() -> u64) -> Option<&SessionRecord> {
        self.sessions.get(&id).filter(|(expires_at, _)| *expires_at > now()).map(|(_, record)| record)
    }

    fn sweep(&mut self, now: u64) {
        if self.sessions.len() >= self.sweep_at.max(MIN_SWEEP) {
            self.sessions.retain(|_, (expires_at, _)| *expires_at > now);
            self.sweep_at = self.sessions.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_expired_records() {
        let (clock, manual) = Clock::manual();
        let store = MemorySessions::new().clock(clock);
        for _ in 0..10 * MIN_SWEEP {
            let record = SessionRecord { version: 1, user: None, bytes: Vec::new() };
            let saved = store.save(SessionId::random(), None, record, Duration::from_secs(1));
            assert!(matches!(saved, StoreReply::Ready(Ok(SaveOutcome::Saved))));
            manual.advance(Duration::from_millis(10));
        }
        assert!(store.len() <= MIN_SWEEP);
    }
}
