//! Counting in this program's memory.
//!
//! ```
//! # use palisade::rate_limit::store::{MemoryStore, Store};
//! let store: Store = MemoryStore::new().capacity(100_000).into();
//! assert_eq!(store.name(), "memory");
//! ```
//!
//! How it keeps its promises:
//!
//! 1. Callers are spread over 32 shards, each behind a lock of its own that is held for well under a microsecond, except while
//!    the shard grows by an eighth. Nothing waits for anything else, and there is no thread that cleans.
//! 2. A caller is 64 bits of a keyed hash; the name itself is not kept. That any two of a million share a count is as likely as
//!    one in thirty million. One quota takes about 29 bytes a caller, two take 39 (by a sliding window counter 48). A moving
//!    window takes more, and 16 for every hit in it.
//! 3. Every few decisions one looks through some places of its shard and lets go of what has run out; a shard that has become
//!    much too large shrinks.
//! 4. At the capacity nobody who is known is forgotten before his time. Whoever is new then gets no count of his own until
//!    something has run out: all such share one count per limit and quota. So a flood of new keys neither resets
//!    anybody's count nor passes uncounted.
//!
//! | setting | default | why |
//! |---|---|---|
//! | capacity | 1,000,000 callers | about 40 MB with two quotas; more than a class, less than a botnet |
//!
//! What it does not do: outlive the program, or share counts with another one. That is what `redis` is for.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::memory_shard::Shard;
use super::name::Namer;
use super::{Decision, Outcome, RateLimitRequest, RateLimitStore, Snapshot};
use crate::core::clock::Clock;
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::Strategy;

const CAPACITY: usize = 1_000_000;
const SHARDS: usize = 32;
/// How many counts are shared at most by those who get none of their own: limits times quotas, written by programmers.
const SHARED: usize = 65_536;

/// Counts in this program's memory. [Its page](self) says how.
pub struct MemoryStore {
    shards: Box<[Mutex<Shard>]>,
    shared: Mutex<Shard>,
    namer: Namer,
    clock: Clock,
}

impl MemoryStore {
    /// By the system's clock, for a million callers.
    pub fn new() -> Self {
        Self::with_clock(Clock::system())
    }

    /// By this clock.
    pub fn with_clock(clock: Clock) -> Self {
        let shared = Mutex::new(Shard::new(SHARED));
        Self { shards: shards(CAPACITY), shared, namer: Namer::new(), clock }
    }

    /// How many callers are remembered at most. It is kept per shard: a few in a hundred fewer may fit. What was counted
    /// before is forgotten.
    #[must_use]
    pub fn capacity(mut self, callers: usize) -> Self {
        self.shards = shards(callers);
        self
    }

    /// How many callers are remembered now, those that have run out but not left included.
    pub fn callers(&self) -> usize {
        self.shards.iter().map(|shard| locked(shard).len()).sum()
    }

    fn shard(&self, caller: u64) -> MutexGuard<'_, Shard> {
        // The tables inside go by the highest bits.
        locked(&self.shards[((u64::from(caller as u32) * self.shards.len() as u64) >> 32) as usize])
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
    fn decide<'a>(&'a self, ask: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        let now = self.clock.now();
        let name = self.namer.name(ask.limit, ask.caller, ask.strategy, ask.quotas);
        if let Some(verdict) = self.shard(name.caller).decide(name, &ask, now) {
            return StoreReply::Ready(Ok(verdict));
        }
        let name = self.namer.name(ask.limit, &[], ask.strategy, ask.quotas);
        let verdict = locked(&self.shared).decide(name, &ask, now);
        StoreReply::Ready(Ok(verdict.unwrap_or(NO_ROOM)))
    }

    fn refund<'a>(&'a self, ask: RateLimitRequest<'a>, charged: Option<u64>) -> StoreReply<'a, ()> {
        let now = self.clock.now();
        let name = self.namer.name(ask.limit, ask.caller, ask.strategy, ask.quotas);
        self.shard(name.caller).refund(name, &ask, now, charged);
        StoreReply::Ready(Ok(()))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        let caller = self.namer.caller(limit, caller);
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

/// When there is not even a shared count: tens of thousands of quotas, made by a program that has lost its way.
const NO_ROOM: Decision = Decision {
    outcome: Outcome::Refuse { retry_after: Duration::from_secs(1) },
    standing: Snapshot { quota: 0, remaining: 0, reset_after: Duration::from_secs(1) },
    at: 0,
};

/// As many shards as are worth it, which hold so many together.
fn shards(capacity: usize) -> Box<[Mutex<Shard>]> {
    let count = (capacity / 1024).clamp(1, SHARDS);
    (0..count).map(|_| Mutex::new(Shard::new(capacity / count))).collect()
}

/// A panic while the lock was held leaves counts, not broken promises: they are used on.
fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
