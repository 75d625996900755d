//! What time it is, and a time that tests can move.
//!
//! ```
//! # use std::time::Duration;
//! # use palisade::clock::Clock;
//! let (clock, hand) = Clock::manual();
//! let before = clock.now();
//! hand.advance(Duration::from_secs(60));
//! assert_eq!(clock.now() - before, 60_000_000);
//! ```
//!
//! What it answers: microseconds since the Unix epoch. The system's clock is set back now and then, by people and by
//! programs, so nothing may assume that a later answer is the larger one.
//!
//! What it does not do: wait. Waiting is tokio's business.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Where the time comes from: the system, or a test's hand.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicU64>>);

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at 1 January 2026 until its hand is moved.
    pub fn manual() -> (Self, ManualClock) {
        let time = Arc::new(AtomicU64::new(1_767_225_600_000_000));
        (Self(Some(Arc::clone(&time))), ManualClock(time))
    }

    /// Microseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        match &self.0 {
            Some(time) => time.load(Ordering::SeqCst),
            None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, micros),
        }
    }
}

/// What moves a [`Clock::manual`].
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.moves(|time| time.saturating_add(micros(by)));
    }

    /// Moves the clock back, to the epoch at most.
    pub fn set_back(&self, by: Duration) {
        self.moves(|time| time.saturating_sub(micros(by)));
    }

    fn moves(&self, to: impl Fn(u64) -> u64) {
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |time| Some(to(time)));
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
