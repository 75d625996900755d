//! Rate-limit counters in Redis or Valkey. Several programs share them, and they survive a
//! restart.
//!
//! ```
//! use palisade::rate_limit::store::{RateLimitStore, RedisStore, Store};
//!
//! let store: Store = RedisStore::new("redis://localhost:6379/0?namespace=forum")?.into();
//! assert_eq!(store.name(), "redis");
//! # Ok::<(), palisade::rate_limit::store::StoreError>(())
//! ```
//!
//! # How it keeps the guarantees
//!
//! The numbers are those of the [guarantees of every
//! store](crate::rate_limit::store#guarantees-of-every-store).
//!
//! 1. A decision is a part of one call of a Lua script and of one round trip, for any number of
//!    quotas. `EVALSHA` names the script; the store sends its text to a server that does not know
//!    it. Fixed windows have a script of their own, which is faster. Decisions that wait at the same
//!    time share a call, up to 32 of them; a moving window and a cluster have calls of one decision.
//! 2. The server runs one script at a time.
//! 3. All keys of a caller start with `palisade:namespace:{limit/caller}:strategy`, so a cluster keeps them
//!    in one slot. Each strategy has its own hash, which names all other keys. A reset deletes
//!    keys and never scans for them. The time is the server's, so the clocks of programs need not
//!    agree.
//! 4. The script that writes a key sets its expiry too.
//! 5. One connection carries all requests, pipelined. If it fails or falls silent, the store
//!    drops it and the next request opens another. The store never repeats a request to a single
//!    server, which may have counted it. It repeats a request to a cluster up to twice if a node
//!    moves or fails; the request may then count more than once.
//! 6. At most 256 requests of a caller are underway or wait
//!    ([`waiting_per_caller`](RedisStore::waiting_per_caller)). [`RedisConnection`] has the bounds
//!    in all.
//!
//! # Addresses
//!
//! | address | server |
//! |---|---|
//! | `redis://user:password@host:6379/0` | one server |
//! | `rediss://host` | one server, TLS with a certificate of a public CA |
//! | `redis+unix:///path/to/socket?db=0&user=…&pass=…` | one server on this machine |
//! | `redis+sentinel://user:password@host:26379,host/name/0` | the primary of that name; the password is the server's |
//! | `rediss+sentinel://…` | the same, TLS to the server and not to the sentinels |
//! | `redis+cluster://user:password@host:6379,host` | a cluster; `rediss+cluster://` with TLS |
//! | `…?ca=/path/to/ca.pem` | any of those with TLS: the certificate of your own CA, and no other |
//!
//! `valkey` may replace `redis` in each. Redis 5 is the oldest supported version.
//!
//! `?namespace=forum` (or `&namespace=forum`) is required in each: a name of the site, which is a
//! part of every key. Sites with namespaces of their own share a server and no counter.
//! [`RedisConnection`] lets counters and sessions share one connection.
//!
//! # What it does not do
//!
//! It does not count elsewhere while the server is down:
//! [`FallbackStore`](crate::rate_limit::FallbackStore) does.

mod batch;

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use redis::Script;

use self::batch::{Batches, Question};
use super::caller_queue::CallerQueues;
use super::counter_key::counter_key;
use super::{ChargePolicy, Decision, Outcome, RateLimitRequest, RateLimitStore, Snapshot};
use crate::core::circuit_breaker::CircuitBreaker;
use crate::core::clock::Clock;
use crate::core::namespace::Namespace;
use crate::core::redis_connection::{RedisConnection, RedisLink};
use crate::core::server_call::CallGuard;
use crate::core::store_reply::{QueuedReply, StoreError, StoreReply};
use crate::rate_limit::quota::state::window_micros;
use crate::rate_limit::quota::{Quotas, Strategy};

/// Far more than the requests that a network behind one address makes at once; 1/16 of all that
/// may wait.
const WAITING_PER_CALLER: usize = 256;
/// 3,000 years. The numbers of a script are doubles, which are exact up to 285 years.
const MAX_WINDOW_MICROS: u64 = 100_000_000_000_000_000;

/// Rate-limit counters in Redis or Valkey. The [module page](self) describes the store.
///
/// ```
/// use palisade::rate_limit::store::{RedisStore, StoreError};
///
/// assert!(RedisStore::new("redis+cluster://one.example,two.example?namespace=forum").is_ok());
/// assert!(matches!(RedisStore::new("redis://localhost"), Err(StoreError::Namespace(_))));
/// assert!(matches!(RedisStore::new("http://localhost"), Err(StoreError::Uri(_))));
/// ```
pub struct RedisStore {
    link: Arc<RedisLink>,
    namespace: Namespace,
    script: Arc<Script>,
    /// The decisions that wait for a call, for each strategy in the order of [`Strategy::ALL`].
    batches: [Arc<Batches>; 4],
    clock: Option<Clock>,
    callers: CallerQueues,
}

impl RedisStore {
    /// Makes a store for this address. It connects at the first request.
    ///
    /// # Errors
    ///
    /// [`StoreError::Uri`] if the address is invalid, [`StoreError::Namespace`] if it has no
    /// namespace.
    pub fn new(uri: &str) -> Result<Self, StoreError> {
        Self::on(&RedisConnection::new(uri)?)
    }

