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
//! 1. A decision is one Lua script and one round trip, for any number of quotas. `EVALSHA` names
//!    the script; the store sends its text to a server that does not know it. Fixed windows have
//!    a script of their own, which is faster.
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

use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use redis::{Script, ScriptInvocation};

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
    script: Script,
    /// The script for fixed windows.
    fixed_window: Script,
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
        let script = Script::new(include_str!("decide.lua"));
        let fixed_window = Script::new(include_str!("fixed_window.lua"));
        let callers = CallerQueues::new("redis", WAITING_PER_CALLER);
        Ok(Self { link, namespace, script, fixed_window, clock: None, callers })
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

    fn invocation(&self, request: &RateLimitRequest<'_>, mode: &str) -> ScriptInvocation<'_> {
        let fixed_window = request.strategy == Strategy::FixedWindow;
        let hash = self.hash_key(request.limit, request.caller, request.strategy);
        let mut call =
            if fixed_window { self.fixed_window.prepare_invoke() } else { self.script.prepare_invoke() };
        call.key(&hash);
        match &self.clock {
            Some(clock) => call.arg(clock.now()),
            None => call.arg(""),
        };
        call.arg(mode);
        if !fixed_window {
            call.arg(request.strategy.name());
        }
        call.arg(request.cost);
        let list = quota_list(request.quotas);
        if fixed_window {
            call.arg(&list);
        }
        if request.strategy == Strategy::MovingWindow {
            for index in 1..=request.quotas.iter().len() {
                call.key(format!("{hash}:{list};{index}"));
            }
        }
        for quota in request.quotas {
            call.arg(quota.amount()).arg(window_micros(*quota).min(MAX_WINDOW_MICROS));
        }
        call
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
            let call = self.invocation(&request, mode);
            let (allowed, wait, quota_index, remaining, reset, decided_at): (
                bool,
                u64,
                usize,
                u32,
                u64,
                u64,
            ) = self.link.call(&guard, &call).await?;
            let retry_after = Duration::from_micros(wait);
            Ok(Decision {
                outcome: if allowed { Outcome::Allowed } else { Outcome::Limited { retry_after } },
                snapshot: Snapshot { quota_index, remaining, reset_after: Duration::from_micros(reset) },
                decided_at,
            })
        })
    }

    fn refund<'a>(&'a self, request: RateLimitRequest<'a>, charged_at: Option<u64>) -> StoreReply<'a, ()> {
        self.queued(async move |guard: Arc<CallGuard>| {
            let _place = self.callers.enter(request.limit, request.caller)?;
            let mode = format!("refund {}", charged_at.map_or_else(String::new, |time| time.to_string()));
            self.link.call(&guard, &self.invocation(&request, &mode)).await.map(ignore)
        })
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        self.queued(async move |guard: Arc<CallGuard>| {
            let mut call = self.script.prepare_invoke();
            for strategy in Strategy::ALL {
                call.key(self.hash_key(limit, caller, strategy));
            }
            call.arg("").arg("reset").arg("").arg(0);
            self.link.call(&guard, &call).await.map(ignore)
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

/// The script returns a value in every mode; refunds and resets ignore it.
fn ignore(_: redis::Value) {}
