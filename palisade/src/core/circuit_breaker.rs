//! The circuit breaker of a server: open after failures in a row, half-open at growing intervals.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The circuit breaker of one server. Clones refer to one breaker: everything that calls the server
/// shares it. While it is closed, it costs two atomic reads.
#[derive(Clone, Debug)]
pub(crate) struct CircuitBreaker(Arc<BreakerState>);

#[derive(Debug)]
struct BreakerState {
    failures: AtomicU32,
    open: AtomicBool,
    period: Mutex<OpenPeriod>,
}

/// The time in which no question reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenPeriod {
    until: Instant,
    next_length: Duration,
}

/// The permission to call the server.
#[derive(Debug)]
pub(crate) enum Admission<'a> {
    /// The breaker is open.
    Rejected,
    /// The breaker is closed.
    Admitted,
    /// The breaker is half-open, and this request is the probe.
    Probe(Probe<'a>),
}

/// The one request that reaches the server while the breaker is half-open. If it is dropped before
/// it [completes](Self::complete), the next request becomes the probe. Clients that hang up
/// therefore neither block others nor lengthen the open period.
#[derive(Debug)]
pub(crate) struct Probe<'a> {
    breaker: &'a CircuitBreaker,
    before: OpenPeriod,
    started: OpenPeriod,
    complete: bool,
}

impl Probe<'_> {
    /// Ends the probe: the server has answered, or its time is over.
    pub(crate) fn complete(mut self) {
        self.complete = true;
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        let mut period = self.breaker.period();
        if !self.complete && *period == self.started {
            *period = self.before;
        }
    }
}

/// The threshold of a breaker, and the lengths of its open periods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BreakerSettings {
    pub(crate) failure_threshold: u32,
    pub(crate) first_period: Duration,
    pub(crate) longest_period: Duration,
}

impl BreakerSettings {
    /// The defaults: three failures in a row, then 500 ms, doubling up to 30 s.
    pub(crate) const DEFAULT: Self = Self {
        failure_threshold: 3,
        first_period: Duration::from_millis(500),
        longest_period: Duration::from_secs(30),
    };
}

impl CircuitBreaker {
    pub(crate) fn new() -> Self {
        let period = Mutex::new(OpenPeriod { until: Instant::now(), next_length: Duration::ZERO });
        let (failures, open) = (AtomicU32::new(0), AtomicBool::new(false));
        Self(Arc::new(BreakerState { failures, open, period }))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.open.load(Ordering::Acquire)
    }

    /// Returns `true` if the breaker is closed or half-open. It starts no probe.
    pub(crate) fn would_admit(&self) -> bool {
        !self.is_open() || self.period().until <= Instant::now()
    }

