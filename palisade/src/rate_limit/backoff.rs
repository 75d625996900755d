//! Exponential backoff after failures.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::fallback::FallbackStore;
use super::key::RateLimitKey;
use super::rejection::RateLimitRejection;
use crate::core::store_reply::StoreError;
use crate::rate_limit::quota::{ChargePolicy, Decision, Outcome, Quota, Quotas, Strategy, Unit};
use crate::rate_limit::store::{RateLimitRequest, RateLimitStore};

/// Delays that double after failures in a row (exponential backoff), for logins.
///
/// ```
/// use std::time::Duration;
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{Backoff, BackoffAttempt, RateLimitRejection};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), RateLimitRejection> {
/// let backoff = Backoff::new("login", MemoryStore::new())
///     .free_attempts(2)
///     .initial_delay(Duration::from_secs(10));
/// backoff.attempt("ada@example.org").await?; // dropped: the attempt has failed
/// backoff.attempt("ada@example.org").await?;
/// assert!(backoff.attempt("ada@example.org").await.is_err(), "the delay is running");
///
/// let attempt: BackoffAttempt = backoff.attempt("bob@example.org").await?;
/// attempt.succeeded().await; // deletes bob's failures
/// # Ok(())
/// # }
/// ```
///
/// # What happens, in order
///
/// 1. The first [`free_attempts`](Self::free_attempts) pass. Each counts as a failure until it has
///    [succeeded](BackoffAttempt::succeeded).
/// 2. The next attempt passes after [`initial_delay`](Self::initial_delay), the one after that
///    after twice as long, and so on up to [`max_delay`](Self::max_delay). An earlier attempt is
///    rejected (429); it counts nothing and lengthens nothing.
/// 3. A success deletes all failures of the caller. Failures also expire:
///    [`forget_after`](Self::forget_after).
///
/// # Defaults
///
/// | setting | default | why |
/// |---|---|---|
/// | [`free_attempts`](Self::free_attempts) | 3 | people mistype |
/// | [`initial_delay`](Self::initial_delay) | 1 s | people hardly notice it |
/// | [`max_delay`](Self::max_delay) | 15 min | an attacker can lock the owner out for no longer |
/// | [`forget_after`](Self::forget_after) | 1 day | well above the longest delay; else a client that waits starts again |
///
/// Each attempt is charged before it is made, so concurrent attempts do not pass together. While
/// the free attempts run out, one more may pass. An attempt calls the store up to five times.
/// While the store is down, the [`FallbackStore`] counts in memory.
///
/// References: OWASP Authentication Cheat Sheet; NIST SP 800-63B section 5.2.2.
#[derive(Clone, Debug)]
#[doc(alias = "exponential backoff")]
#[doc(alias = "account lockout")]
#[doc(alias = "brute force")]
#[must_use]
pub struct Backoff {
    name: Arc<str>,
    store: FallbackStore,
    free_attempts: u32,
    initial_delay: Duration,
    max_delay: Duration,
    forget_after: Duration,
    ipv6_prefix: u8,
}

/// An attempt that passed. It counts as a failure unless [`succeeded`](Self::succeeded) is called.
///
/// ```
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{Backoff, BackoffAttempt, RateLimitRejection};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), RateLimitRejection> {
/// let backoff = Backoff::new("login", MemoryStore::new()).free_attempts(1);
/// let attempt: BackoffAttempt = backoff.attempt("ada@example.org").await?;
/// attempt.succeeded().await; // the password is correct
/// assert!(backoff.attempt("ada@example.org").await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BackoffAttempt<'a> {
    backoff: &'a Backoff,
    caller: Vec<u8>,
}

/// The amount of the quota that only counts failures. No caller reaches it.
const UNREACHABLE: NonZeroU32 = NonZeroU32::new(1_000_000).expect("the number is not zero");

impl Backoff {
    /// Makes a backoff. Its name is its scope: those with the same name and store share failures.
    pub fn new(name: &str, store: impl Into<FallbackStore>) -> Self {
        Self {
            name: format!("{name} backoff").into(),
            store: store.into(),
            free_attempts: 3,
            initial_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(15 * 60),
            forget_after: Duration::from_secs(24 * 60 * 60),
            ipv6_prefix: 64,
        }
    }

    /// Sets the number of attempts without a delay.
    pub fn free_attempts(self, free_attempts: u32) -> Self {
        Self { free_attempts, ..self }
    }

    /// Sets the first delay, in whole seconds. Each further delay is twice as long.
    pub fn initial_delay(self, initial_delay: Duration) -> Self {
        Self { initial_delay, ..self }
    }

    /// Sets the longest delay, in whole seconds.
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// Sets the time after which failures expire, in whole seconds.
    pub fn forget_after(self, forget_after: Duration) -> Self {
        Self { forget_after, ..self }
    }

    /// Sets the length of the IPv6 prefix that identifies a client, in bits from 0 to 128. The
    /// default is 64.
    pub fn ipv6_prefix(self, bits: u8) -> Self {
        Self { ipv6_prefix: bits, ..self }
    }

