//! Log lines that are written at most once a minute.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The interval in milliseconds.
const INTERVAL: u64 = 60_000;

/// The time of the next log line about one matter. A flood takes no lock and fills no log.
#[derive(Debug)]
pub(crate) struct LogInterval {
    started: Instant,
    /// The milliseconds from `started` after which the next line is due.
    next: AtomicU64,
}

impl LogInterval {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), next: AtomicU64::new(0) }
    }

    /// Returns `true` at most once a minute: the time has come for a log line.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due_at(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn is_due_at(&self, now: u64) -> bool {
        let due = self.next.load(Ordering::Relaxed);
        let next = now.saturating_add(INTERVAL);
        now >= due && self.next.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_is_due_once_a_minute() {
        let interval = LogInterval::new();
        for (now, due) in [
            (0, true),
            (1, false),
            (59_999, false),
            (60_000, true),
            (60_001, false),
            (119_999, false),
            (120_000, true),
        ] {
            assert_eq!(interval.is_due_at(now), due, "{now}");
        }
        assert!(!interval.is_due(), "the last line is due in a minute");
        let interval = LogInterval::new();
        assert!(interval.is_due() && !interval.is_due(), "the first line is due at once");
    }
}
