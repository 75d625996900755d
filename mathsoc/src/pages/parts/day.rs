//! Dates and times for people, in the time zone Europe/London.
//!
//! ```
//! use mathsoc::pages::parts::day::{Day, Hour};
//!
//! let day = Day::of_unix(951_782_400);
//! assert_eq!(day.to_string(), "29 February 2000");
//! assert_eq!(day.iso(), "2000-02-29");
//!
//! let nine: Hour = "2026-07-01T09:00".parse()?;
//! assert_eq!(nine.unix(), 1_782_892_800, "eight o'clock in Greenwich");
//! assert_eq!(nine.to_string(), "2026-07-01T09:00");
//! # Ok::<(), mathsoc::pages::parts::day::HourError>(())
//! ```
//!
//! An ambiguous local time, at the end of summer time, is the first of the two instants. A local
//! time in the gap at its start is moved forward by the length of the gap. The time zone is not a
//! setting: it is that of the society's schools.
//!
//! References: [HTML, `datetime-local`][local].
//!
//! [local]: https://html.spec.whatwg.org/multipage/input.html#local-date-and-time-state-(type=datetime-local)

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

static LONDON: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/London").expect("jiff bundles the time zone database"));

fn zoned(seconds: i64) -> Zoned {
    Timestamp::from_second(seconds).unwrap_or_default().to_zoned(LONDON.clone())
}

/// A date with its time of day. Its `Display` is the date alone: `29 February 2000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(DateTime);

impl Day {
    /// Converts Unix seconds. A value out of range becomes 1 January 1970.
    #[must_use]
    pub fn of_unix(seconds: i64) -> Self {
        Self(zoned(seconds).datetime())
    }

    /// Returns the date in ISO 8601: `2000-02-29`.
    #[must_use]
    pub fn iso(&self) -> String {
        // jiff's `strftime` takes several times as long, and a page has dozens of dates.
        format!("{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }

    /// Returns the date without its year: `29 February`.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{} {}", self.0.day(), self.month())
    }

    /// Returns the time of day: `09:05`.
    #[must_use]
    pub fn hour(&self) -> String {
        format!("{:02}:{:02}", self.0.hour(), self.0.minute())
    }

    fn month(&self) -> &'static str {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let index = usize::try_from(self.0.month() - 1).unwrap_or_default();
        MONTHS.get(index).copied().unwrap_or_default()
    }
}

/// Returns the starts of the last `days` days, in Unix seconds, the earliest first.
///
/// The last one is the start of the day that contains `seconds`. A day has 23 or 25 hours when
/// summer time begins or ends.
#[must_use]
pub fn starts(seconds: i64, days: i64) -> Vec<i64> {
    let today = zoned(seconds).date();
    let start = |before: i64| {
        let date = today.checked_sub(before.days()).unwrap_or(today);
        date.to_zoned(LONDON.clone()).map_or(seconds, |start| start.timestamp().as_second())
    };
    (0..days).rev().map(start).collect()
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.0.day(), self.month(), self.0.year())
    }
}

/// The value of a `datetime-local` field, to the minute. Its `Display` is `2026-07-01T09:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour(i64);

impl Hour {
    /// Converts Unix seconds.
    #[must_use]
    pub fn of_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns Unix seconds.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", zoned(self.0).strftime("%Y-%m-%dT%H:%M"))
    }
}

impl FromStr for Hour {
    type Err = HourError;

    fn from_str(text: &str) -> Result<Self, HourError> {
        let civil: DateTime = text.trim().parse().map_err(|_| HourError)?;
        let zoned = civil.to_zoned(LONDON.clone()).map_err(|_| HourError)?;
        Ok(Self(zoned.timestamp().as_second()))
    }
}

/// The error for a text that is not a date with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Write a day and an hour, such as 2026-09-07T09:00.")]
pub struct HourError;

#[cfg(test)]
mod tests {
    use super::{Day, Hour, starts};

    #[test]
    fn days_start_at_midnight_in_london() {
        let noon: Hour = "2026-03-30T12:00".parse().unwrap();
        let starts = starts(noon.unix(), 3);
        let hours: Vec<_> = starts.iter().map(|start| Hour::of_unix(*start).to_string()).collect();
        assert_eq!(hours, ["2026-03-28T00:00", "2026-03-29T00:00", "2026-03-30T00:00"]);
        assert_eq!((starts[1] - starts[0], starts[2] - starts[1]), (24 * 3600, 23 * 3600));
    }

    #[test]
    fn handles_leap_days_and_centuries() {
        for (seconds, expected) in [
            (-1, "1970-01-01"),
            (68_169_600, "1972-02-29"),
            (68_256_000, "1972-03-01"),
            (951_868_799, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (978_307_199, "2000-12-31"),
            (1_735_689_600, "2025-01-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(Day::of_unix(seconds).iso(), expected, "{seconds}");
        }
        assert_eq!(Day::of_unix(1_782_862_200).to_string(), "1 July 2026", "half past midnight in summer");
        assert_eq!(Day::of_unix(i64::MAX).iso(), "1970-01-01", "out of range");
    }

    #[test]
    fn parses_hours_as_london_time() {
        for (text, unix) in [
            ("2026-01-01T00:00", 1_767_225_600),
            ("2026-03-29T01:30", 1_774_747_800),
            ("2026-10-25T01:30", 1_792_888_200),
            (" 2026-07-01T09:00 ", 1_782_892_800),
        ] {
            assert_eq!(text.parse::<Hour>().unwrap().unix(), unix, "{text}");
        }
        for text in ["", "tomorrow", "2026-02-30T09:00", "2026-13-01T09:00", "09:00"] {
            assert!(text.parse::<Hour>().is_err(), "{text}");
        }
    }
}
