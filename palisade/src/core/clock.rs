//! The clock of the library, and a manual clock for tests.
//!
//! ```
//! # use std::time::Duration;
//! use palisade::clock::{Clock, ManualClock};
//!
//! let (clock, manual): (Clock, ManualClock) = Clock::manual();
//! let before = clock.now();
//! manual.advance(Duration::from_secs(60));
//! assert_eq!(clock.now() - before, 60_000_000);
//! ```
//!
//! A clock returns microseconds since the Unix epoch. The system's clock is sometimes set back, so a
//! later reading may be smaller. A clock does not wait; timers are tokio's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A source of time: the system, or a [`ManualClock`].
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicU64>>);

impl Clock {
    /// Returns the system's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// Returns a clock that stands still at 1 January 2026, and the handle that moves it.
    pub fn manual() -> (Self, ManualClock) {
        let time = Arc::new(AtomicU64::new(1_767_225_600_000_000));
        (Self(Some(Arc::clone(&time))), ManualClock(time))
    }

    /// Returns the microseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        match &self.0 {
            Some(time) => time.load(Ordering::SeqCst),
            None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| {
                // `as_micros` takes longer: it has 128 bits. A year of six digits fits into 64.
                since.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(since.subsec_micros()))
            }),
        }
    }
}

/// The handle that moves a [`Clock::manual`].
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
