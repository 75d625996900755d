//! The arithmetic at its bounds: the largest numbers, clocks that are set back, refunds of too much.

use super::{
    Counter, FixedWindow, Gcra, HOUR, QuotaState, SECOND, START, SlidingWindowCounter, history, hit, numbers,
    quota, refund,
};
use crate::rate_limit::quota::decide::charge_all;

#[test]
fn a_refund_of_more_than_counts_gives_nothing_extra() {
    let quota = quota("10/10 seconds");
    for algorithm in [FixedWindow, SlidingWindowCounter, Gcra] {
        let mut state = Counter::default();
        state.charge(algorithm, quota, START, 2);
        state.refund(algorithm, quota, START + 1, START, 5);
        assert_eq!(state.remaining(algorithm, quota, START + 1).0, 10, "{algorithm:?}");
        assert_eq!((state.count, state.other), (0, 0), "{algorithm:?}");
    }
    // In the window before.
    let mut state = Counter::default();
    state.charge(SlidingWindowCounter, quota, START, 2);
    state.refund(SlidingWindowCounter, quota, START + 12 * SECOND, START, 5);
    assert_eq!((state.count, state.other), (0, 0));
}

#[test]
fn a_refund_of_the_future_is_one_of_now() {
    let quota = quota("10/10 seconds");
    for algorithm in [FixedWindow, SlidingWindowCounter, Gcra] {
        let mut states = [Counter::default()];
        states[0].charge(algorithm, quota, START, 3);
        refund(&mut states, algorithm, &[quota], START, Some(START + 60 * SECOND), 3);
        assert_eq!(states[0].remaining(algorithm, quota, START).0, 10, "{algorithm:?}");
    }
}

#[test]
fn one_hit_in_the_window_before_has_its_weight() {
    history::<Counter>(
        SlidingWindowCounter,
        "4/10 seconds",
        &[
            (HOUR, 1, (0, 3, 10 * SECOND)),
            (HOUR + 10 * SECOND, 0, (0, 3, 0)),
            (HOUR + 12 * SECOND, 0, (0, 4, 8 * SECOND)),
        ],
    );
}

#[test]
fn a_clock_set_back_makes_the_weight_more() {
    history::<Counter>(
        SlidingWindowCounter,
        "4/10 seconds",
        &[
            (HOUR, 4, (0, 0, 10 * SECOND)),
            (HOUR + 18 * SECOND, 3, (0, 1, 2 * SECOND)),
            // 4 × 9/10 and 3 are more than the amount.
            (HOUR + 11 * SECOND, 0, (4_000_001, 0, 1_500_000)),
        ],
    );
}

#[test]
fn gcra_keeps_the_fraction_of_large_numbers() {
    let (quota, mut state) = (quota("9001/100 years"), Counter::default());
    state.charge(Gcra, quota, START, 7001);
    // 7001 windows of 3110400000000000 µs ÷ 9001, more than 64 bits before the division.
    assert_eq!(state, Counter { until: START + 2_419_276_791_467_614, count: 0, other: 6_386 });
}

#[test]
fn more_than_everything_used_leaves_nothing() {
    let quota = quota("4/10 seconds");
    let foreign = Counter { until: START + 10 * SECOND - 1, count: 0, other: u32::MAX };
    assert_eq!(foreign.remaining(Gcra, quota, START).0, 0);
}

#[test]
fn one_pass_decides_about_the_largest_amount() {
    let largest = quota("4294967295/second");
    let charged = charge_all(&mut [Counter::default()], FixedWindow, &[largest], START, 1).unwrap();
    assert_eq!(numbers(&charged.decision(START)), (0, u32::MAX - 1, SECOND));
}

#[test]
fn numbers_beyond_all_bounds_saturate() {
    let (most, mut state) = (quota("4294967295/4294967295 years"), Counter::default());
    for algorithm in [FixedWindow, SlidingWindowCounter, Gcra] {
        for now in [START, u64::MAX - 1, u64::MAX] {
            for _ in 0..3 {
                let _ = hit(&mut state, algorithm, most, now, u32::MAX);
                state.refund(algorithm, most, now, START, u32::MAX);
            }
        }
    }
    // A window that ends after the end of time has no rest.
    let mut state = Counter::default();
    let last = hit(&mut state, SlidingWindowCounter, quota("4/10 seconds"), u64::MAX - 1, 1);
    assert_eq!(last, (0, 4, 0));
    let mut state = Counter::default();
    state.charge(Gcra, quota("1/4294967295 years"), START, u32::MAX);
    assert_eq!(state, Counter { until: u64::MAX, count: 0, other: 0 });
}
