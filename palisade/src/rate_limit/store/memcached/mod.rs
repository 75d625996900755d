//! Rate-limit counters in memcached. Several programs share them.
//!
//! ```
//! use palisade::rate_limit::store::{MemcachedStore, RateLimitStore, Store};
//!
//! let store: Store = MemcachedStore::new("memcached://one.example:11211,two.example?namespace=forum")?.into();
//! assert_eq!(store.name(), "memcached");
//! # Ok::<(), palisade::rate_limit::store::StoreError>(())
//! ```
//!
//! # How it keeps the guarantees
//!
//! The numbers are those of the [guarantees of every
//! store](crate::rate_limit::store#guarantees-of-every-store).
//!
//! 1. One value holds all counters of a caller under one strategy. A decision reads it (`gets`)
//!    and writes it back only if it has not changed since (`cas`, an optimistic lock); else it
//!    starts again, up to 100 times.
//! 2. The lock covers all programs. Within one program, requests for the same caller wait for each
//!    other, so that conflicts are rare.
//! 3. The value names the list of quotas; the key names namespace, limit, caller and strategy. A hash of the
//!    key chooses the server. A server that is down fails its own callers only.
//! 4. The command that writes a value sets its expiry too.
//! 5. At most 64 connections are open per server. Connecting and each answer time out after a
//!    second.
//!
//! # Addresses
//!
//! | address | server |
//! |---|---|
//! | `memcached://host:11211,host` | one server or several; the default port is 11211 |
//! | `memcached:///path/to/socket` | one server on this machine |
//!
//! `?namespace=forum` is required at the end of each: a name of the site, which is a part of every
//! key. Sites with namespaces of their own share a server and no counter.
//!
//! # What it does not do
//!
//! - It has no clock. The clocks of programs that share it should agree to a fraction of the
//!   shortest window.
//! - It does not support moving windows and GCRA: [`RateLimitStore::supports`] names the reason.
//! - memcached evicts entries when its memory is full, and a counter with them.
//! - It has no passwords and no TLS.

mod client;
mod value;

use std::fmt;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use self::client::{Connection, Servers, down};
use self::value::CallerValue;
use super::counter_key::counter_key;
use super::{ChargePolicy, Decision, RateLimitRequest, RateLimitStore};
use crate::core::clock::Clock;
use crate::core::namespace::Namespace;
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::decide::{decide, refund};
use crate::rate_limit::quota::{Counter, CounterAlgorithm, Quotas, Strategy};

/// The number of attempts to write a value that other programs write too.
const MAX_ATTEMPTS: usize = 100;
/// memcached reads an expiry up to this as seconds from now, and beyond it as seconds since the
/// epoch.
const THIRTY_DAYS: u64 = 30 * 24 * 60 * 60;

/// Rate-limit counters in memcached. The [module page](self) describes the store.
///
/// ```
/// use palisade::rate_limit::quota::Strategy;
/// use palisade::rate_limit::store::{MemcachedStore, RateLimitStore};
///
/// let store = MemcachedStore::new("memcached://localhost?namespace=forum")?;
/// assert!(store.supports(Strategy::FixedWindow).is_ok());
/// assert!(store.supports(Strategy::Gcra).is_err());
/// # Ok::<(), palisade::rate_limit::store::StoreError>(())
/// ```
pub struct MemcachedStore {
    servers: Servers,
    namespace: Namespace,
    /// Locks by the hash of the key, so that one program rarely conflicts with itself.
    locks: Box<[Mutex<()>]>,
    clock: Clock,
}

