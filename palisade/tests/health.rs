//! `Health`: liveness, readiness, caching and log lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use palisade::health::Health;
use test_support::log::Log;
use tokio::sync::Barrier;
use tokio::time::{Instant, advance, sleep};
use tower::ServiceExt;

fn site(health: Health) -> Router {
    Router::new().route_service("/healthz", health.liveness()).route_service("/readyz", health.readiness())
}

async fn ask(app: &Router, method: &str, path: &str) -> Response<String> {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(head, String::from_utf8(body.to_vec()).unwrap())
}

async fn ready(app: &Router) -> (u16, String) {
    let response = ask(app, "GET", "/readyz").await;
    (response.status().as_u16(), response.into_body())
}

fn yes() -> (u16, String) {
    (200, r#"{"status": "ready"}"#.to_owned())
}

fn no() -> (u16, String) {
    (503, r#"{"status": "degraded"}"#.to_owned())
}

async fn fine() -> Result<(), &'static str> {
    Ok(())
}

#[tokio::test]
async fn liveness_does_not_depend_on_readiness() {
    let app = site(Health::new().check("database", async || Err("no such host db.internal")));
    let alive = ask(&app, "GET", "/healthz").await;
    assert_eq!(alive.status(), 200);
    assert_eq!(alive.headers()["content-type"], "application/json");
    assert_eq!(alive.headers()["cache-control"], "no-store");
    assert_eq!(alive.body(), r#"{"status": "ok"}"#);
}

#[tokio::test]
async fn readiness_needs_every_check_and_names_none() {
    assert_eq!(ready(&site(Health::new())).await, yes());
    assert_eq!(ready(&site(Health::new().check("one", fine).check("two", fine))).await, yes());
    let broken = Health::new().check("one", fine).check("two", async || Err("no such host db.internal"));
    let app = site(broken);
    let response = ask(&app, "GET", "/readyz").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!((response.status().as_u16(), response.into_body()), no());
}

#[tokio::test]
async fn head_works_and_other_methods_get_405() {
    let app = site(Health::new());
    for (path, length) in [("/healthz", "16"), ("/readyz", "19")] {
        let head = ask(&app, "HEAD", path).await;
        assert_eq!((head.status().as_u16(), head.body().as_str()), (200, ""));
        assert_eq!(head.headers()["content-length"], length);
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let rejected = ask(&app, method, path).await;
            assert_eq!(rejected.status(), 405);
            assert_eq!(rejected.headers()["allow"], "GET, HEAD");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_check_counts_as_failed() {
    async fn slow() -> Result<(), &'static str> {
        sleep(Duration::from_secs(3)).await;
        Ok(())
    }
    let asked = Instant::now();
    assert_eq!(ready(&site(Health::new().check("slow", slow))).await, no());
    assert_eq!(asked.elapsed(), Duration::from_secs(2));
    let longer = Health::new().timeout(Duration::from_secs(4)).check("slow", slow);
    assert_eq!(ready(&site(longer)).await, yes());
}

#[tokio::test]
async fn a_panicking_check_counts_as_failed() {
    let app = site(Health::new().check("broken", async || -> Result<(), String> { panic!("by design") }));
    assert_eq!(ready(&app).await, no());
    assert_eq!(ask(&app, "GET", "/healthz").await.status(), 200);
}

#[tokio::test]
async fn checks_run_at_once() {
    let meet = Arc::new(Barrier::new(2));
    let met = |meet: Arc<Barrier>| {
        move || {
            let meet = meet.clone();
            async move {
                meet.wait().await;
                Ok::<(), String>(())
            }
        }
    };
    let app = site(Health::new().check("one", met(meet.clone())).check("two", met(meet)));
    assert_eq!(ready(&app).await, yes());
}

#[tokio::test(start_paused = true)]
async fn concurrent_probes_share_one_cached_result() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let app = site(Health::new().check("counted", move || {
        count.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::task::yield_now().await;
            Ok::<(), String>(())
        }
    }));
    let (a, b, c) = tokio::join!(ready(&app), ready(&app), ready(&app));
    assert_eq!([a, b, c], [yes(), yes(), yes()]);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    advance(Duration::from_millis(999)).await;
    assert_eq!(ready(&app).await, yes());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    advance(Duration::from_millis(1)).await;
    assert_eq!(ready(&app).await, yes());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_readiness_change_is_logged_once() {
    let works = Arc::new(AtomicBool::new(true));
    let state = works.clone();
    let check = move || {
        let works = state.load(Ordering::SeqCst);
        async move { if works { Ok(()) } else { Err("no such host db.internal") } }
    };
    let app = site(Health::new().cache_ttl(Duration::ZERO).check("database", check));
    let log = Log::default();
    let _logging = log.listen();

    for (now, expected, lines) in [
        (true, yes(), 0),
        (false, no(), 1),
        (false, no(), 1),
        (true, yes(), 2),
        (true, yes(), 2),
        (false, no(), 3),
    ] {
        works.store(now, Ordering::SeqCst);
        assert_eq!(ready(&app).await, expected);
        assert_eq!(log.lines_of("palisade").len(), lines, "{:?}", log.lines_of("palisade"));
    }
    let lines = log.lines_of("palisade");
    assert!(lines[0].starts_with("WARN") && lines[0].contains("database"), "{}", lines[0]);
    assert!(lines[0].contains("no such host db.internal"), "{}", lines[0]);
    assert!(lines[1].starts_with("INFO") && lines[1].contains("database"), "{}", lines[1]);
}