    /// Makes an attempt, unless a delay is running. For an e-mail address that a visitor has typed,
    /// the key is [`RateLimitKey::email`].
    ///
    /// # Errors
    ///
    /// The rejection: a delay is running, or the key is missing.
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

    /// Deletes the failures of this caller.
    ///
    /// # Errors
    ///
    /// [`StoreError::Down`] if the store does not answer in time.
    pub async fn reset(&self, key: impl Into<RateLimitKey>) -> Result<(), StoreError> {
        let caller = key.into().caller(None, self.ipv6_prefix);
        self.store.reset(&self.name, &caller).await
    }

    async fn admit(&self, caller: &[u8]) -> Result<(), RateLimitRejection> {
        if let Some(free) = NonZeroU32::new(self.free_attempts) {
            let decision =
                self.count(caller, free, self.forget_after, Strategy::SlidingWindowCounter, 1).await?;
            if decision.outcome == Outcome::Allowed {
                if decision.snapshot.remaining == 0 {
                    self.start_delay(caller, 0).await?;
                }
                return Ok(());
            }
        }
        let failures =
            self.count(caller, UNREACHABLE, self.forget_after, Strategy::SlidingWindowCounter, 0).await?;
        let failures = UNREACHABLE.get() - failures.snapshot.remaining;
        if let Outcome::Limited { retry_after } = self.start_delay(caller, failures).await? {
            tracing::info!(
                limit = &*self.name,
                failures = self.free_attempts + failures,
                ?retry_after,
                "rejected: the backoff delay is running"
            );
            return Err(RateLimitRejection::LimitExceeded { retry_after, header: None, message: None });
        }
        // The next delay starts before the failure counts, so that no concurrent attempt misses
        // it.
        self.start_delay(caller, failures + 1).await?;
        self.count(caller, UNREACHABLE, self.forget_after, Strategy::SlidingWindowCounter, 1).await?;
        Ok(())
    }

    /// Starts the delay after this number of failures, unless it is running.
    async fn start_delay(&self, caller: &[u8], failures: u32) -> Result<Outcome, RateLimitRejection> {
        let doubled = 2_u32.checked_pow(failures).and_then(|factor| self.initial_delay.checked_mul(factor));
        let delay = doubled.map_or(self.max_delay, |delay| delay.min(self.max_delay));
        let decision = self.count(caller, NonZeroU32::MIN, delay, Strategy::FixedWindow, 1).await?;
        Ok(decision.outcome)
    }

    /// Counts by the quota `amount` per `window`. A cost of 0 only reads the counter.
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
        let request = RateLimitRequest { limit: &self.name, caller, quotas: &quotas, strategy, cost, charge };
        let rejection = |error| match error {
            StoreError::CallerQueueFull { retry_after, .. } => {
                RateLimitRejection::LimitExceeded { retry_after, header: None, message: None }
            }
            // Memory replaces a store that is down, so this store does not support the strategy.
            _ => RateLimitRejection::StoreDown { retry_after: Duration::from_secs(5) },
        };
        self.store.decide_or_locally(request).await.map_err(rejection)
    }
}

impl BackoffAttempt<'_> {
    /// Records success: deletes all failures of the caller.
    pub async fn succeeded(self) {
        // If the store is down, the owner waits once more, which is the safe side.
        let _ = self.backoff.store.reset(&self.backoff.name, &self.caller).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::Clock;
    use crate::rate_limit::store::MemoryStore;

    /// Returns the delay in seconds after an attempt that is rejected; 0 if it is admitted.
    async fn delay(backoff: &Backoff) -> u64 {
        match backoff.attempt("ada").await {
            Ok(_failed) => 0,
            Err(RateLimitRejection::LimitExceeded { retry_after, .. }) => {
                retry_after.as_micros().div_ceil(1_000_000) as u64
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn three_attempts_are_free_and_delays_double_up_to_15_minutes() {
        let (clock, time) = Clock::manual();
        let backoff = Backoff::new("login", FallbackStore::new(MemoryStore::with_clock(clock)));
        for _ in 0..3 {
            assert_eq!(delay(&backoff).await, 0);
        }
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(delay(&backoff).await, seconds);
            time.advance(Duration::from_secs(seconds) - Duration::from_micros(1));
            assert_eq!(delay(&backoff).await, 1, "the rest of {seconds} s, rounded up");
            time.advance(Duration::from_micros(1));
            assert_eq!(delay(&backoff).await, 0, "after {seconds} s");
        }
        backoff.reset("ada").await.unwrap();
        assert_eq!(delay(&backoff).await, 0);
    }

    #[tokio::test]
    async fn failures_are_forgotten_after_two_days_without_any() {
        let (clock, time) = Clock::manual();
        let backoff = Backoff::new("login", FallbackStore::new(MemoryStore::with_clock(clock)));
        for _ in 0..3 {
            assert_eq!(delay(&backoff).await, 0);
        }
        time.advance(Duration::from_secs(2 * 86_400));
        for _ in 0..3 {
            assert_eq!(delay(&backoff).await, 0);
        }
        assert_eq!(delay(&backoff).await, 1);
    }
}
