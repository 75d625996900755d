//! A store that always answers in time.
//!
//! ```
//! # use std::time::Duration;
//! # use palisade::rate_limit::FallbackStore;
//! # use palisade::rate_limit::store::MemoryStore;
//! let store = FallbackStore::new(MemoryStore::new()).timeout(Duration::from_millis(20));
//! assert!(!store.is_down());
//! ```
//!
//! What happens to a question, in this order:
//! 1. a store that answers at once is just asked;
//! 2. a server has [`within`](FallbackStore::timeout) to answer; later is an error;
//! 3. after [`failures`](FallbackStore::failure_threshold) in a row it is left alone: every question is an error at once;
//! 4. after a rest one request is let through to see; if its client gives up meanwhile, the next one is. If that succeeds,
//!    everything is as before; else the next rest is twice as long;
//! 5. what an error means is the limit's choice: [`OutagePolicy`](super::OutagePolicy). The counts kept in memory meanwhile are here.
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`within`](FallbackStore::timeout) | 50 ms | a page may take 100 ms; Redis takes 1 |
//! | [`failures`](FallbackStore::failure_threshold) | 3 | one lost packet is no outage |
//! | [`rests`](FallbackStore::reset_timeout) | 500 ms, doubling up to 30 s | a restart takes seconds |
//!
//! Each change is logged once, and [`Metrics`] shows it. Copies share the state, so make it once per store.
//!
//! What it does not do: carry over what was counted in memory. A question that was given up may have been counted by the
//! server too: that errs on the side of fewer requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::breaker::{Admission, Breaker, Patience};
use super::metrics::Metrics;
use crate::core::clock::Clock;
use crate::core::store_reply::{StoreError, StoreReply};
use crate::rate_limit::quota::Strategy;
#[cfg(feature = "memcached")]
use crate::rate_limit::store::MemcachedStore;
#[cfg(feature = "redis")]
use crate::rate_limit::store::RedisStore;
use crate::rate_limit::store::{Decision, MemoryStore, RateLimitRequest, RateLimitStore, Store};

/// A store that always answers in time. The page of the module says how.
#[derive(Clone, Debug)]
pub struct FallbackStore {
    store: Store,
    within: Duration,
    patience: Patience,
    state: Arc<State>,
}

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Debug)]
struct State {
    breaker: Breaker,
    stand_in: MemoryStore,
    metrics: Metrics,
}

impl State {
    fn new(store: &Store, clock: Clock) -> Arc<Self> {
        let breaker = Breaker::new();
        let metrics = Metrics::of(store.name(), breaker.state());
        Arc::new(Self { breaker, stand_in: MemoryStore::with_clock(clock), metrics })
    }
}

impl FallbackStore {
    /// Over this store.
    pub fn new(store: impl Into<Store>) -> Self {
        let store = store.into();
        let patience =
            Patience { failures: 3, first: Duration::from_millis(500), longest: Duration::from_secs(30) };
        let state = State::new(&store, Clock::system());
        Self { store, within: Duration::from_millis(50), patience, state }
    }

