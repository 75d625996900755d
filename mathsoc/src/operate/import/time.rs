//! Parses times in the formats that SQLAlchemy writes to SQLite and PostgreSQL.

use std::str::FromStr;

use jiff::civil::{self, Date};

/// The UTC offset of a clock whose times have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    seconds: i64,
}

impl FromStr for Offset {
    type Err = OffsetError;

    /// Parses `+01:00`, `-05:30` or `Z`.
    fn from_str(text: &str) -> Result<Self, OffsetError> {
        if text.eq_ignore_ascii_case("z") {
            return Ok(Self::default());
        }
        let (sign, rest) = match text.as_bytes().first() {
            Some(b'+') => (1, &text[1..]),
            Some(b'-') => (-1, &text[1..]),
            _ => return Err(OffsetError),
        };
        let digits: String = rest.chars().filter(|c| *c != ':').collect();
        let valid = matches!(digits.len(), 2 | 4 | 6) && digits.bytes().all(|digit| digit.is_ascii_digit());
        let part = |at: usize| digits.get(at..at + 2).map_or(Ok(0), str::parse::<i64>);
        let (hours, minutes, seconds) = match (part(0), part(2), part(4)) {
            (Ok(hours), Ok(minutes), Ok(seconds)) if valid => (hours, minutes, seconds),
            _ => return Err(OffsetError),
        };
        if hours > 15 || minutes > 59 || seconds > 59 {
            return Err(OffsetError);
        }
        Ok(Self { seconds: sign * (hours * 3600 + minutes * 60 + seconds) })
    }
}

/// The error for a text that is not a UTC offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the UTC offset of the clock, such as +01:00, or Z")]
pub struct OffsetError;

/// The error for a text that is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeError;

/// Parses `2024-03-05 14:30:00.123456` into unix seconds. Accepts `T`, a bare date, an offset, and a
/// number of seconds. Without an offset, `naive` applies.
pub(super) fn seconds(text: &str, naive: Offset) -> Result<i64, TimeError> {
    if let Ok(number) = text.parse::<f64>() {
        // Accepts numbers until the year 9999; a larger one is an error in the data.
        return if (0.0..253_402_300_800.0).contains(&number) { Ok(number as i64) } else { Err(TimeError) };
    }
    let bytes = text.as_bytes();
    let dashes = bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && text.is_ascii();
    if !dashes {
        return Err(TimeError);
    }
    let day =
        days(number(&text[..4], 1..=9999)?, number(&text[5..7], 1..=12)?, number(&text[8..10], 1..=31)?)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return Ok(day * 86_400 - naive.seconds);
    }
    let clock = rest.strip_prefix([' ', 'T', 't']).ok_or(TimeError)?;
    let (clock, offset) = match clock.find(['+', '-', 'Z', 'z']) {
        Some(at) => (&clock[..at], clock[at..].parse().map_err(|_| TimeError)?),
        None => (clock, naive),
    };
    let whole = clock.trim_end().split('.').next().unwrap_or_default();
    let mut parts = whole.split(':');
    let hours = number(parts.next().unwrap_or_default(), 0..=23)?;
    let minutes = number(parts.next().unwrap_or_default(), 0..=59)?;
    let seconds = parts.next().map_or(Ok(0), |text| number(text, 0..=60))?;
    if parts.next().is_some() {
        return Err(TimeError);
    }
    Ok(day * 86_400 + hours * 3600 + minutes * 60 + seconds - offset.seconds)
}

fn number(text: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, TimeError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && range.contains(number));
    number.ok_or(TimeError)
}

/// Returns the days from 1970-01-01 to a date.
fn days(year: i64, month: i64, day: i64) -> Result<i64, TimeError> {
    let field = |number: i64| number.try_into().map_err(|_| TimeError);
    let year = year.try_into().map_err(|_| TimeError)?;
    let date = Date::new(year, field(month)?, field(day)?).map_err(|_| TimeError)?;
    let since = civil::date(1970, 1, 1).until(date).map_err(|_| TimeError)?;
    Ok(since.get_days().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Result<i64, TimeError> {
        seconds(text, Offset::default())
    }

    #[test]
    fn parses_every_notation_of_a_time() {
        for text in [
            "2024-03-05 14:30:00",
            "2024-03-05 14:30:00.999999",
            "2024-03-05T14:30:00Z",
            "2024-03-05 14:30",
            "2024-03-05 15:30:00+01",
            "2024-03-05 20:00:00.5+05:30",
            "2024-03-05T09:30:00-0500",
            "1709649000",
            "1709649000.25",
        ] {
            assert_eq!(utc(text), Ok(1_709_649_000), "{text}");
        }
        assert_eq!(utc("1970-01-01"), Ok(0));
        assert_eq!(utc("2024-02-29"), Ok(1_709_164_800));
        assert_eq!(utc("1969-12-31 23:59:59"), Ok(-1));
        assert_eq!(utc("2000-03-01"), Ok(951_868_800));
    }

    #[test]
    fn applies_the_offset_to_naive_times() {
        let summer: Offset = "+01:00".parse().unwrap();
        assert_eq!(seconds("2024-07-01 01:00:00", summer), utc("2024-07-01 00:00:00"));
        assert_eq!(seconds("2024-07-01 01:00:00Z", summer), utc("2024-07-01 01:00:00"), "it has an offset");
        for wrong in ["", "1", "+1", "+01:00:00:00", "+99", "+01:60", "+0a", "Europe/London", "+é"] {
            assert_eq!(wrong.parse::<Offset>(), Err(OffsetError), "{wrong}");
        }
    }

    #[test]
    fn rejects_texts_that_are_not_times() {
        for text in [
            "",
            "yesterday",
            "2024-02-30",
            "2023-02-29 00:00:00",
            "2024-13-01",
            "2024-01-01 24:00:00",
            "2024-01-01 12",
            "2024-01-01 12:00:00:00",
            "2024-01-01x12:00:00",
            "+024-01-01",
            "2024-01-01 12:00:00+xx",
            "NaN",
            "-5",
            "1e300",
            "2024-é1-01",
            "２０２４-01-01",
        ] {
            assert_eq!(utc(text), Err(TimeError), "{text}");
        }
    }
}
