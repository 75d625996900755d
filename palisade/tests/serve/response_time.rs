//! The response timeout of the server, and how a `Deadline` on a route combines with it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::{get, post};
use palisade::Palisade;
use palisade::body_limit::BodyLimit;
use palisade::deadline::Deadline;
use palisade::serve::{Serve, ServeMetrics};
use test_support::log::Log;
use tokio::time::{Instant, pause, sleep};

use super::site::Site;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_handler_that_never_answers_is_dropped() {
    let (log, metrics) = (Log::default(), ServeMetrics::new());
    let _captured = log.listen();
    let alive = Arc::new(());
    let weak = Arc::downgrade(&alive);
    let page = get(async move || {
        let _held = alive.clone();
        std::future::pending::<()>().await;
    });
    let site = Site::bounded(Serve::new().metrics(&metrics), Router::new().route("/", page)).await;
    let mut client = site.connect().await;
    pause();
    let began = Instant::now();
    assert_eq!(client.get("/").await.status, 503);
    let after = began.elapsed();
    assert!(after >= seconds(30) && after < seconds(35), "answered after {after:?}");
    assert_eq!(metrics.snapshot().response_timeouts, 1);
    assert!(log.text().contains("`Deadline`"), "{}", log.text());
    assert_eq!(weak.strong_count(), 1, "the route's own; the handler's is dropped");
    assert_eq!(client.get("/").await.status, 503, "the connection is still good");
    assert_eq!(log.lines_of("palisade").len(), 1, "logged once a minute");
}

#[tokio::test]
async fn a_deadline_on_a_route_decides() {
    let slow = |time| get(async move || sleep(time).await);
    let app = Router::new()
        .route("/longer", slow(seconds(60)).layer(Deadline::new(seconds(100))))
        .route("/overdue", slow(seconds(200)).layer(Deadline::new(seconds(100))))
        .route("/never", slow(seconds(5000)).layer(Deadline::never()))
        .route("/none", slow(seconds(60)))
        .route(
            "/events",
            get(async || {
                Sse::new(futures_util::stream::once(async {
                    sleep(seconds(60)).await;
                    Ok::<_, std::convert::Infallible>(Event::default().data("late"))
                }))
            }),
        );
    let site = Site::new(app).await;
    for (path, status, after) in [
        ("/longer", 200, 60),
        ("/overdue", 503, 100),
        ("/never", 200, 5000),
        ("/none", 503, 30),
        ("/events", 200, 0),
    ] {
        let mut client = site.connect().await;
        pause();
        let began = Instant::now();
        assert_eq!(client.get(path).await.status, status, "{path}");
        assert_eq!(began.elapsed().as_secs(), after, "{path}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn the_503_of_palisade_has_headers_and_a_page() {
    let app = Router::new().route("/", get(std::future::pending::<()>));
    let app = Palisade::development().timeout(seconds(40)).protect(app);
    let site = Site::new(app).await;
    let mut client = site.connect().await;
    pause();
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let response = client.receive().await;
    assert_eq!(response.status, 503);
    assert!(response.head.contains("content-security-policy"), "{}", response.head);
}

#[tokio::test]
async fn the_clients_upload_does_not_use_the_applications_time() {
    let work = |time| {
        post(async move |body: Bytes| {
            sleep(time).await;
            body.len().to_string()
        })
    };
    let app = Router::new()
        .route("/quick", work(seconds(29)))
        .route("/slow", work(seconds(31)))
        .layer(BodyLimit::bytes(1000).timeout(seconds(900)));
    let site = Site::bounded(Serve::new().header_timeout(seconds(900)), app).await;
    for (path, status, answered) in [("/quick", 200, 29), ("/slow", 503, 30)] {
        let mut client = site.connect().await;
        client.send(format!("POST {path} HTTP/1.1\r\nHost: site\r\nContent-Length: 3\r\n\r\n")).await;
        pause();
        for byte in ["a", "b", "c"] {
            sleep(seconds(100)).await;
            client.send(byte).await;
        }
        let sent = Instant::now();
        assert_eq!(client.receive().await.status, status, "{path}");
        assert_eq!(sent.elapsed().as_secs(), answered, "{path}");
        tokio::time::resume();
    }
}
