//! The memory of a log of hits.

use super::{HitLog, QuotaState, SECOND, START, quota};

#[test]
fn a_log_gives_its_memory_back() {
    let (quota, mut log) = (quota("1000/second"), HitLog::default());
    (0..1000).for_each(|at| log.charge((), quota, START + at, 1));
    assert!(log.capacity() >= 1000);
    log.charge((), quota, START + SECOND + 900, 1);
    assert!(log.capacity() < 512, "{}", log.capacity());
    let mut small = HitLog::default();
    (0..64).for_each(|at| small.charge((), quota, START + at, 1));
    let capacity = small.capacity();
    small.reject((), quota, START + 2 * SECOND, 1);
    assert_eq!(small.capacity(), capacity, "a small one keeps it");
}

#[test]
fn a_log_shrinks_below_a_quarter_to_twice_its_hits() {
    let (quota, mut log) = (quota("1000/second"), HitLog::default());
    (0..1000).for_each(|at| log.charge((), quota, START + at, 1));
    let capacity = log.capacity();
    let quarter = capacity / 4;
    let keep = |log: &mut HitLog, hits: usize| log.reject((), quota, START + SECOND + 999 - hits as u64, 1);
    for hits in [quarter * 2, quarter] {
        keep(&mut log, hits);
        assert_eq!(log.capacity(), capacity, "{hits} hits");
    }
    keep(&mut log, quarter - 1);
    assert!(log.capacity() < capacity, "{}", log.capacity());
    let twice = 2 * (quarter - 1);
    assert!((twice..twice + 8).contains(&log.capacity()), "as many hits again have room: {}", log.capacity());
}

#[test]
fn a_refund_reaches_hits_of_the_future() {
    let (quota, mut log) = (quota("3/second"), HitLog::default());
    log.charge((), quota, START + 5, 2);
    // The clock is set back: the hits count as made now.
    log.refund((), quota, START, START, 2);
    assert_eq!(log.remaining((), quota, START).0, 3);
}

#[test]
fn hits_at_one_time_share_an_entry() {
    let (quota, mut log) = (quota("1000/second"), HitLog::default());
    (0..1000).for_each(|_| log.charge((), quota, START, 1));
    assert!(log.capacity() < 64, "{}", log.capacity());
    assert_eq!(log.remaining((), quota, START), (0, SECOND));
}

#[test]
fn a_log_forgets_a_hit_at_the_end_of_its_window() {
    let (quota, mut log) = (quota("3/second"), HitLog::default());
    log.charge((), quota, START, 1);
    log.reject((), quota, START + SECOND - 1, 3);
    assert_eq!(log.expires_at(), START + SECOND);
    log.reject((), quota, START + SECOND, 4);
    assert_eq!(log.expires_at(), 0, "nothing is left");
}
