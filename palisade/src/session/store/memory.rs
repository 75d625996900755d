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
//! The records are spread over 64 maps, each behind a lock of its own. A request that reads its session
//! waits for no other one; writes take turns.
//!
//! Expired records are removed when the store has 1,024 records or more and has doubled since the
//! last removal. A small store stays small, and no request waits long.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`max_bytes`](MemorySessions::max_bytes) | 64 MiB | an eighth of a machine with 512 MB; 250,000 sessions of 140 bytes, or 1,000 of 64 KiB |
//!
//! # At the bound
//!
//! Sessions without a sign-in, and the notes that such sessions have ended, take at most three
//! quarters of the room. Beyond that, and beyond the whole room for records of accounts, a record
//! that is new or grows is [`StoreError::Full`]: the session layer answers 503, and a warning is
//! logged at most once in ten seconds. Records that are there stay, and can shrink and end.
//!
//! Nothing is evicted. A flood of new visitors therefore ends no one's session, and revives no
//! session that has ended: the note in the store is what ends the copies of a cookie. It cannot keep
//! anyone from signing in or out either, since the last quarter belongs to accounts.
//!
//! # What it does not do
//!
//! - It does not know clients: bound the requests that may start sessions with
//!   [`rate_limit`](crate::rate_limit).
//! - It has no index by account: `of_user` scans all records. That is fast enough for thousands of
//!   sessions; use another store for millions.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{SaveOutcome, SessionId, SessionRecord, SessionStore};
use crate::core::cache_aligned::CacheAligned;
use crate::core::clock::Clock;
use crate::core::rejection::is_due;
use crate::core::store_reply::{StoreError, StoreReply};

/// A session store in memory. The [module page](crate::session::store::memory) has an example.
#[doc(alias = "MemoryStore")]
pub struct MemorySessions {
    clock: Clock,
    max_bytes: usize,
    shards: Box<[Shard]>,
    /// Locked by every change, before the lock of a shard.
    totals: Mutex<Totals>,
}

/// The records with their expiry times.
type Records = HashMap<SessionId, (u64, SessionRecord)>;

/// A part of the records, in cache lines of its own.
type Shard = CacheAligned<Mutex<Records>>;

/// The numbers of all records together.
#[derive(Default)]
struct Totals {
    records: usize,
    bytes: Bytes,
    /// The time of the last removal of expired records.
    swept_at: u64,
    /// The number of records at which expired ones are removed next.
    sweep_at: usize,
}

/// A change of the records. One is made at a time.
struct Change<'a> {
    shards: &'a [Shard],
    totals: MutexGuard<'a, Totals>,
}

/// The bytes of all records.
#[derive(Clone, Copy, Default)]
struct Bytes {
    all: usize,
    /// Those of records that belong to no account.
    anonymous: usize,
}

const MAX_BYTES: usize = 64 << 20;
const SHARDS: usize = 64;
/// The bytes of an entry of a map, and of its two allocations, beside their content.
const ENTRY_BYTES: usize = 128;
/// The time between two removals of expired records from a full store, in microseconds. A removal
/// looks at all records.
const SWEEP_INTERVAL: u64 = 1_000_000;
const NAME: &str = "memory";
const REMEDY: &str = "raise MemorySessions::max_bytes, or limit the requests that may start sessions";

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

    /// Sets the largest size of all records together, in bytes, with 128 bytes for each. The
    /// [module page](crate::session::store::memory) says what happens at the bound.
    #[must_use]
    pub fn max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Returns the number of records, including expired ones that are not removed yet.
    pub fn len(&self) -> usize {
        lock(&self.totals).records
    }

    /// Returns `true` if the store has no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn change(&self) -> Change<'_> {
        Change { shards: &self.shards, totals: lock(&self.totals) }
    }
}

impl Default for MemorySessions {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self { clock: Clock::default(), max_bytes: MAX_BYTES, shards, totals: Mutex::default() }
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessions").finish_non_exhaustive()
    }
}

