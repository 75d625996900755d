//! One decision over all quotas of an ask, whatever the strategy.

use std::time::Duration;

use super::strategy::State;
use super::verdict::{Charge, Outcome, Standing, Verdict};
use super::{Quota, Quotas};

/// Decides, and charges the states as `charge` says. There are as many states as quotas.
pub(crate) fn decide<S: State>(
    states: &mut [S],
    kind: S::Kind,
    quotas: &Quotas,
    now: u64,
    cost: u32,
    charge: Charge,
) -> Verdict {
    let mut breach: Option<(usize, u64)> = None;
    for (at, (state, &quota)) in states.iter_mut().zip(quotas).enumerate() {
        match (state.wait(kind, quota, now, cost), charge) {
            (None, Charge::InOrder) if cost > 0 => state.charge(kind, quota, now, cost),
            (None, _) => {}
            (Some(wait), Charge::InOrder) => {
                state.refuse(kind, quota, now, cost);
                breach = Some((at, wait));
                break;
            }
            (Some(wait), _) => {
                if charge == Charge::AllOrNothing {
                    state.refuse(kind, quota, now, cost);
                }
                if breach.is_none_or(|(_, longest)| wait > longest) {
                    breach = Some((at, wait));
                }
            }
        }
    }
    if breach.is_none() && charge == Charge::AllOrNothing && cost > 0 {
        for (state, &quota) in states.iter_mut().zip(quotas) {
            state.charge(kind, quota, now, cost);
        }
    }

    let standing = |at: usize, state: &S, quota: Quota| {
        let (remaining, reset_after) = state.standing(kind, quota, now);
        Standing { quota: at, remaining, reset_after: Duration::from_micros(reset_after) }
    };
    let all = states.iter().zip(quotas).enumerate();
    let mut all = all.map(|(at, (state, &quota))| standing(at, state, quota));
    let (outcome, found) = match breach {
        Some((at, wait)) => (Outcome::Refuse { retry_after: Duration::from_micros(wait) }, all.nth(at)),
        None => (Outcome::Allow, all.min_by_key(|one| one.remaining)),
    };
    let none = Standing { quota: 0, remaining: 0, reset_after: Duration::ZERO };
    Verdict { outcome, standing: found.unwrap_or(none), at: now }
}

/// Gives back what an allowed request was charged at that time; nothing is just now.
pub(crate) fn refund<S: State>(
    states: &mut [S],
    kind: S::Kind,
    quotas: &Quotas,
    now: u64,
    charged: Option<u64>,
    cost: u32,
) {
    let charged = charged.map_or(now, |charged| charged.min(now));
    for (state, &quota) in states.iter_mut().zip(quotas) {
        state.refund(kind, quota, now, charged, cost);
    }
}
