//! Counting continues in memory during an outage, and on the server after it.

use std::time::{Duration, Instant};

use palisade::RateLimit;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::Store;
use test_support::servers::{Server, free_port, namespaced};

async fn limit(uri: &str) -> RateLimit {
    RateLimit::new("pages", "5/hour", FallbackStore::new(Store::open(uri).await.unwrap())).unwrap()
}

async fn allowed(limit: &RateLimit) -> bool {
    let begun = Instant::now();
    let passed = limit.check("192.0.2.7").await.is_ok();
    assert!(begun.elapsed() < Duration::from_millis(1000), "decided after {:?}", begun.elapsed());
    passed
}

/// Returns the number of these requests that pass.
async fn pass(limit: &RateLimit, requests: usize) -> usize {
    let mut passed = 0;
    for _ in 0..requests {
        passed += usize::from(allowed(limit).await);
    }
    passed
}

#[tokio::test]
async fn a_redis_restart_fails_no_request() {
    let port = free_port();
    let mut server = Server::redis_on(port, &[]);
    let limit = limit(&server.uri).await;
    assert_eq!(pass(&limit, 3).await, 3);

    server.kill();
    assert_eq!(pass(&limit, 9).await, 5, "memory counts from zero");

    drop(server);
    let _server = Server::redis_on(port, &[]);
    let begun = Instant::now();
    while !allowed(&limit).await {
        assert!(begun.elapsed() < Duration::from_secs(40), "the server is not used again");
        tokio::task::yield_now().await;
    }
    assert_eq!(pass(&limit, 9).await, 4, "the server counts again, from the request that found it");
}

#[tokio::test]
async fn a_paused_redis_delays_few_requests() {
    let server = Server::redis();
    let limit = limit(&server.uri).await;
    assert!(allowed(&limit).await);
    server.pause(true);
    let begun = Instant::now();
    assert_eq!(pass(&limit, 200).await, 5);
    assert!(begun.elapsed() < Duration::from_secs(2), "200 requests took {:?}: each waited", begun.elapsed());
    server.pause(false);
}

#[tokio::test]
async fn a_store_that_never_started_is_no_error() {
    let limit = limit(&namespaced(&format!("redis://127.0.0.1:{}", free_port()))).await;
    assert_eq!(pass(&limit, 9).await, 5);
    assert!(limit.store().is_down(), "a health check reports it");
}
