//! The choice of a store by its address. Only this file knows all of them.

use std::any::Any;

#[cfg(feature = "memcached")]
use super::memcached::MemcachedStore;
use super::memory::MemoryStore;
#[cfg(feature = "redis")]
use super::redis::RedisStore;
use super::{RateLimitStore, Store, StoreError};
use crate::core::circuit_breaker::CircuitBreaker;

impl Store {
    /// Opens the store at an address such as `memory://` or `redis://localhost?namespace=forum`. The
    /// [module page](crate::rate_limit::store) lists the addresses.
    ///
    /// A server that is down is not an error here: the store connects at the first request.
    ///
    /// ```
    /// use palisade::rate_limit::store::{RateLimitStore, Store, StoreError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), StoreError> {
    /// assert_eq!(Store::open("memory://").await?.name(), "memory");
    /// assert!(matches!(Store::open("localhost").await, Err(StoreError::Uri(_))));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError::Uri`] if the address is invalid, or if the program was built without the
    /// feature of the store. [`StoreError::Namespace`] if a server's address has no namespace.
    pub async fn open(uri: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = uri.split_once("://").ok_or_else(|| StoreError::uri("it has no `://`"))?;
        match scheme {
            "memory" if rest.is_empty() => Ok(MemoryStore::new().into()),
            "memory" => Err(StoreError::uri("memory:// takes no host")),
            #[cfg(feature = "redis")]
            _ if scheme.starts_with("redis") || scheme.starts_with("valkey") => {
                Ok(RedisStore::new(uri)?.into())
            }
            #[cfg(feature = "memcached")]
            "memcached" => Ok(MemcachedStore::new(uri)?.into()),
            _ => Err(StoreError::uri(format!("this program has no store for the scheme `{scheme}`"))),
        }
    }
}

/// Returns the circuit breakers of the servers of a store.
pub(super) fn breakers(store: &impl RateLimitStore) -> Vec<CircuitBreaker> {
    let store: &dyn Any = store;
    #[cfg(feature = "memcached")]
    if let Some(memcached) = store.downcast_ref::<MemcachedStore>() {
        return memcached.breakers();
    }
    #[cfg(feature = "redis")]
    if let Some(redis) = store.downcast_ref::<RedisStore>() {
        return vec![redis.breaker()];
    }
    let _ = store;
    Vec::new()
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