impl MemcachedStore {
    /// Makes a store for this address. It connects at the first request.
    ///
    /// # Errors
    ///
    /// [`StoreError::Uri`] if the address is invalid, [`StoreError::Namespace`] if it has no
    /// namespace.
    pub fn new(uri: &str) -> Result<Self, StoreError> {
        let (uri, namespace) = Namespace::take_from(uri)?;
        let servers = Servers::new(&uri)?;
        let locks = (0..64).map(|_| Mutex::new(())).collect();
        Ok(Self { servers, namespace: Namespace::required(namespace)?, locks, clock: Clock::system() })
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Returns the key of the value with all counters of a caller under a strategy.
    fn server_key(&self, limit: &str, caller: &[u8], strategy: Strategy) -> String {
        format!("palisade:{}:{}:{strategy}", self.namespace, counter_key(limit, caller))
    }

    /// Reads the counters, applies `change`, and writes them if they differ.
    async fn update<T>(
        &self,
        request: RateLimitRequest<'_>,
        change: impl Fn(&mut [Counter], CounterAlgorithm, u64) -> T,
    ) -> Result<T, StoreError> {
        self.supports(request.strategy)?;
        let algorithm = request.strategy.counter().unwrap_or(CounterAlgorithm::FixedWindow);
        let key = self.server_key(request.limit, request.caller, request.strategy);
        let (server, hash) = self.servers.server_for(&key);
        let _guard = match request.charge {
            ChargePolicy::Nothing => None,
            _ => Some(self.locks[hash as usize % self.locks.len()].lock().await),
        };
        let (mut connection, mut found) = server.gets(&key).await?;
        for _ in 0..MAX_ATTEMPTS {
            let now = self.clock.now();
            let (text, cas_token) = found.map_or((String::new(), None), |(text, token)| (text, Some(token)));
            let mut value = CallerValue::parse(&text, request.quotas)?;
            let before = value.counters.clone();
            let answer = change(&mut value.counters, algorithm, now);
            if value.counters == before
                || self.write(&mut connection, &key, &value, request.quotas, now, cas_token).await?
            {
                server.release(connection);
                return Ok(answer);
            }
            found = connection.gets(&key).await?;
        }
        Err(down("too many programs write the same counter at once"))
    }

    async fn write(
        &self,
        connection: &mut Connection,
        key: &str,
        value: &CallerValue<'_>,
        quotas: &Quotas,
        now: u64,
        cas_token: Option<u64>,
    ) -> Result<bool, StoreError> {
        let (text, expires_at) = value.serialize(quotas, now);
        connection.store(key, &text, expiry(expires_at.saturating_sub(now)), cas_token).await
    }
}

impl fmt::Debug for MemcachedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemcachedStore").finish_non_exhaustive()
    }
}

impl RateLimitStore for MemcachedStore {
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        StoreReply::Pending(Box::pin(self.update(request, move |counters, algorithm, now| {
            decide(counters, algorithm, request.quotas.iter().as_slice(), now, request.cost, request.charge)
        })))
    }

    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        let request = RateLimitRequest { charge: ChargePolicy::AllOrNothing, ..request };
        StoreReply::Pending(Box::pin(self.update(request, move |counters, algorithm, now| {
            refund(counters, algorithm, request.quotas.iter().as_slice(), now, charged_at, request.cost)
        })))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        StoreReply::Pending(Box::pin(async move {
            for strategy in Strategy::ALL.into_iter().filter(|strategy| self.supports(*strategy).is_ok()) {
                let key = self.server_key(limit, caller, strategy);
                self.servers.server_for(&key).0.delete(&key).await?;
            }
            Ok(())
        }))
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(self.servers.ping()))
    }

    fn name(&self) -> &'static str {
        "memcached"
    }

    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        let reason = match strategy {
            Strategy::FixedWindow | Strategy::SlidingWindowCounter => return Ok(()),
            Strategy::MovingWindow => {
                "each decision would read and write the times of all hits; write \
                 sliding-window-counter, or use Redis"
            }
            Strategy::Gcra => {
                "it needs the server's clock, which memcached does not give; write sliding-window-counter, or \
                 use Redis"
            }
        };
        Err(StoreError::Unsupported { store: "memcached", strategy: strategy.name(), reason })
    }
}

/// Returns the expiry for memcached, with two seconds to spare: its clock ticks in seconds.
fn expiry(micros: u64) -> u64 {
    let seconds = micros.div_ceil(1_000_000) + 2;
    if seconds <= THIRTY_DAYS {
        return seconds;
    }
    let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    epoch.saturating_add(seconds).min(i32::MAX as u64)
}
