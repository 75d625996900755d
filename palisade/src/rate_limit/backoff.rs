//! Growing delays after failures in a row.
//!
//! ```
//! # use std::time::Duration;
//! # use palisade::rate_limit::store::MemoryStore;
//! # use palisade::Rejection;
//! # use palisade::rate_limit::{Backoff, RateLimitRejection};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), RateLimitRejection> {
//! let backoff = Backoff::new("login", MemoryStore::new()).free(2).first(Duration::from_secs(10));
//! backoff.attempt("ada@example.org").await?; // dropped: it has failed
//! backoff.attempt("ada@example.org").await?;
//! assert!(backoff.attempt("ada@example.org").await.is_err(), "ten seconds are not over");
//! backoff.attempt("bob@example.org").await?.succeeded().await; // forgotten
//! # Ok(())
//! # }
//! ```
//!
//! What passes, in this order:
//! 1. the first few attempts, each of which counts as failed until it has [succeeded](BackoffAttempt::succeeded);
//! 2. the next one after [`first`](Backoff::first), the one after that after twice as long, and so on up to
//!    [`longest`](Backoff::longest); too early is a refusal (429) that counts nothing and lengthens nothing;
//! 3. a success forgets everything, and so does a quiet time: failures count for [`forget`](Backoff::forget).
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`free`](Backoff::free) | 3 | people mistype |
//! | [`first`](Backoff::first) | 1 s | |
//! | [`longest`](Backoff::longest) | 15 min | a stranger can delay the owner of an account no longer than that |
//! | [`forget`](Backoff::forget) | 1 day | well above the longest delay, else who waits it out begins anew |
//!
//! Many attempts at once do not pass together: each is charged before it is made. In the moment in which the free ones run
//! out, one more may pass. It asks the store up to five times, and counts in memory while the store is down.
//!
//! References: OWASP Authentication Cheat Sheet; NIST SP 800-63B §5.2.2.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::key::RateLimitKey;
use super::rejection::RateLimitRejection;
use super::steady::FallbackStore;
use crate::core::store_reply::StoreError;
use crate::rate_limit::quota::{ChargePolicy, Decision, Outcome, Quota, Quotas, Strategy, Unit};
use crate::rate_limit::store::{RateLimitRequest, RateLimitStore};

/// Growing delays after failures in a row. The page of the module says which.
#[derive(Clone, Debug)]
pub struct Backoff {
    name: Arc<str>,
    store: FallbackStore,
    free: u32,
    first: Duration,
    longest: Duration,
    forget: Duration,
    ipv6_prefix: u8,
}

/// An attempt that may be made. It counts as failed unless it is said to have succeeded.
#[derive(Debug)]
pub struct BackoffAttempt<'a> {
    backoff: &'a Backoff,
    caller: Vec<u8>,
}

/// More failures than anybody waits for.
const MANY: NonZeroU32 = NonZeroU32::new(1_000_000).expect("it is not zero");

impl Backoff {
    /// Delays of this name, which is their scope.
    pub fn new(name: &str, store: impl Into<FallbackStore>) -> Self {
        Self {
            name: format!("{name} backoff").into(),
            store: store.into(),
            free: 3,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(15 * 60),
            forget: Duration::from_secs(24 * 60 * 60),
            ipv6_prefix: 64,
        }
    }

    /// How many attempts are free.
    pub fn free(self, free: u32) -> Self {
        Self { free, ..self }
    }

    /// The first delay, in whole seconds; the next are each twice as long.
    pub fn first(self, first: Duration) -> Self {
        Self { first, ..self }
    }

