//! The arithmetic of all strategies, by worked examples.

mod bounds;
mod hit_log;
mod promises;

use std::time::Duration;

use super::decide::{decide, refund};
use super::state::{QuotaState, window_micros};
use super::{ChargePolicy, Counter, CounterAlgorithm, Decision, HitLog, Outcome, Quota};
use CounterAlgorithm::{FixedWindow, Gcra, SlidingWindowCounter};

const SECOND: u64 = 1_000_000;
/// Subtracting it from a time of a history sets the clock back.
const HOUR: u64 = 3_600 * SECOND;
/// A time in 2025.
const START: u64 = 1_750_000_000 * SECOND;

fn quota(text: &str) -> Quota {
    text.parse().unwrap()
}

/// The outcome as the wait in microseconds (0: allowed), the remaining cost, and the reset.
fn hit<S: QuotaState>(
    state: &mut S,
    algorithm: S::Algorithm,
    quota: Quota,
    now: u64,
    cost: u32,
) -> (u64, u32, u64) {
    numbers(&decide(std::slice::from_mut(state), algorithm, &[quota], now, cost, ChargePolicy::AllOrNothing))
}

fn numbers(decision: &Decision) -> (u64, u32, u64) {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
    let wait = match decision.outcome {
        Outcome::Allowed => 0,
        Outcome::Limited { retry_after } => micros(retry_after),
    };
    (wait, decision.snapshot.remaining, micros(decision.snapshot.reset_after))
}

/// Decides at these times after an hour before the start, with this cost, and compares the numbers.
fn history<S: QuotaState>(algorithm: S::Algorithm, text: &str, steps: &[(u64, u32, (u64, u32, u64))]) {
    let mut state = S::default();
    for &(at, cost, expected) in steps {
        assert_eq!(
            hit(&mut state, algorithm, quota(text), START - HOUR + at, cost),
            expected,
            "at {at}, cost {cost}"
        );
    }
}

#[test]
fn a_fixed_window_begins_with_the_first_hit() {
    history::<Counter>(
        FixedWindow,
        "3/10 seconds",
        &[
            (HOUR, 1, (0, 2, 10 * SECOND)),
            (HOUR + 4 * SECOND, 1, (0, 1, 6 * SECOND)),
            (HOUR + 5 * SECOND, 0, (0, 1, 5 * SECOND)),
            // A rejected request counts.
            (HOUR + 6 * SECOND, 2, (4 * SECOND, 0, 4 * SECOND)),
            (HOUR + 7 * SECOND, 1, (3 * SECOND, 0, 3 * SECOND)),
            (HOUR + 10 * SECOND - 1, 1, (1, 0, 1)),
            (HOUR + 10 * SECOND, 1, (0, 2, 10 * SECOND)),
            // A cost above the amount never passes.
            (HOUR + 12 * SECOND, 4, (10 * SECOND, 0, 8 * SECOND)),
            (HOUR + 20 * SECOND, 3, (0, 0, 10 * SECOND)),
            // The clock is set back by an hour: the window ends at most a window from now.
            (20 * SECOND, 1, (10 * SECOND, 0, 10 * SECOND)),
            (30 * SECOND, 1, (0, 2, 10 * SECOND)),
        ],
    );
}

#[test]
fn a_sliding_window_weighs_the_previous_count() {
    history::<Counter>(
        SlidingWindowCounter,
        "4/10 seconds",
        &[
            (HOUR, 4, (0, 0, 10 * SECOND)),
            // 4 × rest/10 s is at most 3 from a rest of just under 10 s.
            (HOUR + SECOND, 1, (9 * SECOND + 1, 0, 9 * SECOND)),
            // The second window begins at 10 s with a weight of 4.
            (HOUR + 10 * SECOND, 1, (1, 0, 0)),
            (HOUR + 10 * SECOND + 1, 1, (0, 0, 2_499_999)),
            (HOUR + 12 * SECOND, 1, (500_001, 0, 500_000)),
            (HOUR + 12_500_001, 1, (0, 0, 2_499_999)),
            (HOUR + 15_000_001, 2, (2_500_000, 1, 2_499_999)),
            (HOUR + 16 * SECOND, 1, (0, 0, 1_500_000)),
            (HOUR + 30 * SECOND, 0, (0, 4, 0)),
            (HOUR + 60 * SECOND, 5, (10 * SECOND, 4, 0)),
            (HOUR + 70 * SECOND, 1, (0, 3, 10 * SECOND)),
            (70 * SECOND, 1, (0, 2, 10 * SECOND)),
        ],
    );
}

