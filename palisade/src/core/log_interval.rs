//! A bound on repeated log lines.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Milliseconds between two log lines of the same text.
const INTERVAL: u64 = 10_000;

/// Lets one log line pass every ten seconds, so that a client cannot fill the log. Each text has
/// its own value in a `static`.
pub(crate) struct LogInterval(AtomicU64);

impl LogInterval {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Returns `true` if the line may be written now.
    pub(crate) fn allows(&self) -> bool {
        static START: OnceLock<Instant> = OnceLock::new();
        let elapsed = START.get_or_init(Instant::now).elapsed().as_millis();
        self.allows_at(u64::try_from(elapsed).unwrap_or(u64::MAX - INTERVAL) + INTERVAL)
    }

    fn allows_at(&self, now: u64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        now.saturating_sub(last) >= INTERVAL
            && self.0.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_one_line_in_ten_seconds() {
        let interval = LogInterval::new();
        let allowed = [10_000, 10_001, 19_999, 20_000, 29_999, 30_000].map(|now| interval.allows_at(now));
        assert_eq!(allowed, [true, false, false, true, false, true]);
    }
}
