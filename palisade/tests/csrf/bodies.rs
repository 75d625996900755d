//! The search for the token in a body: the handler reads the body unchanged and without delay.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::routing::post;
use http::{HeaderMap, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use palisade::body_limit::BodyLimit;
use palisade::csrf::CsrfTokenError::Missing;
use palisade::serve::Serve;
use tower::ServiceExt;

use super::site::{
    MULTIPART, Site, URLENCODED, csrf_result, form, multipart, request, tokens, with_sessions,
};
use crate::serve::site::Site as Socket;

/// A body that arrives in pieces, is pending before each, and counts the pieces taken.
struct Pieces {
    pieces: VecDeque<io::Result<Frame<Bytes>>>,
    taken: Arc<AtomicUsize>,
    length: Option<u64>,
    waits: bool,
}

impl Pieces {
    fn new(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces = pieces.into_iter().map(|piece| Ok(Frame::data(piece))).collect();
        Self { pieces, taken: Arc::default(), length: None, waits: false }
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.waits = !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(self.pieces.pop_front())
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn sent(kind: &str, body: Pieces) -> Request {
    request("POST", "/echo", "ada").header("content-type", kind).body(Body::new(body)).unwrap()
}

/// Returns the bytes that a site echoes, or the error status.
async fn echoed(site: &Site, request: Request) -> Result<Bytes, u16> {
    let response = site.app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    if status == 200 { Ok(bytes) } else { Err(status) }
}

#[tokio::test]
async fn ten_megabytes_stream_through_unbuffered() {
    let pulled = Arc::new(AtomicUsize::new(0));
    let (at_start, taken) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&pulled));
    let start = Arc::clone(&at_start);
    let app = Router::new().route(
        "/",
        post(async move |request: Request| {
            start.store(taken.load(Ordering::Relaxed), Ordering::Relaxed);
            Response::new(request.into_body())
        }),
    );
    let app = with_sessions(app.layer(tokens())).0;
    let token = Site::new(tokens()).token("ada").await;
    let file: String =
        (0..10 << 20).map(|at: u32| char::from(b'a' + u8::try_from(at * 7 % 26).unwrap())).collect();
    let whole = Bytes::from(multipart(&token, &file));
    let body = Pieces { taken: pulled, ..Pieces::new(whole.chunks(16 << 10).map(Bytes::copy_from_slice)) };
    let request =
        request("POST", "/", "ada").header("content-type", MULTIPART).body(Body::new(body)).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(at_start.load(Ordering::Relaxed), 1, "the handler starts after the piece with the token");
    assert!(response.into_body().collect().await.unwrap().to_bytes() == whole);
}

#[tokio::test]
async fn the_token_may_be_split_anywhere() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    for (kind, body) in
        [(URLENCODED, format!("a=b&csrf_token={token}&c=d")), (MULTIPART, multipart(&token, "file"))]
    {
        let body = Bytes::from(body);
        for at in 0..=body.len() {
            let pieces = [body.slice(..at), Bytes::new(), body.slice(at..)];
            assert!(echoed(&site, sent(kind, Pieces::new(pieces))).await.unwrap() == body, "split at {at}");
        }
        let bytes = body.chunks(1).map(Bytes::copy_from_slice);
        assert!(echoed(&site, sent(kind, Pieces::new(bytes))).await.unwrap() == body, "byte by byte");
    }
}

#[tokio::test]
async fn a_token_beyond_the_peek_limit_is_rejected() {
    let site = Site::new(tokens());
    let token = site.token("ada").await;
    let field = format!("&csrf_token={token}&");
    for (before, expected) in [((64 << 10) - field.len(), 200), ((64 << 10) - field.len() + 1, 403)] {
        let body = Bytes::from(format!("{}{field}more", "a".repeat(before)));
        for length in [1000, 1 << 20] {
            let pieces = Pieces::new(body.chunks(length).map(Bytes::copy_from_slice));
            let answer = echoed(&site, sent(URLENCODED, pieces)).await;
            assert_eq!(
                answer.map_or_else(|status| status, |bytes| if bytes == body { 200 } else { 0 }),
                expected
            );
        }
    }
    let small = Site::new(tokens().scan_limit(100));
    let body = multipart(&token, "file");
    assert_eq!(csrf_result(&small.ask(form(MULTIPART, "ada", &body)).await, &body), Err(Missing));
    let body = format!("csrf_token={token}&a=b");
    assert_eq!(csrf_result(&small.ask(form(URLENCODED, "ada", &body)).await, &body), Ok(()));
    // Exactly at the limit, and one byte over it.
    let exact = format!("a=bcdefg&csrf_token={token}");
    assert_eq!(
        (exact.len(), csrf_result(&small.ask(form(URLENCODED, "ada", &exact)).await, &exact)),
        (100, Ok(()))
    );
    let over = format!("a{exact}");
    assert_eq!(csrf_result(&small.ask(form(URLENCODED, "ada", &over)).await, &over), Err(Missing));
}

#[tokio::test]
async fn compressed_and_unknown_bodies_are_not_searched() {
    let site = Site::new(tokens());
    let body = format!("csrf_token={}", site.token("ada").await);
    let mut compressed = form(URLENCODED, "ada", &body);
    compressed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(csrf_result(&site.ask(compressed).await, &body), Err(Missing));
    assert_eq!(csrf_result(&site.ask(form("text/plain", "ada", &body)).await, &body), Err(Missing));
    let mut twice = form(URLENCODED, "ada", &body);
    twice.headers_mut().append("content-type", "text/plain".parse().unwrap());
    assert_eq!(csrf_result(&site.ask(twice).await, &body), Err(Missing));
    assert_eq!(csrf_result(&site.ask(form(URLENCODED, "ada", &body)).await, &body), Ok(()));
}

