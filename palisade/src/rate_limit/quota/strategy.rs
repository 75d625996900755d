//! How hits are counted: four strategies, as pure functions of a state, a time and a cost.
//!
//! ```
//! # use palisade::rate_limit::quota::Strategy;
//! assert_eq!("moving-window".parse(), Ok(Strategy::MovingWindow));
//! assert_eq!(Strategy::default().to_string(), "fixed-window");
//! ```
//!
//! What passes, and what holds in every store: see [`Strategy`].
//!
//! What they do not do: keep time or state; `gcra` divides exactly, without drift.
//!
//! References: the strategies of the Python package `limits` 5.8; ITU-T I.371 for GCRA.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use super::Quota;

/// How hits are counted.
///
/// | strategy | passes | a caller costs | never more than the amount in |
/// |---|---|---|---|
/// | `fixed-window` | while the window's count is within the amount | 16 bytes | one window; up to twice across two |
/// | `moving-window` | while the hits of the last window are | 16 bytes a hit | any window |
/// | `sliding-window-counter` | while this window's count and the share of the last one are | 16 bytes | about any window |
/// | `gcra` | the amount at once, then one each window ÷ amount | 16 bytes | a burst; up to twice in a window |
///
/// What holds for all, in every store:
///
/// 1. A window begins with the caller's first hit, not with the clock's minute, so nobody can wait for its edge. At
///    exactly `begin + window` the next one begins. With `sliding-window-counter` windows follow each other without a
///    gap while hits keep coming; after two windows of silence the next hit begins anew.
/// 2. A refused hit is not counted, except by `fixed-window`, where it is and never lengthens the window.
/// 3. `sliding-window-counter` rounds the weighted count down before it compares.
/// 4. A cost above the amount never passes, and the count stays a count: it stops at 4,294,967,295.
/// 5. When the clock is set back, what was written in what is now the future counts as written now: nobody gets more, and
///    nobody waits longer than the strategy's own windows from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// One count per window: `fixed-window`.
    #[default]
    FixedWindow,
    /// The time of every hit: `moving-window`.
    MovingWindow,
    /// Two counts, the earlier one weighted by how much of it is still within the window: `sliding-window-counter`.
    SlidingWindowCounter,
    /// The amount at once, then evenly: `gcra`.
    Gcra,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::FixedWindow, Self::MovingWindow, Self::SlidingWindowCounter, Self::Gcra];

    /// The name in settings, such as `fixed-window`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FixedWindow => "fixed-window",
            Self::MovingWindow => "moving-window",
            Self::SlidingWindowCounter => "sliding-window-counter",
            Self::Gcra => "gcra",
        }
    }

    /// How the state counts; nothing for the moving window, which keeps a log instead.
    pub(crate) const fn count(self) -> Option<Count> {
        match self {
            Self::FixedWindow => Some(Count::FixedWindow),
            Self::MovingWindow => None,
            Self::SlidingWindowCounter => Some(Count::SlidingWindowCounter),
            Self::Gcra => Some(Count::Gcra),
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

/// A text that names no strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no strategy; write fixed-window, moving-window, sliding-window-counter or gcra")]
pub struct StrategyError(String);

/// What one quota remembers of one caller. All times are microseconds.
pub(crate) trait State: Default {
    /// Which of the strategies that this state can serve.
    type Kind: Copy;

    /// How long to wait before a hit of this cost passes; nothing when it passes now.
    fn wait(&self, kind: Self::Kind, quota: Quota, now: u64, cost: u32) -> Option<u64>;
    /// Writes down a hit that passes.
    fn charge(&mut self, kind: Self::Kind, quota: Quota, now: u64, cost: u32);
    /// Writes down a hit that was refused.
    fn refuse(&mut self, kind: Self::Kind, quota: Quota, now: u64, cost: u32);
    /// Gives back what a hit was charged at that time, as far as it still counts: a window that began later, or a rate that
    /// has moved on, owes nothing.
    fn refund(&mut self, kind: Self::Kind, quota: Quota, now: u64, charged: u64, cost: u32);
    /// How much remains, and the time until more does.
    fn standing(&self, kind: Self::Kind, quota: Quota, now: u64) -> (u32, u64);
    /// From when on this state says no more than an empty one.
    fn until(&self) -> u64;
}

/// The strategies that need two numbers and a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    FixedWindow,
    SlidingWindowCounter,
    Gcra,
}

/// The state of [`Count`]:
///
/// | | `until` | `count` | `other` |
/// |---|---|---|---|
/// | fixed window | the window's end | its count | |
/// | sliding counter | the end of the window after this one | this window's count | the count of the one before |
/// | gcra | when all of it passes again, rounded down | | its fraction, in microseconds ÷ amount |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) until: u64,
    pub(crate) count: u32,
    pub(crate) other: u32,
}