#[test]
fn sliding_windows_meet_at_one_microsecond() {
    // A hit at the end of a window belongs to the next one.
    history::<Counter>(
        SlidingWindowCounter,
        "4/10 seconds",
        &[
            (HOUR, 2, (0, 2, 10 * SECOND)),
            (HOUR + 10 * SECOND, 1, (0, 1, 0)),
            (HOUR + 15 * SECOND, 0, (0, 2, 0)),
        ],
    );
    // After two windows, the next hit begins a new one.
    history::<Counter>(
        SlidingWindowCounter,
        "4/10 seconds",
        &[
            (HOUR, 4, (0, 0, 10 * SECOND)),
            (HOUR + 20 * SECOND, 4, (0, 0, 10 * SECOND)),
            (HOUR + 20 * SECOND + 1, 0, (0, 0, 10 * SECOND - 1)),
        ],
    );
}

#[test]
fn a_rejected_hit_keeps_sliding_windows_without_a_gap() {
    let third_window = |cost, reset| {
        let rejected = (HOUR + 12 * SECOND, cost);
        let mut state = Counter::default();
        let quota = quota("4/10 seconds");
        for (at, cost) in [(HOUR, 4), rejected, (HOUR + 25 * SECOND, 4)] {
            let (_, _, found) = hit(&mut state, SlidingWindowCounter, quota, START - HOUR + at, cost);
            if at > rejected.0 {
                assert_eq!(found, reset, "cost {}", rejected.1);
            }
        }
    };
    third_window(4, 5 * SECOND);
    // A cost that can never pass is no hit.
    third_window(5, 10 * SECOND);
    let mut state = Counter::default();
    for algorithm in [SlidingWindowCounter, Gcra] {
        let _ = hit(&mut state, algorithm, quota("4/10 seconds"), START, 5);
        assert_eq!(state, Counter::default(), "{algorithm:?}");
    }
}

#[test]
fn gcra_refills_evenly_after_a_burst() {
    history::<Counter>(
        Gcra,
        "4/10 seconds",
        &[
            (HOUR, 3, (0, 1, 7_500_000)),
            (HOUR, 1, (0, 0, 10 * SECOND)),
            (HOUR + SECOND, 1, (1_500_000, 0, 9 * SECOND)),
            (HOUR + 2_499_999, 1, (1, 0, 7_500_001)),
            (HOUR + 2_500_000, 1, (0, 0, 10 * SECOND)),
            (HOUR + 7_500_000, 0, (0, 2, 5 * SECOND)),
            (HOUR + 7_500_000, 3, (2_500_000, 2, 5 * SECOND)),
            (HOUR + 7_500_000, 5, (10 * SECOND, 2, 5 * SECOND)),
            (HOUR + 12_500_000, 0, (0, 4, 0)),
            (HOUR + 60 * SECOND, 4, (0, 0, 10 * SECOND)),
            (60 * SECOND, 1, (2_500_000, 0, 10 * SECOND)),
        ],
    );
    // A third of a second has a fraction.
    history::<Counter>(
        Gcra,
        "3/second",
        &[
            (HOUR, 1, (0, 2, 333_334)),
            (HOUR, 1, (0, 1, 666_667)),
            (HOUR, 1, (0, 0, SECOND)),
            (HOUR + 333_333, 1, (1, 0, 666_667)),
            (HOUR + 333_334, 1, (0, 0, SECOND)),
        ],
    );
    // The clock is set back: the fraction adds nothing to a whole window.
    history::<Counter>(
        Gcra,
        "3/second",
        &[(HOUR, 1, (0, 2, 333_334)), (HOUR + 333_333 - SECOND, 0, (0, 0, SECOND))],
    );
}

#[test]
fn a_moving_window_counts_the_last_hits() {
    history::<HitLog>(
        (),
        "3/10 seconds",
        &[
            (HOUR, 1, (0, 2, 10 * SECOND)),
            (HOUR + 2 * SECOND, 2, (0, 0, 8 * SECOND)),
            (HOUR + 3 * SECOND, 1, (7 * SECOND, 0, 7 * SECOND)),
            (HOUR + 3 * SECOND, 2, (9 * SECOND, 0, 7 * SECOND)),
            (HOUR + 3 * SECOND, 4, (10 * SECOND, 0, 7 * SECOND)),
            (HOUR + 10 * SECOND - 1, 1, (1, 0, 1)),
            (HOUR + 10 * SECOND, 1, (0, 0, 2 * SECOND)),
            (HOUR + 12 * SECOND, 0, (0, 2, 8 * SECOND)),
            (HOUR + 15 * SECOND, 1, (0, 1, 5 * SECOND)),
            (HOUR + 15 * SECOND, 1, (0, 0, 5 * SECOND)),
            // All hits lie in the future now, and count as made now.
            (15 * SECOND, 1, (10 * SECOND, 0, 10 * SECOND)),
            (25 * SECOND, 1, (0, 2, 10 * SECOND)),
        ],
    );
}

