//! One range of bytes, as browsers ask for the rest of a download or for a page of a document.
//!
//! Reference: RFC 9110 §14.

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing that is understood: the whole.
    Whole,
    Part(Range<u64>),
    /// What is behind the end.
    Nothing,
}

impl Asked {
    /// Several ranges, which we may answer with the whole, are not worth what they cost.
    pub(super) fn of(header: &str, length: u64) -> Self {
        let Some((unit, range)) = header.split_once('=') else { return Self::Whole };
        let Some((from, to)) = range.trim().split_once('-') else { return Self::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let part = match (number(from), number(to)) {
            (Number::Is(from), Number::Is(to)) if from > to => return Self::Whole,
            (Number::Is(from), Number::Is(to)) => from..to.saturating_add(1).min(length),
            (Number::Is(from), Number::Absent) => from..length,
            (Number::Absent, Number::Is(last)) => length.saturating_sub(last)..length,
            _ => return Self::Whole,
        };
        if part.start < part.end { Self::Part(part) } else { Self::Nothing }
    }
}

enum Number {
    Absent,
    Is(u64),
    Wrong,
}

/// Digits alone: `+1` is none. What no file is as long as is the end.
fn number(text: &str) -> Number {
    match text.trim() {
        "" => Number::Absent,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Number::Is(digits.parse().unwrap_or(u64::MAX))
        }
        _ => Number::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_rfc_9110_says() {
        for (header, asked) in [
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-4", Asked::Part(2..5)),
            ("bytes=2-", Asked::Part(2..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=0-99999999999999999999999", Asked::Part(0..10)),
            ("BYTES = 1-2", Asked::Part(1..3)),
            ("bytes=10-", Asked::Nothing),
            ("bytes=10-20", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=99999999999999999999999-", Asked::Nothing),
            ("bytes=4-2", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("lines=1-2", Asked::Whole),
            ("bytes", Asked::Whole),
        ] {
            assert_eq!(Asked::of(header, 10), asked, "{header}");
        }
    }
}
