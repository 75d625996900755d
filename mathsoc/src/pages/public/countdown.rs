//! How long it is until something, in words: the two largest units that count.
//!
//! ```
//! use mathsoc::pages::public::countdown::until;
//!
//! assert_eq!(until(2 * 86_400 + 3 * 3600 + 59), "2 days and 3 hours");
//! assert_eq!(until(90 * 60), "1 hour and 30 minutes");
//! assert_eq!(until(59), "less than a minute");
//! ```
//!
//! # How the words are found
//!
//! Days, hours and minutes are cut off, not rounded: who reads "1 minute" has at least that. Of days and of hours the next
//! smaller unit is said too, where there is any.
//!
//! # What it does not do
//!
//! It does not tick: the words are those of the moment at which the page was made.
//!
//! # References
//!
//! [WCAG 2.2, 2.2.1 Timing Adjustable](https://www.w3.org/TR/WCAG22/#timing-adjustable): a time limit that is the point of an
//! activity is said plainly, and beforehand.

/// So many seconds, in words.
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
    fn two_units_are_said_and_nothing_is_rounded_up() {
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
