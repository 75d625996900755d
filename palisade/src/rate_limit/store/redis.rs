//! Counting in Redis or Valkey, so that several programs share their counts and a restart forgets none.
//!
//! ```
//! # use palisade::rate_limit::store::{RedisStore, Store};
//! let store: Store = RedisStore::new("redis://localhost:6379/0")?.into();
//! assert_eq!(store.name(), "redis");
//! # Ok::<(), palisade::rate_limit::store::StoreError>(())
//! ```
//!
//! How it keeps its promises:
//!
//! 1. A decision is one script and one round trip, whatever the number of quotas. A script is named by its hash; a server
//!    that does not know it (new, or flushed) is told once. The fixed window has one of its own, the fastest.
//! 2. All keys of a caller begin with `palisade:{limit/caller}:strategy`, so that a cluster keeps them in one slot, and a key
//!    of one strategy never meets the values of another. The strategies' hashes name whatever else is kept: a reset
//!    deletes keys, it never searches for them.
//! 3. Every key is given its time to live in the same step that writes it.
//! 4. The time is the server's, so that the clocks of several programs need not agree.
//! 5. One connection carries everything, each request without waiting for the one before. A connection that fails or falls
//!    silent is given up and the next request opens another; one server is asked nothing twice, since it may have counted it.
//!    A cluster is asked again up to twice when a node moves or fails, and may then count a request more than once.
//!
//! | address | what |
//! |---|---|
//! | `redis://user:password@host:6379/0` | one server; `rediss://` by TLS, whose certificate a public CA has signed |
//! | `redis+unix:///path/to/socket?db=0&user=…&pass=…` | one server on this machine |
//! | `redis+sentinel://user:password@host:26379,host/name/0` | the master of that name; the password is the servers'; by `rediss+sentinel://` the servers speak TLS, the sentinels do not |
//! | `redis+cluster://user:password@host:6379,host` | a cluster; `rediss+cluster://` by TLS |
//! | `…?ca=/path/to/ca.pem` | after any of those by TLS: only what this CA of your own has signed is believed |
//!
//! `valkey` may stand for `redis` in each. Servers from version 5 on.
//!
//! What it does not do: count elsewhere while the server is down; that is the limit's choice.

use std::fmt::{self, Write};
use std::sync::Arc;

use redis::{Script, ScriptInvocation};

use super::key::key;
use super::{ChargePolicy, Decision, Outcome, RateLimitRequest, RateLimitStore, Snapshot};
use crate::core::clock::Clock;
use crate::core::redis_connection::RedisConnection;
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::strategy::micros;
use crate::rate_limit::quota::{Quotas, Strategy};
use std::time::Duration;

/// 3,000 years: the script's numbers are doubles.
const LONGEST: u64 = 100_000_000_000_000_000;

/// Counts in Redis or Valkey. [Its page](self) says how.
pub struct RedisStore {
    link: Arc<RedisConnection>,
    script: Script,
    /// Of the fixed window.
    fixed: Script,
    clock: Option<Clock>,
}

impl RedisStore {
    /// The store at this address. It connects when it is first asked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Uri`] when the address cannot be read.
    pub fn new(uri: &str) -> Result<Self, StoreError> {
        let script = Script::new(include_str!("redis.lua"));
        let fixed = Script::new(include_str!("redis_fixed.lua"));
        Ok(Self { link: Arc::new(RedisConnection::new(uri)?), script, fixed, clock: None })
    }

    /// Counts by this clock instead of the server's, as tests want it.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    fn invocation(&self, ask: &RateLimitRequest<'_>, mode: &str) -> ScriptInvocation<'_> {
        let fixed = ask.strategy == Strategy::FixedWindow;
        let hash = hash(ask.limit, ask.caller, ask.strategy);
        let mut call = if fixed { self.fixed.prepare_invoke() } else { self.script.prepare_invoke() };
        call.key(&hash);
        match &self.clock {
            Some(clock) => call.arg(clock.now()),
            None => call.arg(""),
        };
        call.arg(mode);
        if !fixed {
            call.arg(ask.strategy.name());
        }
        call.arg(ask.cost);
        let list = list(ask.quotas);
        if fixed {
            call.arg(&list);
        }
        if ask.strategy == Strategy::MovingWindow {
            for index in 1..=ask.quotas.iter().len() {
                call.key(format!("{hash}:{list};{index}"));
            }
        }
        for quota in ask.quotas {
            call.arg(quota.amount()).arg(micros(*quota).min(LONGEST));
        }
        call
    }
}

/// The quotas as numbers, as fields and keys are named by them.
fn list(quotas: &Quotas) -> String {
    let mut list = String::with_capacity(40);
    for quota in quotas {
        let comma = if list.is_empty() { "" } else { "," };
        let _ = write!(list, "{comma}{},{}", quota.amount(), micros(*quota).min(LONGEST));
    }
    list
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

impl RateLimitStore for RedisStore {
    fn decide<'a>(&'a self, ask: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        StoreReply::Pending(Box::pin(async move {
            let mode = match ask.charge {
                ChargePolicy::AllOrNothing => "all",
                ChargePolicy::InOrder => "order",
                ChargePolicy::Nothing => "look",
            };
            let call = self.invocation(&ask, mode);
            let (passes, wait, quota, remaining, reset, at): (bool, u64, usize, u32, u64, u64) =
                self.link.call(&call).await?;
            let retry_after = Duration::from_micros(wait);
            Ok(Decision {
                outcome: if passes { Outcome::Allow } else { Outcome::Refuse { retry_after } },
                standing: Snapshot { quota, remaining, reset_after: Duration::from_micros(reset) },
                at,
            })
        }))
    }

    fn refund<'a>(&'a self, ask: RateLimitRequest<'a>, charged: Option<u64>) -> StoreReply<'a, ()> {
        StoreReply::Pending(Box::pin(async move {
            let mode = format!("refund {}", charged.map_or_else(String::new, |charged| charged.to_string()));
            self.link.call(&self.invocation(&ask, &mode)).await.map(forget)
        }))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        StoreReply::Pending(Box::pin(async move {
            let mut call = self.script.prepare_invoke();
            for strategy in Strategy::ALL {
                call.key(hash(limit, caller, strategy));
            }
            call.arg("").arg("reset").arg("").arg(0);
            self.link.call(&call).await.map(forget)
        }))
    }

    fn ping(&self) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(async move { self.link.ping().await }))
    }

    fn name(&self) -> &'static str {
        "redis"
    }

    fn supports(&self, _strategy: Strategy) -> Result<(), StoreError> {
        Ok(())
    }
}

fn hash(limit: &str, caller: &[u8], strategy: Strategy) -> String {
    format!("palisade:{{{}}}:{strategy}", key(limit, caller))
}

fn forget(_: redis::Value) {}
