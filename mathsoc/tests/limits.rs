//! Rate limits of pages, and the command that clears them.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use mathsoc::config::{Config, Vars};
use mathsoc::db::{Db, Url};
use mathsoc::limits::{self, ClearError, Limits};
use mathsoc::state::App;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::Store;
use palisade::request::PeerAddr;
use test_support::Folder;
use test_support::servers::Server;
use tower::ServiceExt;

async fn site(folder: &Folder, settings: &[(&str, &str)]) -> Router {
    let own = [("DATA_DIR", folder.to_str().unwrap())];
    let vars = Vars::new(own.iter().chain(settings).copied(), []);
    mathsoc::app(patient(App::open(Config::load(&vars).unwrap()).await.unwrap()).await)
}

/// Gives the store a long timeout, so that a delay by a busy machine does not count as an outage.
async fn patient(app: App) -> App {
    let store = Store::open(app.config.ratelimit.storage_uri.as_str()).await.unwrap();
    let counters = FallbackStore::new(store).timeout(Duration::from_secs(10));
    let limits = Limits::new(&app.config.ratelimit, counters.clone()).unwrap();
    app.with(|app| (app.counters, app.limits) = (counters, limits))
}

async fn ask(site: &Router, path: &str) -> Response<Body> {
    let mut request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr(([203, 0, 113, 9], 40_000).into()));
    site.clone().oneshot(request).await.unwrap()
}

async fn statuses(site: &Router, path: &str, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(ask(site, path).await.status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn pages_count_but_files_and_health_do_not() {
    let folder = Folder::new();
    let site = site(&folder, &[("RATELIMIT_PAGES", "3/hour"), ("RATELIMIT_HEADERS_ENABLED", "true")]).await;
    let first = ask(&site, "/about").await;
    assert_eq!(
        (first.status().as_u16(), first.headers()["x-ratelimit-remaining"].to_str().unwrap()),
        (200, "2")
    );
    assert_eq!(statuses(&site, "/nowhere", 2).await, [404, 404]);
    let rejected = ask(&site, "/about").await;
    assert_eq!(rejected.status(), 429);
    assert!(
        rejected.headers().contains_key("retry-after")
            && rejected.headers().contains_key("content-security-policy")
    );
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/robots.txt", 200), ("/nowhere", 429)] {
        assert_eq!(statuses(&site, path, 3).await, [status; 3], "{path}");
    }
}

#[tokio::test]
async fn two_sites_on_one_redis_share_one_budget() {
    let server = Server::redis();
    let (one, other) = (Folder::new(), Folder::new());
    let settings = [("RATELIMIT_STORAGE_URI", server.uri.as_str()), ("RATELIMIT_PAGES", "5/hour")];
    let (one, other) = (site(&one, &settings).await, site(&other, &settings).await);
    let mut passed = 0;
    for _ in 0..6 {
        passed += u16::from(ask(&one, "/about").await.status() == 200);
        passed += u16::from(ask(&other, "/about").await.status() == 200);
    }
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn clearing_gives_one_caller_its_budget_back() {
    let (server, folder) = (Server::redis(), Folder::new());
    let settings = [("RATELIMIT_STORAGE_URI", server.uri.as_str()), ("RATELIMIT_PAGES", "2/hour")];
    let site = site(&folder, &settings).await;
    assert_eq!(statuses(&site, "/about", 3).await, [200, 200, 429]);
    let limits = Config::load(&Vars::new(settings, [])).unwrap().ratelimit;
    let db = Db::connect(&Url::file(&folder.join("mathsoc.db"))).await.unwrap();
    let clear = async |caller: &str| limits::clear(&caller.parse().unwrap(), &limits, &db).await;

    clear("203.0.113.10").await.unwrap();
    assert_eq!(statuses(&site, "/about", 1).await, [429], "another caller's budget was cleared");
    let message = clear("203.0.113.9").await.unwrap();
    assert!(
        message.starts_with("Reset for 203.0.113.9, in redis+unix://")
            && message.ends_with(": every limit, and the delays after failures.\n"),
        "{message}"
    );
    assert_eq!(statuses(&site, "/about", 3).await, [200, 200, 429]);

    let message = clear("ada@example.org").await.unwrap();
    assert!(message.starts_with("Reset for the account ada@example.org"), "{message}");
    drop(server);
    assert!(matches!(clear("203.0.113.9").await, Err(ClearError::Store(_))), "a failure is reported");
}

#[tokio::test]
async fn testing_has_no_limits_by_default() {
    for (settings, last) in [
        (&[("APP_ENV", "testing"), ("RATELIMIT_PAGES", "1/hour")][..], 200),
        (&[("APP_ENV", "testing"), ("RATELIMIT_PAGES", "1/hour"), ("RATELIMIT_ENABLED", "yes")], 429),
        (&[("RATELIMIT_PAGES", "1/hour")], 429),
        (&[("RATELIMIT_PAGES", "1/hour"), ("RATELIMIT_ENABLED", "no")], 200),
    ] {
        let folder = Folder::new();
        let site = site(&folder, settings).await;
        assert_eq!(statuses(&site, "/about", 2).await, [200, last], "{settings:?}");
    }
}

#[tokio::test]
async fn readiness_checks_the_store_only_when_configured() {
    let server = Server::redis();
    let (with, without, uri) = (Folder::new(), Folder::new(), server.uri.clone());
    let uri = ("RATELIMIT_STORAGE_URI", uri.as_str());
    let strict = [uri, ("READY_NEEDS_STORE", "true")];
    let (ready, begun) = (site(&with, &strict).await, Instant::now());
    while ask(&ready, "/readyz").await.status() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the site does not get ready");
        tokio::task::yield_now().await;
    }
    drop(server);

    // New sites, because a readiness result is cached for a second.
    let (needs, goes_on) = (site(&with, &strict).await, site(&without, &[uri]).await);
    assert_eq!(statuses(&needs, "/readyz", 1).await, [503]);
    assert_eq!(statuses(&goes_on, "/readyz", 1).await, [200], "requests are counted in memory");
    for site in [&needs, &goes_on] {
        assert_eq!(statuses(site, "/about", 2).await, [200, 200]);
        assert_eq!(statuses(site, "/healthz", 1).await, [200]);
    }
}

#[tokio::test]
async fn an_unsupported_strategy_stops_the_start() {
    let folder = Folder::new();
    let settings = [
        ("DATA_DIR", folder.to_str().unwrap()),
        ("RATELIMIT_STORAGE_URI", "memcached://127.0.0.1:1"),
        ("RATELIMIT_STRATEGY", "moving-window"),
    ];
    let config = Config::load(&Vars::new(settings, [])).unwrap();
    let error = App::open(config).await.unwrap_err().to_string();
    assert!(error.contains("memcached") && error.contains("moving-window"), "{error}");
}