/// Returns the size hint, the end flag and the frames that the handler gets of a body.
async fn handler_gets(body: Pieces) -> (SizeHint, bool, Vec<Result<Frame<Bytes>, String>>) {
    let (send, receive) = tokio::sync::oneshot::channel();
    let send = Arc::new(std::sync::Mutex::new(Some(send)));
    let app = Router::new().route(
        "/",
        post(async move |request: Request| {
            let mut body = request.into_body();
            let (hint, mut frames) = (body.size_hint(), Vec::new());
            while let Some(frame) = body.frame().await {
                frames.push(frame.map_err(|error| error.to_string()));
            }
            let _ = send.lock().unwrap().take().unwrap().send((hint, body.is_end_stream(), frames));
        }),
    );
    let app = with_sessions(app.layer(tokens().report_only())).0;
    let request = request("POST", "/", "ada").header("content-type", URLENCODED);
    let _ = app.oneshot(request.body(Body::new(body)).unwrap()).await.unwrap();
    receive.await.unwrap()
}

#[tokio::test]
async fn body_length_trailers_and_errors_pass_through() {
    let text = Bytes::from_static(b"csrf_token=no&and=more");
    let (hint, ended, frames) = handler_gets(Pieces::new([text.clone()])).await;
    assert_eq!((hint.lower(), hint.upper(), ended), (22, None, false), "no length was declared");
    assert_eq!(frames.len(), 1);

    let known = Pieces { length: Some(0), ..Pieces::new([text.clone()]) };
    assert_eq!(handler_gets(known).await.0.exact(), Some(22));

    let mut trailers = HeaderMap::new();
    trailers.insert("checksum", "1".parse().unwrap());
    for text in [&b"a=b"[..], b"csrf_token=no&"] {
        let mut body = Pieces::new([Bytes::from_static(text)]);
        body.pieces.push_back(Ok(Frame::trailers(trailers.clone())));
        let (_, _, frames) = handler_gets(body).await;
        assert_eq!(frames[0].as_ref().unwrap().data_ref().unwrap(), text);
        assert_eq!(frames[1].as_ref().unwrap().trailers_ref(), Some(&trailers));
        assert_eq!(frames.len(), 2);
    }

    let mut body = Pieces::new([text]);
    body.pieces.push_back(Err(io::Error::other("broke off")));
    assert_eq!(handler_gets(body).await.2[1].as_ref().unwrap_err(), "broke off");
}

#[tokio::test]
async fn a_truncated_body_never_reaches_the_handler() {
    let site = Site::new(tokens().report_only());
    let mut body = Pieces::new([Bytes::from_static(b"a=b")]);
    body.pieces.push_back(Err(io::Error::other("broke off")));
    let answer = site.ask(sent(URLENCODED, body)).await;
    let rejection = answer.response.extensions.get::<palisade::Rejection>().unwrap();
    assert_eq!(*rejection, palisade::body_limit::BodyRejection::Broken);
    assert_eq!(answer.status, 400);
}

/// Returns a server on a real socket; `/large` takes more than the default of 1 MiB in 30 s.
async fn socket() -> Socket {
    let length = || post(async |body: Bytes| body.len().to_string());
    let raised = BodyLimit::bytes(4 << 20).timeout(Duration::from_secs(300));
    let app = Router::new().route("/", length()).route("/large", length().layer(raised)).layer(tokens());
    Socket::bounded(Serve::new().header_timeout(Duration::from_secs(900)), with_sessions(app).0).await
}

fn head(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: site\r\nSession: ada\r\nContent-Type: {MULTIPART}\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn an_inner_body_limit_applies_after_the_peek() {
    let socket = socket().await;
    let body = multipart(&Site::new(tokens()).token("ada").await, &"x".repeat(3 << 20));
    let send = async |path: &str, body: &str| {
        let mut client = socket.connect().await;
        client.send(head(path, body.len())).await;
        client.send(body).await;
        client.receive().await
    };
    assert_eq!(send("/large", &body).await.body, body.len().to_string());
    assert_eq!(send("/", &body).await.status, 413);
    assert_eq!(send("/large", &body.replace("csrf_token", "other")).await.status, 403);
    assert_eq!(send("/large", &(body + &"x".repeat(1 << 20))).await.status, 413);
}

#[tokio::test]
async fn slow_bodies_time_out_at_any_point() {
    let body = multipart(&Site::new(tokens()).token("ada").await, "file");
    let nearly = body.len() - 1;
    for (path, sent, seconds) in [("/", 9, 30), ("/large", 9, 30), ("/large", nearly, 300)] {
        let socket = socket().await;
        let mut client = socket.connect().await;
        client.send(head(path, body.len())).await;
        client.send(&body[..9]).await;
        let started = tokio::time::Instant::now();
        tokio::time::pause();
        // The timeout starts during the token search; afterwards the route's own timeout applies.
        tokio::time::sleep(Duration::from_secs(10)).await;
        client.send(&body[9..sent]).await;
        let head = client.receive().await.head;
        assert!(head.starts_with("http/1.1 408 "), "{head}");
        let elapsed = started.elapsed().as_secs();
        assert!((seconds..=seconds + 10).contains(&elapsed), "{path}, {sent} bytes: {elapsed} s");
        tokio::time::resume();
    }
}
