//! What the numbers of a decision promise, over random histories.

use super::{
    ChargePolicy, Counter, FixedWindow, Gcra, HitLog, Outcome, QuotaState, START, SlidingWindowCounter,
    decide, quota, window_micros,
};
use crate::rate_limit::quota::decide::charge_all;

/// Pseudo-random numbers, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }

    /// A step to the next time: often none, one microsecond, or a whole window.
    fn step(&mut self, window: u64) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => 1,
            2 => window,
            3 => window - 1,
            _ => self.below(window * 3 / 2),
        }
    }
}

/// Checks what the numbers of each decision promise, over random histories.
fn promises<S: QuotaState + Clone>(algorithm: S::Algorithm, resets: bool) {
    for (text, seed) in [("5/second", 1), ("7/3 seconds", 2), ("1/second", 3), ("1000/2 seconds", 4)] {
        let quota = quota(text);
        let (amount, window) = (quota.amount(), window_micros(quota));
        let (mut random, mut state, mut now) = (Random(seed), S::default(), START);
        for _ in 0..3_000 {
            now += random.step(window);
            let cost = random.below(u64::from(amount) + 1) as u32;
            let wait = state.wait(algorithm, quota, now, cost);
            if let Some(wait) = wait {
                assert!((1..=2 * window).contains(&wait), "{text}: {wait}");
                assert_eq!(
                    state.wait(algorithm, quota, now + wait, cost),
                    None,
                    "{text}: passes after the wait"
                );
                let early = state.wait(algorithm, quota, now + wait - 1, cost);
                assert_eq!(early, Some(1), "{text}: and not a microsecond earlier");
            }
            let (remaining, reset) = state.remaining(algorithm, quota, now);
            assert!(remaining <= amount);
            // A fixed window counts what it rejects, and may be over its amount.
            let rest = state.wait(algorithm, quota, now, remaining);
            assert!(rest.is_none() || remaining == 0, "{text}: the rest passes");
            if remaining < amount {
                assert!(state.wait(algorithm, quota, now, remaining + 1).is_some(), "{text}: no more passes");
                let (later, _) = state.remaining(algorithm, quota, now + reset);
                assert!(later > remaining || !resets, "{text}: more remains after {reset}");
            }
            let expiry = state.expires_at();
            assert!(expiry <= now.saturating_add(2 * window) + 1);
            assert_eq!(
                state.remaining(algorithm, quota, expiry.max(now)).0,
                amount,
                "{text}: nothing counts"
            );
            if wait.is_none() {
                let before = state.clone();
                state.charge(algorithm, quota, now, cost);
                assert_eq!(state.remaining(algorithm, quota, now).0, remaining - cost, "{text}: the charge");
                let mut refunded = state.clone();
                refunded.refund(algorithm, quota, now, now, cost);
                let (was, is) =
                    (before.remaining(algorithm, quota, now), refunded.remaining(algorithm, quota, now));
                assert_eq!(was.0, is.0, "{text}: the refund");
            } else {
                state.reject(algorithm, quota, now, cost);
                assert!(
                    state.remaining(algorithm, quota, now).0 <= remaining,
                    "{text}: nothing is given back"
                );
            }
        }
    }
}

#[test]
fn numbers_keep_their_promises() {
    promises::<Counter>(FixedWindow, true);
    // At the end of a window its count becomes the previous one, and has its whole weight.
    promises::<Counter>(SlidingWindowCounter, false);
    promises::<Counter>(Gcra, true);
    promises::<HitLog>((), true);
}

#[test]
fn one_pass_decides_as_several_do() {
    let lists =
        [["5/second", "7/3 seconds"], ["1000/2 seconds", "1/second"], ["4294967295/90 years", "3/second"]];
    for (algorithm, list) in [FixedWindow, SlidingWindowCounter, Gcra]
        .into_iter()
        .flat_map(|algorithm| lists.map(|list| (algorithm, list.map(quota))))
    {
        let (mut random, mut states, mut now) = (Random(5), [Counter::default(); 2], START);
        for _ in 0..20_000 {
            now += random.step(window_micros(list[1]));
            // Sometimes the clock is set back.
            now -= if random.below(9) == 0 { random.below(3_000_000) } else { 0 };
            let cost = 1 + random.below(4) as u32;
            let mut in_one_pass = states;
            let charged = charge_all(&mut in_one_pass, algorithm, &list, now, cost);
            let before = states;
            let decision = decide(&mut states, algorithm, &list, now, cost, ChargePolicy::AllOrNothing);
            let expected = (decision.outcome == Outcome::Allowed).then_some(decision);
            assert_eq!(
                charged.map(|charged| charged.decision(now)),
                expected,
                "{algorithm:?} {list:?} {before:?} {cost} at {now}"
            );
            assert_eq!(in_one_pass, if charged.is_some() { states } else { before });
        }
    }
}

#[test]
fn a_log_equals_a_list_of_hits() {
    let quota = quota("20/2 seconds");
    let window = window_micros(quota);
    let (mut random, mut log, mut now) = (Random(9), HitLog::default(), START);
    let mut list: Vec<(u64, u32)> = Vec::new();
    for _ in 0..5_000 {
        now += random.step(window) / 4;
        list.retain(|(at, _)| now - at < window);
        let used: u32 = list.iter().map(|(_, cost)| cost).sum();
        let cost = 1 + random.below(4) as u32;
        let allowed = log.wait((), quota, now, cost).is_none();
        assert_eq!(allowed, used + cost <= 20);
        let oldest = list.first().map_or(now, |(at, _)| *at);
        assert_eq!(log.remaining((), quota, now), (20 - used, oldest + window - now));
        if !allowed {
            log.reject((), quota, now, cost);
            continue;
        }
        log.charge((), quota, now, cost);
        list.push((now, cost));
        if random.below(3) == 0 {
            // The refund takes from the newest hits that are not after the charge.
            let charged_at = now - random.below(2) * random.below(window / 8);
            log.refund((), quota, now, charged_at, cost);
            let mut rest = cost;
            for hit in list.iter_mut().rev().filter(|(at, _)| *at <= charged_at) {
                let part = hit.1.min(rest);
                (hit.1, rest) = (hit.1 - part, rest - part);
            }
            list.retain(|(_, cost)| *cost > 0);
        }
        assert_eq!(log.expires_at(), list.last().map_or(0, |(at, _)| at + window));
    }
}
