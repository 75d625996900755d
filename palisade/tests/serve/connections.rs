//! Limits on connections: number, idle time, slow clients.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Extension;
use axum::routing::get;
use axum::{Router, response::Response};
use bytes::Bytes;
use http::Request;
use http_body::Frame;
use palisade::Palisade;
use palisade::body_limit::LimitedBody;
use palisade::request::PeerAddr;
use palisade::serve::Serve;
use test_support::log::Log;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, pause};

use super::site::{Client, Site};

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

#[tokio::test]
async fn a_handler_receives_the_peer_address() {
    let app = Router::new().route("/", get(async |Extension(PeerAddr(peer))| peer.to_string()));
    let mut client = Site::new(app).await.connect().await;
    let ours: SocketAddr = client.0.local_addr().unwrap();
    assert_eq!(client.get("/").await.body, ours.to_string());
}

#[tokio::test]
async fn a_handwritten_service_is_served_too() {
    let app = tower::service_fn(async |request: Request<LimitedBody>| {
        Ok::<_, Infallible>(http::Response::new(request.uri().path().to_owned()))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(palisade::serve(listener, app).into_future());
    let mut client = Client(tokio::net::TcpStream::connect(address).await.unwrap());
    assert_eq!(client.get("/somewhere").await.body, "/somewhere");
}

#[tokio::test]
async fn a_connection_is_reused_until_its_idle_timeout() {
    let site = Site::new(hello()).await;
    let mut client = site.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.body, "hello");
    }
    pause();
    let asked = Instant::now();
    assert_eq!(client.read_to_close().await, "");
    assert!(asked.elapsed() >= Duration::from_secs(74), "closed after {:?}", asked.elapsed());
}

#[tokio::test]
async fn a_silent_client_times_out() {
    let site = Site::new(hello()).await;
    let mut client = site.connect().await;
    pause();
    let connected = Instant::now();
    assert_eq!(client.read_to_close().await, "");
    assert!(connected.elapsed() < Duration::from_secs(20), "closed after {:?}", connected.elapsed());
}

#[tokio::test]
async fn a_slow_http2_preface_is_closed_in_time() {
    let site = Site::new(hello()).await;
    let mut client = site.connect().await;
    client.send("PRI * HTTP/2.0\r\n\r\n").await;
    pause();
    let connected = Instant::now();
    assert_eq!(client.read_to_close().await, "");
    assert!(connected.elapsed() < Duration::from_secs(20), "closed after {:?}", connected.elapsed());
}

#[tokio::test]
async fn later_request_heads_have_the_same_timeout() {
    let site = Site::bounded(Serve::new().header_timeout(Duration::from_millis(50)), hello()).await;
    let mut client = site.connect().await;
    assert_eq!(client.get("/").await.status, 200);
    client.send("GET / HTTP/1.1\r\n").await;
    let began = Instant::now();
    assert_eq!(client.read_to_close().await, "");
    assert!(began.elapsed() < Duration::from_secs(30), "closed after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed() {
    let (gone, mut seen) = mpsc::channel(1);
    let endless = get(async move || Response::new(Body::new(Endless(gone))));
    let bounds = Serve::new().idle_timeout(Duration::from_millis(50));
    let site = Site::bounded(bounds, Router::new().route("/", endless)).await;
    let mut client = site.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: site\r\n\r\n").await;
    // The router keeps a sender, so the channel stays silent until the body is dropped.
    assert_eq!(seen.recv().await, Some(()));
}

/// An endless body that reports its own drop.
struct Endless(mpsc::Sender<()>);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'.'; 4096])))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let site = Site::bounded(Serve::new().max_connections(1), hello()).await;
    let mut first = site.connect().await;
    assert_eq!(first.get("/").await.status, 200);

    let mut second = site.connect().await;
    second.send("GET / HTTP/1.1\r\nHost: site\r\n\r\n").await;
    for _ in 0..50 {
        assert_eq!(first.get("/").await.status, 200);
    }
    let early = second.0.try_read(&mut [0; 1]);
    assert_eq!(early.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);

    drop(first);
    assert_eq!(second.receive().await.body, "hello");
}

#[tokio::test]
async fn an_idle_connection_makes_room() {
    let site = Site::bounded(Serve::new().max_connections(1), hello()).await;
    let mut idle = site.connect().await;
    assert_eq!(idle.get("/").await.status, 200);
    let mut waiting = site.connect().await;
    waiting.send("GET / HTTP/1.1\r\nHost: site\r\n\r\n").await;
    pause();
    let began = Instant::now();
    assert_eq!(waiting.receive().await.body, "hello");
    assert!(began.elapsed() < Duration::from_secs(30), "waited for {:?}", began.elapsed());
}

#[tokio::test]
async fn a_panic_closes_only_its_own_connection() {
    let app = hello().route(
        "/panic",
        get(async || {
            if true {
                panic!("by design")
            }
        }),
    );
    let site = Site::new(app).await;
    let mut other = site.connect().await;
    assert_eq!(other.get("/").await.status, 200);

    let mut client = site.connect().await;
    client.send("GET /panic HTTP/1.1\r\nHost: site\r\n\r\n").await;
    assert_eq!(client.read_to_close().await, "");

    assert_eq!(other.get("/").await.status, 200);
    assert_eq!(site.connect().await.get("/").await.status, 200);
}

#[tokio::test]
async fn a_page_added_after_protect_is_logged_once() {
    let (log, page) = (Log::default(), || get(async || axum::response::Html("page")));
    let _captured = log.listen();
    let app = Palisade::development().protect(Router::new().route("/", page()));
    let site = Site::new(app.route("/late", page())).await;
    let mut client = site.connect().await;
    for path in ["/", "/late", "/late"] {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert_eq!(client.receive().await.status, 200);
    }
    let lines = log.lines_of("palisade");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("ERROR ") && lines[0].contains("after `protect`"), "{lines:?}");
    assert!(lines[0].contains("/late"), "{lines:?}");
}

#[tokio::test]
async fn a_form_added_after_protect_is_logged_even_if_it_comes_first() {
    let log = Log::default();
    let _captured = log.listen();
    let app = Palisade::development().protect(Router::new().route("/", get(async || "page")));
    let late = axum::routing::post(async || axum::response::Redirect::to("/"));
    let site = Site::new(app.route("/delete", late).route("/data", get(async || "{}"))).await;
    let mut client = site.connect().await;
    for (head, status) in [
        ("GET /data", 200),
        ("POST /delete", 303),
        ("POST /missing", 404),
        ("GET /", 200),
        ("POST /delete", 303),
    ] {
        client.send(format!("{head} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!(client.receive().await.status, status, "{head}");
    }
    let errors: Vec<_> =
        log.lines_of("palisade").into_iter().filter(|line| line.starts_with("ERROR ")).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("/delete") && errors[0].contains("after `protect`"), "{errors:?}");
}

#[tokio::test]
async fn pages_without_any_protection_are_not_logged() {
    let log = Log::default();
    let _captured = log.listen();
    let site = Site::new(Router::new().route("/", get(async || axum::response::Html("page")))).await;
    assert_eq!(site.connect().await.get("/").await.status, 200);
    assert!(log.text().is_empty(), "{}", log.text());
}
