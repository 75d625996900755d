//! Rate-limit counters in this program's memory.
//!
//! ```
//! use palisade::rate_limit::store::{MemoryStore, RateLimitStore, Store};
//!
//! let store = MemoryStore::new().capacity(100_000);
//! assert_eq!(store.callers(), 0);
//! let store: Store = store.clone().into(); // both count in the same counters
//! assert_eq!(store.name(), "memory");
//! ```
//!
//! # How it keeps the guarantees
//!
//! The numbers are those of the [guarantees of every
//! store](crate::rate_limit::store#guarantees-of-every-store).
//!
//! 1. Callers are spread over 32 shards, each behind its own lock. A decision holds the lock for
//!    well under a microsecond, except while the shard grows by an eighth. No other lock is
//!    involved, and no background thread cleans up.
//! 2. A caller is 64 bits of a keyed hash; the store does not keep the key itself. The probability
//!    that any two of a million callers share a counter is one in thirty million.
//! 3. Every 32 decisions, a shard looks at 64 slots of each table and drops expired counters. A
//!    large table that is less than a quarter full shrinks.
//! 4. At capacity no live counter is evicted. New callers then share one counter per limit and
//!    quota until an entry expires. A flood of new keys therefore neither resets a counter nor
//!    passes uncounted.
//!
//! # Memory
//!
//! One quota takes about 29 bytes per caller, two take 39 (48 with a sliding window counter). A
//! moving window takes more, plus 16 bytes per hit.
//!
//! The table is our own: open addressing that grows by an eighth. `hashbrown::HashTable` doubles
//! instead. Measured over 32 shards with a state of 16 bytes, in bytes per caller:
//!
//! | callers | this table | hashbrown 0.17 |
//! |---|---|---|
//! | 100,000 | 29.2 | 32.8 |
//! | 600,000 | 28.5 | 43.7 |
//! | 1,000,000 | 29.7 | 52.4 |
//! | 1,500,000 | 29.2 | 35.0 |
//!
//! At a million callers a lookup took 51 ns here and 61 ns in hashbrown. Below 100,000 callers
//! hashbrown is faster (12 ns instead of 29), and inserting is always faster there.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`capacity`](MemoryStore::capacity) | 1,000,000 callers | about 40 MB with two quotas; more than a class, less than a botnet |
//!
//! # What it does not do
//!
//! Counters end with the program and are not shared with another one. Use Redis for that.

mod hash;
mod shard;
mod table;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::hash::{CounterHash, CounterHasher};
use self::shard::Shard;
use super::{Decision, Outcome, RateLimitRequest, RateLimitStore, Snapshot};
use crate::core::cache_aligned::CacheAligned;
use crate::core::clock::Clock;
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::Strategy;

const CAPACITY: usize = 1_000_000;
const SHARDS: usize = 32;
/// The largest number of shared counters. There is one per limit and list of quotas.
const SHARED: usize = 65_536;

/// Rate-limit counters in this program's memory. The [module page](self) describes the store.
///
/// Clones refer to the same counters.
#[derive(Clone)]
pub struct MemoryStore {
    shards: Arc<[LockedShard]>,
    shared: Arc<LockedShard>,
    hasher: CounterHasher,
    clock: Clock,
}

/// A shard in cache lines of its own, so that threads in different shards do not wait for each other's.
struct LockedShard(CacheAligned<Mutex<Shard>>);

impl LockedShard {
    fn new(capacity: usize) -> Self {
        Self(CacheAligned(Mutex::new(Shard::new(capacity))))
    }

    /// Locks the shard, also after a panic under the lock: the counters are still valid.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Shard> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryStore {
    /// Makes a store with the system clock for a million callers.
    pub fn new() -> Self {
        Self::with_clock(Clock::system())
    }

    /// Makes a store with this clock for a million callers.
    pub fn with_clock(clock: Clock) -> Self {
        let shared = Arc::new(LockedShard::new(SHARED));
        Self { shards: shards(CAPACITY), shared, hasher: CounterHasher::new(), clock }
    }

    /// Sets the largest number of callers. The limit applies per shard, so a few per cent fewer
    /// may fit. The store begins with no counters, and apart from clones made before.
    #[must_use]
    pub fn capacity(mut self, callers: usize) -> Self {
        self.shards = shards(callers);
        self
    }

    /// Returns the number of counters, one per caller, limit and list of quotas. Expired counters
    /// count until they are dropped.
    pub fn callers(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Decides about a request of a new caller, one over a quota, or one that is charged in another way.
    #[inline(never)]
    fn decide_otherwise(
        &self,
        mut shard: MutexGuard<'_, Shard>,
        hash: CounterHash,
        request: &RateLimitRequest<'_>,
        now: u64,
    ) -> Decision {
        if let Some(decision) = shard.decide(hash, request, now) {
            return decision;
        }
        drop(shard);
        let hash = self.hasher.hash(request.limit, &[], request.strategy, request.quotas);
        let mut shared = self.shared.lock();
        shared.count_request(now);
        shared.decide(hash, request, now).unwrap_or(NO_ROOM)
    }

    #[inline]
    fn shard(&self, caller: u64) -> MutexGuard<'_, Shard> {
        // The low bits choose the shard, because the tables inside use the highest bits.
        self.shards[((u64::from(caller as u32) * self.shards.len() as u64) >> 32) as usize].lock()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("callers", &self.callers()).finish_non_exhaustive()
    }
}

impl RateLimitStore for MemoryStore {
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        let now = self.clock.now();
        let RateLimitRequest { limit, caller, quotas, strategy, .. } = request;
        let hash = self.hasher.hash(limit, caller, strategy, quotas);
        let mut shard = self.shard(hash.caller);
        shard.count_request(now);
        if let Some(charged) = shard.charge(hash, &request, now) {
            drop(shard);
            return StoreReply::Ready(Ok(charged.decision(now)));
        }
        StoreReply::Ready(Ok(self.decide_otherwise(shard, hash, &request, now)))
    }

    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        let now = self.clock.now();
        let hash = self.hasher.hash(request.limit, request.caller, request.strategy, request.quotas);
        self.shard(hash.caller).refund(hash, &request, now, charged_at);
        StoreReply::Ready(Ok(()))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        let caller = self.hasher.caller(limit, caller);
        self.shard(caller).reset(caller);
        StoreReply::Ready(Ok(()))
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        StoreReply::Ready(Ok(()))
    }

    fn name(&self) -> &'static str {
        "memory"
    }

    fn supports(&self, _strategy: Strategy) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The decision without even a shared counter: a program that makes tens of thousands of quotas.
const NO_ROOM: Decision = Decision {
    outcome: Outcome::Limited { retry_after: Duration::from_secs(1) },
    snapshot: Snapshot { quota_index: 0, remaining: 0, reset_after: Duration::from_secs(1) },
    decided_at: 0,
};

/// Makes up to 32 shards of at least 1,024 callers, with this capacity together.
fn shards(capacity: usize) -> Arc<[LockedShard]> {
    let count = (capacity / 1024).clamp(1, SHARDS);
    (0..count).map(|_| LockedShard::new(capacity / count)).collect()
}
