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
//! 2. The lock covers all programs. Within one program, requests for the same caller take turns, so
//!    that conflicts are rare.
//! 3. The value names the list of quotas; the key names namespace, limit, caller and strategy. A hash of the
//!    key chooses the server. A server that is down fails its own callers only.
//! 4. The command that writes a value sets its expiry too.
//! 5. At most 64 connections are open per server. Connecting and each answer time out after a
//!    second, or after the timeout of [`FallbackStore`](crate::rate_limit::FallbackStore). Each
//!    server has a circuit breaker of its own.
//! 6. At most 64 requests of a caller wait for their turn
//!    ([`waiting_per_caller`](MemcachedStore::waiting_per_caller)), and 4,096 requests for a server
//!    ([`waiting`](MemcachedStore::waiting)), none for more than a second.
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
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex, OwnedMutexGuard, SemaphorePermit};
use tokio::time::{Instant, timeout};

use self::client::{NAME, Server, Servers};
use self::value::CallerValue;
use super::caller_queue::{CallerQueues, Place};
use super::counter_key::counter_key;
use super::{ChargePolicy, Decision, RateLimitRequest, RateLimitStore};
use crate::core::circuit_breaker::CircuitBreaker;
use crate::core::clock::Clock;
use crate::core::namespace::Namespace;
use crate::core::server_call::CallGuard;
use crate::core::server_queue::QUEUE_TIMEOUT;
use crate::core::store_reply::{QueuedReply, StoreError, StoreReply};
use crate::rate_limit::quota::decide::{decide, refund};
use crate::rate_limit::quota::{Counter, CounterAlgorithm, Strategy};

/// The number of attempts to write a value that other programs write too.
const MAX_ATTEMPTS: usize = 100;
/// A class behind one address loads a page of two requests each; at 1 ms each way the last of them
/// waits 0.26 s.
const WAITING_PER_CALLER: usize = 64;
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
    /// The requests of a caller take turns, so that this program rarely conflicts with itself.
    callers: CallerQueues<Turn>,
    clock: Clock,
}

/// The lock that the requests of one caller take in turn.
type Turn = Arc<Mutex<()>>;

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
        let callers = CallerQueues::new(NAME, WAITING_PER_CALLER);
        Ok(Self { servers, namespace: Namespace::required(namespace)?, callers, clock: Clock::system() })
    }

    /// Sets the largest number of requests of one caller that are underway or wait for their turn
    /// in this program. One more is [`StoreError::CallerQueueFull`], which a limit answers with 429.
    /// 0 means 1.
    ///
    /// The default is 64: a class behind one address loads a page of two requests each. They take
    /// turns of two round trips; at 1 ms each way the last one waits 0.26 s.
    #[must_use]
    pub fn waiting_per_caller(mut self, requests: usize) -> Self {
        self.callers.max_waiting = requests;
        self
    }

    /// Sets the largest number of requests that wait for a connection to each server. One more is
    /// [`StoreError::QueueFull`], about which the outage policy of the limit decides.
    ///
    /// The default is 4,096, which take about 8 MiB. With 64 connections and 4 ms for each decision,
    /// the last one waits 0.26 s.
    #[must_use]
    pub fn waiting(mut self, requests: usize) -> Self {
        self.servers.set_max_waiting(requests);
        self
    }

    /// Returns the circuit breakers of the servers.
    pub(super) fn breakers(&self) -> Vec<CircuitBreaker> {
        self.servers.iter().map(|server| server.breaker.clone()).collect()
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

    /// Waits for the caller's turn and a connection. Then reads the counters, applies `change`, and
    /// writes them if they differ.
    fn update<'a, T: Send + 'a>(
        &'a self,
        request: RateLimitRequest<'a>,
        change: impl Fn(&mut [Counter], CounterAlgorithm, u64) -> T + Send + Sync + 'a,
    ) -> StoreReply<'a, T> {
        if let Err(unsupported) = self.supports(request.strategy) {
            return StoreReply::Ready(Err(unsupported));
        }
        let key = self.server_key(request.limit, request.caller, request.strategy);
        let server = self.servers.server_for(&key);
        StoreReply::Queued(QueuedReply::new(Some(&server.breaker), async move |guard: Arc<CallGuard>| {
            let place = self.callers.enter(request.limit, request.caller)?;
            let _turn = match request.charge {
                ChargePolicy::Nothing => None,
                _ => Some(self.turn(&place).await?),
            };
            let permit = server.queue.enter().await?;
            let writing = self.read_and_write(&guard, server, permit, &key, request, change);
            guard.run(&server.breaker, writing).await
        }))
    }

    async fn turn(&self, place: &Place<'_, Turn>) -> Result<OwnedMutexGuard<()>, StoreError> {
        let turn = timeout(QUEUE_TIMEOUT, Arc::clone(&place.shared).lock_owned()).await;
        turn.map_err(|_| self.callers.full())
    }

    async fn read_and_write<T>(
        &self,
        guard: &CallGuard,
        server: &Server,
        permit: SemaphorePermit<'_>,
        key: &str,
        request: RateLimitRequest<'_>,
        change: impl Fn(&mut [Counter], CounterAlgorithm, u64) -> T,
    ) -> Result<T, StoreError> {
        let algorithm = request.strategy.counter().unwrap_or(CounterAlgorithm::FixedWindow);
        let begun = Instant::now();
        let (mut connection, mut found) = guard.ask(server.gets(permit, key)).await?;
        for _ in 0..MAX_ATTEMPTS {
            let now = self.clock.now();
            let (text, cas_token) = found.map_or((String::new(), None), |(text, token)| (text, Some(token)));
            let mut value = CallerValue::parse(&text, request.quotas)?;
            let before = value.counters.clone();
            let answer = change(&mut value.counters, algorithm, now);
            if value.counters == before {
                server.release(connection);
                return Ok(answer);
            }
            let (text, expires_at) = value.serialize(request.quotas, now);
            let expiry = expiry(expires_at.saturating_sub(now));
            if guard.ask(connection.store(key, &text, expiry, cas_token)).await? {
                server.release(connection);
                return Ok(answer);
            }
            if begun.elapsed() >= QUEUE_TIMEOUT {
                break;
            }
            found = guard.ask(connection.gets(key)).await?;
        }
        // The server answers, and other programs are quicker each time: the caller's requests are
        // too many, and no other caller's.
        server.release(connection);
        Err(self.callers.full())
    }
}

