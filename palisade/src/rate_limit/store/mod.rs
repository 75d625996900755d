//! Stores of rate-limit counters: in this program's memory, in Redis or Valkey, in memcached.
//!
//! ```
//! use palisade::rate_limit::quota::{Quotas, Strategy};
//! use palisade::rate_limit::store::{
//!     ChargePolicy, Outcome, RateLimitRequest, RateLimitStore, Store,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::open("memory://").await?;
//! let quotas: Quotas = "1/minute; 20/hour".parse()?;
//! let request = RateLimitRequest {
//!     limit: "login",
//!     caller: b"192.0.2.7",
//!     quotas: &quotas,
//!     strategy: Strategy::FixedWindow,
//!     cost: 1,
//!     charge: ChargePolicy::AllOrNothing,
//! };
//! assert_eq!(store.decide(request).await?.outcome, Outcome::Allowed);
//! assert!(matches!(store.decide(request).await?.outcome, Outcome::Limited { .. }));
//! # Ok(())
//! # }
//! ```
//!
//! An application rarely calls a store. It opens one, and hands it to
//! [`FallbackStore`](super::FallbackStore) or [`RateLimit::new`](super::RateLimit::new); the latter
//! puts it into a `FallbackStore`. To *charge* a quota is to count the cost of a request there.
//!
//! # Addresses
//!
//! | address | store | feature |
//! |---|---|---|
//! | `memory://` | [`MemoryStore`] | `rate-limit` |
//! | `redis://host:6379/0?namespace=forum` | [`RedisStore`]: one server | `redis` |
//! | `rediss://host?…` | [`RedisStore`]: one server, TLS | `redis` |
//! | `redis+unix:///path?…` | [`RedisStore`]: a Unix socket | `redis` |
//! | `redis+sentinel://host,host/name?…` | [`RedisStore`]: the primary of Sentinel | `redis` |
//! | `redis+cluster://host,host?…` | [`RedisStore`]: a cluster | `redis` |
//! | `memcached://host,host?…` | [`MemcachedStore`] | `memcached` |
//!
//! `valkey` may replace `redis` in each address. Each address of a server names the site with
//! `?namespace=forum`; an address without it is an error. Two sites may then share a server:
//! neither reaches the other's limits. `RedisConnection` lets counters and sessions share one
//! connection.
//!
//! # Guarantees of every store
//!
//! One test suite checks them on each store:
//!
//! 1. One atomic step decides about all quotas of a request and charges them.
//! 2. Concurrent requests never exceed the quota together.
//! 3. A [`Strategy`] means the same in every store. Limit, caller, strategy and the list of quotas
//!    identify a counter within a namespace. No two combinations share one, and a change of any starts from zero.
//! 4. Expired counters are deleted without a job of yours.
//! 5. An unreachable store is an error, soon. The limit's
//!    [`OutagePolicy`](super::OutagePolicy) decides what follows.
//! 6. The requests that wait in this program for a server are bounded, for each caller and in all. A
//!    request beyond the bound is [`StoreError::CallerQueueFull`] or [`StoreError::QueueFull`] at
//!    once, and is not sent. The wait is never part of a server's timeout.
//!
//! # What it does not do
//!
//! A store does not identify callers, write headers, or retry while a server is down.
//!
//! # A store of your own
//!
//! Implement [`RateLimitStore`] and wrap the value in [`Store::new`]. The example counts nothing:
//!
//! ```
//! use std::time::Duration;
//! use palisade::rate_limit::quota::Strategy;
//! use palisade::rate_limit::store::{
//!     Decision, Outcome, RateLimitRequest, RateLimitStore, Snapshot, Store, StoreError,
//!     StoreReply,
//! };
//!
//! #[derive(Debug)]
//! struct Unlimited;
//!
//! impl RateLimitStore for Unlimited {
//!     fn decide<'a>(&'a self, _: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
//!         let snapshot = Snapshot { quota_index: 0, remaining: 1, reset_after: Duration::ZERO };
//!         StoreReply::Ready(Ok(Decision { outcome: Outcome::Allowed, snapshot, decided_at: 0 }))
//!     }
//!     fn refund<'a>(&'a self, _: RateLimitRequest<'a>, _: Option<u64>) -> StoreReply<'a, ()> {
//!         StoreReply::Ready(Ok(()))
//!     }
//!     fn reset<'a>(&'a self, _: &'a str, _: &'a [u8]) -> StoreReply<'a, ()> {
//!         StoreReply::Ready(Ok(()))
//!     }
//!     fn ping(&self) -> StoreReply<'_, ()> {
//!         StoreReply::Ready(Ok(()))
//!     }
//!     fn name(&self) -> &'static str {
//!         "unlimited"
//!     }
//!     fn supports(&self, _: Strategy) -> Result<(), StoreError> {
//!         Ok(())
//!     }
//! }
//!
//! assert_eq!(Store::new(Unlimited).name(), "unlimited");
//! ```