    /// The longest delay, in whole seconds.
    pub fn longest(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// How long failures count, in whole seconds.
    pub fn forget(self, forget: Duration) -> Self {
        Self { forget, ..self }
    }

    /// How much of an IPv6 address tells callers apart, in bits from 0 to 128; 64 where nothing is said.
    pub fn ipv6_prefix(self, bits: u8) -> Self {
        Self { ipv6_prefix: bits, ..self }
    }

    /// Makes an attempt, if the time for it has come.
    ///
    /// # Errors
    /// The refusal: too early, or without a key.
    pub async fn attempt(
        &self,
        key: impl Into<RateLimitKey>,
    ) -> Result<BackoffAttempt<'_>, RateLimitRejection> {
        let key = key.into();
        if key.is_none() {
            return Err(RateLimitRejection::MissingKey);
        }
        let caller = key.caller(None, self.ipv6_prefix);
        self.admit(&caller).await?;
        Ok(BackoffAttempt { backoff: self, caller })
    }

    /// Forgets what this caller has failed at.
    ///
    /// # Errors
    /// When the store does not answer in time.
    pub async fn reset(&self, key: impl Into<RateLimitKey>) -> Result<(), StoreError> {
        let caller = key.into().caller(None, self.ipv6_prefix);
        self.store.reset(&self.name, &caller).await
    }

    async fn admit(&self, caller: &[u8]) -> Result<(), RateLimitRejection> {
        if let Some(free) = NonZeroU32::new(self.free) {
            let verdict = self.count(caller, free, self.forget, Strategy::SlidingWindowCounter, 1).await?;
            if verdict.outcome == Outcome::Allow {
                if verdict.standing.remaining == 0 {
                    self.begin_delay(caller, 0).await?;
                }
                return Ok(());
            }
        }
        let failures = self.count(caller, MANY, self.forget, Strategy::SlidingWindowCounter, 0).await?;
        let failures = MANY.get() - failures.standing.remaining;
        if let Outcome::Refuse { retry_after } = self.begin_delay(caller, failures).await? {
            tracing::info!(limit = &*self.name, failures, ?retry_after, "too early");
            return Err(RateLimitRejection::LimitExceeded { retry_after, header: None, message: None });
        }
        // The next delay begins before anybody can see that it is the next.
        self.begin_delay(caller, failures + 1).await?;
        self.count(caller, MANY, self.forget, Strategy::SlidingWindowCounter, 1).await?;
        Ok(())
    }

    /// Begins the delay after so many failures, unless it is running.
    async fn begin_delay(&self, caller: &[u8], failures: u32) -> Result<Outcome, RateLimitRejection> {
        let doubled = 2_u32.checked_pow(failures).and_then(|times| self.first.checked_mul(times));
        let delay = doubled.map_or(self.longest, |delay| delay.min(self.longest));
        let verdict = self.count(caller, NonZeroU32::MIN, delay, Strategy::FixedWindow, 1).await?;
        Ok(verdict.outcome)
    }

    /// Counts by the quota `amount` per `window`; only looks where the cost is 0.
    async fn count(
        &self,
        caller: &[u8],
        amount: NonZeroU32,
        window: Duration,
        strategy: Strategy,
        cost: u32,
    ) -> Result<Decision, RateLimitRejection> {
        let seconds = u32::try_from(window.as_secs()).unwrap_or(u32::MAX);
        let seconds = NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN);
        let quotas = Quotas::from(Quota::new(amount, seconds, Unit::Second));
        let charge = if cost == 0 { ChargePolicy::Nothing } else { ChargePolicy::AllOrNothing };
        let ask = RateLimitRequest { limit: &self.name, caller, quotas: &quotas, strategy, cost, charge };
        // Memory stands in for a store that is down, so this is one that cannot count this way.
        let unable = |_| RateLimitRejection::StoreDown { retry_after: Duration::from_secs(5) };
        self.store.decide(ask).await.map_err(unable)
    }
}

impl BackoffAttempt<'_> {
    /// It has succeeded: everything that this caller has failed at is forgotten.
    pub async fn succeeded(self) {
        // If the store does not hear of it, the owner waits once more: that is the safe side.
        let _ = self.backoff.store.reset(&self.backoff.name, &self.caller).await;
    }
}
