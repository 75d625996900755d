//! The memory store itself: its capacity, and floods of new keys.

use std::time::Duration;

use palisade::clock::{Clock, ManualClock};
use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::{MemoryStore, Store};

use super::test_store::Limit;

fn store(capacity: usize) -> (Store, ManualClock) {
    let (clock, manual) = Clock::manual();
    (MemoryStore::with_clock(clock).capacity(capacity).into(), manual)
}

fn limit(store: &Store, strategy: Strategy, quotas: &str) -> Limit {
    Limit {
        store: store.clone(),
        name: "login".to_owned(),
        caller: b"the victim".to_vec(),
        quotas: quotas.parse().unwrap(),
        strategy,
        charge: palisade::rate_limit::store::ChargePolicy::AllOrNothing,
    }
}

#[tokio::test]
async fn a_flood_of_keys_resets_no_counter() {
    for strategy in Strategy::ALL {
        let (store, manual) = store(100);
        let victim = limit(&store, strategy, "5/minute; 5/hour");
        assert_eq!(victim.hits(&[1; 6]).await, "TTTTTF");
        let mut passed = 0;
        for number in 0..10_000 {
            let one = victim.clone().caller(format!("flood {number}"));
            passed += usize::from(one.hit(5).await);
        }
        // 99 callers have their own count; the other 9,901 share one.
        assert_eq!(passed, 99 + 1, "{strategy}");
        assert!(!victim.hit(1).await, "{strategy}");

        // A known caller keeps its own count. New callers pass again when others have expired.
        manual.advance(Duration::from_secs(2 * 3600));
        assert_eq!(victim.hits(&[1; 6]).await, "TTTTTF", "{strategy}");
        assert_eq!(victim.clone().caller("a newcomer").hits(&[5, 1]).await, "TF", "{strategy}");
    }
}

#[tokio::test]
async fn expired_callers_are_removed() {
    for strategy in Strategy::ALL {
        let (clock, manual) = Clock::manual();
        let memory = std::sync::Arc::new(MemoryStore::with_clock(clock));
        let quotas = "1/minute; 2/minute; 3/minute".parse().unwrap();
        let hit = |caller: u32| {
            let caller = caller.to_be_bytes();
            let ask = palisade::rate_limit::store::RateLimitRequest {
                limit: "login",
                caller: &caller,
                quotas: &quotas,
                strategy,
                cost: 1,
                charge: palisade::rate_limit::store::ChargePolicy::AllOrNothing,
            };
            assert!(matches!(
                palisade::rate_limit::store::RateLimitStore::decide(&*memory, ask),
                palisade::rate_limit::store::StoreReply::Ready(Ok(_))
            ));
        };
        (0..20_000).for_each(hit);
        assert_eq!(memory.callers(), 20_000);
        manual.advance(Duration::from_secs(121));
        (0..40_000).for_each(|number| hit(number % 4000));
        assert!(memory.callers() < 4400, "{strategy}: {} are still there", memory.callers());
    }
}

#[tokio::test]
async fn peeks_and_impossible_requests_store_nothing() {
    let memory = MemoryStore::new();
    assert_eq!(memory.callers(), 0);
    let (store, _manual) = store(1);
    for strategy in [Strategy::MovingWindow, Strategy::SlidingWindowCounter, Strategy::Gcra] {
        let one = limit(&store, strategy, "5/minute");
        one.peek(1).await;
        assert!(!one.hit(6).await);
    }
    // The only slot is still free.
    let one = limit(&store, Strategy::Gcra, "5/minute");
    assert_eq!(one.hits(&[5, 1]).await, "TF");
    assert_eq!(one.caller("second").hits(&[5, 1]).await, "TF");
}

#[tokio::test]
async fn debug_shows_no_caller() {
    let (store, _manual) = store(10);
    limit(&store, Strategy::FixedWindow, "5/minute").hit(1).await;
    assert_eq!(format!("{store:?}"), "Store(MemoryStore { callers: 1, .. })");
}
