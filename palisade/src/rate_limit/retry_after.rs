//! The form of the header `Retry-After`, and times rounded up to seconds.

use std::time::{Duration, SystemTime};

use http::HeaderValue;

use crate::core::clock::Clock;

/// The form of the header `Retry-After` (RFC 9110, section 10.2.3).
///
/// ```
/// use palisade::clock::Clock;
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{RateLimit, RateLimitRejection, RetryAfter};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (clock, _) = Clock::manual();
/// let limit = RateLimit::new("login", "1/hour", MemoryStore::with_clock(clock.clone()))?
///     .clock(clock)
///     .retry_after(RetryAfter::Date);
/// assert!(limit.check("ada").await.is_ok());
/// let Err(RateLimitRejection::LimitExceeded { header, .. }) = limit.check("ada").await else {
///     panic!("the quota is used up");
/// };
/// assert_eq!(header.expect("the form is a date"), "Thu, 01 Jan 2026 01:00:00 GMT");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RetryAfter {
    /// Seconds from now, rounded up.
    #[default]
    Seconds,
    /// An HTTP date, rounded up to seconds.
    Date,
}

impl RetryAfter {
    /// Returns the value of the header, or `None` for seconds, which the rejection writes itself.
    pub(super) fn header_value(self, clock: &Clock, after: Duration) -> Option<HeaderValue> {
        match self {
            Self::Seconds => None,
            Self::Date => HeaderValue::try_from(http_date(epoch_seconds(clock, after))?).ok(),
        }
    }
}

/// Returns the time rounded up to seconds.
pub(super) fn seconds_rounded_up(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Returns the moment in seconds since the epoch, rounded up.
pub(super) fn epoch_seconds(clock: &Clock, after: Duration) -> u64 {
    seconds_rounded_up(Duration::from_micros(clock.now()).saturating_add(after))
}

/// The last second of the year 9999: `httpdate` panics on later years.
const MAX_HTTP_DATE: u64 = 253_402_300_799;

/// Writes a moment as RFC 9110 does. A later year than 9999 becomes the last second of 9999.
fn http_date(epoch_seconds: u64) -> Option<String> {
    let since_epoch = Duration::from_secs(epoch_seconds.min(MAX_HTTP_DATE));
    SystemTime::UNIX_EPOCH.checked_add(since_epoch).map(httpdate::fmt_http_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_http_dates() {
        for (epoch, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_795_228_096, "Sat, 21 Nov 2026 02:28:16 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (MAX_HTTP_DATE, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (u64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(http_date(epoch).as_deref(), Some(date));
        }
    }

    #[test]
    fn rounds_a_moment_up() {
        let (clock, hand) = Clock::manual();
        let start = epoch_seconds(&clock, Duration::ZERO);
        hand.advance(Duration::from_micros(1));
        assert_eq!(epoch_seconds(&clock, Duration::ZERO), start + 1);
    }
}
