//! The Redis store itself: keys, times to live, scripts, URLs and outages.

use palisade::rate_limit::store::RateLimitStore;
use std::time::Duration;

use palisade::clock::Clock;
use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::{Outcome, RedisStore, Store, StoreError};
use redis::aio::MultiplexedConnection;
use test_support::servers::{Server, free_port, namespaced};

use super::test_store::{Limit, TestStore};

async fn raw(server: &Server) -> MultiplexedConnection {
    redis::Client::open(server.uri.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn keys(raw: &mut MultiplexedConnection) -> Vec<String> {
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(raw).await.unwrap();
    keys.sort();
    keys
}

/// Returns a limit by the server's own clock.
async fn limit(server: &Server, strategy: Strategy, quotas: &str) -> Limit {
    let mut limit = TestStore::memory().limit(strategy, quotas);
    limit.store = Store::open(&server.uri).await.unwrap();
    limit
}

#[tokio::test]
async fn a_callers_keys_share_slot_and_expiry() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    for strategy in Strategy::ALL {
        let limit = limit(&server, strategy, "5/minute; 20/hour").await;
        assert_eq!(limit.hits(&[2, 2, 2]).await, "TTF");
        let keys = keys(&mut raw).await;
        assert_eq!(keys.len(), if strategy == Strategy::MovingWindow { 3 } else { 1 });
        for key in keys {
            assert!(key.starts_with(&format!("palisade:test:{{login/192.0.2.7}}:{strategy}")), "{key}");
            let left: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut raw).await.unwrap();
            assert!(left > 0 && left <= 2 * 3_600_000 + 2, "{key} lives {left} ms");
        }
        limit.reset().await;
        let left: i64 = redis::cmd("DBSIZE").query_async(&mut raw).await.unwrap();
        assert_eq!(left, 0, "a reset leaves nothing behind");
    }
}

#[tokio::test]
async fn peeks_and_refunds_write_no_key() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    for strategy in Strategy::ALL {
        let limit = limit(&server, strategy, "5/minute; 20/hour").await;
        limit.peek(1).await;
        limit.refund(1).await;
        assert!(limit.hit(0).await);
        assert_eq!(keys(&mut raw).await, Vec::<String>::new(), "{strategy}");
    }
}

#[tokio::test]
async fn a_lost_script_is_loaded_again() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    let limit = limit(&server, Strategy::FixedWindow, "3/hour").await;
    assert!(limit.hit(1).await);
    let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut raw).await.unwrap();
    assert_eq!(limit.hits(&[1, 1, 1]).await, "TTF");
}

#[tokio::test]
async fn a_decision_is_one_round_trip() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    let limit = limit(&server, Strategy::MovingWindow, "3/hour; 4/day; 5/month").await;
    limit.hit(1).await;
    let _: () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut raw).await.unwrap();
    limit.hits(&[1; 5]).await;
    let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut raw).await.unwrap();
    assert!(stats.contains("cmdstat_evalsha:calls=5,"), "{stats}");
    assert!(!stats.contains("cmdstat_script"), "{stats}");
}

#[tokio::test]
async fn decisions_that_wait_share_a_call() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    for strategy in [Strategy::FixedWindow, Strategy::SlidingWindowCounter, Strategy::Gcra] {
        let limit = limit(&server, strategy, "3/hour; 100/day").await;
        limit.hit(0).await;
        let _: () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut raw).await.unwrap();
        let callers: Vec<_> =
            (0..64).map(|number| limit.clone().caller(format!("caller {number}"))).collect();
        let hits = (1..=4).flat_map(|cost| callers.iter().map(move |caller| (cost, caller.decide(cost))));
        let (costs, decisions): (Vec<_>, Vec<_>) = hits.unzip();
        let decisions = futures_util::future::join_all(decisions).await;
        for (cost, decision) in costs.into_iter().zip(decisions) {
            let decision = decision.unwrap();
            let (allowed, remaining) = (decision.outcome == Outcome::Allowed, decision.snapshot.remaining);
            // 1 + 2 fill the quota of 3, and what is over it costs fixed windows only.
            let expected = [(true, 2), (true, 0), (false, 0), (false, 0)][cost as usize - 1];
            assert_eq!((allowed, remaining), expected, "{strategy}, {cost}");
        }
        let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut raw).await.unwrap();
        let calls = stats.split_once("cmdstat_evalsha:calls=").unwrap().1.split(',').next().unwrap();
        assert!(calls.parse::<u32>().unwrap() <= 16, "{calls} calls for 256 decisions");
    }
}

#[tokio::test]
async fn a_key_of_another_kind_fails_alone() {
    let server = Server::redis();
    let mut raw = raw(&server).await;
    for strategy in Strategy::ALL {
        let (good, bad) =
            (limit(&server, strategy, "3/hour").await, limit(&server, strategy, "3/hour").await);
        let bad = bad.caller("bad");
        let key = format!("palisade:test:{{login/bad}}:{strategy}");
        let _: () = redis::cmd("SET").arg(&key).arg("a text").query_async(&mut raw).await.unwrap();
        let bad = Limit { store: good.store.clone(), ..bad };
        let (before, failed, after) = tokio::join!(good.decide(1), bad.decide(1), good.decide(1));
        assert!(
            matches!(&failed, Err(StoreError::Down { reason, .. }) if reason.contains("WRONGTYPE")),
            "{failed:?}"
        );
        assert_eq!(
            (before.unwrap().snapshot.remaining, after.unwrap().snapshot.remaining),
            (2, 1),
            "{strategy}"
        );
    }
}

