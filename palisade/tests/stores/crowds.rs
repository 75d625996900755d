//! Many requests at once: the wait in this program is no outage of the store, and one caller's crowd
//! harms no other caller.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::proxy::Proxies;
use palisade::rate_limit::store::{MemcachedStore, RedisConnection, RedisStore, Store, StoreError};
use palisade::rate_limit::{FallbackStore, OutagePolicy, RateLimit, RateLimitRejection};
use palisade::session::store::{RedisSessions, SessionId, SessionStore};
use test_support::delay_proxy::DelayProxy;
use test_support::servers::{Server, free_port, namespaced};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::test_store::{Limit, TestStore};

/// The time for an answer of a server that shares a busy machine with other tests. It is shorter
/// than 200 turns in memcached take.
const BUSY_MACHINE: Duration = Duration::from_millis(250);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Returns memcached, a network that takes a millisecond each way, and the address there.
fn distant_memcached() -> (Server, DelayProxy, String) {
    let port = free_port();
    let server = Server::memcached_on(port);
    let proxy = DelayProxy::to_port(port, MILLISECOND);
    let uri = namespaced(&format!("memcached://{}", proxy.address));
    (server, proxy, uri)
}

fn limit(name: &str, quotas: &str, store: &FallbackStore) -> RateLimit {
    RateLimit::new(name, quotas, store.clone()).unwrap().on_outage(OutagePolicy::Reject)
}

