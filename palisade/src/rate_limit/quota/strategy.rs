//! The strategies by name.

use std::fmt;
use std::str::FromStr;

use super::counter::CounterAlgorithm;

/// The algorithm that counts requests against a quota.
///
/// ```
/// use palisade::rate_limit::quota::Strategy;
///
/// let names = Strategy::ALL.map(Strategy::name);
/// assert_eq!(names, ["fixed-window", "moving-window", "sliding-window-counter", "gcra"]);
/// ```
///
/// | strategy | allows a request | memory per caller | upper bound |
/// |---|---|---|---|
/// | `fixed-window` | if the count of this window is within the amount | 16 bytes | the amount per window; up to twice across two |
/// | `moving-window` | if the hits of the last window are | 16 bytes per hit | the amount in any window |
/// | `sliding-window-counter` | if this count plus the weighted previous count is | 16 bytes | about the amount in any window |
/// | `gcra` | as a burst of the amount, then one per window ÷ amount | 16 bytes | the burst; up to twice the amount in a window |
///
/// The rules are the same in every store:
///
/// 1. A window begins with the caller's first hit, not with the clock's minute, so a client gains
///    nothing by waiting for the end of a minute. The next window begins at exactly `begin +
///    window`. With `sliding-window-counter`, windows follow each other without a gap while hits
///    arrive; after two windows without hits, the next hit begins a new one.
/// 2. A rejected request does not count. The exception is `fixed-window`, where it counts and
///    never lengthens the window.
/// 3. `sliding-window-counter` rounds the weighted count down before it compares.
/// 4. A cost above the amount never passes. Counts saturate at 4,294,967,295.
/// 5. If the clock is set back, hits that now lie in the future count as made now. No client gains
///    requests, and none waits longer than the strategy's own windows from now.
///
/// References: the strategies of the Python package `limits` 5.8; ITU-T I.371 for GCRA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[doc(alias = "token bucket")]
#[doc(alias = "leaky bucket")]
pub enum Strategy {
    /// One count per window: `fixed-window`.
    #[default]
    FixedWindow,
    /// The time of every hit: `moving-window`. Other names: sliding window log.
    #[doc(alias = "sliding window log")]
    MovingWindow,
    /// Two counts; the previous one is weighted by its share of the last window:
    /// `sliding-window-counter`.
    SlidingWindowCounter,
    /// A burst of the whole amount, then an even rate: `gcra`. A token bucket behaves the same.
    Gcra,
}

impl Strategy {
    /// All strategies.
    pub const ALL: [Self; 4] =
        [Self::FixedWindow, Self::MovingWindow, Self::SlidingWindowCounter, Self::Gcra];

    /// Returns the name in settings, such as `fixed-window`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FixedWindow => "fixed-window",
            Self::MovingWindow => "moving-window",
            Self::SlidingWindowCounter => "sliding-window-counter",
            Self::Gcra => "gcra",
        }
    }

    /// Returns the counter's algorithm. The moving window has a log instead: `None`.
    pub(crate) const fn counter(self) -> Option<CounterAlgorithm> {
        match self {
            Self::FixedWindow => Some(CounterAlgorithm::FixedWindow),
            Self::MovingWindow => None,
            Self::SlidingWindowCounter => Some(CounterAlgorithm::SlidingWindowCounter),
            Self::Gcra => Some(CounterAlgorithm::Gcra),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Strategy {
    type Err = StrategyError;

    fn from_str(text: &str) -> Result<Self, StrategyError> {
        Self::ALL.into_iter().find(|one| one.name() == text).ok_or_else(|| StrategyError(text.to_owned()))
    }
}

/// The error of a text that names no strategy.
///
/// ```
/// use palisade::rate_limit::quota::Strategy;
///
/// let error = "window".parse::<Strategy>().unwrap_err();
/// assert!(error.to_string().contains("write fixed-window"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a strategy; write fixed-window, moving-window, sliding-window-counter or gcra")]
pub struct StrategyError(String);

crate::core::error_text::debug_is_text!(StrategyError);
