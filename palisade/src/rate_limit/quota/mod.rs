//! "5 per minute": how much of what, in how long.
//!
//! ```
//! # use std::num::NonZeroU32;
//! # use palisade::rate_limit::quota::{Quota, Quotas};
//! let login: Quotas = "5/minute; 20 per hour".parse()?;
//! let upload = Quota::per_hour(NonZeroU32::new(10).unwrap());
//! assert_eq!(login.to_string(), "5 per minute; 20 per hour");
//! assert_eq!(login.to_string().parse::<Quotas>()?, login);
//! # Ok::<(), palisade::rate_limit::quota::QuotaError>(())
//! ```
//!
//! What is read, as Flask-Limiter reads it: an amount, `/` or `per`, perhaps a multiple, and a unit (`second`, `minute`, `hour`,
//! `day`, `month` of 30 days, `year` of 360 days; singular or plural, in any case), such as `50/hour`, `200 per day`,
//! `10 per 2 minutes`. A list has `;`, `,` or `|` between.
//!
//! What is an error, with its place: zero, a unit that is none of these, anything left over, a number beyond 4,294,967,295.
//!
//! It has no clock and keeps nothing: `strategy` says how hits are counted, `decide` asks all quotas at once.

#[cfg(feature = "rate-limit")]
pub(crate) mod decide;
#[cfg(feature = "rate-limit")]
pub(crate) mod strategy;
#[cfg(feature = "rate-limit")]
mod verdict;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

#[cfg(feature = "rate-limit")]
pub use strategy::{Strategy, StrategyError};
#[cfg(feature = "rate-limit")]
pub use verdict::{ChargePolicy, Decision, Outcome, Snapshot};

/// An amount per window of time; neither is ever zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    amount: NonZeroU32,
    multiple: NonZeroU32,
    unit: Unit,
}

/// The units of the text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// 1 second.
    Second,
    /// 60 seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
    /// 86,400 seconds.
    Day,
    /// 30 days.
    Month,
    /// 360 days, as in Flask-Limiter.
    Year,
}

impl Unit {
    const ALL: [Self; 6] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Year];

    /// The unit's length in seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
            Self::Month => 30 * 24 * 60 * 60,
            Self::Year => 360 * 24 * 60 * 60,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl Quota {
    /// `amount` per so many units, such as 10 per 2 minutes.
    pub const fn new(amount: NonZeroU32, multiple: NonZeroU32, unit: Unit) -> Self {
        Self { amount, multiple, unit }
    }

    /// `amount` per second.
    pub const fn per_second(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Second)
    }

    /// `amount` per minute.
    pub const fn per_minute(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Minute)
    }

    /// `amount` per hour.
    pub const fn per_hour(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Hour)
    }

    /// `amount` per day.
    pub const fn per_day(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Day)
    }

    /// How much passes within the window.
    pub const fn amount(self) -> u32 {
        self.amount.get()
    }

    /// The window, at least a second.
    pub const fn window(self) -> Duration {
        Duration::from_secs(self.multiple.get() as u64 * self.unit.seconds())
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (amount, unit) = (self.amount, self.unit.name());
        match self.multiple.get() {
            1 => write!(f, "{amount} per {unit}"),
            multiple => write!(f, "{amount} per {multiple} {unit}s"),
        }
    }
}

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let quotas: Quotas = text.parse()?;
        match *quotas.0 {
            [only] => Ok(only),
            _ => Err(QuotaError::at(text, text.len(), "one quota is wanted here, not a list")),
        }
    }
}

/// Quotas that hold together: a request passes when it is within all of them. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quotas(Box<[Quota]>);

impl Quotas {
    /// The quotas, in the order they were written.
    pub fn iter(&self) -> std::slice::Iter<'_, Quota> {
        self.0.iter()
    }
}

impl From<Quota> for Quotas {
    fn from(quota: Quota) -> Self {
        Self(Box::new([quota]))
    }
}

impl<'a> IntoIterator for &'a Quotas {
    type Item = &'a Quota;
    type IntoIter = std::slice::Iter<'a, Quota>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Quotas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, quota) in self.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{quota}")?;
        }
        Ok(())
    }
}

impl FromStr for Quotas {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let mut reader = Reader { text, at: 0 };
        let mut quotas = vec![reader.quota()?];
        while reader.separator()? {
            quotas.push(reader.quota()?);
        }
        Ok(Self(quotas.into()))
    }
}

/// Why a text is no quota: the place, and what to write there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no quota: at character {}, {wanted}", at + 1)]
pub struct QuotaError {
    text: String,
    at: usize,
    wanted: &'static str,
}