#[tokio::test]
async fn an_outage_is_an_error_until_reconnection() {
    let port = free_port();
    let mut server = Server::redis_on(port, &[]);
    let limit = limit(&server, Strategy::FixedWindow, "3/hour").await;
    assert!(limit.hit(1).await);
    server.kill();
    for _ in 0..3 {
        assert!(matches!(limit.decide(1).await, Err(StoreError::Down { store: "redis", .. })));
        assert!(limit.store.ping().await.is_err());
    }
    let _server = Server::redis_on(port, &[]);
    limit.store.ping().await.unwrap();
    assert_eq!(limit.hits(&[1, 1, 1, 1]).await, "TTTF");
}

#[tokio::test]
async fn a_stalled_server_waits_for_the_callers_timeout() {
    let server = Server::redis();
    let limit = limit(&server, Strategy::FixedWindow, "3/hour").await;
    assert!(limit.hit(1).await);
    server.pause(true);
    for _ in 0..5 {
        assert!(tokio::time::timeout(Duration::from_millis(20), limit.decide(1)).await.is_err());
    }
    server.pause(false);
    // The cancelled requests may have been counted, and nothing else.
    let passed = limit.hits(&[1; 3]).await.matches('T').count();
    assert!(passed <= 2, "{passed}");
    limit.reset().await;
    assert_eq!(limit.hits(&[1, 1, 1, 1]).await, "TTTF");
}

#[tokio::test]
async fn a_silent_connection_is_replaced() {
    let server = Server::redis();
    let limit = limit(&server, Strategy::FixedWindow, "3/hour").await;
    let mut raw = raw(&server).await;
    limit.store.ping().await.unwrap();
    let before: i64 = redis::cmd("CLIENT").arg("ID").query_async(&mut raw).await.unwrap();
    server.pause(true);
    assert!(matches!(limit.decide(1).await, Err(StoreError::Down { .. })));
    server.pause(false);
    assert!(limit.hit(1).await);
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut raw).await.unwrap();
    let newest =
        clients.lines().filter_map(|line| line.strip_prefix("id=")?.split(' ').next()?.parse::<i64>().ok());
    assert!(newest.max().unwrap() > before, "{clients}");
}

#[tokio::test]
async fn a_password_is_used_and_never_shown() {
    let port = free_port();
    let _server = Server::redis_on(port, &["--requirepass", "s3cret/ü"]);
    let uri = |password: &str| namespaced(&format!("redis://:{password}@127.0.0.1:{port}/0"));
    let good = Store::open(&uri("s3cret%2F%C3%BC")).await.unwrap();
    good.ping().await.unwrap();
    let bad = Store::open(&uri("wrong-password")).await.unwrap();
    let error = bad.ping().await.unwrap_err();
    assert!(!format!("{error} {error:?} {bad:?}").contains("wrong-password"));
    for uri in [
        "redis://:wrong-password@host:port/x",
        "redis+what://:wrong-password@host",
        "rediss+sentinel://:wrong-password@h",
    ] {
        let error = RedisStore::new(uri).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("wrong-password"), "{error:?}");
    }
}

#[test]
fn every_form_of_url_is_accepted() {
    for name in ["redis", "valkey"] {
        for uri in [
            format!("{name}://localhost"),
            format!("{name}://user:password@[::1]:6380/3"),
            format!("{name}s://example.org"),
            format!("{name}+unix:///run/redis.sock?db=2"),
            format!("{name}+sentinel://:password@a,b:26380/main"),
            format!("{name}+sentinel://a/main/2"),
            format!("{name}+cluster://user:password@a:7000,b"),
            format!("{name}s+cluster://a"),
        ] {
            RedisStore::new(&namespaced(&uri)).unwrap_or_else(|error| panic!("{uri}: {error}"));
        }
    }
    for uri in [
        "redis:localhost",
        "redis+http://localhost",
        "redis+sentinel://a,b",
        "redis://localhost/main",
        "rediss+unix+x://a",
    ] {
        assert!(matches!(RedisStore::new(uri), Err(StoreError::Uri(_))), "{uri}");
    }
}

#[tokio::test]
async fn two_processes_share_one_budget() {
    let server = Server::redis();
    let one = limit(&server, Strategy::Gcra, "3/hour").await;
    let other = limit(&server, Strategy::Gcra, "3/hour").await;
    assert!(one.hit(1).await && other.hit(1).await && one.hit(1).await);
    assert!(!other.hit(1).await && !one.hit(1).await);
}

#[tokio::test]
async fn the_servers_clock_decides() {
    let server = Server::redis();
    let mut limit = limit(&server, Strategy::FixedWindow, "1/minute").await;
    assert!(limit.hit(1).await);
    // A process whose clock says 2026-01-01 reads the same count. By that clock the window would be
    // over, or not started.
    let (clock, _manual) = Clock::manual();
    let server_time = limit.snapshot().await;
    assert!(server_time.reset_after <= Duration::from_secs(60) && server_time.remaining == 0);
    limit.store = RedisStore::new(&server.uri).unwrap().clock(clock).into();
    assert_ne!(limit.peek(1).await.outcome, Outcome::Allowed);
}

#[tokio::test]
async fn rediss_urls_use_tls_only() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store =
        Store::open(&namespaced(&format!("rediss://{}", listener.local_addr().unwrap()))).await.unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 2];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut hello).await.unwrap();
        hello
    });
    assert!(matches!(store.ping().await, Err(StoreError::Down { .. })));
    // The start of a TLS handshake, of any version.
    assert_eq!(server.await.unwrap(), [0x16, 0x03]);
}
