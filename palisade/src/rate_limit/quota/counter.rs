//! The counter: the state of the strategies that need two numbers and a time.

use super::Quota;
use super::state::{QuotaState, window_micros};

/// The strategies that a [`Counter`] serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CounterAlgorithm {
    FixedWindow,
    SlidingWindowCounter,
    Gcra,
}

/// Two numbers and a time. Their meaning depends on the algorithm:
///
/// | | `until` | `count` | `other` |
/// |---|---|---|---|
/// | fixed window | the end of the window | its count | |
/// | sliding window counter | the end of the next window | the count of this window | the count of the previous one |
/// | gcra | the time at which the whole amount is available, rounded down | | the fraction, in microseconds ÷ amount |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) until: u64,
    pub(crate) count: u32,
    pub(crate) other: u32,
}

impl Counter {
    /// Returns the state advanced to `now`: past windows end, times in the future are clamped.
    #[inline]
    fn at(self, algorithm: CounterAlgorithm, quota: Quota, now: u64) -> Self {
        let window = window_micros(quota);
        match algorithm {
            CounterAlgorithm::FixedWindow if self.until <= now => {
                Self { until: now.saturating_add(window), ..Self::default() }
            }
            CounterAlgorithm::FixedWindow => {
                Self { until: self.until.min(now.saturating_add(window)), ..self }
            }
            CounterAlgorithm::SlidingWindowCounter => {
                let two = window.saturating_mul(2);
                if self.until <= now {
                    Self { until: now.saturating_add(two), ..Self::default() }
                } else if self.until - now <= window {
                    Self { until: self.until.saturating_add(window), count: 0, other: self.count }
                } else {
                    Self { until: self.until.min(now.saturating_add(two)), ..self }
                }
            }
            CounterAlgorithm::Gcra if self.until < now => Self { until: now, ..Self::default() },
            CounterAlgorithm::Gcra if self.until - now >= window => {
                Self { until: now.saturating_add(window), ..Self::default() }
            }
            CounterAlgorithm::Gcra => self,
        }
    }

    /// Sliding window counter, advanced to `now`: returns the rest of the current window.
    #[inline]
    fn rest(self, quota: Quota, now: u64) -> u64 {
        (self.until - now).saturating_sub(window_micros(quota))
    }

    /// Sliding window counter, advanced to `now`: returns the weighted count of the previous
    /// window.
    #[inline]
    fn weight(self, quota: Quota, now: u64) -> u32 {
        let weight =
            divide(u128::from(self.other) * u128::from(self.rest(quota, now)), window_micros(quota)).0;
        u32::try_from(weight).unwrap_or(u32::MAX)
    }

    /// Sliding window counter, advanced to `now`: returns the time until the weighted count drops.
    #[inline]
    fn lighter_after(self, quota: Quota, now: u64, weight: u32) -> u64 {
        let (rest, window) = (self.rest(quota, now), window_micros(quota));
        let lighter = (self.other > 0).then(|| {
            let each = divide(u128::from(window) * u128::from(weight), u64::from(self.other)).0;
            rest - u64::try_from(each).unwrap_or(rest)
        });
        let ends = (self.count > 0).then_some(rest);
        lighter.into_iter().chain(ends).min().unwrap_or(0)
    }

    /// GCRA, advanced to `now`: returns the used cost. One hit is as many as the window's
    /// microseconds.
    #[inline]
    fn used(self, quota: Quota, now: u64) -> u128 {
        u128::from(self.until - now) * u128::from(quota.amount()) + u128::from(self.other)
    }

    #[inline]
    fn with_used(used: u128, quota: Quota, now: u64) -> Self {
        let (whole, fraction) = divide(used, u64::from(quota.amount()));
        let until = now.saturating_add(u64::try_from(whole).unwrap_or(u64::MAX));
        Self { until, count: 0, other: u32::try_from(fraction).unwrap_or(0) }
    }

    /// Charges a request that is allowed, and returns the remaining cost and the time until more
    /// remains. Returns `None` and changes nothing if the request is not allowed.
    #[inline(always)]
    pub(crate) fn charge_if_allowed(
        &mut self,
        algorithm: CounterAlgorithm,
        quota: Quota,
        now: u64,
        cost: u32,
    ) -> Option<(u32, u64)> {
        let (amount, window) = (quota.amount(), window_micros(quota));
        let state = self.at(algorithm, quota, now);
        match algorithm {
            CounterAlgorithm::FixedWindow => {
                let count = state.count.checked_add(cost).filter(|count| *count <= amount)?;
                *self = Self { count, ..state };
                Some((amount - count, state.until - now))
            }
            CounterAlgorithm::SlidingWindowCounter => {
                let weight = state.weight(quota, now);
                let count = state.count.checked_add(cost)?;
                let remaining = amount.checked_sub(count)?.checked_sub(weight)?;
                *self = Self { count, ..state };
                Some((remaining, self.lighter_after(quota, now, weight)))
            }
            CounterAlgorithm::Gcra => {
                let whole = u128::from(amount) * u128::from(window);
                let used = state.used(quota, now) + u128::from(cost) * u128::from(window);
                let remaining = divide(whole.checked_sub(used)?, window).0;
                *self = Self::with_used(used, quota, now);
                let reset = (self.until - now).saturating_add(u64::from(self.other > 0));
                Some((u32::try_from(remaining).unwrap_or(amount), reset))
            }
        }
    }
}

