//! A day in the Gregorian calendar, as pages write it.
//!
//! ```
//! use mathsoc::pages::day::Day;
//!
//! let day = Day::of_unix(951_782_400);
//! assert_eq!(day.to_string(), "29 February 2000");
//! assert_eq!(day.iso(), "2000-02-29");
//! ```
//!
//! # How a day is found
//!
//! Seconds since 1970 become whole days, and days become year, month and day by counting years from 1 March, so that
//! the leap day is the last of its year.
//!
//! # What it does not do
//!
//! Days are those of UTC. A challenge set at half past midnight in British summer bears the date of the day before.
//!
//! # References
//!
//! [HTML: the `time` element](https://html.spec.whatwg.org/multipage/text-level-semantics.html#the-time-element)

use std::fmt;

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

/// A day. Prints as `29 February 2000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    year: i64,
    month: usize,
    day: i64,
}

impl Day {
    /// The day, in UTC, that holds this second since 1970.
    #[must_use]
    pub fn of_unix(seconds: i64) -> Self {
        const DAYS_FROM_MARCH_0000: i64 = 719_468;
        const DAYS_IN_400_YEARS: i64 = 146_097;
        let days = seconds.div_euclid(86_400) + DAYS_FROM_MARCH_0000;
        let era = days.div_euclid(DAYS_IN_400_YEARS);
        let day_of_era = days.rem_euclid(DAYS_IN_400_YEARS);
        // Every 4th year is longer, except every 100th, except every 400th.
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // From March on, month lengths repeat every five months: 153 days.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12;
        let year = era * 400 + year_of_era + i64::from(month < 2);
        Self { year, month: usize::from(month as u8), day }
    }

    /// The day as `2000-02-29`, for machines.
    #[must_use]
    pub fn iso(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month + 1, self.day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.day, MONTHS[self.month], self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn days_around_leap_days_and_centuries_are_right() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
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
    }
}
