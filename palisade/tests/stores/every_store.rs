//! The suite that every rate-limit store passes.

use palisade::rate_limit::store::RateLimitStore;
use std::time::Duration;

use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::{ChargePolicy, Outcome};

use super::test_store::{Dice, every, retry_after};

const MICROSECOND: Duration = Duration::from_micros(1);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_tasks_never_exceed_the_quota() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "30/minute; 20/hour");
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let limit = limit.clone();
                tokio::spawn(async move { limit.hits(&[1, 1]).await.matches('T').count() })
            })
            .collect();
        let mut passed = 0;
        for task in tasks {
            passed += task.await.unwrap();
        }
        assert_eq!(passed, 20, "{} {strategy}", tested.store.name());
        assert_eq!(limit.remaining().await, 0);
        tested.clock.advance(seconds(7200));
        assert!(limit.hit(1).await);
    }
}

#[tokio::test]
async fn decisions_match_the_python_package() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "3 per 2 seconds");
        let mut answers = vec![limit.hits(&[1; 5]).await];
        tested.clock.advance(seconds(1));
        answers.push(limit.hits(&[1; 2]).await);
        tested.clock.advance(Duration::from_millis(1200));
        answers.push(limit.hits(&[1; 3]).await);
        let expected = match strategy {
            Strategy::FixedWindow | Strategy::MovingWindow => ["TTTFF", "FF", "TTT"],
            Strategy::SlidingWindowCounter => ["TTTFF", "FF", "TFF"],
            Strategy::Gcra => ["TTTFF", "TF", "TTF"],
        };
        assert_eq!(answers, expected, "{} {strategy}", tested.store.name());
    }
}

#[tokio::test]
async fn costs_count_and_excess_costs_never_pass() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "3/minute");
        let fixed = strategy == Strategy::FixedWindow;
        let expected = if fixed { "TFF" } else { "TFT" };
        assert_eq!(limit.hits(&[2, 2, 1]).await, expected, "{} {strategy}", tested.store.name());

        let limit = limit.caller("greedy");
        assert_eq!(limit.hits(&[4, u32::MAX, u32::MAX, 4]).await, "FFFF");
        assert_eq!(retry_after(limit.peek(4).await), seconds(60));
        assert_eq!(limit.remaining().await, if fixed { 0 } else { 3 });
        tested.clock.advance(seconds(60));
        assert_eq!(limit.hits(&[3, 1]).await, "TF", "{} {strategy}", tested.store.name());
    }
}

#[tokio::test]
async fn a_window_starts_with_the_first_hit() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "2/minute");
        tested.clock.advance(Duration::from_micros(31_234_567));
        assert!(limit.hit(2).await);
        tested.clock.advance(seconds(60) - MICROSECOND);
        let early = limit.peek(2).await;
        assert_eq!(early.outcome, Outcome::Limited { retry_after: retry_after(early) });
        tested.clock.advance(MICROSECOND);
        let passes = limit.hit(2).await;
        // The sliding-window counter still weighs the hits of its previous window.
        assert_eq!(passes, strategy != Strategy::SlidingWindowCounter, "{} {strategy}", tested.store.name());
    }
}

#[tokio::test]
async fn a_rejected_hit_never_prolongs_the_wait() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "2/minute");
        assert_eq!(limit.hits(&[1, 1]).await, "TT");
        for _ in 0..59 {
            tested.clock.advance(seconds(1));
            limit.peek(2).await;
            limit.hit(2).await;
        }
        tested.clock.advance(seconds(1));
        assert!(limit.hit(1).await || strategy == Strategy::SlidingWindowCounter, "{strategy}");
    }
}

#[tokio::test]
async fn all_or_nothing_charges_nothing_on_rejection() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "1/minute; 10/hour");
        assert_eq!(limit.hits(&[1, 1, 1]).await, "TFF", "{} {strategy}", tested.store.name());
        let snapshot = limit.decide(1).await.unwrap().snapshot;
        assert_eq!((snapshot.quota_index, snapshot.remaining), (0, 0));
        tested.clock.advance(seconds(120));
        let snapshot = limit.snapshot().await;
        // The hour's quota has one hit, not four.
        assert_eq!((snapshot.quota_index, snapshot.remaining), (0, 1));
        assert_eq!(limit.hits(&[1]).await, "T");
        for _ in 0..8 {
            tested.clock.advance(seconds(120));
            assert_eq!(limit.hits(&[1, 1]).await, "TF", "{} {strategy}", tested.store.name());
        }
    }
}

