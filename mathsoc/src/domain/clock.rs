//! The current time, in unix seconds.

use palisade::clock::Clock;

/// Returns the time of the system's clock.
pub fn now() -> i64 {
    seconds(&Clock::system())
}

/// Returns the time of `clock`, for code that is given one.
pub(crate) fn seconds(clock: &Clock) -> i64 {
    i64::try_from(clock.now() / 1_000_000).unwrap_or(i64::MAX)
}
