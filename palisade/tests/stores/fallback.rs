//! Counting goes on in memory while the server is gone, and there again once it is back.

use std::time::{Duration, Instant};

use palisade::store::{Ask, Charge, Outcome, Store};
use palisade::{Quotas, Strategy};

use super::servers::{Server, free_port};

async fn allowed(store: &Store, quotas: &Quotas) -> bool {
    let ask = Ask {
        limit: "pages",
        caller: b"192.0.2.7",
        quotas,
        strategy: Strategy::FixedWindow,
        cost: 1,
        charge: Charge::AllOrNothing,
    };
    let begun = Instant::now();
    let verdict = store.decide(ask).wait().await.expect("a decision is always made");
    assert!(begun.elapsed() < Duration::from_millis(1000), "decided after {:?}", begun.elapsed());
    verdict.outcome == Outcome::Allow
}

/// How many of so many asks pass.
async fn pass(store: &Store, quotas: &Quotas, asks: usize) -> usize {
    let mut passed = 0;
    for _ in 0..asks {
        passed += usize::from(allowed(store, quotas).await);
    }
    passed
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_is_missed_by_nobody() {
    let quotas: Quotas = "5/hour".parse().unwrap();
    let port = free_port();
    let mut server = Server::redis_on(port, &[]);
    let store = Store::open(&server.uri).await.unwrap().or_memory();
    assert_eq!(pass(&store, &quotas, 3).await, 3);

    server.kill();
    assert_eq!(pass(&store, &quotas, 9).await, 5, "memory counts, from nothing");

    drop(server);
    let _server = Server::redis_on(port, &[]);
    let begun = Instant::now();
    while !allowed(&store, &quotas).await {
        assert!(begun.elapsed() < Duration::from_secs(40), "nobody came back");
        tokio::task::yield_now().await;
    }
    assert_eq!(pass(&store, &quotas, 9).await, 4, "the server counts again, from the ask that found it");
}

#[tokio::test]
async fn a_server_that_is_paused_keeps_nobody_waiting_and_is_not_asked_by_all() {
    let quotas: Quotas = "5/hour".parse().unwrap();
    let server = Server::redis();
    let store = Store::open(&server.uri).await.unwrap().or_memory();
    assert!(allowed(&store, &quotas).await);
    server.pause(true);
    let begun = Instant::now();
    assert_eq!(pass(&store, &quotas, 200).await, 5);
    assert!(begun.elapsed() < Duration::from_secs(2), "200 asks took {:?}: each waited", begun.elapsed());
    server.pause(false);
}

#[tokio::test]
async fn a_server_that_never_was_there_is_no_error_either() {
    let quotas: Quotas = "5/hour".parse().unwrap();
    let store = Store::open(&format!("redis://127.0.0.1:{}", free_port())).await.unwrap().or_memory();
    assert_eq!(pass(&store, &quotas, 9).await, 5);
    assert!(store.ping().wait().await.is_err(), "but a health check learns of it");
}
