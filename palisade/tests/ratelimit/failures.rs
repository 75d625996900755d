//! Limits that count failures only, also with concurrent requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use http::StatusCode;
use palisade::clock::Clock;
use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::{FallbackStore, RateLimitLayer};
use tokio::sync::{Barrier, Notify};

use super::support::{Server, get, limit, memory, statuses, wrapped};
use crate::support::ask;

fn only_failures(quotas: &str, store: &FallbackStore) -> RateLimitLayer {
    limit("login", quotas, store).per_client().count_if(|answer| answer.status == 401)
}

fn login(gate: RateLimitLayer) -> Router {
    let right = || async { "welcome" };
    let wrong = || async { StatusCode::UNAUTHORIZED };
    wrapped(Router::new().route("/right", on_get(right)).route("/wrong", on_get(wrong)).layer(gate))
}

#[tokio::test]
async fn only_failed_logins_use_up_the_quota() {
    let (clock, _manual) = Clock::manual();
    for store in [memory().0, FallbackStore::new(Server::new(&clock).store())] {
        let app = login(only_failures("2/minute", &store));
        let asks = ["/right", "/right", "/right", "/wrong", "/wrong", "/wrong", "/right"].map(get);
        assert_eq!(statuses(&app, asks).await, [200, 200, 200, 401, 401, 429, 429]);
    }
}

#[tokio::test]
async fn headers_are_computed_after_the_refund() {
    let app = login(only_failures("2/minute", &memory().0).headers());
    for (target, left) in
        [("/right", "2"), ("/wrong", "1"), ("/right", "1"), ("/wrong", "0"), ("/right", "0")]
    {
        assert_eq!(ask(&app, get(target)).await.header("x-ratelimit-remaining"), Some(left), "{target}");
    }
}

/// Sends fifty failing logins at once, and returns the number that reached the handler.
async fn fifty_at_once(store: &FallbackStore, strategy: Strategy) -> usize {
    let passed = Arc::new(AtomicUsize::new(0));
    let begin = Arc::new(Barrier::new(50));
    let handler = {
        let passed = Arc::clone(&passed);
        move || async move {
            passed.fetch_add(1, Ordering::SeqCst);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            StatusCode::UNAUTHORIZED
        }
    };
    let limit = limit("login", "5/minute", store).strategy(strategy).unwrap();
    let gate = limit.per_client().count_if(|answer| answer.status == 401);
    let app = wrapped(Router::new().route("/", on_get(handler)).layer(gate));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (app, begin) = (app.clone(), Arc::clone(&begin));
            tokio::spawn(async move {
                begin.wait().await;
                ask(&app, get("/")).await.status
            })
        })
        .collect();
    let mut rejected = 0;
    for task in tasks {
        rejected += usize::from(task.await.unwrap() == 429);
    }
    assert_eq!(rejected + passed.load(Ordering::SeqCst), 50);
    passed.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_failures_never_exceed_the_quota() {
    for strategy in [Strategy::FixedWindow, Strategy::SlidingWindowCounter, Strategy::Gcra] {
        let (clock, _manual) = Clock::manual();
        let server =
            FallbackStore::new(Server::new(&clock).store()).timeout(std::time::Duration::from_secs(10));
        for store in [memory().0, server] {
            assert_eq!(fifty_at_once(&store, strategy).await, 5, "{strategy}");
        }
    }
}

#[tokio::test]
async fn a_late_refund_never_reaches_the_next_window() {
    let (store, clock, manual) = memory();
    let release = Arc::new(Notify::new());
    let slow = {
        let release = Arc::clone(&release);
        move || async move { release.notified().await }
    };
    let wrong = || async { StatusCode::UNAUTHORIZED };
    let gate = limit("login", "2/minute", &store).clock(clock).per_client();
    let gate = gate.count_if(|answer| answer.status == 401);
    let routes = Router::new().route("/slow", on_get(slow)).route("/wrong", on_get(wrong));
    let app = wrapped(routes.layer(gate));
    assert_eq!(ask(&app, get("/wrong")).await.status, 401);
    manual.advance(Duration::from_secs(59));
    let mut open = std::pin::pin!(ask(&app, get("/slow")));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(open.as_mut().poll(&mut cx).is_pending());
    assert_eq!(ask(&app, get("/wrong")).await.status, 429, "the open request counts");
    manual.advance(Duration::from_secs(1));
    assert_eq!(ask(&app, get("/wrong")).await.status, 401, "a new window starts");
    release.notify_one();
    assert_eq!(open.await.status, 200);
    assert_eq!(statuses(&app, ["/wrong", "/wrong"].map(get)).await, [401, 429]);
}

#[tokio::test]
async fn a_request_whose_handler_panics_stays_counted() {
    async fn broken() -> StatusCode {
        panic!("on purpose")
    }
    let (clock, _manual) = Clock::manual();
    for store in [memory().0, FallbackStore::new(Server::new(&clock).store())] {
        let app = wrapped(Router::new().route("/", on_get(broken)).layer(only_failures("1/minute", &store)));
        assert_eq!(statuses(&app, ["/", "/"].map(get)).await, [500, 429]);
    }
}

#[tokio::test]
async fn a_cancelled_request_stays_counted() {
    let never = || async { std::future::pending::<StatusCode>().await };
    let gate = only_failures("1/minute", &memory().0);
    let app = wrapped(Router::new().route("/", on_get(never)).layer(gate));
    {
        let halfway = std::pin::pin!(ask(&app, get("/")));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(halfway.poll(&mut cx).is_pending());
    }
    assert_eq!(ask(&app, get("/")).await.status, 429);
}
