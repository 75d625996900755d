//! Whether a store is asked at all: after failures in a row it is left alone, and tried again at growing intervals.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A circuit breaker. While the store answers, it costs two atomic reads.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: AtomicU32,
    open: Arc<AtomicBool>,
    rest: Mutex<Rest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rest {
    until: Instant,
    /// How long the next one will be.
    next: Duration,
}

/// Whether a request may ask the store, and on what terms.
#[derive(Debug)]
pub(super) enum Admission<'a> {
    No,
    /// As any other.
    Yes,
    /// It is the one that is let through to see.
    Try(Try<'a>),
}

/// A request that is let through to see. One that is dropped before it has [ended](Self::ended) gives its turn back, so
/// that strangers who hang up neither block the others nor lengthen the rests.
#[derive(Debug)]
pub(super) struct Try<'a> {
    breaker: &'a Breaker,
    before: Rest,
    taken: Rest,
    ended: bool,
}

impl Try<'_> {
    /// The store has answered, or the time for it is over.
    pub(super) fn ended(mut self) {
        self.ended = true;
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        let mut rest = self.breaker.rest();
        if !self.ended && *rest == self.taken {
            *rest = self.before;
        }
    }
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
        Self { failures: AtomicU32::new(0), open: Arc::default(), rest }
    }

    /// True while the store is left alone: for whoever shows it.
    pub(super) fn state(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.open)
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
    /// it.
    pub(super) fn admits(&self, patience: Patience) -> Admission<'_> {
        if !self.is_open() {
            return Admission::Yes;
        }
        let (mut rest, now) = (self.rest(), Instant::now());
        if now < rest.until {
            return Admission::No;
        }
        let before = *rest;
        let taken = Rest { until: now + before.next, next: (before.next * 2).min(patience.longest) };
        *rest = taken;
        Admission::Try(Try { breaker: self, before, taken, ended: false })
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

    /// Whether one is let through that does not give up.
    fn admits(breaker: &Breaker) -> bool {
        match breaker.admits(PATIENCE) {
            Admission::No => false,
            Admission::Yes => true,
            Admission::Try(one) => {
                one.ended();
                true
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_tries_one_at_a_time() {
        let breaker = Breaker::new();
        assert!(!breaker.failed(PATIENCE));
        assert!(!breaker.succeeded());
        assert!(!breaker.failed(PATIENCE) && admits(&breaker));
        assert!(breaker.failed(PATIENCE), "the second in a row");
        for rest in [1, 2, 3, 3] {
            assert!(!admits(&breaker));
            tokio::time::advance(Duration::from_millis(rest * 1000 - 1)).await;
            assert!(!admits(&breaker), "{rest}");
            tokio::time::advance(Duration::from_millis(1)).await;
            drop(breaker.admits(PATIENCE));
            assert!(admits(&breaker), "{rest}: who gave up has not used up the turn");
            assert!(!admits(&breaker), "one is enough");
            assert!(!breaker.failed(PATIENCE), "it is no news");
        }
        assert!(breaker.succeeded() && !breaker.succeeded());
        assert!(admits(&breaker) && admits(&breaker));
    }
}
