//! Points that an admin gives to a pupil by hand, or takes away.
//!
//! ```
//! use mathsoc::domain::award::Points;
//!
//! let points: Points = " +3 ".parse()?;
//! assert_eq!((points.number(), points.to_string()), (3, "+3".to_owned()));
//! assert_eq!("-2".parse::<Points>()?.to_string(), "−2");
//! assert!("0".parse::<Points>().is_err());
//! # Ok::<(), mathsoc::domain::award::PointsError>(())
//! ```
//!
//! Accepts a whole number from 1 to 1,000 with an optional sign. The hyphen `-` and the minus
//! sign `−` mean the same. Zero is rejected.

use std::fmt;
use std::str::FromStr;

/// A number of points: given if positive, taken away if negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Points(i64);

impl Points {
    /// The largest number of points in one award.
    pub const MAX: i64 = 1000;

    /// Returns a number from −1,000 to 1,000, never 0.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// Writes the number with its sign: `+3`, `−2`.
impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '−' } else { '+' };
        write!(f, "{sign}{}", self.0.unsigned_abs())
    }
}

impl FromStr for Points {
    type Err = PointsError;

    fn from_str(text: &str) -> Result<Self, PointsError> {
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix(['-', '−']) {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PointsError::NotANumber);
        }
        match digits.parse::<i64>() {
            Ok(0) => Err(PointsError::Zero),
            Ok(number) if number <= Self::MAX => Ok(Self(sign * number)),
            _ => Err(PointsError::TooMany),
        }
    }
}

/// An error for text that is not a valid number of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointsError {
    /// The text is not a whole number.
    #[error("Write a whole number, such as 3, or -2 to take points away.")]
    NotANumber,
    /// The number is 0.
    #[error("This changes nothing. Write how many points to give, or -2 to take some away.")]
    Zero,
    /// The number is greater than [`Points::MAX`].
    #[error("These are more than {} points. Write a smaller number.", Points::MAX)]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_signed_numbers_and_rejects_other_text() {
        let read = |text: &str| text.parse::<Points>().map(Points::number);
        for (text, number) in [("1", 1), ("+1000", 1000), ("−7", -7), (" -1000\n", -1000), ("007", 7)] {
            assert_eq!(read(text), Ok(number), "{text}");
        }
        for text in ["", "+", "-", "--1", "+-1", "1.5", "1e3", "three", "٣", "1 000"] {
            assert_eq!(read(text), Err(PointsError::NotANumber), "{text}");
        }
        assert_eq!(read("-0"), Err(PointsError::Zero));
        for text in ["1001", "-1001", "99999999999999999999"] {
            assert_eq!(read(text), Err(PointsError::TooMany), "{text}");
        }
    }
}