impl Cell {
    /// The same state, as of `now`.
    #[inline]
    fn at(self, kind: Count, quota: Quota, now: u64) -> Self {
        let window = micros(quota);
        match kind {
            Count::FixedWindow if self.until <= now => {
                Self { until: now.saturating_add(window), ..Self::default() }
            }
            Count::FixedWindow => Self { until: self.until.min(now.saturating_add(window)), ..self },
            Count::SlidingWindowCounter => {
                let two = window.saturating_mul(2);
                if self.until <= now {
                    Self { until: now.saturating_add(two), ..Self::default() }
                } else if self.until - now <= window {
                    Self { until: self.until.saturating_add(window), count: 0, other: self.count }
                } else {
                    Self { until: self.until.min(now.saturating_add(two)), ..self }
                }
            }
            Count::Gcra if self.until < now => Self { until: now, ..Self::default() },
            Count::Gcra if self.until - now >= window => {
                Self { until: now.saturating_add(window), ..Self::default() }
            }
            Count::Gcra => self,
        }
    }

    /// Of a sliding counter as of `now`: what is left of the current window.
    #[inline]
    fn left(self, quota: Quota, now: u64) -> u64 {
        (self.until - now).saturating_sub(micros(quota))
    }

    /// Of a sliding counter as of `now`: what of the earlier window still counts.
    #[inline]
    fn weight(self, quota: Quota, now: u64) -> u32 {
        let weight = u128::from(self.other) * u128::from(self.left(quota, now)) / u128::from(micros(quota));
        u32::try_from(weight).unwrap_or(u32::MAX)
    }

    /// Of gcra as of `now`: how much is taken, where a whole hit is as many as the window has microseconds.
    #[inline]
    fn taken(self, quota: Quota, now: u64) -> u128 {
        u128::from(self.until - now) * u128::from(quota.amount()) + u128::from(self.other)
    }

    #[inline]
    fn with_taken(taken: u128, quota: Quota, now: u64) -> Self {
        let amount = u128::from(quota.amount());
        let until = now.saturating_add(u64::try_from(taken / amount).unwrap_or(u64::MAX));
        Self { until, count: 0, other: u32::try_from(taken % amount).unwrap_or(0) }
    }
}

impl State for Cell {
    type Kind = Count;

    #[inline]
    fn wait(&self, kind: Count, quota: Quota, now: u64, cost: u32) -> Option<u64> {
        let (amount, window) = (quota.amount(), micros(quota));
        if cost > amount {
            return Some(window);
        }
        let state = self.at(kind, quota, now);
        match kind {
            Count::FixedWindow => {
                (u64::from(state.count) + u64::from(cost) > u64::from(amount)).then(|| state.until - now)
            }
            Count::SlidingWindowCounter => {
                let left = state.left(quota, now);
                let room = i64::from(amount) - i64::from(cost) - i64::from(state.count);
                if i64::from(state.weight(quota, now)) <= room {
                    None
                } else if let Ok(room) = u32::try_from(room) {
                    Some(left - light(state.other, room, window))
                } else {
                    Some(left + window - light(state.count, amount - cost, window))
                }
            }
            Count::Gcra => {
                let (taken, whole) = (state.taken(quota, now), u128::from(amount) * u128::from(window));
                let over = (taken + u128::from(cost) * u128::from(window)).saturating_sub(whole);
                (over > 0).then(|| u64::try_from(over.div_ceil(u128::from(amount))).unwrap_or(u64::MAX))
            }
        }
    }