    /// Admits a request. At the end of an open period one request becomes the probe, and the next
    /// open period starts with it.
    pub(crate) fn admit(&self, settings: BreakerSettings) -> Admission<'_> {
        if !self.is_open() {
            return Admission::Admitted;
        }
        let (mut period, now) = (self.period(), Instant::now());
        if now < period.until {
            return Admission::Rejected;
        }
        let before = *period;
        let next_length = (before.next_length * 2).min(settings.longest_period);
        let started = OpenPeriod { until: now + before.next_length, next_length };
        *period = started;
        Admission::Probe(Probe { breaker: self, before, started, complete: false })
    }

    /// Records an answer. Returns `true` if it closes the breaker.
    pub(crate) fn record_success(&self) -> bool {
        if self.0.failures.load(Ordering::Relaxed) > 0 {
            self.0.failures.store(0, Ordering::Relaxed);
        }
        self.is_open() && self.0.open.swap(false, Ordering::AcqRel)
    }

    /// Records a failure. Returns `true` if it opens the breaker.
    pub(crate) fn record_failure(&self, settings: BreakerSettings) -> bool {
        let failures = self.0.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures < settings.failure_threshold || self.is_open() {
            return false;
        }
        let BreakerSettings { first_period, longest_period, .. } = settings;
        let next_length = (first_period * 2).min(longest_period);
        let mut period = self.period();
        *period = OpenPeriod { until: Instant::now() + first_period, next_length };
        !self.0.open.swap(true, Ordering::AcqRel)
    }

    fn period(&self) -> MutexGuard<'_, OpenPeriod> {
        self.0.period.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BreakerSettings = BreakerSettings {
        failure_threshold: 2,
        first_period: Duration::from_secs(1),
        longest_period: Duration::from_secs(3),
    };

    /// Admits a request that does not hang up.
    fn admits(breaker: &CircuitBreaker) -> bool {
        match breaker.admit(SETTINGS) {
            Admission::Rejected => false,
            Admission::Admitted => true,
            Admission::Probe(probe) => {
                probe.complete();
                true
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_and_admits_one_probe() {
        let breaker = CircuitBreaker::new();
        assert!(!breaker.record_failure(SETTINGS));
        assert!(!breaker.record_success());
        assert!(!breaker.record_failure(SETTINGS) && admits(&breaker));
        assert!(breaker.record_failure(SETTINGS), "the second in a row");
        for period in [1, 2, 3, 3] {
            assert!(!admits(&breaker));
            tokio::time::advance(Duration::from_millis(period * 1000 - 1)).await;
            assert!(!admits(&breaker), "{period}");
            tokio::time::advance(Duration::from_millis(1)).await;
            drop(breaker.admit(SETTINGS));
            assert!(admits(&breaker), "{period}: a dropped probe passes to the next request");
            assert!(!admits(&breaker), "one probe is enough");
            assert!(!breaker.record_failure(SETTINGS), "it is open already");
        }
        assert!(breaker.record_success() && !breaker.record_success());
        assert!(admits(&breaker) && admits(&breaker));
        // After the success, failures count from zero, and the periods start again.
        assert!(!breaker.record_failure(SETTINGS) && breaker.record_failure(SETTINGS));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(admits(&breaker));
    }

    #[tokio::test(start_paused = true)]
    async fn would_admit_tells_an_open_breaker_from_a_half_open_one() {
        let breaker = CircuitBreaker::new();
        assert!(breaker.would_admit());
        breaker.record_failure(SETTINGS);
        breaker.record_failure(SETTINGS);
        assert!(breaker.is_open() && !breaker.would_admit());
        tokio::time::advance(Duration::from_millis(999)).await;
        assert!(!breaker.would_admit());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(breaker.would_admit() && breaker.would_admit(), "it starts no probe");
        assert!(admits(&breaker) && !breaker.would_admit(), "the probe has begun");
        breaker.record_success();
        assert!(breaker.would_admit());
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_probe_leaves_a_newer_period_alone() {
        let breaker = CircuitBreaker::new();
        let fail_twice = || (breaker.record_failure(SETTINGS), breaker.record_failure(SETTINGS));
        assert_eq!(fail_twice(), (false, true));
        tokio::time::advance(Duration::from_secs(1)).await;
        let late = breaker.admit(SETTINGS);
        assert!(matches!(late, Admission::Probe(_)));
        // An answer to an earlier question closes the breaker, and new failures open it again.
        assert!(breaker.record_success());
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(fail_twice(), (false, true));
        drop(late);
        assert!(!admits(&breaker), "the new period lasts a second");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(admits(&breaker));
    }

    #[tokio::test(start_paused = true)]
    async fn the_default_opens_after_three_failures_for_500_ms() {
        let (breaker, settings) = (CircuitBreaker::new(), BreakerSettings::DEFAULT);
        assert_eq!([(); 3].map(|()| breaker.record_failure(settings)), [false, false, true]);
        // The lengths of the periods: doubled, at most 30 s.
        for millis in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            tokio::time::advance(Duration::from_millis(millis - 1)).await;
            assert!(!breaker.would_admit(), "{millis}");
            tokio::time::advance(Duration::from_millis(1)).await;
            match breaker.admit(settings) {
                Admission::Probe(probe) => probe.complete(),
                other => panic!("{millis}: {other:?}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_period_is_bounded_too() {
        let settings = BreakerSettings { first_period: Duration::from_secs(2), ..SETTINGS };
        let breaker = CircuitBreaker::new();
        assert_eq!([(); 2].map(|()| breaker.record_failure(settings)), [false, true]);
        tokio::time::advance(Duration::from_secs(2)).await;
        match breaker.admit(settings) {
            Admission::Probe(probe) => probe.complete(),
            other => panic!("{other:?}"),
        }
        tokio::time::advance(Duration::from_millis(2_999)).await;
        assert!(!breaker.would_admit());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(breaker.would_admit(), "after the longest period, not after twice the first");
    }

    #[test]
    fn clones_are_one_breaker() {
        let breaker = CircuitBreaker::new();
        let clone = breaker.clone();
        breaker.record_failure(SETTINGS);
        clone.record_failure(SETTINGS);
        assert!(breaker.is_open() && clone.is_open());
    }
}
