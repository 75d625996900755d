//! `Backoff`: free attempts, doubling delays, resets, and concurrent attempts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use palisade::clock::{Clock, ManualClock};
use palisade::rate_limit::{Backoff, FallbackStore};

use super::support::{Server, memory};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn backoff(store: &FallbackStore) -> Backoff {
    Backoff::new("login", store.clone())
        .free_attempts(3)
        .initial_delay(seconds(10))
        .max_delay(seconds(60))
        .forget_after(seconds(86_400))
}

async fn fails(backoff: &Backoff, times: usize) {
    for time in 0..times {
        assert!(backoff.attempt("ada").await.is_ok(), "{time}");
    }
}

async fn wait(backoff: &Backoff) -> u64 {
    match backoff.attempt("ada").await {
        Err(palisade::rate_limit::RateLimitRejection::LimitExceeded { retry_after, .. }) => {
            retry_after.as_secs()
        }
        other => panic!("{other:?}"),
    }
}

fn stores() -> Vec<(FallbackStore, ManualClock)> {
    let (store, _, manual) = memory();
    let (clock, other) = Clock::manual();
    vec![(store, manual), (FallbackStore::new(Server::new(&clock).store()).clock(clock), other)]
}

#[tokio::test]
async fn the_delay_doubles_after_the_free_attempts() {
    for (store, manual) in stores() {
        let backoff = backoff(&store);
        fails(&backoff, 3).await;
        for delay in [10, 20, 40, 60, 60, 60] {
            assert_eq!(wait(&backoff).await, delay);
            manual.advance(seconds(delay) - Duration::from_millis(1));
            assert_eq!(
                wait(&backoff).await,
                0,
                "one millisecond of {delay} s is left; an early attempt prolongs nothing"
            );
            manual.advance(Duration::from_millis(1));
            fails(&backoff, 1).await;
        }
        assert!(backoff.attempt("bob").await.is_ok(), "other callers are not delayed");
    }
}

#[tokio::test]
async fn a_success_clears_all_failures() {
    for (store, manual) in stores() {
        let backoff = backoff(&store);
        fails(&backoff, 3).await;
        manual.advance(seconds(10));
        backoff.attempt("ada").await.unwrap().succeeded().await;
        fails(&backoff, 3).await;
        assert_eq!(wait(&backoff).await, 10);
        backoff.reset("ada").await.unwrap();
        fails(&backoff, 3).await;
    }
}

#[tokio::test]
async fn a_quiet_period_clears_all_failures() {
    for (store, manual) in stores() {
        let backoff = backoff(&store);
        fails(&backoff, 3).await;
        manual.advance(seconds(10));
        fails(&backoff, 1).await;
        assert_eq!(wait(&backoff).await, 20);
        manual.advance(seconds(2 * 86_400));
        fails(&backoff, 3).await;
        assert_eq!(wait(&backoff).await, 10);
    }
}

#[tokio::test]
async fn an_attempt_without_a_key_is_rejected() {
    assert_eq!(
        backoff(&memory().0).attempt("").await.unwrap_err(),
        palisade::rate_limit::RateLimitRejection::MissingKey
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_attempts_pass_at_most_one_extra() {
    for (store, manual) in stores() {
        let backoff = backoff(&store.timeout(seconds(10)));
        for expected in [3..=4, 1..=1] {
            let passed = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    let (backoff, passed) = (backoff.clone(), Arc::clone(&passed));
                    tokio::spawn(async move {
                        passed.fetch_add(backoff.attempt("ada").await.is_ok().into(), Ordering::SeqCst);
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let passed = passed.load(Ordering::SeqCst);
            assert!(expected.contains(&passed), "{passed} of {expected:?}");
            manual.advance(seconds(20));
        }
    }
}
