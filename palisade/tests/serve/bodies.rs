//! Limits on the size and the time of request bodies.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use palisade::body_limit::{BodyLimit, LimitedBody};
use palisade::serve::Serve;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, pause};
use tower::{Layer, ServiceExt};

use super::site::{Client, RawResponse, Site};

/// Returns a site that answers with the body's length; some routes have their own limit.
async fn site() -> Site {
    let length = || post(async |body: Bytes| body.len().to_string());
    let app = Router::new()
        .route("/small", length().layer(BodyLimit::bytes(10)))
        .route("/inner", length().layer(BodyLimit::bytes(4 << 20)))
        .route_layer(BodyLimit::bytes(100))
        .route("/large", length().layer(BodyLimit::bytes(4 << 20)))
        .route("/", length())
        .route("/unread", post(async || "not read"));
    Site::new(app).await
}

/// Sends the whole body before it reads the response, as browsers do; the server must read it.
async fn send(site: &Site, path: &str, length: usize) -> RawResponse {
    let mut client = site.connect().await;
    client.send(format!("POST {path} HTTP/1.1\r\nHost: site\r\nContent-Length: {length}\r\n\r\n")).await;
    client.send(vec![b'x'; length]).await;
    client.receive().await
}

async fn send_chunked(site: &Site, path: &str, length: usize) -> RawResponse {
    let mut client = site.connect().await;
    client.send(format!("POST {path} HTTP/1.1\r\nHost: site\r\nTransfer-Encoding: chunked\r\n\r\n")).await;
    let mut chunk = format!("{length:x}\r\n").into_bytes();
    chunk.resize(chunk.len() + length, b'x');
    chunk.extend_from_slice(b"\r\n0\r\n\r\n");
    client.send(chunk).await;
    client.receive().await
}

const CAP: usize = 1 << 20;

#[tokio::test]
async fn a_body_over_the_limit_gets_413() {
    let site = site().await;
    assert_eq!(send(&site, "/", CAP).await.body, CAP.to_string());
    assert_eq!(send(&site, "/", CAP + 1).await.status, 413);
    assert_eq!(send_chunked(&site, "/", CAP).await.body, CAP.to_string());
    assert_eq!(send_chunked(&site, "/", CAP + 1).await.status, 413);
}

