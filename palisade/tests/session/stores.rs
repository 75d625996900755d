//! The session store suite, on memory and on a real Redis.

use std::time::Duration;

use http::StatusCode;
use palisade::clock::Clock;
use palisade::session::store::{MemorySessions, RedisSessions, SessionId, SessionStore};
use palisade::test::session_store::check;
use redis::aio::MultiplexedConnection;
use test_support::redis_many::RedisCluster;
use test_support::servers::Server;
use tokio::task::JoinSet;

use super::{Site, record, sealed, stored};

#[tokio::test]
async fn memory_passes_the_suite() {
    check(MemorySessions::new()).await;
}

#[tokio::test]
async fn redis_passes_the_suite() {
    let server = Server::redis();
    check(RedisSessions::new(&server.uri).unwrap()).await;
}

#[tokio::test]
async fn expired_sessions_disappear_from_redis() {
    let server = Server::redis();
    let store = RedisSessions::new(&server.uri).unwrap();
    let id = SessionId::random();
    store.save(id, None, record(1, Some("ada")), Duration::from_millis(30)).await.unwrap();
    assert!(store.load(id).await.unwrap().is_some());
    let began = std::time::Instant::now();
    while store.load(id).await.unwrap().is_some() {
        assert!(began.elapsed() < Duration::from_secs(20), "the session does not expire");
        tokio::task::yield_now().await;
    }
    assert!(store.of_user("ada").await.unwrap().is_empty());
}

