//! The site while its database is locked, stopped or takes no writes.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use mathsoc::db::{Db, Url};
use mathsoc::domain::person::Role;
use mathsoc::observe::storage::StorageCheck;
use palisade::request::PeerAddr;
use test_support::postgres::Postgres;
use tower::ServiceExt;

use crate::support::site::{ADA, TestSite};

/// The timeout of SQLite for a lock: whatever waits for one takes at least so long.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads pages as a member who was not seen for hours, while nobody can write to `users`.
async fn pages_pass_a_write_lock(site: TestSite) {
    site.member(ADA, Role::Pupil).await;
    let mut ada = site.adas().await;
    // The session is due to be written, too.
    site.hand.advance(Duration::from_secs(600));
    macro_rules! read_while_locked {
        ($begin:expr, $lock:expr) => {{
            let mut lock = $begin.await.unwrap();
            sqlx::query($lock).execute(&mut *lock).await.unwrap();
            let start = Instant::now();
            assert_eq!(ada.get("/").await.status, 200);
            assert!(start.elapsed() < LOCK_TIMEOUT, "a page waits for the lock: {:?}", start.elapsed());
            for path in ["/challenges", "/leaderboard", "/profile"] {
                assert_eq!(ada.get(path).await.status, 200, "{path}");
            }
            assert!(site.ada().await.unwrap().last_seen_at.is_none());
            lock.rollback().await.unwrap();
        }};
    }
    match &site.app.db {
        Db::Sqlite(pool, _) => read_while_locked!(pool.begin_with("BEGIN IMMEDIATE"), "SELECT 1"),
        Db::Postgres(pool, _) => {
            read_while_locked!(pool.begin(), "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
        }
    }
    let start = Instant::now();
    while site.ada().await.unwrap().last_seen_at.is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "the visit is never written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_pass_a_write_lock_on_sqlite() {
    pages_pass_a_write_lock(TestSite::new(&[]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_pass_a_write_lock_on_postgresql() {
    let server = Postgres::start();
    pages_pass_a_write_lock(TestSite::new(&[("DATABASE_URL", &server.database().await)]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_postgresql_is_a_503() {
    let server = Postgres::start();
    let site = TestSite::new(&[("DATABASE_URL", &server.database().await)]).await;
    site.member(ADA, Role::Pupil).await;
    let mut ada = site.adas().await;
    assert_eq!(ada.get("/").await.status, 200);
    drop(server);
    for path in ["/", "/challenges", "/articles"] {
        let start = Instant::now();
        let page = ada.get(path).await;
        assert_eq!(page.status, 503, "{path}: {}", page.body);
        assert!(page.body.contains("cannot reach its database"), "{path}: {}", page.body);
        // One wait of two seconds at most; three in a row would be six.
        assert!(start.elapsed() < Duration::from_secs(6), "{path}: {:?}", start.elapsed());
    }
    assert_eq!(ada.get("/about").await.status, 200, "a page without data");
    assert_eq!(ready(&site).await.0, 503);
}

/// The restart of a server, or a firewall, closes connections that wait.
#[tokio::test(flavor = "multi_thread")]
async fn closed_connections_cost_no_page() {
    let server = Postgres::start();
    let site = TestSite::new(&[("DATABASE_URL", &server.database().await)]).await;
    site.member(ADA, Role::Pupil).await;
    let mut ada = site.adas().await;
    let mut other = server.connect("postgres").await;
    for _ in 0..3 {
        assert_eq!(ada.get("/").await.status, 200);
        let close =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mathsoc'";
        sqlx::query(close).execute(&mut other).await.unwrap();
    }
}

#[tokio::test]
async fn readiness_names_a_database_without_writes() {
    let mut site = TestSite::new(&[]).await;
    let file = Url::file(&site.folder.join("mathsoc.db"));
    let read_only = StorageCheck::new(Db::connect_to_read(&file).await.unwrap());
    let (healthy, failing) = (site.app.storage.clone(), read_only.clone());
    healthy.run().await;
    assert!(!healthy.is_failing());
    assert_eq!(ready(&site).await, (200, r#"{"status": "ready"}"#.to_owned()));
    site.app = site.app.clone().with(|app| app.storage = read_only);
    site.router = mathsoc::app(site.app.clone());
    failing.run().await;
    assert!(failing.is_failing());
    assert_eq!(ready(&site).await, (200, r#"{"status": "ready", "storage": "degraded"}"#.to_owned()));
    let metrics = mathsoc::routes::metrics(&site.app);
    let (_, text) = ask(metrics, "/metrics").await;
    assert!(text.contains("\ndatabase_writable 0\n"), "{text}");
}

#[tokio::test]
async fn a_locked_database_still_counts_as_writable() {
    let site = TestSite::new(&[]).await;
    let Db::Sqlite(pool, _) = &site.app.db else { panic!("tests use SQLite") };
    let lock = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    site.app.storage.run().await;
    assert!(!site.app.storage.is_failing());
    lock.rollback().await.unwrap();
}

async fn ready(site: &TestSite) -> (u16, String) {
    ask(site.router.clone(), "/readyz").await
}

async fn ask(service: axum::Router, path: &str) -> (u16, String) {
    let mut request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr(([203, 0, 113, 9], 40_000).into()));
    let response = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}