#[tokio::test]
async fn a_declared_oversize_is_rejected_early() {
    let mut client = site().await.connect().await;
    client
        .send("POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.receive().await.status, 413);
}

#[tokio::test]
async fn the_innermost_body_limit_applies() {
    let site = site().await;
    assert_eq!(send(&site, "/small", 10).await.body, "10");
    assert_eq!(send(&site, "/small", 11).await.status, 413);
    assert_eq!(send_chunked(&site, "/small", 11).await.status, 413);
    for path in ["/large", "/inner"] {
        // More than the 2 MB that axum's extractors accept by default.
        assert_eq!(send(&site, path, 4 * CAP).await.body, (4 * CAP).to_string());
        assert_eq!(send(&site, path, 4 * CAP + 1).await.status, 413);
        assert_eq!(send_chunked(&site, path, 4 * CAP + 1).await.status, 413);
    }
}

#[tokio::test]
async fn an_unread_body_does_no_harm() {
    let site = site().await;
    assert_eq!(send(&site, "/unread", 3 * CAP).await.body, "not read");
}

#[tokio::test]
async fn only_our_own_413_carries_the_rejection() {
    let rejected = axum::middleware::map_response(async |mut response: Response<Body>| {
        let rejected = response
            .extensions()
            .get::<palisade::Rejection>()
            .is_some_and(|it| *it == palisade::body_limit::BodyRejection::TooLarge);
        response.headers_mut().insert("rejected", if rejected { "yes" } else { "no" }.parse().unwrap());
        response
    });
    let app = Router::new()
        .route("/read", post(async |_: Bytes| ()))
        .route("/own", post(async || http::StatusCode::PAYLOAD_TOO_LARGE))
        .layer(BodyLimit::bytes(10))
        .layer(rejected);
    let site = Site::new(app).await;
    assert!(send(&site, "/read", 11).await.head.contains("rejected: yes"));
    assert!(send_chunked(&site, "/read", 11).await.head.contains("rejected: yes"));
    assert!(send(&site, "/own", 11).await.head.contains("rejected: no"));
}

#[tokio::test]
async fn a_slow_body_times_out() {
    async fn read(request: Request<Body>) -> String {
        let started = Instant::now();
        let error = request.into_body().collect().await.unwrap_err();
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        format!("{:?} {}", cause.map(io::Error::kind), started.elapsed().as_secs())
    }
    let extended = BodyLimit::default().timeout(Duration::from_secs(300));
    let app = Router::new().route("/", post(read)).route("/patient", post(read).layer(extended));
    for (path, seconds) in [("/", 30), ("/patient", 300)] {
        let site = Site::bounded(Serve::new().header_timeout(Duration::from_secs(900)), app.clone()).await;
        let mut client = site.connect().await;
        client.send(format!("POST {path} HTTP/1.1\r\nHost: site\r\nContent-Length: 9\r\n\r\n1234")).await;
        pause();
        assert_eq!(client.receive().await.body, format!("Some(TimedOut) {seconds}"));
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_slow_body_in_an_extractor_is_408() {
    let app = Router::new().route("/", post(async |_: Bytes| ())).layer(BodyLimit::default());
    let site = Site::bounded(Serve::new().header_timeout(Duration::from_secs(900)), app).await;
    let mut client = site.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 9\r\n\r\n1234".to_owned()).await;
    pause();
    let head = client.receive().await.head;
    assert!(head.starts_with("http/1.1 408 "), "{head}");
}

/// Reads the body by hand, as no extractor of axum does.
async fn read(request: Request<Body>) -> String {
    match request.into_body().collect().await {
        Ok(body) => body.to_bytes().len().to_string(),
        Err(error) => error.source().map_or_else(|| error.to_string(), ToString::to_string),
    }
}

/// Serves a router by axum's own server.
async fn axum_site(app: Router) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    Client(TcpStream::connect(address).await.unwrap())
}

#[tokio::test]
async fn every_reader_is_limited_under_axum_serve() {
    let app = Router::new()
        .route("/", post(read))
        .route("/large", post(read).layer(BodyLimit::bytes(20)))
        .layer(BodyLimit::bytes(10));
    for (path, length, body) in [
        ("/", 10, "10"),
        ("/", 11, "length limit exceeded"),
        ("/large", 20, "20"),
        ("/large", 21, "length limit exceeded"),
    ] {
        let mut client = axum_site(app.clone()).await;
        let chunk = format!("{length:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(length));
        let head = format!("POST {path} HTTP/1.1\r\nHost: site\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send(head + &chunk).await;
        assert_eq!(client.receive().await.body, body, "{path} {length}");
    }
}

#[tokio::test]
async fn a_slow_body_times_out_under_axum_serve() {
    let app = Router::new().route("/", post(read)).layer(BodyLimit::default());
    let mut client = axum_site(app).await;
    client.send("POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 9\r\n\r\n1234").await;
    pause();
    assert_eq!(client.receive().await.body, "the request's body did not arrive within 30s");
}

#[tokio::test]
async fn limits_hold_for_bodies_without_axum() {
    let echo = tower::service_fn(async |request: Request<LimitedBody<Full<Bytes>>>| {
        let body = request.into_body().collect().await.map_err(|error| error.to_string());
        Ok::<_, Infallible>(Response::new(
            body.map_or_else(|error| error, |body| body.to_bytes().len().to_string()),
        ))
    });
    let app = BodyLimit::bytes(10).layer(echo);
    for (length, body) in [(10, "10"), (11, "length limit exceeded")] {
        let request = Request::new(Full::from(vec![b'x'; length]));
        assert_eq!(app.clone().oneshot(request).await.unwrap().into_body(), body);
    }
}

#[tokio::test]
async fn limits_reach_extractors_under_any_server() {
    let app = Router::new().route("/", post(async |_: Bytes| ())).route("/get", get(async || ()));
    let mut app = BodyLimit::bytes(10).layer(app);
    for (length, status) in [(10, 200), (11, 413)] {
        let request = Request::post("/").body(Body::from(vec![b'x'; length])).unwrap();
        let response = tower::Service::call(&mut app, request).await.unwrap();
        assert_eq!(response.status(), status);
    }
}
