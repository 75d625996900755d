//! Upgraded connections: WebSockets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade, close_code};
use axum::routing::{any, get};
use palisade::Palisade;
use palisade::serve::{Serve, Shutdown};
use tokio::time::timeout;

use super::site::Site;
use super::websocket::{Socket, echo};

const OWN: &str = "http://localhost";

#[tokio::test]
async fn a_websocket_echoes_behind_palisade() {
    let app = Palisade::for_hosts(["localhost"]).unwrap().protect(echo());
    let site = Site::new(app).await;
    let mut socket = Socket::open(site.connect().await.0, "/echo", OWN).await.unwrap();
    for text in ["hello", "again"] {
        assert_eq!(socket.say(text).await, text);
    }
}

#[tokio::test]
async fn a_foreign_origin_opens_no_websocket() {
    let app = Palisade::for_hosts(["localhost"]).unwrap().protect(echo());
    let site = Site::new(app).await;
    let opened = Socket::open(site.connect().await.0, "/echo", "https://evil.example").await;
    assert_eq!(opened.err().map(|response| response.status().as_u16()), Some(403));
}

#[tokio::test]
async fn a_websocket_counts_as_a_connection() {
    let (events, ended, visited) = (Arc::new(Mutex::new(Vec::new())), "socket ended", "page visited");
    let (by_socket, by_page) = (events.clone(), events.clone());
    let socket = any(async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |mut socket| {
            while let Some(Ok(message @ Message::Text(_))) = socket.recv().await {
                socket.send(message).await.unwrap();
            }
            by_socket.lock().unwrap().push(ended);
        })
    });
    let page = get(async move || by_page.lock().unwrap().push(visited));
    let app = Router::new().route("/socket", socket).route("/", page);
    let site = Site::bounded(Serve::new().max_connections(1), app).await;

    let mut socket = Socket::open(site.connect().await.0, "/socket", OWN).await.unwrap();
    let mut waiting = site.connect().await;
    waiting.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    for _ in 0..10 {
        assert_eq!(socket.say("still open").await, "still open");
    }
    drop(socket);
    assert_eq!(waiting.receive().await.status, 200);
    assert_eq!(*events.lock().unwrap(), [ended, visited]);
}

#[tokio::test]
async fn shutdown_closes_websockets_that_nobody_closes() {
    let site = Site::new(echo()).await;
    let mut socket = Socket::open(site.connect().await.0, "/echo", OWN).await.unwrap();
    assert_eq!(socket.say("hello").await, "hello");
    let served = site.stop();
    assert!(socket.receive().await.is_none());
    // Far less than the shutdown timeout of 30 s.
    timeout(Duration::from_secs(15), served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_handler_says_goodbye_at_the_shutdown() {
    let goodbye = any(async |shutdown: Shutdown, upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |mut socket| {
            shutdown.started().await;
            let frame = CloseFrame { code: close_code::AWAY, reason: "restarting".into() };
            socket.send(Message::Close(Some(frame))).await.unwrap();
        })
    });
    let site = Site::new(Router::new().route("/socket", goodbye)).await;
    let mut socket = Socket::open(site.connect().await.0, "/socket", OWN).await.unwrap();
    let served = site.stop();
    let tokio_tungstenite::tungstenite::Message::Close(Some(frame)) = socket.receive().await.unwrap() else {
        panic!("not closed by the handler");
    };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1001, "restarting"));
    drop(socket);
    served.await.unwrap().unwrap();
}