impl fmt::Debug for MemcachedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemcachedStore").finish_non_exhaustive()
    }
}

impl RateLimitStore for MemcachedStore {
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        self.update(request, move |counters, algorithm, now| {
            decide(counters, algorithm, request.quotas.iter().as_slice(), now, request.cost, request.charge)
        })
    }

    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        let request = RateLimitRequest { charge: ChargePolicy::AllOrNothing, ..request };
        self.update(request, move |counters, algorithm, now| {
            refund(counters, algorithm, request.quotas.iter().as_slice(), now, charged_at, request.cost)
        })
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        StoreReply::Queued(QueuedReply::new(None, async move |guard: Arc<CallGuard>| {
            for strategy in Strategy::ALL.into_iter().filter(|strategy| self.supports(*strategy).is_ok()) {
                let key = self.server_key(limit, caller, strategy);
                self.servers.server_for(&key).delete(&guard, &key).await?;
            }
            Ok(())
        }))
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        StoreReply::Queued(QueuedReply::new(None, async move |guard: Arc<CallGuard>| {
            for server in self.servers.iter() {
                server.ping(&guard).await?;
            }
            Ok(())
        }))
    }

    fn name(&self) -> &'static str {
        NAME
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
        Err(StoreError::Unsupported { store: NAME, strategy: strategy.name(), reason })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_has_two_seconds_to_spare() {
        const SECOND: u64 = 1_000_000;
        for (micros, seconds) in
            [(0, 2), (1, 3), (SECOND, 3), (SECOND + 1, 4), ((THIRTY_DAYS - 2) * SECOND, 30 * 86_400)]
        {
            assert_eq!(expiry(micros), seconds, "{micros}");
        }
        // Beyond 30 days, memcached reads seconds since the epoch.
        let epoch = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let before = epoch();
        let at = expiry((THIRTY_DAYS - 1) * SECOND) - THIRTY_DAYS - 1;
        assert!((before..=epoch()).contains(&at), "{at}");
        assert_eq!(expiry(u64::MAX), i32::MAX as u64);
    }
}
