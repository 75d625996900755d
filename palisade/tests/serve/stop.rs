//! Graceful shutdown.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use palisade::serve::Serve;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};

use super::site::Site;

/// Returns a page that signals each request, and answers when it is notified.
fn slow_page() -> (Router, mpsc::Receiver<()>, Arc<Notify>) {
    let (entered, inside) = mpsc::channel(1);
    let go = Arc::new(Notify::new());
    let released = go.clone();
    let page = get(async move || {
        entered.send(()).await.unwrap();
        released.notified().await;
        "finished"
    });
    (Router::new().route("/slow", page).route("/", get(async || "hello")), inside, go)
}

#[tokio::test]
async fn shutdown_finishes_open_requests_and_closes_idle_connections() {
    let (app, mut inside, go) = slow_page();
    let site = Site::new(app).await;
    let address = site.address;
    let mut idle = site.connect().await;
    assert_eq!(idle.get("/").await.status, 200);
    let mut silent = site.connect().await;
    let mut client = site.connect().await;
    client.send("GET /slow HTTP/1.1\r\nHost: site\r\n\r\n").await;
    inside.recv().await.unwrap();

    let served = site.stop();
    assert_eq!(idle.read_to_close().await, "");
    assert_eq!(silent.read_to_close().await, "");
    while TcpStream::connect(address).await.is_ok() {}
    assert!(!served.is_finished());

    go.notify_one();
    let response = client.receive().await;
    assert_eq!((response.status, response.body.as_str()), (200, "finished"));
    assert!(response.head.contains("connection: close"));
    drop((client, idle, silent));
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_waits_no_longer_than_its_timeout() {
    let (app, mut inside, _go) = slow_page();
    let site = Site::bounded(Serve::new().shutdown_timeout(Duration::from_millis(20)), app).await;
    let mut client = site.connect().await;
    client.send("GET /slow HTTP/1.1\r\nHost: site\r\n\r\n").await;
    inside.recv().await.unwrap();

    let error = site.stop().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "stopped with 1 connections still open after 20ms");
    assert_eq!(client.read_to_close().await, "");
}