    /// Makes a store on a connection that other stores may share.
    ///
    /// # Errors
    ///
    /// [`StoreError::Namespace`] if the connection has no namespace.
    pub fn on(connection: &RedisConnection) -> Result<Self, StoreError> {
        let (link, namespace) = connection.parts()?;
        let script = Arc::new(Script::new(include_str!("decide.lua")));
        let fixed_window = Arc::new(Script::new(include_str!("fixed_window.lua")));
        let batches = Strategy::ALL.map(|strategy| match strategy {
            Strategy::FixedWindow => Batches::new(Arc::clone(&fixed_window), None, true),
            // It works for longer, and the number of its keys varies.
            Strategy::MovingWindow => Batches::new(Arc::clone(&script), Some(strategy.name()), false),
            _ => Batches::new(Arc::clone(&script), Some(strategy.name()), true),
        });
        let callers = CallerQueues::new("redis", WAITING_PER_CALLER);
        Ok(Self { link, namespace, script, batches, clock: None, callers })
    }

    /// Sets the largest number of requests of one caller that are underway or wait in this program.
    /// One more is [`StoreError::CallerQueueFull`], which a limit answers with 429. 0 means 1.
    ///
    /// The default is 256, a sixteenth of all requests that may wait. They are pipelined: the last
    /// one waits a few milliseconds. A limit that [counts all clients
    /// together](crate::rate_limit::RateLimit::global) has one caller.
    #[must_use]
    pub fn waiting_per_caller(mut self, requests: usize) -> Self {
        self.callers.max_waiting = requests;
        self
    }

    /// Returns the circuit breaker of the connection.
    pub(super) fn breaker(&self) -> CircuitBreaker {
        self.link.breaker.clone()
    }

    /// Sets a clock to use instead of the server's, for tests.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Returns the key of the hash with all counters of a caller under a strategy.
    fn hash_key(&self, limit: &str, caller: &[u8], strategy: Strategy) -> String {
        format!("palisade:{}:{{{}}}:{strategy}", self.namespace, counter_key(limit, caller))
    }

    fn queued<'a, T: 'a, F>(&'a self, call: impl FnOnce(Arc<CallGuard>) -> F + Send + 'a) -> StoreReply<'a, T>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'a,
    {
        StoreReply::Queued(QueuedReply::new(Some(&self.link.breaker), call))
    }

    /// Returns the server's record of a decision or a refund.
    async fn ask(
        &self,
        guard: &CallGuard,
        request: &RateLimitRequest<'_>,
        mode: Cow<'static, str>,
    ) -> Result<Vec<u8>, StoreError> {
        let hash = self.hash_key(request.limit, request.caller, request.strategy);
        let quotas = quota_list(request.quotas);
        let mut keys = Vec::with_capacity(1);
        if request.strategy == Strategy::MovingWindow {
            keys.extend((1..=request.quotas.iter().len()).map(|index| format!("{hash}:{quotas};{index}")));
        }
        keys.insert(0, hash);
        let question = Question { keys, mode, cost: request.cost, quotas };
        let batches = &self.batches[request.strategy as usize];
        self.link.guarded(guard, batches.ask(&self.link, self.clock.as_ref(), question)).await
    }
}

/// Returns the quotas as a list of numbers, which is part of fields and keys.
fn quota_list(quotas: &Quotas) -> String {
    let mut list = String::with_capacity(40);
    for quota in quotas {
        let comma = if list.is_empty() { "" } else { "," };
        let _ = write!(list, "{comma}{},{}", quota.amount(), window_micros(*quota).min(MAX_WINDOW_MICROS));
    }
    list
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

impl RateLimitStore for RedisStore {
    fn decide<'a>(&'a self, request: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        self.queued(async move |guard: Arc<CallGuard>| {
            let _place = self.callers.enter(request.limit, request.caller)?;
            let mode = match request.charge {
                ChargePolicy::AllOrNothing => "all",
                ChargePolicy::InOrder => "order",
                ChargePolicy::Nothing => "look",
            };
            decision(&self.ask(&guard, &request, mode.into()).await?)
        })
    }

    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        self.queued(async move |guard: Arc<CallGuard>| {
            let _place = self.callers.enter(request.limit, request.caller)?;
            let mode = format!("refund {}", charged_at.map_or_else(String::new, |time| time.to_string()));
            decision(&self.ask(&guard, &request, mode.into()).await?).map(drop)
        })
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        self.queued(async move |guard: Arc<CallGuard>| {
            let mut call = self.script.prepare_invoke();
            for strategy in Strategy::ALL {
                call.key(self.hash_key(limit, caller, strategy));
            }
            call.arg("").arg("").arg("reset");
            self.link.call(&guard, &call).await.map(|_: redis::Value| ())
        })
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        self.queued(async move |guard: Arc<CallGuard>| self.link.ping(&guard).await)
    }

    fn name(&self) -> &'static str {
        "redis"
    }

    fn supports(&self, _strategy: Strategy) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Reads the record of a decision. The scripts describe it.
fn decision(record: &[u8]) -> Result<Decision, StoreError> {
    let mut rest = record;
    let mut number = |bytes: usize| {
        let (bytes, after) = rest.split_at_checked(bytes)?;
        rest = after;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let mut read = || {
        let (allowed, wait, index, remaining) = (number(1)?, number(8)?, number(4)?, number(4)?);
        let (reset, decided_at) = (number(8)?, number(8)?);
        let retry_after = Duration::from_micros(wait);
        let outcome = match allowed {
            0 => Outcome::Limited { retry_after },
            1 => Outcome::Allowed,
            _ => return None,
        };
        let (quota_index, remaining) = (usize::try_from(index).ok()?, u32::try_from(remaining).ok()?);
        let snapshot = Snapshot { quota_index, remaining, reset_after: Duration::from_micros(reset) };
        Some(Decision { outcome, snapshot, decided_at })
    };
    let reason = || String::from_utf8_lossy(record.strip_prefix(b"-").unwrap_or(record)).into_owned();
    read().ok_or_else(|| StoreError::Down { store: "redis", reason: reason() })
}
