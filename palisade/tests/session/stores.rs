//! The session store suite, on memory and on a real Redis.

use std::time::Duration;

use http::StatusCode;
use palisade::session::store::{MemorySessions, RedisSessions, SessionId, SessionStore};
use palisade::test::session_store::check;
use test_support::servers::Server;

use super::{Site, record};

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
