//! A duration in words: its two largest units.
//!
//! ```
//! use mathsoc::pages::public::countdown::until;
//!
//! assert_eq!(until(2 * 86_400 + 3 * 3600 + 59), "2 days and 3 hours");
//! assert_eq!(until(90 * 60), "1 hour and 30 minutes");
//! assert_eq!(until(59), "less than a minute");
//! ```
//!
//! Values are truncated, not rounded: "1 minute" means at least one minute. Hours follow days and
//! minutes follow hours, unless they are zero.
//!
//! The text does not tick: it is the duration at the time of the request.
//!
//! # References
//!
//! [WCAG 2.2, 2.2.1 Timing Adjustable](https://www.w3.org/TR/WCAG22/#timing-adjustable): a time
//! limit that is essential to an activity is announced in advance.

/// Formats a number of seconds in words.
#[must_use]
pub fn until(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let [days, hours, minutes] =
        [(days, "day"), (hours, "hour"), (minutes, "minute")].map(|(count, unit)| counted(count, unit));
    match (days, hours, minutes) {
        (Some(days), Some(hours), _) => format!("{days} and {hours}"),
        (None, Some(hours), Some(minutes)) => format!("{hours} and {minutes}"),
        (Some(only), None, _) | (None, Some(only), None) | (None, None, Some(only)) => only,
        (None, None, None) => "less than a minute".to_owned(),
    }
}

fn counted(count: i64, unit: &str) -> Option<String> {
    match count {
        ..=0 => None,
        1 => Some(format!("1 {unit}")),
        _ => Some(format!("{count} {unit}s")),
    }
}

#[cfg(test)]
mod tests {
    use super::until;

    #[test]
    fn uses_two_units_and_never_rounds_up() {
        for (seconds, words) in [
            (-5, "less than a minute"),
            (0, "less than a minute"),
            (60, "1 minute"),
            (119, "1 minute"),
            (3600, "1 hour"),
            (3659, "1 hour"),
            (86_399, "23 hours and 59 minutes"),
            (86_400 + 61, "1 day"),
            (14 * 86_400 + 3600, "14 days and 1 hour"),
        ] {
            assert_eq!(until(seconds), words, "{seconds}");
        }
    }
}
