//! One decision over all quotas of a request, for any strategy.

use std::time::Duration;

use super::Quota;
use super::counter::{Counter, CounterAlgorithm};
use super::decision::{ChargePolicy, Decision, Outcome, Snapshot};
use super::state::QuotaState;

/// Decides about a request and charges the states by the policy. There is one state per quota.
#[inline(always)]
pub(crate) fn decide<S: QuotaState>(
    states: &mut [S],
    algorithm: S::Algorithm,
    quotas: &[Quota],
    now: u64,
    cost: u32,
    charge: ChargePolicy,
) -> Decision {
    let mut exceeded: Option<(usize, u64)> = None;
    for (index, (state, &quota)) in states.iter_mut().zip(quotas).enumerate() {
        match (state.wait(algorithm, quota, now, cost), charge) {
            (None, ChargePolicy::InOrder) if cost > 0 => state.charge(algorithm, quota, now, cost),
            (None, _) => {}
            (Some(wait), ChargePolicy::InOrder) => {
                state.reject(algorithm, quota, now, cost);
                exceeded = Some((index, wait));
                break;
            }
            (Some(wait), _) => {
                if charge == ChargePolicy::AllOrNothing {
                    state.reject(algorithm, quota, now, cost);
                }
                if exceeded.is_none_or(|(_, longest)| wait > longest) {
                    exceeded = Some((index, wait));
                }
            }
        }
    }
    if exceeded.is_none() && charge == ChargePolicy::AllOrNothing && cost > 0 {
        for (state, &quota) in states.iter_mut().zip(quotas) {
            state.charge(algorithm, quota, now, cost);
        }
    }

    let mut tightest: Option<(usize, u32, u64)> = None;
    for (index, (state, &quota)) in states.iter().zip(quotas).enumerate() {
        if exceeded.is_none_or(|(decisive, _)| decisive == index) {
            let (remaining, reset_after) = state.remaining(algorithm, quota, now);
            if tightest.is_none_or(|(_, least, _)| remaining < least) {
                tightest = Some((index, remaining, reset_after));
            }
        }
    }
    let (quota_index, remaining, reset_after) = tightest.unwrap_or_default();
    let snapshot = Snapshot { quota_index, remaining, reset_after: Duration::from_micros(reset_after) };
    let outcome = match exceeded {
        Some((_, wait)) => Outcome::Limited { retry_after: Duration::from_micros(wait) },
        None => Outcome::Allowed,
    };
    Decision { outcome, snapshot, decided_at: now }
}

/// The numbers of a request that was allowed and charged. They fit into registers; a [`Decision`] is
/// made of them once, where it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charged {
    quota_index: usize,
    remaining: u32,
    reset_after: u64,
}

impl Charged {
    /// Returns the decision that allowed the request at this time.
    #[inline]
    pub(crate) fn decision(self, now: u64) -> Decision {
        let Self { quota_index, remaining, reset_after } = self;
        let snapshot = Snapshot { quota_index, remaining, reset_after: Duration::from_micros(reset_after) };
        Decision { outcome: Outcome::Allowed, snapshot, decided_at: now }
    }
}

/// Charges all counters if the request passes all of them, in one pass, and else changes none. The
/// result is that of [`decide`], for the most common request: one that costs something and is allowed.
#[inline(always)]
pub(crate) fn charge_all<const N: usize>(
    counters: &mut [Counter; N],
    algorithm: CounterAlgorithm,
    quotas: &[Quota; N],
    now: u64,
    cost: u32,
) -> Option<Charged> {
    let mut charged = *counters;
    // Less than this remains after any charge.
    let mut tightest = Charged { quota_index: 0, remaining: u32::MAX, reset_after: 0 };
    for (quota_index, (counter, &quota)) in charged.iter_mut().zip(quotas).enumerate() {
        let (remaining, reset_after) = counter.charge_if_allowed(algorithm, quota, now, cost)?;
        if remaining < tightest.remaining {
            tightest = Charged { quota_index, remaining, reset_after };
        }
    }
    *counters = charged;
    Some(tightest)
}

/// Refunds an allowed request that was charged at that time; `None` is now.
#[inline]
pub(crate) fn refund<S: QuotaState>(
    states: &mut [S],
    algorithm: S::Algorithm,
    quotas: &[Quota],
    now: u64,
    charged_at: Option<u64>,
    cost: u32,
) {
    let charged_at = charged_at.unwrap_or(now);
    for (state, &quota) in states.iter_mut().zip(quotas) {
        state.refund(algorithm, quota, now, charged_at, cost);
    }
}