impl QuotaError {
    fn at(text: &str, at: usize, wanted: &'static str) -> Self {
        Self { text: text.to_owned(), at: text[..at].chars().count(), wanted }
    }
}

const AMOUNT: &str = "write a number from 1 to 4294967295, such as the 5 in `5 per minute`";
const PER: &str = "write `/` or `per`, as in `5/minute` or `5 per minute`";
const UNIT: &str = "write second, minute, hour, day, month or year";
const END: &str = "the quota ends; put `;` before the next one";

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn quota(&mut self) -> Result<Quota, QuotaError> {
        let amount = self.number()?;
        self.spaces();
        if !self.takes("/") && !self.takes("per") {
            return Err(self.wants(PER));
        }
        self.spaces();
        let multiple = if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            self.number()?
        } else {
            NonZeroU32::MIN
        };
        self.spaces();
        let word = self.rest().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let singular = word.strip_suffix(['s', 'S']).unwrap_or(word);
        let unit = Unit::ALL.into_iter().find(|unit| unit.name().eq_ignore_ascii_case(singular));
        let unit = unit.ok_or_else(|| self.wants(UNIT))?;
        self.at += word.len();
        Ok(Quota::new(amount, multiple, unit))
    }

    /// Whether another quota follows.
    fn separator(&mut self) -> Result<bool, QuotaError> {
        self.spaces();
        match self.rest().bytes().next() {
            None => Ok(false),
            Some(b';' | b',' | b'|') => {
                self.at += 1;
                Ok(true)
            }
            Some(_) => Err(self.wants(END)),
        }
    }

    fn number(&mut self) -> Result<NonZeroU32, QuotaError> {
        self.spaces();
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest()[..digits].parse().map_err(|_| self.wants(AMOUNT))?;
        self.at += digits;
        Ok(number)
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.rest().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_ascii_start().len();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn wants(&self, wanted: &'static str) -> QuotaError {
        QuotaError::at(self.text, self.at, wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flask_limiter_reads_is_read() {
        for (text, amount, seconds) in [
            ("200 per day", 200, 86_400),
            ("50/hour", 50, 3_600),
            ("1 / second", 1, 1),
            ("10 PER Minute", 10, 60),
            (" 5/minute ", 5, 60),
            ("1/SECONDS", 1, 1),
            ("10 per 2 minute", 10, 120),
            ("10 per 2 minutes", 10, 120),
            ("10/5minutes", 10, 300),
            ("10per5minutes", 10, 300),
            ("10 perminute", 10, 60),
            ("1/month", 1, 2_592_000),
            ("1/year", 1, 31_104_000),
        ] {
            let quota: Quota = text.parse().unwrap();
            assert_eq!((quota.amount(), quota.window().as_secs()), (amount, seconds), "{text}");
            assert_eq!(quota.to_string().parse::<Quota>().unwrap(), quota, "{text}");
        }
        for list in
            ["5/minute;100/hour", "5/minute,100/hour", "5/minute|100/hour", "5 per minute ; 100 per hour"]
        {
            assert_eq!(list.parse::<Quotas>().unwrap().to_string(), "5 per minute; 100 per hour");
        }
    }

    #[test]
    fn what_is_no_quota_is_an_error_that_points_at_the_place() {
        for (text, at, wanted) in [
            ("", 1, AMOUNT),
            ("0/minute", 1, AMOUNT),
            ("-1/minute", 1, AMOUNT),
            ("5/0 minute", 3, AMOUNT),
            ("99999999999999999999/second", 1, AMOUNT),
            ("٣/minute", 1, AMOUNT),
            ("1/week", 3, UNIT),
            ("5/min", 3, UNIT),
            ("5/mins", 3, UNIT),
            ("5/m", 3, UNIT),
            ("5 minute", 3, PER),
            ("1.5/minute", 2, PER),
            ("1,000/day", 2, PER),
            ("5//minute", 3, UNIT),
            ("5/1e3 second", 4, UNIT),
            ("5/minute;", 10, AMOUNT),
            ("; 5/minute", 1, AMOUNT),
            ("10/minute;;5/hour", 11, AMOUNT),
            ("5/minute:;6/hour", 9, END),
            ("5/minute 6/hour", 10, END),
        ] {
            let error = text.parse::<Quotas>().unwrap_err();
            assert_eq!((error.at + 1, error.wanted), (at, wanted), "{text}");
        }
    }

    #[test]
    fn a_list_is_not_one_quota() {
        assert!("5/minute;6/hour".parse::<Quota>().is_err());
    }
}
