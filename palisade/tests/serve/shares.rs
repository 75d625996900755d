//! The share of one address: connections and requests, in all and for each address.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::proxy::Proxies;
use palisade::serve::{Serve, ServeMetrics};
use test_support::log::Log;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::site::{Client, Site};

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// Opens an HTTP/2 connection whose client takes so many bytes of each response by itself.
async fn http2(client: Client, window: u32) -> SendRequest<Empty<Bytes>> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(window);
    let (client, connection) = builder.handshake(TokioIo::new(client.0)).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn ask(site: &Site, client: &mut SendRequest<Empty<Bytes>>) -> Response<Incoming> {
    let request = Request::get(format!("http://{}/", site.address)).body(Empty::new()).unwrap();
    client.ready().await.unwrap();
    client.send_request(request).await.unwrap()
}

#[tokio::test]
async fn one_address_cannot_hold_every_connection() {
    let (log, metrics) = (Log::default(), ServeMetrics::new());
    let _captured = log.listen();
    let bounds = Serve::new().max_connections(16).count_loopback().metrics(&metrics);
    let site = Site::bounded(bounds, hello()).await;
    let mut held = Vec::new();
    for _ in 0..16 / 8 {
        let mut client = site.connect().await;
        assert_eq!(client.get("/").await.status, 200);
        held.push(client);
    }
    for _ in 0..20 {
        assert_eq!(site.connect().await.read_to_close().await, "", "over the share");
    }
    let mut visitor = site.connect_from(2).await;
    assert_eq!(visitor.get("/").await.body, "hello");
    let connections = metrics.snapshot().connections;
    assert_eq!((connections.used, connections.max_per_client, connections.rejected()), (3, 2, 20));

    let warnings = log.lines_of("palisade");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("WARN ") && warnings[0].contains("proxies(&proxies)"), "{warnings:?}");

    drop(held);
    while metrics.snapshot().connections.used > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(site.connect().await.get("/").await.status, 200);
}

#[tokio::test]
async fn loopback_and_named_proxies_may_hold_every_connection() {
    for bounds in [Serve::new(), Serve::new().count_loopback().proxies(&Proxies::hops(1))] {
        let site = Site::bounded(bounds.max_connections(16), hello()).await;
        let mut held = Vec::new();
        for _ in 0..16 {
            let mut client = site.connect().await;
            assert_eq!(client.get("/").await.status, 200);
            held.push(client);
        }
    }
}

#[tokio::test]
async fn one_address_cannot_run_every_request() {
    let underway = Arc::new(AtomicUsize::new(0));
    let finish = Arc::new(Semaphore::new(0));
    let (counted, wait) = (underway.clone(), finish.clone());
    let page = get(async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        drop(wait.acquire().await);
    });
    let metrics = ServeMetrics::new();
    let site = Arc::new(
        Site::bounded(Serve::new().count_loopback().metrics(&metrics), Router::new().route("/", page)).await,
    );
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        let client = http2(site.connect().await, 1 << 20).await;
        for _ in 0..100 {
            let (mut client, site) = (client.clone(), site.clone());
            requests.spawn(async move { ask(&site, &mut client).await.status() });
        }
    }
    let share = 2048 / 8;
    for _ in 0..2000 - share {
        assert_eq!(requests.join_next().await.unwrap().unwrap(), StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(underway.load(Ordering::Relaxed), share);
    assert_eq!(metrics.snapshot().requests.used, share as u64);

    let mut visitor = site.connect_from(2).await;
    visitor.send("GET / HTTP/1.1\r\nHost: site\r\n\r\n").await;
    finish.add_permits(3000);
    assert_eq!(visitor.receive().await.status, 200);
    while let Some(status) = requests.join_next().await {
        assert_eq!(status.unwrap(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_full_server_answers_503_without_calling_the_application() {
    let called = Arc::new(AtomicUsize::new(0));
    let counted = called.clone();
    let page = get(async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<()>().await;
    });
    let site = Site::bounded(Serve::new().max_requests(1), Router::new().route("/", page)).await;
    let mut first = site.connect().await;
    first.send("GET / HTTP/1.1\r\nHost: site\r\n\r\n").await;
    while called.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let response = site.connect().await.get("/").await;
    assert_eq!(response.status, 503);
    assert!(response.head.contains("retry-after: 5\r\n"), "{}", response.head);
    assert_eq!(called.load(Ordering::Relaxed), 1);
}

/// A page whose memory can be seen.
struct Page(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Page {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_place_is_held_until_the_last_byte_is_sent() {
    let pages = Arc::new(AtomicUsize::new(0));
    let made = pages.clone();
    let page = get(async move || {
        made.fetch_add(1, Ordering::Relaxed);
        Bytes::from_owner(Page(vec![b'.'; 200_000], made.clone()))
    });
    let metrics = ServeMetrics::new();
    let bounds = Serve::new().max_requests(16).count_loopback().metrics(&metrics);
    let site = Site::bounded(bounds, Router::new().route("/", page)).await;
    let mut client = http2(site.connect().await, 1000).await;
    let mut unread = Vec::new();
    for _ in 0..2 {
        let response = ask(&site, &mut client).await;
        assert_eq!(response.status(), StatusCode::OK);
        unread.push(response);
    }
    for _ in 0..10 {
        let rejected = ask(&site, &mut client).await;
        assert_eq!(rejected.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(rejected.headers()["retry-after"], "1");
    }
    assert_eq!(pages.load(Ordering::Relaxed), 2, "the memory of two pages");

    for response in unread {
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 200_000);
    }
    while metrics.snapshot().requests.used > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(pages.load(Ordering::Relaxed), 0);
    assert_eq!(ask(&site, &mut client).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn requests_on_one_connection_use_one_place() {
    let page = get(async || "x".repeat(100_000));
    let site = Site::bounded(Serve::new().max_requests(1), Router::new().route("/", page)).await;
    let mut client = site.connect().await;
    for _ in 0..20 {
        assert_eq!(client.get("/").await.status, 200);
    }
}

#[tokio::test]
async fn a_panic_and_a_lost_client_free_their_places() {
    let panics = get(async || {
        if true {
            panic!("by design")
        }
    });
    let app = hello().route("/panic", panics).route("/wait", get(std::future::pending::<()>));
    let metrics = ServeMetrics::new();
    let site = Site::bounded(Serve::new().max_requests(1).metrics(&metrics), app).await;
    for path in ["/panic", "/wait"] {
        let mut client = site.connect().await;
        client.send(format!("GET {path} HTTP/1.1\r\nHost: site\r\n\r\n")).await;
        if path == "/wait" {
            while metrics.snapshot().requests.used == 0 {
                tokio::task::yield_now().await;
            }
        } else {
            assert_eq!(client.read_to_close().await, "");
        }
        drop(client);
        assert_eq!(site.get_when_free("/").await.status, 200, "after {path}");
    }
}