#[tokio::test]
async fn in_order_charges_up_to_the_rejecting_quota() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "4/hour; 1/minute").charge(ChargePolicy::InOrder);
        assert_eq!(limit.hits(&[1, 1, 1]).await, "TFF", "{} {strategy}", tested.store.name());
        tested.clock.advance(seconds(120));
        assert_eq!(limit.hits(&[1, 1]).await, "TF");
        let rejected = limit.decide(1).await.unwrap().snapshot;
        assert_eq!(rejected.quota_index, 0);
    }
}

#[tokio::test]
async fn the_snapshot_describes_the_tightest_quota() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "10/minute; 5/hour; 7/day");
        let snapshot = limit.decide(2).await.unwrap().snapshot;
        assert_eq!((snapshot.quota_index, snapshot.remaining), (1, 3), "{} {strategy}", tested.store.name());
        let rejected = limit.decide(4).await.unwrap();
        assert_eq!(rejected.snapshot.quota_index, 1);
        assert!(retry_after(rejected) <= seconds(3600) * 2 && retry_after(rejected) > seconds(60));
    }
}

#[tokio::test]
async fn peeks_and_zero_costs_charge_nothing() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "2/minute");
        for _ in 0..5 {
            assert_eq!(limit.peek(1).await.outcome, Outcome::Allowed);
            assert!(limit.hit(0).await);
        }
        assert_eq!(limit.hits(&[1, 1]).await, "TT", "{} {strategy}", tested.store.name());
        assert_eq!(limit.peek(1).await.outcome, limit.decide(1).await.unwrap().outcome);
    }
}

#[tokio::test]
async fn a_refund_returns_at_most_the_charge() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "3/minute; 5/hour");
        assert_eq!(limit.hits(&[2, 1]).await, "TT");
        limit.refund(1).await;
        assert_eq!(limit.remaining().await, 1, "{} {strategy}", tested.store.name());
        for _ in 0..3 {
            limit.refund(u32::MAX).await;
        }
        assert_eq!(limit.remaining().await, 3);
        assert_eq!(limit.hits(&[3, 1]).await, "TF");
        limit.clone().caller("another").refund(1).await;
        assert_eq!(limit.clone().caller("another").hits(&[3, 1]).await, "TF");
    }
}

#[tokio::test]
async fn a_refund_never_reaches_a_later_window() {
    for (tested, strategy) in every().await {
        let context = format!("{} {strategy}", tested.store.name());
        let limit = tested.limit(strategy, "3/minute");
        let first = limit.decide(2).await.unwrap().decided_at;
        tested.clock.advance(seconds(61));
        assert_eq!(limit.decide(1).await.unwrap().decided_at, first + 61_000_000, "{context}");
        // The previous window of the counter weighs 1.97 hits, so one is left.
        let left = if strategy == Strategy::SlidingWindowCounter { 1 } else { 2 };
        assert_eq!(limit.remaining().await, left, "{context}");
        limit.refund_of(2, first - 120_000_000).await;
        assert_eq!(limit.remaining().await, left, "{context}");
        limit.refund_of(2, first).await;
        assert_eq!(limit.remaining().await, 2, "{context}");
        limit.refund_of(1, first + 61_000_000).await;
        assert_eq!(limit.remaining().await, 3, "{context}");
    }
}

#[tokio::test]
async fn a_refund_returns_its_own_hit() {
    for (tested, strategy) in every().await {
        let context = format!("{} {strategy}", tested.store.name());
        let limit = tested.limit(strategy, "4/minute");
        let mut charged = Vec::new();
        for cost in [1, 1, 2] {
            charged.push(limit.decide(cost).await.unwrap().decided_at);
            tested.clock.advance(seconds(10));
        }
        limit.refund_of(1, charged[1]).await;
        // GCRA refunds the 15 s of the hit less the 20 s since then: nothing.
        assert_eq!(limit.remaining().await, if strategy == Strategy::Gcra { 2 } else { 1 }, "{context}");
        if strategy == Strategy::MovingWindow {
            tested.clock.advance(seconds(30));
            assert_eq!(limit.remaining().await, 2, "{context}: the first hit has left");
            tested.clock.advance(seconds(10));
            assert_eq!(limit.remaining().await, 2, "{context}: the second hit was refunded");
            limit.refund_of(2, charged[1]).await;
            assert_eq!(limit.remaining().await, 2, "{context}: a hit is refunded once");
            limit.refund_of(1, charged[2]).await;
            assert_eq!(limit.remaining().await, 3, "{context}");
        }
    }
}