impl SessionStore for MemorySessions {
    /// Reads the clock only if there is a record: with cookie storage, most lookups find none.
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        let records = shard(&self.shards, id);
        let live = |(expires_at, _): &&(u64, SessionRecord)| *expires_at > self.clock.now();
        StoreReply::Ready(Ok(records.get(&id).filter(live).map(|(_, record)| record.clone())))
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        let now = self.clock.now();
        let mut change = self.change();
        if change.version(id, now) != expected {
            return StoreReply::Ready(Ok(SaveOutcome::Conflict));
        }
        if !change.make_room(id, &record, self.max_bytes, now) {
            if is_due(REMEDY) {
                tracing::warn!(max_bytes = self.max_bytes, "the session store in memory is full: {REMEDY}");
            }
            return StoreReply::Ready(Err(StoreError::Full { store: NAME, remedy: REMEDY }));
        }
        let expires_at = now.saturating_add(u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX));
        change.put(id, expires_at, record);
        change.sweep_if_grown(now);
        StoreReply::Ready(Ok(SaveOutcome::Saved))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        self.change().remove(id);
        StoreReply::Ready(Ok(()))
    }

    fn delete_of_user<'a>(&'a self, user: &'a str, except: &'a [SessionId]) -> StoreReply<'a, ()> {
        self.change().retain(|id, (_, record)| record.user.as_deref() != Some(user) || except.contains(id));
        StoreReply::Ready(Ok(()))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        let now = self.clock.now();
        let of_user = |(id, (expires_at, record)): (&SessionId, &(u64, SessionRecord))| {
            (*expires_at > now && record.user.as_deref() == Some(user)).then(|| (*id, record.clone()))
        };
        // No change is made until all shards are read.
        let _totals = lock(&self.totals);
        let of_shard = |shard: &Shard| lock(&shard.0).iter().filter_map(of_user).collect::<Vec<_>>();
        StoreReply::Ready(Ok(self.shards.iter().flat_map(of_shard).collect()))
    }

    fn name(&self) -> &'static str {
        NAME
    }
}

impl Change<'_> {
    fn records(&self, id: SessionId) -> MutexGuard<'_, Records> {
        shard(self.shards, id)
    }

    /// Returns the version of the record, unless it has expired.
    fn version(&self, id: SessionId, now: u64) -> Option<u64> {
        let records = self.records(id);
        records.get(&id).filter(|(expires_at, _)| *expires_at > now).map(|(_, record)| record.version)
    }

    fn put(&mut self, id: SessionId, expires_at: u64, record: SessionRecord) {
        let size = Bytes::of(&record);
        let before = self.records(id).insert(id, (expires_at, record));
        self.totals.bytes = self.totals.bytes.with(size);
        self.totals.records += 1;
        self.removed(before);
    }

    fn remove(&mut self, id: SessionId) {
        let before = self.records(id).remove(&id);
        self.removed(before);
    }

    fn removed(&mut self, entry: Option<(u64, SessionRecord)>) {
        if let Some((_, record)) = entry {
            self.totals.bytes = self.totals.bytes.without(Bytes::of(&record));
            self.totals.records -= 1;
        }
    }

    fn retain(&mut self, stays: impl Fn(&SessionId, &(u64, SessionRecord)) -> bool) {
        let totals = &mut *self.totals;
        for shard in self.shards {
            lock(&shard.0).retain(|id, entry| {
                let stays = stays(id, entry);
                if !stays {
                    totals.bytes = totals.bytes.without(Bytes::of(&entry.1));
                    totals.records -= 1;
                }
                stays
            });
        }
    }

    /// Returns `true` if the record fits in, after the removal of expired ones if need be.
    fn make_room(&mut self, id: SessionId, record: &SessionRecord, max: usize, now: u64) -> bool {
        if self.fits(id, record, max) {
            return true;
        }
        if now.abs_diff(self.totals.swept_at) < SWEEP_INTERVAL {
            return false;
        }
        self.sweep(now);
        self.fits(id, record, max)
    }

    fn fits(&self, id: SessionId, record: &SessionRecord, max: usize) -> bool {
        let before = self.records(id).get(&id).map_or_else(Bytes::default, |(_, record)| Bytes::of(record));
        let (size, rest) = (Bytes::of(record), self.totals.bytes.without(before));
        let anonymous = rest.anonymous + size.anonymous;
        let grows = size.all > before.all || size.anonymous > before.anonymous;
        !grows || (rest.all + size.all <= max && (size.anonymous == 0 || anonymous <= max / 4 * 3))
    }

    fn sweep(&mut self, now: u64) {
        self.retain(|_, (expires_at, _)| *expires_at > now);
        (self.totals.swept_at, self.totals.sweep_at) = (now, self.totals.records * 2);
    }

    fn sweep_if_grown(&mut self, now: u64) {
        if self.totals.records >= self.totals.sweep_at.max(MIN_SWEEP) {
            self.sweep(now);
        }
    }
}