#[test]
fn a_refund_reaches_only_what_still_counts() {
    let refunded = |algorithm, charged_at: u64, now: u64, later: u32| {
        let (quota, mut state) = (quota("10/10 seconds"), Counter::default());
        state.charge(algorithm, quota, START + charged_at, 4);
        if later > 0 {
            state.charge(algorithm, quota, START + now, later);
        }
        state.refund(algorithm, quota, START + now, START + charged_at, 4);
        state.remaining(algorithm, quota, START + now).0
    };
    assert_eq!(refunded(FixedWindow, 0, 10 * SECOND - 1, 0), 10);
    assert_eq!(refunded(FixedWindow, 0, 10 * SECOND, 3), 7, "another window");
    assert_eq!(refunded(FixedWindow, 0, 10 * SECOND, 0), 10);
    assert_eq!(refunded(SlidingWindowCounter, 0, 9 * SECOND, 3), 7);
    assert_eq!(refunded(SlidingWindowCounter, 0, 15 * SECOND, 3), 7, "the count before");
    assert_eq!(refunded(SlidingWindowCounter, 0, 20 * SECOND, 3), 7);
    // A second frees one: after two seconds, two of the four are left to refund.
    assert_eq!(refunded(Gcra, 0, 2 * SECOND, 0), 10);
    assert_eq!(refunded(Gcra, 0, 2 * SECOND, 3), 7);
    assert_eq!(refunded(Gcra, 0, 5 * SECOND, 3), 7, "all of it was free already");
    // What has expired is left alone: a refund begins no window.
    for algorithm in [FixedWindow, SlidingWindowCounter, Gcra] {
        let (quota, mut state) = (quota("3/second"), Counter::default());
        state.charge(algorithm, quota, START, 1);
        let (charged, expiry) = (state, state.expires_at());
        state.refund(algorithm, quota, expiry, START, 1);
        assert_eq!(state, charged, "{algorithm:?}");
        assert_eq!(state.remaining(algorithm, quota, expiry), (3, 0), "{algorithm:?}");
    }
    // A window later, the same counter refunds what is charged twice.
    let (quota, mut state) = (quota("10/10 seconds"), Counter::default());
    for at in [0, 12 * SECOND] {
        state.charge(SlidingWindowCounter, quota, START + at, 4);
    }
    state.refund(SlidingWindowCounter, quota, START + 12 * SECOND, START, 2);
    // 2 × 8/10 of the window before, and 4.
    assert_eq!(state.remaining(SlidingWindowCounter, quota, START + 12 * SECOND), (5, 3 * SECOND));
    state.refund(SlidingWindowCounter, quota, START + 12 * SECOND, START + 12 * SECOND, 3);
    assert_eq!(state.remaining(SlidingWindowCounter, quota, START + 12 * SECOND).0, 8);
    // Two windows later it reaches nothing: of 3 in the previous window, 4/5 weigh 2.
    let mut state = Counter::default();
    for (at, cost) in [(0, 4), (12 * SECOND, 3), (22 * SECOND, 1)] {
        state.charge(SlidingWindowCounter, quota, START + at, cost);
    }
    state.refund(SlidingWindowCounter, quota, START + 22 * SECOND, START, 4);
    assert_eq!(state.remaining(SlidingWindowCounter, quota, START + 22 * SECOND).0, 7);
}

#[test]
fn a_fraction_expires_a_microsecond_later() {
    let counter = |count, other| Counter { until: START, count, other };
    assert_eq!([counter(1, 0), counter(0, 1)].map(|counter| counter.expires_at()), [START, START + 1]);
    history::<Counter>(
        Gcra,
        "3/second",
        &[(HOUR, 1, (0, 2, 333_334)), (HOUR + 333_333, 0, (0, 2, 1)), (HOUR + 333_334, 0, (0, 3, 0))],
    );
}