/// Makes this many requests of one caller at once. Returns how many passed, were over the limit, and
/// were not counted.
async fn crowd(limit: &RateLimit, requests: usize) -> [usize; 3] {
    let mut tasks = JoinSet::new();
    for _ in 0..requests {
        let limit = limit.clone();
        tasks.spawn(async move { limit.check("192.0.2.7").await });
    }
    let mut outcomes = [0; 3];
    while let Some(outcome) = tasks.join_next().await {
        let index = match outcome.unwrap() {
            Ok(_) => 0,
            Err(RateLimitRejection::LimitExceeded { retry_after, .. }) => {
                assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(60));
                1
            }
            Err(_) => 2,
        };
        outcomes[index] += 1;
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_one_caller_is_no_outage() {
    let (_server, _proxy, uri) = distant_memcached();
    for requests in [10, 20, 200] {
        let store = FallbackStore::new(Store::open(&uri).await.unwrap()).timeout(BUSY_MACHINE);
        let pages = limit(&format!("pages {requests}"), "5/minute", &store);
        assert_eq!(crowd(&pages, requests).await, [5, requests - 5, 0], "{requests} at once");
        assert!(!store.is_down(), "{requests} at once");
        assert!(limit("login", "99/minute", &store).check("another").await.is_ok());
        let snapshot = store.metrics().snapshot();
        assert_eq!((snapshot.outages, snapshot.errors, snapshot.queue_full), (0, 0, 0));
        let not_sent = requests.saturating_sub(64) as u64;
        assert_eq!(snapshot.caller_queue_full, not_sent, "64 are underway or wait");
        assert_eq!(snapshot.limits[0].allowed + snapshot.limits[0].rejected, requests as u64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_class_does_not_close_the_login() {
    let (_server, _proxy, uri) = distant_memcached();
    let store = FallbackStore::new(Store::open(&uri).await.unwrap()).timeout(BUSY_MACHINE);
    let page = Router::new().route("/", get(async || "page"));
    let login = Router::new().route("/login", get(async || "login"));
    let app = page
        .layer(limit("pages", "200/minute", &store).per_client())
        .merge(login.layer(limit("login", "9/minute", &store).per_client()))
        .layer(Proxies::none());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(palisade::serve(listener, app).into_future());

    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (client, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let ask = |path: &str| {
        let mut client = client.clone();
        let request = Request::get(format!("http://{address}{path}")).body(Full::<Bytes>::default()).unwrap();
        async move { client.send_request(request).await.unwrap().status() }
    };
    let mut pages = JoinSet::new();
    for _ in 0..25 {
        pages.spawn(ask("/"));
    }
    assert_eq!(pages.join_all().await, [StatusCode::OK; 25]);
    assert_eq!(ask("/login").await, StatusCode::OK);
    assert!(!store.is_down());
    served.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_at_once_share_one_budget() {
    let server = Server::redis();
    let store = FallbackStore::new(RedisStore::new(&server.uri).unwrap()).timeout(BUSY_MACHINE);
    let limit = limit("pages", "5/minute", &store).on_outage(OutagePolicy::CountLocally);
    let [passed, limited, uncounted] = crowd(&limit, 10_000).await;
    assert_eq!((passed, limited, uncounted), (5, 9_995, 0));
    assert!(!store.is_down());
    assert_eq!(store.metrics().snapshot().limits[0].counted_locally, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_at_once_are_no_outage() {
    let server = Server::redis();
    let redis = RedisConnection::new(&server.uri).unwrap();
    let store = FallbackStore::new(RedisStore::on(&redis).unwrap()).timeout(BUSY_MACHINE);
    let sessions = RedisSessions::on(&redis).unwrap().timeout(BUSY_MACHINE);
    let limit = limit("pages", "5/minute", &store);
    let mut tasks = JoinSet::new();
    for number in 0..10_000 {
        let limit = limit.clone();
        tasks.spawn(async move { limit.check(format!("caller {number}")).await.is_ok() });
    }
    let passed = tasks.join_all().await.into_iter().filter(|passed| *passed).count() as u64;
    let snapshot = store.metrics().snapshot();
    assert_eq!((snapshot.outages, snapshot.errors, snapshot.is_down), (0, 0, false));
    assert_eq!(passed + snapshot.queue_full, 10_000, "what is not sent is decided by the outage policy");
    assert!(passed >= 128 + 4096, "{passed}");
    assert!(sessions.load(SessionId::random()).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_applies_the_outage_policy() {
    let (_server, _proxy, uri) = distant_memcached();
    let store = FallbackStore::new(MemcachedStore::new(&uri).unwrap().waiting(1)).timeout(BUSY_MACHINE);
    let (closed, open) = (limit("closed", "5/minute", &store), limit("open", "5/minute", &store));
    let open = open.on_outage(OutagePolicy::Allow);
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let limit = if number % 2 == 0 { closed.clone() } else { open.clone() };
        tasks.spawn(async move { (number, limit.check(format!("caller {number}")).await) });
    }
    let mut rejected = 0;
    for (number, outcome) in tasks.join_all().await {
        if let Err(rejection) = outcome {
            assert!(
                number % 2 == 0 && matches!(rejection, RateLimitRejection::StoreDown { .. }),
                "{rejection:?}"
            );
            rejected += 1;
        }
    }
    let snapshot = store.metrics().snapshot();
    let uncounted = snapshot.limits[1].allowed_uncounted;
    assert!(rejected > 0 && uncounted > 0 && snapshot.queue_full == rejected + uncounted, "{snapshot:?}");
    assert!(!snapshot.is_down && snapshot.outages == 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_counter_of_many_programs_is_no_outage() {
    let (_server, _proxy, uri) = distant_memcached();
    let mut tasks = JoinSet::new();
    for _ in 0..24 {
        let store = FallbackStore::new(Store::open(&uri).await.unwrap()).timeout(BUSY_MACHINE);
        tasks.spawn(async move { (crowd(&limit("pages", "5/minute", &store), 2).await, store) });
    }
    let mut passed = 0;
    for (outcomes, store) in tasks.join_all().await {
        passed += outcomes[0];
        assert_eq!(outcomes[2], 0);
        assert!(!store.is_down() && store.metrics().snapshot().errors == 0);
    }
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn one_lost_memcached_does_not_stop_the_others() {
    let ports = [free_port(), free_port(), free_port()];
    let mut servers = ports.map(Server::memcached_on);
    let address = |port: u16| format!("127.0.0.1:{port}");
    let uri = namespaced(&format!("memcached://{}", ports.map(address).join(",")));
    let store = FallbackStore::new(Store::open(&uri).await.unwrap()).timeout(BUSY_MACHINE);
    let limit = limit("login", "1000/hour", &store);
    let callers: Vec<String> = (0..60).map(|number| format!("caller {number}")).collect();
    for caller in &callers {
        assert!(limit.check(caller.as_str()).await.is_ok());
    }
    servers[1].kill();
    for round in 0..5 {
        let mut rejected = 0;
        for caller in &callers {
            rejected += usize::from(limit.check(caller.as_str()).await.is_err());
        }
        assert!(
            (1..40).contains(&rejected),
            "round {round}: {rejected} of 60 belong to one of three servers"
        );
    }
    assert!(store.is_down(), "a health check reports the lost server");
    assert!(store.metrics().snapshot().errors < 10, "its circuit breaker is open");
}

#[tokio::test]
async fn a_meta_limit_ignores_a_full_queue() {
    let (_server, _proxy, uri) = distant_memcached();
    let store =
        FallbackStore::new(MemcachedStore::new(&uri).unwrap().waiting_per_caller(1)).timeout(BUSY_MACHINE);
    let breaches = limit("breaches", "1/day", &FallbackStore::new(TestStore::memory().store));
    let pages = limit("pages", "99/minute", &store).meta(breaches.clone());
    let [passed, limited, _] = crowd(&pages, 9).await;
    assert!(passed >= 1 && limited >= 1 && passed + limited == 9, "{passed} {limited}");
    assert!(breaches.check("192.0.2.7").await.is_ok(), "no quota was used up");
    assert_eq!(crowd(&pages.report_only(), 9).await[0], 9, "a limit that reports lets all pass");
}

#[tokio::test]
async fn a_silent_redis_delays_three_sessions_only() {
    let server = Server::redis();
    let redis = RedisConnection::new(&server.uri).unwrap();
    let (sessions, counters) =
        (RedisSessions::on(&redis).unwrap(), FallbackStore::new(RedisStore::on(&redis).unwrap()));
    assert!(sessions.load(SessionId::random()).await.unwrap().is_none());
    server.pause(true);
    let mut took = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        let error = sessions.load(SessionId::random()).await.unwrap_err();
        assert!(matches!(error, StoreError::Down { store: "redis", .. }));
        took.push(begun.elapsed());
    }
    let waited = took.iter().filter(|time| **time >= Duration::from_millis(45)).count();
    assert!((3..=4).contains(&waited), "three failures, perhaps a probe: {took:?}");
    assert!(took[..3].iter().all(|time| *time < Duration::from_millis(500)), "{took:?}");
    assert!(counters.is_down(), "the counters on the connection share its circuit breaker");
    let login = limit("login", "5/minute", &counters);
    let begun = Instant::now();
    assert!(login.check("ada").await.is_err());
    assert!(begun.elapsed() < Duration::from_millis(45), "without asking the server");
    server.pause(false);
    let begun = Instant::now();
    while sessions.load(SessionId::random()).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(40), "the server is not used again");
        tokio::task::yield_now().await;
    }
    assert!(login.check("ada").await.is_ok());
}

#[tokio::test]
async fn a_distant_redis_answers_in_time() {
    let server = Server::redis_on(free_port(), &[]);
    let port = server.uri.split([':', '?']).nth(2).unwrap().parse().unwrap();
    let proxy = DelayProxy::to_port(port, MILLISECOND);
    let mut limit: Limit = TestStore::memory().limit(Default::default(), "3/hour");
    limit.store = Store::open(&namespaced(&format!("redis://{}", proxy.address))).await.unwrap();
    assert_eq!(limit.hits(&[1; 4]).await, "TTTF");
}
