//! Where requests are counted: in this program's memory, in Redis, or in memcached.
//!
//! ```
//! # use palisade::store::{Ask, Charge, MemoryStore, Outcome, Store};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::open("memory://").await?;
//! let (quotas, strategy) = ("1/minute; 20/hour".parse()?, palisade::Strategy::FixedWindow);
//! let ask = || Ask { limit: "login", caller: b"192.0.2.7", quotas: &quotas, strategy, cost: 1, charge: Charge::AllOrNothing };
//! assert_eq!(store.decide(ask()).wait().await?.outcome, Outcome::Allow);
//! assert!(matches!(store.decide(ask()).wait().await?.outcome, Outcome::Refuse { .. }));
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
#[cfg(feature = "redis")]
mod redis_link;
#[cfg(feature = "session")]
pub mod sessions;
#[cfg(feature = "session")]
pub mod sessions_memory;
#[cfg(all(feature = "session", feature = "redis"))]
pub mod sessions_redis;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "memcached")]
pub use self::memcached::MemcachedStore;
pub use self::memory::MemoryStore;
#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
#[cfg(feature = "session")]
pub use self::sessions::{Kept, Saved, SessionId, SessionStore};
#[cfg(feature = "session")]
pub use self::sessions_memory::MemorySessions;
#[cfg(all(feature = "session", feature = "redis"))]
pub use self::sessions_redis::RedisSessions;
pub use crate::quota::{Charge, Outcome, Standing, Verdict};
use crate::quota::{Quotas, Strategy};

/// What one request asks of a store. Everything in it is decided in one atomic step.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
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
    pub charge: Charge,
}

/// An answer: now, or when a server has spoken.
#[must_use = "nothing is known before it is waited for"]
pub enum Answer<'a, T = Verdict> {
    /// Known already.
    Now(Result<T, StoreError>),
    /// Asked of a server.
    Soon(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

/// The end of something that has no answer but its end.
pub type Done<'a> = Answer<'a, ()>;

impl<T> Answer<'_, T> {
    /// The answer itself.
    ///
    /// # Errors
    ///
    /// As the store says.
    pub async fn wait(self) -> Result<T, StoreError> {
        match self {
            Self::Now(answer) => answer,
            Self::Soon(answer) => answer.await,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(answer) => f.debug_tuple("Now").field(answer).finish(),
            Self::Soon(_) => f.write_str("Soon(…)"),
        }
    }
}

/// What counts requests. [The module's page](self) says what it promises.
pub trait Counters: Send + Sync + fmt::Debug + 'static {
    /// Decides over all quotas of the ask, and charges them as it says.
    fn decide<'a>(&'a self, ask: Ask<'a>) -> Answer<'a>;

    /// Gives back what an allowed request was charged at the time that its [`Verdict`] said, or just now, as far as it still
    /// counts: what was charged to a window that is over is not given to the one that runs. A count never falls below zero.
    fn refund<'a>(&'a self, ask: Ask<'a>, charged: Option<u64>) -> Done<'a>;

    /// Forgets everything counted for this caller of this limit, under every strategy.
    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> Done<'a>;

    /// Whether the store answers.
    fn ping(&self) -> Done<'_>;

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
pub struct Store(Arc<dyn Counters>);

impl Store {
    /// Any store, one of your own too.
    pub fn new(counters: impl Counters) -> Self {
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
    type Target = dyn Counters;

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

/// Why a store gave no answer. No message holds the address: it may have a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The server does not answer, or answers that it cannot now.
    #[error("{store} is down: {reason}")]
    Down {
        /// Which store.
        store: &'static str,
        /// What it or the network said.
        reason: String,
    },
    /// This store cannot count this way.
    #[error("{store} cannot count by {strategy}: {reason}")]
    Unsupported {
        /// Which store.
        store: &'static str,
        /// Which strategy.
        strategy: Strategy,
        /// Why, and what to write instead.
        reason: &'static str,
    },
    /// The address is no store's.
    #[error(
        "the store's address is not understood: {0}; write memory://, redis://host:6379/0, rediss://…, \
         redis+unix:///path, redis+sentinel://host,host/name, redis+cluster://host,host or memcached://host,host"
    )]
    Uri(String),
}

impl StoreError {
    fn uri(why: impl Into<String>) -> Self {
        Self::Uri(why.into())
    }
}