#[tokio::test]
async fn a_reset_clears_one_caller_completely() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "1/minute");
        let others = [limit.clone().caller("another"), limit.clone().named("register")];
        for one in others.iter().chain([&limit]) {
            assert_eq!(one.hits(&[1, 1]).await, "TF");
        }
        let mut same = Vec::new();
        for strategy in tested.strategies() {
            for quotas in ["2/hour", "2/hour; 3/day", "2/hour; 3/day; 4/month"] {
                let one = tested.limit(strategy, quotas);
                assert_eq!(one.hits(&[2, 1]).await, "TF");
                same.push(one);
            }
        }
        limit.reset().await;
        for one in same.iter().chain([&limit]) {
            assert!(one.hit(1).await, "{} {} {}", tested.store.name(), one.strategy, one.quotas);
        }
        for one in &others {
            assert!(!one.hit(1).await);
        }
    }
}

#[tokio::test]
async fn no_two_names_meet() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "1/minute");
        let long = "x".repeat(5000);
        let names: &[(&str, &[u8])] = &[
            ("ks", b"a/b"),
            ("b/ks", b"a"),
            ("a", b"b/ks"),
            ("a/b", b"ks"),
            ("a", b""),
            ("", b"a"),
            ("", b""),
            ("a}", b"b"),
            ("a", b"}b"),
            ("a", b"\0\r\n \xff"),
            ("a", b"%00%0D%0A%20%FF"),
            (&long, b"a"),
            ("a", long.as_bytes()),
            ("limit", "مستخدم".as_bytes()),
        ];
        for (name, caller) in names {
            let one = limit.clone().named(name).caller(caller);
            assert_eq!(one.hits(&[1, 1]).await, "TF", "{} {name} {caller:?}", tested.store.name());
        }
        for quotas in ["1/hour", "1 per 2 minutes", "1/minute; 1/hour"] {
            let one = tested.limit(strategy, quotas).named("ks").caller("a/b");
            let _ = one.decide(1).await.unwrap();
        }
    }
}

#[tokio::test]
async fn another_strategy_starts_from_nothing() {
    for (tested, strategy) in every().await {
        assert_eq!(tested.limit(strategy, "1/minute").hits(&[1, 1]).await, "TF");
        for other in tested.strategies().into_iter().filter(|other| *other != strategy) {
            tested.limit(other, "1/minute").reset().await;
            assert_eq!(tested.limit(other, "1/minute").hits(&[1, 1]).await, "TF", "{strategy} then {other}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_exact() {
    for (tested, strategy) in every().await {
        let mut dice = Dice(7);
        let mut rejected = 0;
        for (round, quotas) in
            ["3/second", "7 per 2 minutes", "10/minute; 15/hour", "1/hour"].iter().enumerate()
        {
            let limit = tested.limit(strategy, quotas).caller(format!("caller {round}"));
            for _ in 0..60 {
                tested.clock.advance(Duration::from_micros(dice.below(20_000_000)));
                let cost = 1 + u32::try_from(dice.below(2)).unwrap();
                if limit.quotas.iter().any(|quota| quota.amount() < cost) || limit.hit(cost).await {
                    continue;
                }
                rejected += 1;
                let wait = retry_after(limit.peek(cost).await);
                tested.clock.advance(wait - MICROSECOND);
                let context = format!("{} {strategy} {quotas} {cost} {wait:?}", tested.store.name());
                assert_ne!(limit.peek(cost).await.outcome, Outcome::Allowed, "too early: {context}");
                tested.clock.advance(MICROSECOND);
                let several = limit.quotas.iter().len() > 1;
                assert!(several || limit.peek(cost).await.outcome == Outcome::Allowed, "too late: {context}");
            }
        }
        assert!(rejected > 20, "{rejected} rejections are too few");
    }
}

#[tokio::test]
async fn a_clock_step_back_grants_and_blocks_nothing() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "3/minute");
        assert!(limit.hit(3).await);
        for back in [1, 59, 60, 3600, 86_400 * 365] {
            tested.clock.set_back(seconds(back));
            assert!(!limit.hit(1).await, "{} {strategy} back {back}", tested.store.name());
            let wait = retry_after(limit.peek(1).await);
            assert!(wait <= seconds(120), "{} {strategy}: {wait:?}", tested.store.name());
            assert!(limit.snapshot().await.reset_after <= seconds(60));
        }
        tested.clock.advance(seconds(120));
        assert!(limit.hit(1).await, "{} {strategy}", tested.store.name());
        tested.clock.set_back(seconds(u64::from(u32::MAX)));
        limit.hit(1).await;
    }
}

#[tokio::test]
async fn the_largest_quotas_work() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "4294967295 per 4294967295 years");
        assert_eq!(limit.hits(&[1, 1]).await, "TT", "{} {strategy}", tested.store.name());
        let limit = tested.limit(strategy, "1 per 4294967295 years").caller("slow");
        assert_eq!(limit.hits(&[1, 1]).await, "TF", "{} {strategy}", tested.store.name());
    }
}