    #[inline]
    fn charge(&mut self, kind: Count, quota: Quota, now: u64, cost: u32) {
        let state = self.at(kind, quota, now);
        *self = match kind {
            Count::Gcra => {
                let taken = state.taken(quota, now) + u128::from(cost) * u128::from(micros(quota));
                Self::with_taken(taken, quota, now)
            }
            _ => Self { count: state.count.saturating_add(cost), ..state },
        };
    }

    #[inline]
    fn refuse(&mut self, kind: Count, quota: Quota, now: u64, cost: u32) {
        match kind {
            Count::FixedWindow => self.charge(kind, quota, now, cost),
            // Written back, so that windows follow each other without a gap while hits keep coming.
            _ if self.until > now && cost <= quota.amount() => *self = self.at(kind, quota, now),
            _ => {}
        }
    }

    fn refund(&mut self, kind: Count, quota: Quota, now: u64, charged: u64, cost: u32) {
        if self.until() <= now {
            return;
        }
        let (state, window) = (self.at(kind, quota, now), micros(quota));
        let count = Self { count: state.count.saturating_sub(cost), ..state };
        *self = match kind {
            Count::FixedWindow if charged.saturating_add(window) >= state.until => count,
            Count::FixedWindow => state,
            Count::SlidingWindowCounter => match charged.saturating_add(window.saturating_mul(2)) {
                this if this >= state.until => count,
                before if before.saturating_add(window) >= state.until => {
                    Self { other: state.other.saturating_sub(cost), ..state }
                }
                _ => state,
            },
            Count::Gcra => {
                let taken = state.taken(quota, now);
                let cost = u128::from(cost) * u128::from(window);
                let passed = u128::from(now.saturating_sub(charged)) * u128::from(quota.amount());
                Self::with_taken(taken.saturating_sub(cost.saturating_sub(passed)), quota, now)
            }
        };
    }

    #[inline]
    fn standing(&self, kind: Count, quota: Quota, now: u64) -> (u32, u64) {
        let (amount, window) = (quota.amount(), micros(quota));
        if self.until() <= now {
            return (amount, 0);
        }
        let state = self.at(kind, quota, now);
        match kind {
            Count::FixedWindow => (amount.saturating_sub(state.count), state.until - now),
            Count::SlidingWindowCounter => {
                let left = state.left(quota, now);
                let weight = state.weight(quota, now);
                let lighter = (state.other > 0).then(|| {
                    let each = u128::from(window) * u128::from(weight) / u128::from(state.other.max(1));
                    left - u64::try_from(each).unwrap_or(left).min(left)
                });
                let ends = (state.count > 0).then_some(left);
                let reset = lighter.into_iter().chain(ends).min().unwrap_or(0);
                (amount.saturating_sub(state.count.saturating_add(weight)), reset)
            }
            Count::Gcra => {
                let taken = state.taken(quota, now);
                let whole = u128::from(amount) * u128::from(window);
                let remaining = whole.saturating_sub(taken) / u128::from(window);
                let reset = taken.div_ceil(u128::from(amount));
                (u32::try_from(remaining).unwrap_or(amount), u64::try_from(reset).unwrap_or(u64::MAX))
            }
        }
    }

    #[inline]
    fn until(&self) -> u64 {
        self.until.saturating_add(u64::from(self.other > 0))
    }
}

/// The largest rest of a window at which `count` weighs no more than `room`.
fn light(count: u32, room: u32, window: u64) -> u64 {
    let rest = ((u128::from(room) + 1) * u128::from(window)).div_ceil(u128::from(count.max(1))) - 1;
    u64::try_from(rest).unwrap_or(u64::MAX).min(window)
}

