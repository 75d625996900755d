//! Comparison with the Python package `limits` 5.8.0, hit by hit. `scripts/limits-vectors.py` wrote
//! its decisions to `data/limits.json`, under a stopped clock. Other tests show where we differ on
//! purpose.

use palisade::rate_limit::store::RateLimitStore;
use std::time::Duration;

use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::Outcome;
use serde::Deserialize;

use super::test_store::{TestStore, every};

#[derive(Deserialize)]
struct Vectors {
    traces: Vec<Trace>,
}

#[derive(Deserialize)]
struct Trace {
    strategy: String,
    backend: String,
    quota: String,
    steps: Vec<Step>,
}

/// All times are milliseconds.
#[derive(Deserialize)]
struct Step {
    at: u64,
    cost: u32,
    passes: bool,
    remaining: Option<u32>,
    reset: Option<f64>,
    again: Option<bool>,
}

#[tokio::test]
async fn every_store_matches_the_python_package() {
    let vectors: Vectors = serde_json::from_str(include_str!("../data/limits.json")).unwrap();
    let mut compared = 0;
    for tested in TestStore::every().await {
        for (number, trace) in vectors.traces.iter().enumerate() {
            let strategy: Strategy = trace.strategy.parse().unwrap();
            if !tested.strategies().contains(&strategy) {
                continue;
            }
            let limit = tested.limit(strategy, &trace.quota).caller(format!("trace {number}"));
            let window = limit.quotas.iter().next().unwrap().window().as_secs_f64() * 1000.0;
            let mut now = 0;
            for step in &trace.steps {
                tested.clock.advance(Duration::from_millis(step.at - now));
                now = step.at;
                let context = format!(
                    "{} {strategy} {} ({}) at {now} cost {}",
                    tested.store.name(),
                    trace.quota,
                    trace.backend,
                    step.cost
                );
                let decision = limit.decide(step.cost).await.unwrap();
                assert_eq!(decision.outcome == Outcome::Allowed, step.passes, "{context}");
                if let Some(remaining) = step.remaining {
                    assert_eq!(decision.snapshot.remaining, remaining, "{context}");
                }
                if let Some(reset) = step.reset {
                    let ours = decision.snapshot.reset_after.as_secs_f64() * 1000.0;
                    // In limits a sliding window ends at the moment it begins; see the next test.
                    let begins = strategy == Strategy::SlidingWindowCounter && reset == 0.0 && ours == window;
                    // There an empty moving window in memory has ended when its last hit left.
                    let empty = strategy == Strategy::MovingWindow && reset < 0.0 && ours == window;
                    assert!(begins || empty || (ours - reset).abs() < 0.01, "{context}: {ours} and {reset}");
                }
                if let Some(again) = step.again {
                    assert_eq!(limit.peek(step.cost).await.outcome == Outcome::Allowed, again, "{context}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 7_000, "{compared} steps are too few");
}

#[tokio::test]
async fn a_sliding_window_starts_with_its_first_hit() {
    for (tested, strategy) in every().await {
        if strategy == Strategy::SlidingWindowCounter {
            let decision = tested.limit(strategy, "5/minute").decide(1).await.unwrap();
            assert_eq!(decision.snapshot.reset_after, Duration::from_secs(60), "{}", tested.store.name());
        }
    }
}

#[tokio::test]
async fn waiting_for_the_minute_never_doubles_the_quota() {
    for (tested, strategy) in every().await {
        // The manual clock begins at a whole minute.
        tested.clock.advance(Duration::from_secs(59));
        let limit = tested.limit(strategy, "5/minute");
        assert_eq!(limit.hits(&[5, 1]).await, "TF");
        tested.clock.advance(Duration::from_secs(2));
        assert_eq!(limit.hits(&[1]).await, "F", "{} {strategy}", tested.store.name());
    }
}

#[tokio::test]
async fn a_hit_leaves_the_moving_window_exactly() {
    for (tested, strategy) in every().await {
        if strategy == Strategy::MovingWindow {
            let limit = tested.limit(strategy, "2/second");
            assert_eq!(limit.hits(&[1, 1, 1]).await, "TTF");
            tested.clock.advance(Duration::from_secs(1));
            assert_eq!(limit.hits(&[1, 1, 1]).await, "TTF", "{}", tested.store.name());
        }
    }
}

#[tokio::test]
async fn windows_have_microsecond_precision() {
    for (tested, strategy) in every().await {
        let limit = tested.limit(strategy, "1/second");
        assert!(limit.hit(1).await);
        tested.clock.advance(Duration::from_micros(400_001));
        let reset = limit.snapshot().await.reset_after;
        assert_eq!(reset, Duration::from_micros(599_999), "{} {strategy}", tested.store.name());
    }
}
