//! How a server stops.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use palisade::serve::Serve;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};

use super::site::Site;

/// A page that says when it is asked for, and answers when it is told to.
fn slow_page() -> (Router, mpsc::Receiver<()>, Arc<Notify>) {
    let (entered, inside) = mpsc::channel(1);
    let go = Arc::new(Notify::new());
    let told = go.clone();
    let page = get(async move || {
        entered.send(()).await.unwrap();
        told.notified().await;
        "finished"
    });
    (Router::new().route("/slow", page).route("/", get(async || "hello")), inside, go)
}

#[tokio::test]
async fn shutdown_finishes_open_requests_and_closes_idle_connections() {
    let (app, mut inside, go) = slow_page();
    let site = Site::new(app).await;
    let address = site.address;
    let mut idle = site.line().await;
    assert_eq!(idle.get("/").await.status, 200);
    let mut silent = site.line().await;
    let mut line = site.line().await;
    line.say("GET /slow HTTP/1.1\r\nHost: site\r\n\r\n").await;
    inside.recv().await.unwrap();

    let served = site.stop();
    assert_eq!(idle.hung_up().await, "");
    assert_eq!(silent.hung_up().await, "");
    while TcpStream::connect(address).await.is_ok() {}
    assert!(!served.is_finished());

    go.notify_one();
    let heard = line.hear().await;
    assert_eq!((heard.status, heard.body.as_str()), (200, "finished"));
    assert!(heard.head.contains("connection: close"));
    drop((line, idle, silent));
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_waits_no_longer_than_its_timeout() {
    let (app, mut inside, _go) = slow_page();
    let site = Site::bounded(Serve::new().shutdown_timeout(Duration::from_millis(20)), app).await;
    let mut line = site.line().await;
    line.say("GET /slow HTTP/1.1\r\nHost: site\r\n\r\n").await;
    inside.recv().await.unwrap();

    let error = site.stop().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "stopped with 1 connections still open after 20ms");
    assert_eq!(line.hung_up().await, "");
}
