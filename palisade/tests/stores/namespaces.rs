//! Two sites on one server: neither reaches the other's sessions and counters. One connection for
//! several stores.

use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::{MemcachedStore, RedisConnection, RedisStore, Store, StoreError};
use palisade::session::store::RedisSessions;
use palisade::test::session_store;
use test_support::redis_many::{RedisCluster, RedisSentinel};
use test_support::servers::Server;

use super::test_store::{Limit, TestStore};
use crate::session::Site;

fn of(uri: &str, namespace: &str) -> String {
    uri.replace("namespace=test", &format!("namespace={namespace}"))
}

fn limit(store: impl Into<Store>) -> Limit {
    let mut limit = TestStore::memory().limit(Strategy::FixedWindow, "2/hour");
    limit.store = store.into();
    limit
}

#[tokio::test]
async fn sites_on_one_redis_count_apart() {
    let server = Server::redis();
    for strategy in Strategy::ALL {
        let mut forum = limit(RedisStore::new(&of(&server.uri, "forum")).unwrap());
        let mut shop = limit(RedisStore::new(&of(&server.uri, "shop")).unwrap());
        (forum.strategy, shop.strategy) = (strategy, strategy);
        assert_eq!(forum.hits(&[1, 1, 1]).await, "TTF");
        assert_eq!(shop.remaining().await, 2, "{strategy}");
        assert_eq!(shop.hits(&[1]).await, "T");
        forum.reset().await;
        assert_eq!(shop.remaining().await, 1, "{strategy}: a reset reaches its own site only");
    }
}

#[tokio::test]
async fn sites_on_one_memcached_count_apart() {
    let server = Server::memcached();
    let forum = limit(MemcachedStore::new(&of(&server.uri, "forum")).unwrap());
    let shop = limit(MemcachedStore::new(&of(&server.uri, "shop")).unwrap());
    assert_eq!(forum.hits(&[1, 1, 1]).await, "TTF");
    assert_eq!(shop.hits(&[1]).await, "T");
    forum.reset().await;
    assert_eq!(shop.remaining().await, 1);
}

#[tokio::test]
async fn sites_on_one_redis_keep_sessions_apart() {
    let server = Server::redis();
    let open = |namespace| Site::with_store(RedisSessions::new(&of(&server.uri, namespace)).unwrap());
    let (forum, shop) = (open("forum"), open("shop"));
    let (mut member, mut customer) = (forum.browser(), shop.browser());
    member.post("/login/7").await;
    customer.post("/login/7").await;
    assert_eq!(member.get("/sessions").await.body.lines().count(), 1, "only the forum's session is listed");
    member.post("/sessions/end").await;
    assert_eq!(customer.who().await, "7", "the shop's session goes on");
    customer.site = forum.app.clone();
    assert_eq!(customer.who().await, "anonymous", "the forum does not know the shop's session");
}

#[tokio::test]
async fn each_namespace_passes_the_session_suite() {
    let server = Server::redis();
    for namespace in ["forum", "shop"] {
        session_store::check(RedisSessions::new(&of(&server.uri, namespace)).unwrap()).await;
    }
}

#[tokio::test]
async fn a_server_without_a_namespace_is_an_error() {
    for uri in [
        "redis://localhost:6379/0",
        "rediss://localhost?protocol=resp3",
        "redis+cluster://a,b",
        "redis+sentinel://a,b/main",
        "redis+unix:///run/redis.sock",
        "memcached://a,b",
        "memcached:///run/memcached.sock",
        "redis://localhost?namespace=",
        "redis://localhost?namespace=two words",
        "memcached://a?namespace=a:b",
    ] {
        let error = Store::open(uri).await.unwrap_err();
        assert!(matches!(error, StoreError::Namespace(_)), "{uri}: {error}");
        assert!(error.to_string().contains("?namespace=forum"), "{uri}: {error}");
    }
    let redis = RedisConnection::new("redis://localhost").unwrap();
    assert!(matches!(RedisSessions::on(&redis), Err(StoreError::Namespace(_))));
    assert!(RedisSessions::on(&redis.clone().namespace("forum").unwrap()).is_ok());
    assert!(redis.namespace("a/b").is_err());
}

#[tokio::test]
async fn counters_and_sessions_share_one_connection() {
    let server = Server::redis();
    let client = redis::Client::open(server.uri.as_str()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let redis = RedisConnection::new(&server.uri).unwrap();
    let counters = limit(RedisStore::on(&redis).unwrap());
    session_store::check(RedisSessions::on(&redis).unwrap()).await;
    assert_eq!(counters.hits(&[1, 1, 1]).await, "TTF");
    let other = redis.namespace("other").unwrap();
    assert_eq!(limit(RedisStore::on(&other).unwrap()).hits(&[1]).await, "T");
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut raw).await.unwrap();
    assert_eq!(clients.lines().count(), 2, "one of the stores, one of this test:\n{clients}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_connection_reaches_cluster_and_sentinel() {
    let (cluster, sentinel) = (RedisCluster::start(), RedisSentinel::start());
    for uri in [&cluster.uri, &sentinel.uri] {
        let redis = RedisConnection::new(uri).unwrap();
        session_store::check(RedisSessions::on(&redis).unwrap()).await;
        assert_eq!(limit(RedisStore::on(&redis).unwrap()).hits(&[1, 1, 1]).await, "TTF");
    }
}
