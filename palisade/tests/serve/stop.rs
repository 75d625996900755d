//! Graceful shutdown.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use futures_util::{StreamExt, stream};
use http::Request;
use palisade::Rejection;
use palisade::serve::{Serve, Shutdown, shutdown_signal};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tower::ServiceExt;

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

/// Returns a page with one event, and then none for ever.
fn events() -> Router {
    let one = || stream::once(async { Ok::<_, Infallible>(Event::default().data("first")) });
    Router::new().route("/events", get(async move || Sse::new(one().chain(stream::pending()))))
}

/// Waits for the server, for less than its shutdown timeout of 30 s.
async fn soon(served: tokio::task::JoinHandle<std::io::Result<()>>) {
    timeout(Duration::from_secs(15), served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_ends_server_sent_events() {
    let site = Site::new(events()).await;
    let mut client = site.connect().await;
    let head = client.get("/events").await.head;
    assert!(head.contains("content-type: text/event-stream") && head.contains("chunked"), "{head}");
    let served = site.stop();
    let body = client.read_to_close().await;
    assert!(body.contains("data: first") && body.ends_with("0\r\n\r\n"), "{body}");
    drop(client);
    soon(served).await;
}

#[tokio::test]
async fn a_handler_learns_of_the_shutdown() {
    let (entered, mut inside) = mpsc::channel(1);
    let poll = get(async move |shutdown: Shutdown| {
        assert!(!shutdown.has_started());
        entered.send(()).await.unwrap();
        shutdown.started().await;
        assert!(shutdown.has_started());
        "restarting"
    });
    let site = Site::new(Router::new().route("/poll", poll)).await;
    let mut client = site.connect().await;
    client.send("GET /poll HTTP/1.1\r\nHost: site\r\n\r\n").await;
    inside.recv().await.unwrap();
    let served = site.stop();
    assert_eq!(client.receive().await.body, "restarting");
    drop(client);
    soon(served).await;
}

#[tokio::test]
async fn a_shutdown_that_is_there_logs_no_error() {
    let log = test_support::log::Log::default();
    let _captured = log.listen();
    let site = Site::new(Router::new().route("/", get(async |_: Shutdown| "hello"))).await;
    assert_eq!(site.connect().await.get("/").await.status, 200);
    assert!(log.text().is_empty(), "{}", log.text());
}

#[tokio::test]
async fn another_server_gives_its_handlers_a_shutdown() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = Shutdown::when(async { drop(stopped.await) });
    assert!(!shutdown.has_started());
    drop(stop);
    shutdown.started().await;
    assert!(shutdown.has_started());
}

#[tokio::test]
async fn without_serve_the_shutdown_is_missing() {
    let app = Router::new().route("/", get(async |shutdown: Shutdown| drop(shutdown)));
    let ask = async |request: http::request::Builder| {
        app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let unknown = ask(Request::get("/")).await;
    let rejection = unknown.extensions().get::<Rejection>().unwrap();
    assert_eq!((rejection.status().as_u16(), rejection.code()), (500, "missing_layer"));
    assert_eq!(ask(Request::get("/").extension(Shutdown::never())).await.status(), 200);
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_requests_a_shutdown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = shutdown_signal().unwrap();
    let served = tokio::spawn(palisade::serve(listener, Router::new()).until(stop).into_future());
    let sent = Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap();
    assert!(sent.success());
    soon(served).await;
}
