//! The memcached store itself: times to live, several servers and processes, URLs, outages.

use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::RateLimitStore;
use palisade::rate_limit::store::{ChargePolicy, MemcachedStore, Store, StoreError};
use test_support::servers::{Server, free_port, namespaced};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::test_store::{Limit, TestStore};

async fn limit(uri: &str, strategy: Strategy, quotas: &str) -> Limit {
    let mut limit = TestStore::memory().limit(strategy, quotas);
    limit.store = Store::open(&namespaced(uri)).await.unwrap();
    limit
}

/// Returns memcached's response to a line.
async fn raw(server: &Server, line: &str) -> String {
    let path = server.uri.strip_prefix("memcached://").unwrap().split('?').next().unwrap();
    let mut stream = UnixStream::connect(path).await.unwrap();
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn counters_have_a_time_to_live() {
    let server = Server::memcached();
    for (strategy, quotas, least, most) in [
        (Strategy::FixedWindow, "5/minute; 20/hour", 3590, 3603),
        (Strategy::SlidingWindowCounter, "5/minute", 110, 123),
        (Strategy::FixedWindow, "5/year", 360 * 86_400 - 10, 360 * 86_400 + 3),
    ] {
        let limit = limit(&server.uri, strategy, quotas).await.caller(quotas);
        assert!(limit.hit(1).await);
        let caller = quotas.replace('/', "%2F").replace(';', "%3B").replace(' ', "%20");
        let response = raw(&server, &format!("mg palisade:test:login/{caller}:{strategy} t")).await;
        let left: u64 =
            response.trim().strip_prefix("HD t").unwrap_or_else(|| panic!("{response}")).parse().unwrap();
        assert!((least..=most).contains(&left), "{quotas} lives {left} s");
    }
}

#[tokio::test]
async fn an_unsupported_strategy_names_the_reason() {
    let store = Store::open("memcached://localhost?namespace=test").await.unwrap();
    for strategy in [Strategy::MovingWindow, Strategy::Gcra] {
        let error = store.supports(strategy).unwrap_err();
        assert!(error.to_string().contains("write sliding-window-counter"), "{error}");
        let limit = limit("memcached://localhost", strategy, "5/minute").await;
        assert_eq!(limit.decide(1).await.unwrap_err(), error);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_share_one_budget() {
    let server = Server::memcached();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let limit = limit(&server.uri, Strategy::FixedWindow, "20/hour").await;
        tasks.push(tokio::spawn(async move { limit.hits(&[1; 10]).await.matches('T').count() }));
    }
    let mut passed = 0;
    for task in tasks {
        passed += task.await.unwrap();
    }
    assert_eq!(passed, 20);
}

#[tokio::test]
async fn a_lost_server_fails_its_own_callers_only() {
    let ports = [free_port(), free_port()];
    let mut first = Server::memcached_on(ports[0]);
    let _second = Server::memcached_on(ports[1]);
    let uri = format!("memcached://127.0.0.1:{},127.0.0.1:{}", ports[0], ports[1]);
    let limit = limit(&uri, Strategy::FixedWindow, "2/hour").await;
    limit.store.ping().await.unwrap();
    let callers: Vec<_> = (0..20).map(|number| limit.clone().caller(format!("caller {number}"))).collect();
    for caller in &callers {
        assert!(caller.hit(1).await);
    }
    first.kill();
    let mut gone = 0;
    for caller in &callers {
        match caller.decide(0).await {
            Ok(_) => {}
            Err(StoreError::Down { store: "memcached", .. }) => gone += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!((1..20).contains(&gone), "{gone} of 20 callers belong to one of two servers");
    assert!(limit.store.ping().await.is_err());
    let _first = Server::memcached_on(ports[0]);
    for caller in &callers {
        assert!(caller.hit(1).await);
    }
    limit.store.ping().await.unwrap();
}

#[tokio::test]
async fn a_caller_named_like_an_error_is_counted() {
    let server = Server::memcached();
    let limit = limit(&server.uri, Strategy::FixedWindow, "2/hour").await;
    for caller in ["SERVER_ERROR", "a_ERROR", "ERROR", "END", "STORED"] {
        assert_eq!(limit.clone().caller(caller).hits(&[1, 1, 1]).await, "TTF", "{caller}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_callers_than_connections_take_turns() {
    let server = Server::memcached();
    let limit = limit(&server.uri, Strategy::FixedWindow, "2/hour").await;
    let tasks: Vec<_> = (0..300)
        .map(|number| {
            let one = limit.clone().charge(ChargePolicy::Nothing).caller(format!("caller {number}"));
            tokio::spawn(async move {
                for _ in 0..5 {
                    one.decide(1).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_foreign_value_is_an_error() {
    let server = Server::memcached();
    let limit = limit(&server.uri, Strategy::FixedWindow, "2/hour").await;
    for value in ["2/3600; what", "2/3600; 1:2", "2/3600; 99999999999999999999999:1:0", "2/3600; "] {
        let line = format!("set palisade:test:login/192.0.2.7:fixed-window 0 60 {}\r\n{value}", value.len());
        assert_eq!(raw(&server, &line).await, "STORED\r\n");
        assert!(matches!(limit.decide(1).await, Err(StoreError::Down { .. })), "{value}");
    }
    limit.reset().await;
    assert_eq!(limit.hits(&[1, 1, 1]).await, "TTF");
}

#[test]
fn every_form_of_url_is_accepted() {
    for uri in [
        "memcached://a",
        "memcached://a:1,b,c.example:22122",
        "memcached://[::1]:11211,[::1]",
        "memcached:///run/m.sock",
    ] {
        MemcachedStore::new(&namespaced(uri)).unwrap_or_else(|error| panic!("{uri}: {error}"));
    }
    for uri in [
        "memcached://",
        "memcached://a,,b",
        "memcached://a:port",
        "memcached://user:password@a",
        "memcache://a",
    ] {
        assert!(matches!(MemcachedStore::new(uri), Err(StoreError::Uri(_))), "{uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_an_outage() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("memcached://{}", listener.local_addr().unwrap());
    let limit = limit(&uri, Strategy::FixedWindow, "2/hour").await;
    assert!(matches!(limit.decide(1).await, Err(StoreError::Down { .. })));
}
