//! Where requests are counted: in this program's memory, in Redis, or in memcached.
//!
//! ```
//! # use palisade::rate_limit::store::{ChargePolicy, MemoryStore, Outcome, RateLimitRequest, Store};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::open("memory://").await?;
//! let (quotas, strategy) = ("1/minute; 20/hour".parse()?, palisade::rate_limit::quota::Strategy::FixedWindow);
//! let ask = || RateLimitRequest { limit: "login", caller: b"192.0.2.7", quotas: &quotas, strategy, cost: 1, charge: ChargePolicy::AllOrNothing };
//! assert_eq!(store.decide(ask()).await?.outcome, Outcome::Allow);
//! assert!(matches!(store.decide(ask()).await?.outcome, Outcome::Refuse { .. }));
//! # Ok(())
//! # }
//! ```
//!
//! What a store promises, and one suite of tests checks on each:
//!
//! 1. All quotas of an ask are decided, and charged or not, in one atomic step.
//! 2. However many ask at once, no more than the quota passes.
//! 3. Strategies mean the same everywhere: see [`Strategy`]. The limit, the caller, the strategy and the list of quotas
//!    together name a count, none of them can be written so that two meet, and changing any of them starts from nothing.
//! 4. What has run out leaves by itself.
//! 5. A store that cannot be reached is an error, soon; what then is the limit's choice, not the store's.
//!
//! | address | store | feature |
//! |---|---|---|
//! | `memory://` | [`MemoryStore`] | `ratelimit` |
//! | `redis://host:6379/0`, `rediss://`, `redis+unix:///path`, `redis+sentinel://host,host/name`, `redis+cluster://host,host`; the same with `valkey` | `RedisStore` | `redis` |
//! | `memcached://host,host` | `MemcachedStore` | `memcached` |
//!
//! What it does not do: choose who the caller is, keep headers, or decide what happens when the store is down.

#[cfg(any(feature = "redis", feature = "memcached"))]
mod key;
#[cfg(feature = "memcached")]
pub mod memcached;
#[cfg(feature = "memcached")]
mod memcached_wire;
pub mod memory;
mod memory_shard;
mod memory_table;
mod name;
#[cfg(feature = "redis")]
pub mod redis;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "memcached")]
pub use self::memcached::MemcachedStore;
pub use self::memory::MemoryStore;
#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use crate::core::store_reply::{StoreError, StoreReply, StoreReplyFuture};
pub use crate::rate_limit::quota::{ChargePolicy, Decision, Outcome, Snapshot};
use crate::rate_limit::quota::{Quotas, Strategy};

/// What one request asks of a store. Everything in it is decided in one atomic step.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitRequest<'a> {
    /// The limit's name.
    pub limit: &'a str,
    /// Who is counted: any bytes.
    pub caller: &'a [u8],
    /// The quotas that hold together.
    pub quotas: &'a Quotas,
    /// How hits are counted.
    pub strategy: Strategy,
    /// How much this request takes of each quota. Nothing is charged for 0.
    pub cost: u32,
    /// What is written down.
    pub charge: ChargePolicy,
}

/// What counts requests. [The module's page](self) says what it promises.
pub trait RateLimitStore: Send + Sync + fmt::Debug + 'static {
    /// Decides over all quotas of the ask, and charges them as it says.
    fn decide<'a>(&'a self, ask: RateLimitRequest<'a>) -> StoreReply<'a, Decision>;

    /// Gives back what an allowed request was charged at the time that its [`Decision`] said, or just now, as far as it still
    /// counts: what was charged to a window that is over is not given to the one that runs. A count never falls below zero.
    fn refund<'a>(&'a self, ask: RateLimitRequest<'a>, charged: Option<u64>) -> StoreReply<'a, ()>;

    /// Forgets everything counted for this caller of this limit, under every strategy.
    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()>;

    /// Whether the store answers.
    fn ping(&self) -> StoreReply<'_, ()>;

    /// What the store is called in logs: `memory`, `redis`, `memcached`.
    fn name(&self) -> &'static str;

    /// Whether the store can count this way; asked once, when the program starts.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`], with the reason.
    fn supports(&self, strategy: Strategy) -> Result<(), StoreError>;
}

/// A store, shared by whoever holds a copy.
#[derive(Clone, Debug)]
pub struct Store(Arc<dyn RateLimitStore>);

impl Store {
    /// Any store, one of your own too.
    pub fn new(counters: impl RateLimitStore) -> Self {
        Self(Arc::new(counters))
    }

    /// Opens the store at an address such as `memory://` or `redis://localhost`; the table above has them all. A server
    /// that is down is no error here: the store connects when it is asked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Uri`] when the address cannot be read, or its feature is not part of this program.
    pub async fn open(uri: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = uri.split_once("://").ok_or_else(|| StoreError::uri("it has no `://`"))?;
        match scheme {
            "memory" if rest.is_empty() => Ok(MemoryStore::new().into()),
            "memory" => Err(StoreError::uri("nothing follows memory://")),
            #[cfg(feature = "redis")]
            _ if scheme.starts_with("redis") || scheme.starts_with("valkey") => {
                Ok(RedisStore::new(uri)?.into())
            }
            #[cfg(feature = "memcached")]
            "memcached" => Ok(MemcachedStore::new(uri)?.into()),
            _ => Err(StoreError::uri(format!("`{scheme}` is no store of this program"))),
        }
    }
}

impl std::ops::Deref for Store {
    type Target = dyn RateLimitStore;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl From<MemoryStore> for Store {
    fn from(store: MemoryStore) -> Self {
        Self::new(store)
    }
}

#[cfg(feature = "memcached")]
impl From<MemcachedStore> for Store {
    fn from(store: MemcachedStore) -> Self {
        Self::new(store)
    }
}

#[cfg(feature = "redis")]
impl From<RedisStore> for Store {
    fn from(store: RedisStore) -> Self {
        Self::new(store)
    }
}
