//! Whether a store is asked at all: after failures in a row it is left alone, and tried again at growing intervals.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A circuit breaker. While the store answers, it costs two atomic reads.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: AtomicU32,
    open: AtomicBool,
    rest: Mutex<Rest>,
}

#[derive(Debug)]
struct Rest {
    until: Instant,
    /// How long the next one will be.
    next: Duration,
}

/// When to leave a store alone, and how often to try it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) failures: u32,
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Breaker {
    pub(super) fn new() -> Self {
        let rest = Mutex::new(Rest { until: Instant::now(), next: Duration::ZERO });
        Self { failures: AtomicU32::new(0), open: AtomicBool::new(false), rest }
    }

    /// Whether the store is left alone now.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Whether the store may be asked now, or at the end of a rest.
    pub(super) fn would_admit(&self) -> bool {
        !self.is_open() || self.rest().until <= Instant::now()
    }

    /// Whether to ask the store now. At the end of a rest one request is let through to see; the next rest begins with
    /// it, so that one that is given up halfway blocks nobody.
    pub(super) fn admits(&self, patience: Patience) -> bool {
        if !self.is_open() {
            return true;
        }
        let (mut rest, now) = (self.rest(), Instant::now());
        let due = rest.until <= now;
        if due {
            rest.until = now + rest.next;
            rest.next = (rest.next * 2).min(patience.longest);
        }
        due
    }

    /// The store has answered. True when that is news.
    pub(super) fn succeeded(&self) -> bool {
        if self.failures.load(Ordering::Relaxed) > 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
        self.is_open() && self.open.swap(false, Ordering::AcqRel)
    }

    /// The store has not answered. True when it is left alone from now on.
    pub(super) fn failed(&self, patience: Patience) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures < patience.failures || self.is_open() {
            return false;
        }
        let mut rest = self.rest();
        *rest =
            Rest { until: Instant::now() + patience.first, next: (patience.first * 2).min(patience.longest) };
        !self.open.swap(true, Ordering::AcqRel)
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { failures: 2, first: Duration::from_secs(1), longest: Duration::from_secs(3) };

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_tries_one_at_a_time() {
        let breaker = Breaker::new();
        assert!(!breaker.failed(PATIENCE));
        assert!(!breaker.succeeded());
        assert!(!breaker.failed(PATIENCE) && breaker.admits(PATIENCE));
        assert!(breaker.failed(PATIENCE), "the second in a row");
        for rest in [1, 2, 3, 3] {
            assert!(!breaker.admits(PATIENCE));
            tokio::time::advance(Duration::from_millis(rest * 1000 - 1)).await;
            assert!(!breaker.admits(PATIENCE), "{rest}");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(breaker.admits(PATIENCE), "{rest}");
            assert!(!breaker.admits(PATIENCE), "one is enough");
            assert!(!breaker.failed(PATIENCE), "it is no news");
        }
        assert!(breaker.succeeded() && !breaker.succeeded());
        assert!(breaker.admits(PATIENCE) && breaker.admits(PATIENCE));
    }
}