/// Returns quotient and remainder. Most numbers have 64 bits, whose division takes a fraction of the
/// time.
#[inline]
fn divide(number: u128, by: u64) -> (u128, u64) {
    match u64::try_from(number) {
        Ok(number) => (u128::from(number / by), number % by),
        Err(_) => {
            let remainder = number % u128::from(by);
            (number / u128::from(by), u64::try_from(remainder).unwrap_or(0))
        }
    }
}

impl QuotaState for Counter {
    type Algorithm = CounterAlgorithm;

    #[inline]
    fn wait(&self, algorithm: CounterAlgorithm, quota: Quota, now: u64, cost: u32) -> Option<u64> {
        let (amount, window) = (quota.amount(), window_micros(quota));
        if cost > amount {
            return Some(window);
        }
        let state = self.at(algorithm, quota, now);
        match algorithm {
            CounterAlgorithm::FixedWindow => {
                (u64::from(state.count) + u64::from(cost) > u64::from(amount)).then(|| state.until - now)
            }
            CounterAlgorithm::SlidingWindowCounter => {
                let rest = state.rest(quota, now);
                let room = i64::from(amount) - i64::from(cost) - i64::from(state.count);
                if i64::from(state.weight(quota, now)) <= room {
                    None
                } else if let Ok(room) = u32::try_from(room) {
                    Some(rest - rest_at_weight(state.other, room, window))
                } else {
                    Some(rest + window - rest_at_weight(state.count, amount - cost, window))
                }
            }
            CounterAlgorithm::Gcra => {
                let (used, whole) = (state.used(quota, now), u128::from(amount) * u128::from(window));
                let over = (used + u128::from(cost) * u128::from(window)).saturating_sub(whole);
                (over > 0).then(|| u64::try_from(over.div_ceil(u128::from(amount))).unwrap_or(u64::MAX))
            }
        }
    }

    #[inline]
    fn charge(&mut self, algorithm: CounterAlgorithm, quota: Quota, now: u64, cost: u32) {
        let state = self.at(algorithm, quota, now);
        *self = match algorithm {
            CounterAlgorithm::Gcra => {
                let used = state.used(quota, now) + u128::from(cost) * u128::from(window_micros(quota));
                Self::with_used(used, quota, now)
            }
            _ => Self { count: state.count.saturating_add(cost), ..state },
        };
    }

    #[inline]
    fn reject(&mut self, algorithm: CounterAlgorithm, quota: Quota, now: u64, cost: u32) {
        match algorithm {
            CounterAlgorithm::FixedWindow => self.charge(algorithm, quota, now, cost),
            // Written back, so that windows follow each other without a gap while hits arrive.
            _ if cost <= quota.amount() => *self = self.at(algorithm, quota, now),
            _ => {}
        }
    }

    fn refund(&mut self, algorithm: CounterAlgorithm, quota: Quota, now: u64, charged_at: u64, cost: u32) {
        if self.expires_at() <= now {
            return;
        }
        let (state, window) = (self.at(algorithm, quota, now), window_micros(quota));
        let count = Self { count: state.count.saturating_sub(cost), ..state };
        *self = match algorithm {
            CounterAlgorithm::FixedWindow if charged_at.saturating_add(window) >= state.until => count,
            CounterAlgorithm::FixedWindow => state,
            CounterAlgorithm::SlidingWindowCounter => {
                match charged_at.saturating_add(window.saturating_mul(2)) {
                    end if end >= state.until => count,
                    end if end.saturating_add(window) >= state.until => {
                        Self { other: state.other.saturating_sub(cost), ..state }
                    }
                    _ => state,
                }
            }
            CounterAlgorithm::Gcra => {
                let used = state.used(quota, now);
                let cost = u128::from(cost) * u128::from(window);
                let passed = u128::from(now.saturating_sub(charged_at)) * u128::from(quota.amount());
                Self::with_used(used.saturating_sub(cost.saturating_sub(passed)), quota, now)
            }
        };
    }

    #[inline]
    fn remaining(&self, algorithm: CounterAlgorithm, quota: Quota, now: u64) -> (u32, u64) {
        let (amount, window) = (quota.amount(), window_micros(quota));
        if self.expires_at() <= now {
            return (amount, 0);
        }
        let state = self.at(algorithm, quota, now);
        match algorithm {
            CounterAlgorithm::FixedWindow => (amount.saturating_sub(state.count), state.until - now),
            CounterAlgorithm::SlidingWindowCounter => {
                let weight = state.weight(quota, now);
                let reset = state.lighter_after(quota, now, weight);
                (amount.saturating_sub(state.count.saturating_add(weight)), reset)
            }
            CounterAlgorithm::Gcra => {
                let used = state.used(quota, now);
                let whole = u128::from(amount) * u128::from(window);
                let remaining = divide(whole.saturating_sub(used), window).0;
                let reset = used.div_ceil(u128::from(amount));
                (u32::try_from(remaining).unwrap_or(amount), u64::try_from(reset).unwrap_or(u64::MAX))
            }
        }
    }

    #[inline]
    fn expires_at(&self) -> u64 {
        self.until.saturating_add(u64::from(self.other > 0))
    }
}

/// Returns the largest rest of the window at which the weighted `count` is at most `room`, which is
/// less than the count.
fn rest_at_weight(count: u32, room: u32, window: u64) -> u64 {
    let rest = ((u128::from(room) + 1) * u128::from(window)).div_ceil(u128::from(count)) - 1;
    u64::try_from(rest).unwrap_or(window)
}