#[tokio::test]
async fn processes_share_redis_and_an_outage_is_503() {
    let server = Server::redis();
    let open = || Site::with_store(RedisSessions::new(&server.uri).unwrap());
    let (one, two) = (open(), open());
    let mut browser = one.browser();
    browser.post("/login/ada").await;
    browser.site = two.app.clone();
    assert_eq!(browser.who().await, "ada");
    browser.post("/logout").await;
    browser.site = one.app.clone();
    assert_eq!(browser.who().await, "anonymous");
    browser.post("/login/ada").await;
    drop(server);
    assert_eq!(
        browser.get("/who").await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "an outage is no signed-out visitor"
    );
    assert_eq!(browser.send("POST", "/login/bob").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/plain").await.status, StatusCode::OK, "a page without a session is served");
}

async fn raw(server: &Server) -> MultiplexedConnection {
    redis::Client::open(server.uri.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn int(raw: &mut MultiplexedConnection, words: &[&str]) -> u64 {
    redis::cmd(words[0]).arg(&words[1..]).query_async(raw).await.unwrap()
}

/// Saves this many sessions of an account, and returns one of them.
async fn sign_in_often(store: &RedisSessions, user: &str, sessions: usize) -> SessionId {
    let ids: Vec<_> = (0..sessions).map(|_| SessionId::random()).collect();
    for batch in ids.chunks(100) {
        let saves = batch.iter().map(|id| async {
            store.save(*id, None, record(1, Some(user)), Duration::from_secs(600)).await.unwrap()
        });
        futures_util::future::join_all(saves).await;
    }
    ids[0]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_ten_thousand_sessions_takes_21_commands() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    // A busy machine may be slower than the default of 50 ms.
    let store = RedisSessions::new(&server.uri).unwrap().timeout(Duration::from_secs(1));
    let kept = sign_in_often(&store, "ada", 10_000).await;
    sign_in_often(&store, "bob", 3).await;
    let _: () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut raw).await.unwrap();
    store.delete_of_user("ada", &[kept]).await.unwrap();
    let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut raw).await.unwrap();
    for line in ["cmdstat_zrange:calls=1,", "cmdstat_unlink:calls=10,", "cmdstat_zrem:calls=10,"] {
        assert!(stats.contains(line), "{line}\n{stats}");
    }
    assert!(!stats.contains("cmdstat_eval"), "{stats}");
    let found = store.of_user("ada").await.unwrap();
    assert_eq!((found.len(), found[0].0), (1, kept));
    assert_eq!(store.of_user("bob").await.unwrap().len(), 3);
    assert_eq!(int(&mut raw, &["DBSIZE"]).await, 1 + 3 + 2, "sessions, and an index for each account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ended_sessions_leave_the_index_in_redis() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    let site = Site::with_store(RedisSessions::new(&server.uri).unwrap());
    let mut browser = site.browser();
    for _ in 0..5 {
        browser.post("/login/ada").await;
        browser.post("/renew").await;
    }
    assert_eq!(int(&mut raw, &["ZCARD", "palisade:test:sessions-of:ada"]).await, 1);
    browser.post("/logout").await;
    assert_eq!(int(&mut raw, &["DBSIZE"]).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_in_a_cluster_ends_as_a_whole() {
    let cluster = RedisCluster::start();
    let store = RedisSessions::new(&cluster.uri).unwrap().timeout(Duration::from_secs(1));
    let kept = sign_in_often(&store, "ada", 1_200).await;
    assert_eq!(store.of_user("ada").await.unwrap().len(), 1_200);
    store.delete_of_user("ada", &[kept]).await.unwrap();
    let found = store.of_user("ada").await.unwrap();
    assert_eq!((found.len(), found[0].0), (1, kept));
}

#[tokio::test]
async fn a_flood_of_visitors_ends_no_session() {
    let (clock, manual) = Clock::manual();
    let store = std::sync::Arc::new(MemorySessions::new().clock(clock.clone()).max_bytes(20_000));
    let site = Site::of(stored(store.clone(), clock), manual);
    let (mut ada, mut visitor) = (site.browser(), site.browser());
    ada.post("/login/ada").await;
    visitor.post("/set/cart/apples").await;
    let mut refused = 0;
    for _ in 0..200 {
        refused += usize::from(site.browser().send("POST", "/set/a/b").await.status == 503);
    }
    assert!((1..200).contains(&refused), "{refused} of 200 found no room");
    assert_eq!(ada.who().await, "ada");
    assert_eq!(visitor.get("/get/cart").await.body, "apples");
    let mut bob = site.browser();
    bob.post("/login/bob").await;
    assert_eq!(bob.who().await, "bob", "accounts have room of their own");
    ada.post("/logout").await;
    assert_eq!(ada.who().await, "anonymous");
    site.clock.advance(Duration::from_secs(3600));
    assert_eq!(
        site.browser().send("POST", "/set/a/b").await.status,
        StatusCode::OK,
        "expired sessions make room"
    );
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_flood_of_ended_visits_revives_no_session() {
    let (clock, manual) = Clock::manual();
    let store = std::sync::Arc::new(MemorySessions::new().clock(clock.clone()).max_bytes(10_000));
    let site = Site::of(sealed(store.clone(), clock), manual);
    let mut ada = site.browser();
    ada.post("/login/ada").await;
    let copy = ada.clone();
    let mut refused = 0;
    for round in 0..2 {
        for _ in 0..100 {
            let mut visitor = site.browser();
            visitor.post("/set/a/b").await;
            refused += usize::from(visitor.send("POST", "/logout").await.status == 503);
        }
        if round == 0 {
            assert!(refused > 0, "a visit of a stranger takes room when it ends");
            ada.post("/logout").await;
        }
        assert_eq!(copy.clone().who().await, "anonymous", "round {round}");
    }
    assert!(store.len() < 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_visitors_at_once_wait_for_redis() {
    let server = Server::redis();
    let store = RedisSessions::new(&server.uri).unwrap().timeout(Duration::from_secs(1));
    let store = std::sync::Arc::new(store);
    let mut loads = JoinSet::new();
    for _ in 0..2_000 {
        let store = store.clone();
        loads.spawn(async move { store.load(SessionId::random()).await });
    }
    assert!(loads.join_all().await.iter().all(|found| *found == Ok(None)));
}
