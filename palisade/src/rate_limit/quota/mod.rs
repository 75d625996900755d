//! Quotas such as "5 per minute", and the strategies that count requests against them.
//!
//! ```
//! use std::num::NonZeroU32;
//! use palisade::rate_limit::quota::{Quota, Quotas};
//!
//! let login: Quotas = "5/minute; 20 per hour".parse()?;
//! assert_eq!(login.to_string(), "5 per minute; 20 per hour");
//! assert_eq!(login.to_string().parse::<Quotas>()?, login);
//!
//! let upload = Quota::per_hour(NonZeroU32::new(10).expect("10 is not zero"));
//! assert_eq!("10/hour".parse::<Quota>()?, upload);
//! # Ok::<(), palisade::rate_limit::quota::QuotaError>(())
//! ```
//!
//! # Syntax
//!
//! The syntax is that of Flask-Limiter:
//!
//! 1. an amount: digits only, from 1 to 4,294,967,295;
//! 2. `/` or `per`;
//! 3. optionally a multiple of the unit, such as the 2 in `10 per 2 minutes`;
//! 4. a [unit](Unit), singular or plural, in any case: `second`, `minute`, `hour`, `day`, `month`
//!    (30 days), `year` (360 days).
//!
//! Quotas of a list are separated by `;`, `,` or `|`. A request passes if it is within all of
//! them. Anything else is a [`QuotaError`], which names the character and what to write there:
//!
//! ```
//! use palisade::rate_limit::quota::Quotas;
//!
//! let error = "5/week".parse::<Quotas>().unwrap_err().to_string();
//! assert!(error.contains("at character 3, write second, minute, hour, day, month or year"));
//! ```
//!
//! # Strategies
//!
//! A [`Strategy`] says how requests count; its page has a table. Its name is a setting:
//!
//! ```
//! use palisade::rate_limit::quota::Strategy;
//!
//! assert_eq!("moving-window".parse(), Ok(Strategy::MovingWindow));
//! assert_eq!(Strategy::default().to_string(), "fixed-window");
//! assert!("token-bucket".parse::<Strategy>().is_err());
//! ```
//!
//! # What it does not do
//!
//! A quota has no clock and no counters. Those belong to a [store](super::store).

mod counter;
pub(crate) mod decide;
mod decision;
mod hit_log;
mod parse;
pub(crate) mod state;
mod strategy;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

pub(crate) use self::counter::{Counter, CounterAlgorithm};
pub use self::decision::{ChargePolicy, Decision, Outcome, Snapshot};
pub(crate) use self::hit_log::HitLog;
pub use self::parse::QuotaError;
pub use self::strategy::{Strategy, StrategyError};

/// An amount of requests per window of time. Neither is ever zero.
///
/// ```
/// use palisade::rate_limit::quota::Quota;
///
/// let quota: Quota = "10 per 2 minutes".parse()?;
/// assert_eq!((quota.amount(), quota.window().as_secs()), (10, 120));
/// # Ok::<(), palisade::rate_limit::quota::QuotaError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "throttle")]
pub struct Quota {
    amount: NonZeroU32,
    multiple: NonZeroU32,
    unit: Unit,
    /// The window in microseconds, as the counters need it: every decision reads it several times.
    window_micros: u64,
}

/// The longest window of a counter: 146,000 years. Now + 2 windows fits into a `u64`.
const MAX_WINDOW_MICROS: u64 = u64::MAX / 4;

/// A unit of time of a quota.
///
/// ```
/// use palisade::rate_limit::quota::Unit;
///
/// assert_eq!(Unit::Hour.seconds(), 3_600);
/// ```
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

    /// Returns the length of the unit in seconds.
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
    /// Makes a quota of `amount` per `multiple` units, such as 10 per 2 minutes.
    pub const fn new(amount: NonZeroU32, multiple: NonZeroU32, unit: Unit) -> Self {
        let seconds = multiple.get() as u64 * unit.seconds();
        let bounded =
            if seconds > MAX_WINDOW_MICROS / 1_000_000 { MAX_WINDOW_MICROS } else { seconds * 1_000_000 };
        Self { amount, multiple, unit, window_micros: bounded }
    }

    /// Makes a quota of `amount` per second.
    pub const fn per_second(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Second)
    }

    /// Makes a quota of `amount` per minute.
    pub const fn per_minute(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Minute)
    }

    /// Makes a quota of `amount` per hour.
    pub const fn per_hour(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Hour)
    }

    /// Makes a quota of `amount` per day.
    pub const fn per_day(amount: NonZeroU32) -> Self {
        Self::new(amount, NonZeroU32::MIN, Unit::Day)
    }

    /// Returns the total cost that passes within the window.
    pub const fn amount(self) -> u32 {
        self.amount.get()
    }

    /// Returns the length of the window, at least one second.
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

/// One quota or several. A request passes if it is within all of them. The list is never empty.
///
/// ```
/// use palisade::rate_limit::quota::Quotas;
///
/// let quotas: Quotas = "5/minute; 20/hour".parse()?;
/// assert_eq!(quotas.iter().len(), 2);
/// # Ok::<(), palisade::rate_limit::quota::QuotaError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quotas(Box<[Quota]>);

impl Quotas {
    /// Returns the quotas in the order in which they were written.
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