/// The state of the moving window: every hit that passed, the oldest first; hits of one moment share an entry.
#[derive(Debug, Default)]
pub(crate) struct Log {
    hits: VecDeque<(u64, u32)>,
    total: u32,
    until: u64,
}

impl Log {
    /// The hits that have not left the window, oldest first, none of them in the future.
    fn alive(&self, quota: Quota, now: u64) -> impl Iterator<Item = (u64, u32)> {
        let window = micros(quota);
        self.hits
            .iter()
            .map(move |&(at, count)| (at.min(now), count))
            .skip_while(move |(at, _)| now - at >= window)
    }

    fn used(&self, quota: Quota, now: u64) -> u32 {
        let left = self.hits.iter().take_while(|(at, _)| now - (*at).min(now) >= micros(quota));
        self.total - left.map(|(_, count)| count).sum::<u32>()
    }

    /// Lets go of what has left the window, and brings what is in the future to now.
    fn tidy(&mut self, quota: Quota, now: u64) {
        while let Some(&(at, count)) = self.hits.front()
            && now - at.min(now) >= micros(quota)
        {
            self.total -= count;
            self.hits.pop_front();
        }
        for hit in self.hits.iter_mut().rev().take_while(|(at, _)| *at > now) {
            hit.0 = now;
        }
        if self.hits.capacity() > 64 && self.hits.len() < self.hits.capacity() / 4 {
            self.hits.shrink_to(self.hits.len() * 2);
        }
        self.until = self.hits.back().map_or(0, |(at, _)| at.saturating_add(micros(quota)));
    }
}

impl State for Log {
    type Kind = ();

    fn wait(&self, (): (), quota: Quota, now: u64, cost: u32) -> Option<u64> {
        if cost > quota.amount() {
            return Some(micros(quota));
        }
        let mut over =
            (u64::from(self.used(quota, now)) + u64::from(cost)).saturating_sub(u64::from(quota.amount()));
        if over == 0 {
            return None;
        }
        let last = self.alive(quota, now).find(|(_, count)| {
            over = over.saturating_sub(u64::from(*count));
            over == 0
        });
        Some(last.map_or(0, |(at, _)| at.saturating_add(micros(quota)) - now))
    }

    fn charge(&mut self, (): (), quota: Quota, now: u64, cost: u32) {
        self.tidy(quota, now);
        if cost == 0 {
            return;
        }
        match self.hits.back_mut() {
            Some((at, count)) if *at == now => *count += cost,
            _ => self.hits.push_back((now, cost)),
        }
        self.total += cost;
        self.until = now.saturating_add(micros(quota));
    }

    fn refuse(&mut self, (): (), quota: Quota, now: u64, _cost: u32) {
        self.tidy(quota, now);
    }

    fn refund(&mut self, (): (), quota: Quota, now: u64, charged: u64, cost: u32) {
        self.tidy(quota, now);
        let (mut rest, mut at) = (cost, self.hits.partition_point(|(time, _)| *time <= charged));
        while at > 0 && rest > 0 {
            at -= 1;
            let part = self.hits[at].1.min(rest);
            self.hits[at].1 -= part;
            rest -= part;
            self.total -= part;
            if self.hits[at].1 == 0 {
                self.hits.remove(at);
            }
        }
        self.tidy(quota, now);
    }

    fn standing(&self, (): (), quota: Quota, now: u64) -> (u32, u64) {
        let oldest = self.alive(quota, now).next().map_or(now, |(at, _)| at);
        let remaining = quota.amount().saturating_sub(self.used(quota, now));
        (remaining, oldest.saturating_add(micros(quota)) - now)
    }

    fn until(&self) -> u64 {
        self.until
    }
}

/// The window in microseconds; 146,000 years at most, so that twice the window from now is still a `u64`.
#[inline]
pub(crate) fn micros(quota: Quota) -> u64 {
    quota.window().as_secs().saturating_mul(1_000_000).min(u64::MAX / 4)
}
