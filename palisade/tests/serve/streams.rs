//! The places of streams: Server-Sent Events and upgraded sockets.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use palisade::serve::{Serve, ServeMetrics};
use tokio::time::{Instant, pause};

use super::site::{Client, Site};
use super::websocket::{Socket, echo};

const OWN: &str = "http://localhost";

fn app() -> Router {
    let events = get(async || Sse::new(futures_util::stream::pending::<Result<Event, Infallible>>()));
    echo().route("/events", events).route("/", get(async || "a page"))
}

/// Opens a stream of events, and returns the connection and the status.
async fn watch(mut client: Client) -> (Client, u16) {
    let status = client.get("/events").await.status;
    (client, status)
}

#[tokio::test]
async fn streams_have_places_of_their_own() {
    let metrics = ServeMetrics::new();
    let bounds = Serve::new().max_requests(1).max_streams(2).metrics(&metrics);
    let site = Site::bounded(bounds, app()).await;
    let (first, status) = watch(site.connect().await).await;
    assert_eq!(status, 200);
    let socket = Socket::open(site.connect().await.0, "/echo", OWN).await.unwrap();
    assert_eq!(site.connect().await.get("/").await.status, 200, "a page has a place");

    let full = site.connect().await.get("/events").await;
    assert_eq!(full.status, 503);
    assert!(full.head.contains("retry-after: 5\r\n"), "{}", full.head);
    let refused = Socket::open(site.connect().await.0, "/echo", OWN).await;
    assert_eq!(refused.err().map(|response| response.status().as_u16()), Some(503));
    assert_eq!(metrics.snapshot().streams.rejected_at_capacity, 2);

    drop((first, socket));
    while metrics.snapshot().streams.used > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(watch(site.connect().await).await.1, 200);
}

#[tokio::test]
async fn one_address_cannot_hold_every_stream() {
    let site = Site::bounded(Serve::new().max_streams(16).count_loopback(), app()).await;
    let mut open = Vec::new();
    for expected in [200, 200, 429] {
        let (client, status) = watch(site.connect().await).await;
        assert_eq!(status, expected);
        open.push(client);
    }
    assert_eq!(watch(site.connect_from(2).await).await.1, 200);
    let socket = Socket::open(site.connect_from(2).await.0, "/echo", OWN).await;
    assert!(socket.is_ok(), "the second stream of this address");
}

#[tokio::test]
async fn an_idle_socket_is_closed() {
    let metrics = ServeMetrics::new();
    let site = Site::bounded(Serve::new().metrics(&metrics), echo()).await;
    let mut socket = Socket::open(site.connect().await.0, "/echo", OWN).await.unwrap();
    assert_eq!(socket.say("hello").await, "hello");
    pause();
    let began = Instant::now();
    assert!(socket.receive().await.is_none());
    let after = began.elapsed();
    assert!(after >= Duration::from_secs(119) && after < Duration::from_secs(125), "closed after {after:?}");
    assert_eq!(metrics.snapshot().idle_sockets_closed, 1);
    while metrics.snapshot().streams.used > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_socket_stays_open_while_bytes_pass() {
    let metrics = ServeMetrics::new();
    let site = Site::bounded(Serve::new().metrics(&metrics), echo()).await;
    let mut socket = Socket::open(site.connect().await.0, "/echo", OWN).await.unwrap();
    pause();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(socket.say("still here").await, "still here");
    }
    assert_eq!(metrics.snapshot().idle_sockets_closed, 0);
}
