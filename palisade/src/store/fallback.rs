//! Counting goes on in memory while a server does not answer.
//!
//! ```
//! # use palisade::store::Store;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade::store::StoreError> {
//! let store = Store::open("redis://127.0.0.1:6379/0").await?.or_memory();
//! # Ok(())
//! # }
//! ```
//!
//! What happens to an ask, in this order:
//! 1. while the server answers in time, it decides;
//! 2. an error, or no answer within 50 ms, and memory decides: about this ask, and all that follow;
//! 3. one ask at a time tries the server again: after a quarter of a second, then after twice as long each time, up to
//!    30 s; the first answer brings everybody back.
//!
//! Each change is logged once. What was counted in memory is not carried over, in either direction: for a while a caller
//! may have up to twice the quota. A limit that must not give that takes the store as it is, and is closed while it is
//! down.
//!
//! References: M. Nygard, *Release It!* (circuit breaker).

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use super::{Answer, Ask, Counters, Done, MemoryStore, Store, StoreError};
use crate::clock::Clock;
use crate::quota::Strategy;

/// How long a server may take.
const PATIENCE: Duration = Duration::from_millis(50);
/// The first pause before it is tried again, and the longest, in microseconds.
const FIRST_PAUSE: u64 = 250_000;
const LONGEST_PAUSE: u64 = 30_000_000;

#[derive(Debug)]
pub(super) struct Fallback {
    server: Store,
    memory: MemoryStore,
    clock: Clock,
    /// How often in a row the server has not answered; 0 while it does.
    failures: AtomicU32,
    /// When it may be tried again, in microseconds of the clock.
    again: AtomicU64,
}

impl Fallback {
    pub(super) fn new(server: Store, clock: Clock) -> Self {
        let memory = MemoryStore::with_clock(clock.clone());
        Self { server, memory, clock, failures: AtomicU32::new(0), again: AtomicU64::new(0) }
    }

    /// Whether this ask goes to the server: always while it answers, else one ask whenever the pause is over.
    fn tries(&self) -> bool {
        if self.failures.load(Ordering::Acquire) == 0 {
            return true;
        }
        let (now, again) = (self.clock.now(), self.again.load(Ordering::Acquire));
        // A clock that was set back must not silence the server for long.
        let over = now >= again || again - now > 2 * LONGEST_PAUSE;
        let taken = now.saturating_add(LONGEST_PAUSE);
        over && self.again.compare_exchange(again, taken, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Asks the server, and keeps account of whether it answers.
    async fn ask<T>(&self, answer: Answer<'_, T>) -> Option<T> {
        let outcome = timeout(PATIENCE, answer.wait()).await;
        let reason = match outcome {
            Ok(Ok(answer)) => {
                if self.failures.swap(0, Ordering::AcqRel) > 0 {
                    tracing::info!(store = self.server.name(), "answers again: counting there");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {PATIENCE:?}"),
        };
        let failures = self.failures.fetch_add(1, Ordering::AcqRel);
        let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE);
        self.again.store(self.clock.now().saturating_add(pause), Ordering::Release);
        if failures == 0 {
            tracing::warn!(store = self.server.name(), reason, "does not answer: counting in memory");
        }
        None
    }
}

impl Counters for Fallback {
    fn decide<'a>(&'a self, ask: Ask<'a>) -> Answer<'a> {
        if !self.tries() {
            return self.memory.decide(ask);
        }
        Answer::Soon(Box::pin(async move {
            match self.ask(self.server.decide(ask)).await {
                Some(verdict) => Ok(verdict),
                None => self.memory.decide(ask).wait().await,
            }
        }))
    }

    fn refund<'a>(&'a self, ask: Ask<'a>) -> Done<'a> {
        if self.failures.load(Ordering::Acquire) > 0 {
            return self.memory.refund(ask);
        }
        Answer::Soon(Box::pin(async move {
            self.ask(self.server.refund(ask)).await;
            Ok(())
        }))
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> Done<'a> {
        Answer::Soon(Box::pin(async move {
            self.memory.reset(limit, caller).wait().await?;
            self.server.reset(limit, caller).wait().await
        }))
    }

    fn ping(&self) -> Done<'_> {
        self.server.ping()
    }

    fn name(&self) -> &'static str {
        self.server.name()
    }

    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        self.server.supports(strategy)
    }
}