#[test]
fn all_quotas_decide_together() {
    let quotas = [quota("2/second"), quota("3/10 seconds")];
    let run = |charge, steps: &[(u64, u32)]| {
        let mut states = [Counter::default(); 2];
        let mut last = None;
        for &(at, cost) in steps {
            last = Some(decide(&mut states, FixedWindow, &quotas, START + at, cost, charge));
        }
        let last = last.unwrap();
        (numbers(&last), last.snapshot.quota_index, states.map(|state| state.count))
    };
    assert_eq!(run(ChargePolicy::AllOrNothing, &[(0, 1)]), ((0, 1, SECOND), 0, [1, 1]));
    assert_eq!(run(ChargePolicy::AllOrNothing, &[(0, 2)]), ((0, 0, SECOND), 0, [2, 2]));
    // The first quota rejects; the second has room, and is not charged.
    assert_eq!(run(ChargePolicy::AllOrNothing, &[(0, 2), (0, 1)]), ((SECOND, 0, SECOND), 0, [3, 2]));
    // Both reject: the longer wait decides.
    assert_eq!(
        run(ChargePolicy::AllOrNothing, &[(0, 2), (0, 2)]),
        ((10 * SECOND, 0, 10 * SECOND), 1, [4, 4])
    );
    assert_eq!(run(ChargePolicy::AllOrNothing, &[(0, 0)]), ((0, 2, 0), 0, [0, 0]));
    // In order: the first quota keeps the charge.
    let second = [(0, 2), (SECOND, 1), (2 * SECOND, 1)];
    assert_eq!(run(ChargePolicy::InOrder, &second), ((8 * SECOND, 0, 8 * SECOND), 1, [1, 4]));
    assert_eq!(run(ChargePolicy::AllOrNothing, &second), ((8 * SECOND, 0, 8 * SECOND), 1, [1, 4]));
    assert_eq!(run(ChargePolicy::InOrder, &[(0, 2), (0, 2)]), ((SECOND, 0, SECOND), 0, [4, 2]));
    assert_eq!(run(ChargePolicy::InOrder, &[(0, 0)]), ((0, 2, 0), 0, [0, 0]));
    assert_eq!(run(ChargePolicy::Nothing, &[(0, 1)]), ((0, 2, 0), 0, [0, 0]));
    assert_eq!(run(ChargePolicy::Nothing, &[(0, 3)]).2, [0, 0]);
    // Equal remainders: the first decides.
    let equal = [quota("2/second"), quota("2/10 seconds")];
    let decision = decide(&mut [Counter::default(); 2], FixedWindow, &equal, START, 1, ChargePolicy::InOrder);
    assert_eq!((decision.snapshot.quota_index, decision.decided_at), (0, START));
    // Equal waits: the first decides.
    let decision =
        decide(&mut [Counter::default(); 2], Gcra, &[quota("1/second"); 2], START, 2, ChargePolicy::Nothing);
    assert_eq!(decision.snapshot.quota_index, 0);
}

#[test]
fn a_refund_reaches_all_quotas() {
    let quotas = [quota("5/second"), quota("9/10 seconds")];
    let mut states = [Counter::default(); 2];
    decide(&mut states, FixedWindow, &quotas, START, 3, ChargePolicy::AllOrNothing);
    refund(&mut states, FixedWindow, &quotas, START + 5, None, 1);
    assert_eq!(states.map(|state| state.count), [2, 2]);
    // A time in the future is now.
    refund(&mut states, FixedWindow, &quotas, START + 2 * SECOND, Some(START + 9 * SECOND), 1);
    assert_eq!(states[1].count, 1);
    refund(&mut states, FixedWindow, &quotas, START + 2 * SECOND, Some(START), 1);
    assert_eq!(states[1].count, 0);
    // A charge to a window that is over is not refunded to the current one.
    decide(&mut states, FixedWindow, &quotas, START + 3 * SECOND, 3, ChargePolicy::AllOrNothing);
    refund(&mut states, FixedWindow, &quotas, START + 3 * SECOND, Some(START), 1);
    assert_eq!(states.map(|state| state.count), [3, 2]);
}

#[test]
fn units_and_windows_have_their_lengths() {
    for (text, seconds) in
        [("1/second", 1), ("1/minute", 60), ("1/hour", 3_600), ("1/day", 86_400), ("1/3 months", 7_776_000)]
    {
        assert_eq!((quota(text).window().as_secs(), window_micros(quota(text))), (seconds, seconds * SECOND));
    }
    assert_eq!(window_micros(quota("1/4294967295 years")), u64::MAX / 4);
    assert_eq!(Quota::per_second(7.try_into().unwrap()), quota("7/second"));
    assert_eq!(Quota::per_minute(7.try_into().unwrap()), quota("7/minute"));
    assert_eq!(Quota::per_hour(7.try_into().unwrap()), quota("7/hour"));
    assert_eq!(Quota::per_day(7.try_into().unwrap()), quota("7/day"));
}

#[test]
fn strategies_have_their_counters() {
    use super::Strategy;
    assert_eq!(
        Strategy::ALL.map(Strategy::counter),
        [Some(FixedWindow), None, Some(SlidingWindowCounter), Some(Gcra)]
    );
    for strategy in Strategy::ALL {
        assert_eq!(strategy.to_string().parse(), Ok(strategy));
    }
}