/// Locks the shard of this id.
fn shard(shards: &[Shard], id: SessionId) -> MutexGuard<'_, Records> {
    // The bits are random.
    lock(&shards[usize::from(id.bytes()[0]) % SHARDS].0)
}

/// Locks, also after a panic under the lock: the records are still valid.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bytes {
    fn of(record: &SessionRecord) -> Self {
        let all = ENTRY_BYTES + record.bytes.len() + record.user.as_ref().map_or(0, String::len);
        Self { all, anonymous: if record.is_of_account() { 0 } else { all } }
    }

    fn with(self, other: Self) -> Self {
        Self { all: self.all + other.all, anonymous: self.anonymous + other.anonymous }
    }

    fn without(self, other: Self) -> Self {
        Self { all: self.all - other.all, anonymous: self.anonymous - other.anonymous }
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
        let bytes = lock(&store.totals).bytes;
        assert_eq!((bytes.all, bytes.anonymous), (store.len() * ENTRY_BYTES, store.len() * ENTRY_BYTES));
    }

    fn save(store: &MemorySessions, user: Option<&str>, bytes: &[u8]) -> Result<SessionId, StoreError> {
        let record = SessionRecord { version: 1, user: user.map(str::to_owned), bytes: bytes.to_vec() };
        let id = SessionId::random();
        match store.save(id, None, record, Duration::from_secs(60)) {
            StoreReply::Ready(saved) => saved.map(|_| id),
            _ => panic!("memory answers at once"),
        }
    }

    #[test]
    fn visitors_without_account_get_three_quarters() {
        let store = MemorySessions::new().max_bytes(8 * 200);
        let full = Err(StoreError::Full { store: NAME, remedy: REMEDY });
        for _ in 0..6 {
            save(&store, None, &[b'p'; 72]).unwrap();
        }
        assert_eq!(save(&store, None, b""), full, "the seventh quarter of 200 bytes");
        let signed_in = save(&store, Some("ada"), &[b'p'; 69]).unwrap();
        let mark = [&[SessionRecord::ENDED_SIGN_IN][..], &[0; 71]].concat();
        save(&store, None, &mark).unwrap();
        assert_eq!(save(&store, Some("bob"), b""), full, "the ninth");
        let record =
            |version, size| SessionRecord { version, user: Some("ada".into()), bytes: vec![b'p'; size] };
        let replace = |version: u64, size| {
            store.save(signed_in, Some(version), record(version + 1, size), Duration::MAX)
        };
        assert!(matches!(replace(1, 69), StoreReply::Ready(Ok(SaveOutcome::Saved))), "it does not grow");
        assert!(matches!(replace(2, 70), StoreReply::Ready(Err(StoreError::Full { .. }))), "it grows");
        assert!(matches!(store.delete(signed_in), StoreReply::Ready(Ok(()))));
        assert!(save(&store, Some("bob"), &[b'p'; 69]).is_ok());
    }

    #[test]
    fn a_full_store_makes_room_by_expiry() {
        let (clock, manual) = Clock::manual();
        let store = MemorySessions::new().clock(clock).max_bytes(4 * ENTRY_BYTES);
        for _ in 0..3 {
            save(&store, None, b"").unwrap();
        }
        manual.advance(Duration::from_secs(59));
        assert!(save(&store, None, b"").is_err());
        manual.advance(Duration::from_millis(1_000) - Duration::from_micros(1));
        assert!(save(&store, None, b"").is_err(), "the last removal was less than a second ago");
        manual.advance(Duration::from_micros(1));
        assert!(save(&store, None, b"").is_ok());
        assert_eq!(store.len(), 1);
    }
}
