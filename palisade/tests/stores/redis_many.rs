//! Redis as several servers: a cluster of three, and a master with a sentinel.

use palisade::rate_limit::store::RateLimitStore;
use std::time::{Duration, Instant};

use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::Store;
use test_support::redis_many::{RedisCluster, RedisSentinel};

use super::test_store::{Limit, TestStore};

async fn limit(uri: &str, strategy: Strategy) -> Limit {
    let mut limit = TestStore::memory().limit(strategy, "20/minute; 10/hour");
    limit.store = Store::open(uri).await.unwrap();
    limit
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        tokio::task::yield_now().await;
    }
}

/// Longer than a page waits for the store, to allow for a busy machine.
const STORE_TIMEOUT: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_cluster_node_fails_its_callers_only() {
    let RedisCluster { servers, uri } = RedisCluster::start();
    let limit = limit(&uri, Strategy::FixedWindow).await;
    let callers: Vec<_> = (0..12).map(|number| limit.clone().caller(format!("caller {number}"))).collect();
    for caller in &callers {
        assert!(caller.hit(1).await);
    }
    servers[2].pause(true);
    let mut others = Vec::new();
    for caller in &callers {
        if tokio::time::timeout(STORE_TIMEOUT, caller.decide(0)).await.is_ok_and(|answer| answer.is_ok()) {
            others.push(caller.clone());
        }
    }
    assert!((1..12).contains(&others.len()), "{} of 12 belong to two of three servers", others.len());
    // A caller on the silent server waits until its timeout, twice.
    let silent = callers.iter().find(|one| others.iter().all(|other| other.caller != one.caller));
    let silent = silent.unwrap().clone();
    let waiting = tokio::spawn(async move {
        for _ in 0..2 {
            assert!(silent.decide(0).await.is_err());
        }
    });
    let mut asked = 0;
    while !waiting.is_finished() {
        for other in &others {
            let answer = tokio::time::timeout(STORE_TIMEOUT, other.decide(0)).await;
            assert!(answer.is_ok_and(|answer| answer.is_ok()), "no response after {asked} requests");
            asked += 1;
        }
    }
    waiting.await.unwrap();
    servers[2].pause(false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_of_three_counts_as_one_server() {
    let cluster = RedisCluster::start();
    for strategy in Strategy::ALL {
        let limit = limit(&cluster.uri, strategy).await;
        limit.store.ping().await.unwrap();
        for number in 0..20 {
            let one = limit.clone().caller(format!("caller {number}"));
            assert_eq!(one.hits(&[5, 5, 1]).await, "TTF", "{strategy}");
            one.refund(5).await;
            // A fixed window counts the rejected hit too.
            assert_eq!(one.remaining().await, if strategy == Strategy::FixedWindow { 4 } else { 5 });
            one.reset().await;
            assert_eq!(one.remaining().await, 10);
        }
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let limit = limit.clone();
                tokio::spawn(async move { limit.hit(1).await })
            })
            .collect();
        let mut passed = 0;
        for task in tasks {
            passed += usize::from(task.await.unwrap());
        }
        assert_eq!(passed, 10, "{strategy}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinel_failover_is_followed() {
    let mut servers = RedisSentinel::start();
    let limit = limit(&servers.uri, Strategy::FixedWindow).await;
    assert_eq!(limit.hits(&[5, 5, 1]).await, "TTF");
    servers.master.kill();
    assert!(limit.decide(1).await.is_err(), "no master answers yet");
    let other = limit.clone().caller("after the change");
    until("another master is chosen", async || other.decide(5).await.is_ok()).await;
    assert_eq!(other.hits(&[5, 5]).await, "TF");
}