    /// How long the store may take to answer.
    pub fn timeout(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// After how many failures in a row, at least 1, the store is left alone.
    pub fn failure_threshold(self, failures: u32) -> Self {
        Self { patience: Patience { failures, ..self.patience }, ..self }
    }

    /// How long it is left alone: at first, and at the longest. More than a year is a year.
    pub fn reset_timeout(self, first: Duration, longest: Duration) -> Self {
        let [first, longest] = [first, longest].map(|rest| rest.min(A_YEAR));
        Self { patience: Patience { first, longest, ..self.patience }, ..self }
    }

    /// The clock of what is counted in memory meanwhile. It starts from nothing, so say it first.
    pub fn clock(self, clock: Clock) -> Self {
        Self { state: State::new(&self.store, clock), ..self }
    }

    /// Whether the store is being left alone.
    pub fn is_down(&self) -> bool {
        self.state.breaker.is_open()
    }

    /// What limits over this store have decided, and how it does.
    pub fn metrics(&self) -> &Metrics {
        &self.state.metrics
    }

    /// Where limits count meanwhile.
    pub(super) fn stand_in(&self) -> &MemoryStore {
        &self.state.stand_in
    }

    /// Asks the store itself. The answer is an error when it does not come in time.
    pub(super) fn ask<'a, T: Send + 'a>(
        &'a self,
        question: impl FnOnce(&'a Store) -> StoreReply<'a, T>,
    ) -> StoreReply<'a, T> {
        if !self.state.breaker.would_admit() {
            return StoreReply::Ready(Err(self.resting()));
        }
        match question(&self.store) {
            StoreReply::Ready(answer) => {
                if answer.is_err()
                    && let Admission::Try(one) = self.state.breaker.admits(self.patience)
                {
                    one.ended();
                }
                self.heard(&answer);
                StoreReply::Ready(answer)
            }
            // Only an answer that is waited for is the one that is let through after a rest.
            StoreReply::Pending(answer) => StoreReply::Pending(Box::pin(async move {
                let admission = self.state.breaker.admits(self.patience);
                if let Admission::No = admission {
                    return Err(self.resting());
                }
                let begun = Instant::now();
                let late = |_| Err(self.error(format!("there was no answer within {:?}", self.within)));
                let answer = timeout(self.within, answer).await.unwrap_or_else(late);
                if let Admission::Try(one) = admission {
                    one.ended();
                }
                self.state.metrics.took(begun.elapsed());
                self.heard(&answer);
                answer
            })),
        }
    }

    fn heard<T>(&self, answer: &Result<T, StoreError>) {
        let State { breaker, metrics, .. } = &*self.state;
        let store = self.store.name();
        match answer {
            // It may not even have been asked.
            Err(StoreError::Unsupported { .. }) => {}
            Ok(_) => {
                if breaker.succeeded() {
                    tracing::info!(store, "the store answers again: requests are counted there");
                }
            }
            Err(error) => {
                metrics.failed();
                if breaker.failed(self.patience) {
                    metrics.went_down();
                    tracing::warn!(store, %error, "the store is down: each limit does what it says for that");
                }
            }
        }
    }

    fn resting(&self) -> StoreError {
        self.error("it did not answer before, and is left alone for a while".to_owned())
    }

    fn error(&self, reason: String) -> StoreError {
        StoreError::Down { store: self.store.name(), reason }
    }
}

/// As any store: while the one beneath is down, it counts in memory.
impl RateLimitStore for FallbackStore {
    fn decide<'a>(&'a self, ask: RateLimitRequest<'a>) -> StoreReply<'a, Decision> {
        or_else(self.ask(move |store| store.decide(ask)), move || self.stand_in().decide(ask))
    }

    fn refund<'a>(&'a self, ask: RateLimitRequest<'a>, charged: Option<u64>) -> StoreReply<'a, ()> {
        or_else(self.ask(move |store| store.refund(ask, charged)), move || {
            self.stand_in().refund(ask, charged)
        })
    }

    fn reset<'a>(&'a self, limit: &'a str, caller: &'a [u8]) -> StoreReply<'a, ()> {
        // What is left in memory from an outage goes too.
        let _ = self.stand_in().reset(limit, caller);
        self.ask(move |store| store.reset(limit, caller))
    }

    /// Whether the store beneath answers.
    fn ping(&self) -> StoreReply<'_, ()> {
        self.ask(|store| store.ping())
    }

    fn name(&self) -> &'static str {
        self.store.name()
    }

    fn supports(&self, strategy: Strategy) -> Result<(), StoreError> {
        self.store.supports(strategy)
    }
}

fn or_else<'a, T: Send + 'a>(
    answer: StoreReply<'a, T>,
    other: impl FnOnce() -> StoreReply<'a, T> + Send + 'a,
) -> StoreReply<'a, T> {
    match answer {
        StoreReply::Ready(Err(_)) => other(),
        StoreReply::Ready(answer) => StoreReply::Ready(answer),
        StoreReply::Pending(answer) => StoreReply::Pending(Box::pin(async move {
            match answer.await {
                Ok(answer) => Ok(answer),
                Err(_) => other().await,
            }
        })),
    }
}

macro_rules! from_stores {
    ($($(#[$feature:meta])* $store:ty),+ $(,)?) => {$(
        $(#[$feature])*
        impl From<$store> for FallbackStore {
            fn from(store: $store) -> Self {
                Self::new(store)
            }
        }
    )+};
}

from_stores!(
    Store,
    MemoryStore,
    #[cfg(feature = "redis")]
    RedisStore,
    #[cfg(feature = "memcached")]
    MemcachedStore,
);
