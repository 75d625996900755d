//! One decision over all quotas of an ask, whatever the strategy.

use std::time::Duration;

use super::Quota;
use super::strategy::State;
use super::verdict::{ChargePolicy, Decision, Outcome, Snapshot};

/// Decides, and charges the states as `charge` says. There are as many states as quotas.
#[inline(always)]
pub(crate) fn decide<S: State>(
    states: &mut [S],
    kind: S::Kind,
    quotas: &[Quota],
    now: u64,
    cost: u32,
    charge: ChargePolicy,
) -> Decision {
    let mut breach: Option<(usize, u64)> = None;
    for (at, (state, &quota)) in states.iter_mut().zip(quotas).enumerate() {
        match (state.wait(kind, quota, now, cost), charge) {
            (None, ChargePolicy::InOrder) if cost > 0 => state.charge(kind, quota, now, cost),
            (None, _) => {}
            (Some(wait), ChargePolicy::InOrder) => {
                state.refuse(kind, quota, now, cost);
                breach = Some((at, wait));
                break;
            }
            (Some(wait), _) => {
                if charge == ChargePolicy::AllOrNothing {
                    state.refuse(kind, quota, now, cost);
                }
                if breach.is_none_or(|(_, longest)| wait > longest) {
                    breach = Some((at, wait));
                }
            }
        }
    }
    if breach.is_none() && charge == ChargePolicy::AllOrNothing && cost > 0 {
        for (state, &quota) in states.iter_mut().zip(quotas) {
            state.charge(kind, quota, now, cost);
        }
    }

    let mut found: Option<(usize, u32, u64)> = None;
    for (at, (state, &quota)) in states.iter().zip(quotas).enumerate() {
        if breach.is_none_or(|(breached, _)| breached == at) {
            let (remaining, reset_after) = state.standing(kind, quota, now);
            if found.is_none_or(|(_, least, _)| remaining < least) {
                found = Some((at, remaining, reset_after));
            }
        }
    }
    let (quota, remaining, reset_after) = found.unwrap_or_default();
    let standing = Snapshot { quota, remaining, reset_after: Duration::from_micros(reset_after) };
    let outcome = match breach {
        Some((_, wait)) => Outcome::Refuse { retry_after: Duration::from_micros(wait) },
        None => Outcome::Allow,
    };
    Decision { outcome, standing, at: now }
}

/// Gives back what an allowed request was charged at that time; nothing is just now.
#[inline]
pub(crate) fn refund<S: State>(
    states: &mut [S],
    kind: S::Kind,
    quotas: &[Quota],
    now: u64,
    charged: Option<u64>,
    cost: u32,
) {
    let charged = charged.map_or(now, |charged| charged.min(now));
    for (state, &quota) in states.iter_mut().zip(quotas) {
        state.refund(kind, quota, now, charged, cost);
    }
}
