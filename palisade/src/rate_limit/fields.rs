//! What a limit tells clients in headers.
//!
//! `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds since the epoch) are of the tightest quota of all limits on the
//! way that use these names; each stands once. `RateLimit-Policy` and `RateLimit` are lists, to which every limit adds its own line.

use std::fmt::Write;
use std::time::Duration;

use http::header::HeaderMap;
use http::{Extensions, HeaderName, HeaderValue};

use super::rules::RateLimitStatus;
use crate::core::clock::Clock;
use crate::rate_limit::quota::Quotas;

/// How `Retry-After` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RetryAfter {
    /// Whole seconds from now, rounded up.
    #[default]
    Seconds,
    /// The moment, as an HTTP-date, rounded up.
    Date,
}

impl RetryAfter {
    /// The header's value, where it is not plain seconds.
    pub(super) fn date(self, clock: &Clock, after: Duration) -> Option<HeaderValue> {
        match self {
            Self::Seconds => None,
            Self::Date => HeaderValue::try_from(http_date(moment(clock, after))).ok(),
        }
    }
}

/// Which headers a gate sends.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    /// Limit, remaining and reset.
    pub(super) names: Option<[HeaderName; 3]>,
    pub(super) standard: bool,
}

impl Fields {
    pub(super) fn default_names() -> [HeaderName; 3] {
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map(HeaderName::from_static)
    }

    pub(super) fn write(
        &self,
        quotas: &Quotas,
        counted: &RateLimitStatus,
        clock: &Clock,
        headers: &mut HeaderMap,
        extensions: &mut Extensions,
    ) {
        if let Some(names) = &self.names {
            let known = extensions.get::<Tightest>().filter(|known| known.names == *names);
            let is_mine = match known {
                Some(known) => tightness(counted) < tightness(&known.counted),
                // What the handler says itself stays.
                None => !names.iter().any(|name| headers.contains_key(name)),
            };
            if is_mine {
                let standing = counted.standing;
                let reset = moment(clock, standing.reset_after);
                let values = [counted.quota.amount().into(), standing.remaining.into(), reset.into()];
                for (name, value) in names.iter().zip(values) {
                    headers.insert(name, value);
                }
                extensions.insert(Tightest { names: names.clone(), counted: counted.clone() });
            }
        }
        if self.standard {
            let (policy, state) = standard(quotas, counted);
            for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
                if let Ok(value) = HeaderValue::try_from(value) {
                    headers.append(name, value);
                }
            }
        }
    }
}

/// Whose headers a response has so far, by these names.
#[derive(Clone)]
struct Tightest {
    names: [HeaderName; 3],
    counted: RateLimitStatus,
}

/// The smaller, the tighter.
fn tightness(counted: &RateLimitStatus) -> (bool, u32) {
    (!counted.breached, counted.standing.remaining)
}

/// The two structured fields: a policy for each quota, and the state of the tightest.
fn standard(quotas: &Quotas, counted: &RateLimitStatus) -> (String, String) {
    // A structured field's string is printable ASCII, and these two would want escaping.
    let is_plain = |character: &char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
    let name: String = counted.limit.chars().filter(is_plain).collect();
    let mut policy = String::new();
    for quota in quotas {
        let separator = if policy.is_empty() { "" } else { ", " };
        let (amount, window) = (quota.amount(), quota.window().as_secs());
        // Writing to a text cannot fail.
        let _ = write!(policy, "{separator}\"{name} {quota}\";q={amount};w={window}");
    }
    let standing = counted.standing;
    let reset = seconds(standing.reset_after);
    (policy, format!("\"{name} {}\";r={};t={reset}", counted.quota, standing.remaining))
}

fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Seconds since the epoch, rounded up.
fn moment(clock: &Clock, after: Duration) -> u64 {
    seconds(Duration::from_micros(clock.now()).saturating_add(after))
}

/// A moment as RFC 9110 §5.6.7 writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(epoch_seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, time) = (epoch_seconds / 86_400, epoch_seconds % 86_400);
    let mut year = 1970;
    let mut day = days;
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let (name, month, day) = (DAYS[(days % 7) as usize], MONTHS[month], day + 1);
    format!("{name}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        for (epoch, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_795_228_096, "Sat, 21 Nov 2026 02:28:16 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            assert_eq!(http_date(epoch), date);
        }
    }

    #[test]
    fn a_moment_is_rounded_up() {
        let (clock, hand) = Clock::manual();
        let begun = moment(&clock, Duration::ZERO);
        hand.advance(Duration::from_micros(1));
        assert_eq!(moment(&clock, Duration::ZERO), begun + 1);
    }
}