#[cfg(any(feature = "redis", feature = "memcached"))]
mod caller_queue;
#[cfg(any(feature = "redis", feature = "memcached"))]
mod counter_key;
#[cfg(feature = "memcached")]
pub mod memcached;
pub mod memory;
mod open;
#[cfg(feature = "redis")]
pub mod redis;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "memcached")]
pub use self::memcached::MemcachedStore;
pub use self::memory::MemoryStore;
#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
use crate::core::circuit_breaker::CircuitBreaker;
#[cfg(feature = "redis")]
pub use crate::core::redis_connection::RedisConnection;
pub use crate::core::store_reply::{QueuedReply, StoreError, StoreReply, StoreReplyFuture};
pub use crate::rate_limit::quota::{ChargePolicy, Decision, Outcome, Snapshot};
use crate::rate_limit::quota::{Quotas, Strategy};

/// One request to count. A store decides about all of it in one atomic step. The
/// [module page](self) has an example.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitRequest<'a> {
    /// The name of the limit.
    pub limit: &'a str,
    /// The caller: any bytes.
    pub caller: &'a [u8],
    /// The quotas that apply together.
    pub quotas: &'a Quotas,
    /// The strategy that counts.
    pub strategy: Strategy,
    /// The cost of the request at each quota. A cost of 0 charges nothing.
    pub cost: u32,
    /// The policy for the charge.
    pub charge: ChargePolicy,
}

/// A store of rate-limit counters. The [module page](self) lists its guarantees.
pub trait RateLimitStore: Send + Sync + fmt::Debug + 'static {
    /// Decides about all quotas of the request, and charges them by its policy.
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision>;

    /// Refunds an allowed request. `charged_at` is [`Decision::decided_at`]; `None` is now.
    ///
    /// A charge to a window that is over is not refunded to the current window. A count never
    /// falls below zero.
    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()>;

    /// Deletes all counters of this caller at this limit, of every strategy.
    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()>;

    /// Checks that the store answers.
    fn ping(&self) -> StoreReply<'_, ()>;

    /// Returns the name in logs and metrics: `memory`, `redis`, `memcached`.
    fn name(&self) -> &'static str;

    /// Checks that the store supports the strategy. A limit asks once, when the program starts.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`], with the reason and what to write instead.
    fn supports(&self, strategy: Strategy) -> Result<(), StoreError>;
}

/// A shared store of any kind. Clones refer to the same counters.
///
/// Make one with [`Store::open`], with [`Store::new`], or from a store with `.into()`:
///
/// ```
/// use palisade::rate_limit::store::{MemoryStore, RateLimitStore, Store};
///
/// let store: Store = MemoryStore::new().into();
/// assert_eq!(store.name(), "memory");
/// ```
#[derive(Clone)]
pub struct Store {
    store: Arc<dyn RateLimitStore>,
    /// One for each server, if the store knows its servers.
    breakers: Arc<[CircuitBreaker]>,
}

impl Store {
    /// Wraps any store, including one of your own.
    pub fn new(store: impl RateLimitStore) -> Self {
        let breakers = open::breakers(&store).into();
        Self { store: Arc::new(store), breakers }
    }

    /// Returns the circuit breakers of the store's servers. They are empty for a store that does
    /// not know its servers.
    pub(super) fn breakers(&self) -> &[CircuitBreaker] {
        &self.breakers
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.store).finish()
    }
}

impl RateLimitStore for Store {
    #[inline]
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        self.store.decide(request)
    }

    #[inline]
    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        self.store.refund(request, charged_at)
    }

    #[inline]
    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        self.store.reset(limit, caller)
    }

    #[inline]
    fn ping(&self) -> StoreReply<'_, ()> {
        self.store.ping()
    }

    #[inline]
    fn name(&self) -> &'static str {
        self.store.name()
    }

    #[inline]
    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        self.store.supports(strategy)
    }
}
