//! `ConcurrencyLimit`: the requests underway at once, in all and for each client.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::body::{Body, to_bytes};
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use axum::{Router, response::Response};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::concurrency::{ConcurrencyLimit, ConcurrencyRejection};
use palisade::proxy::Proxies;
use palisade::rejection::MissingLayer;
use palisade::request::PeerAddr;
use palisade::{Palisade, Rejection};
use test_support::log::Log;
use tower::ServiceExt;

use crate::serve::site::Site;
use crate::serve::websocket::{Socket, echo};

fn routes() -> Router {
    let events = get(async || Sse::new(futures_util::stream::pending::<Result<Event, Infallible>>()));
    Router::new()
        .route("/", get(async || "a page"))
        .route("/wait", get(std::future::pending::<()>))
        .route("/events", events)
        .route(
            "/panic",
            get(async || {
                if true {
                    panic!("by design")
                }
            }),
        )
}

/// A site with 16 places for requests and 16 for streams, two of each for one client.
fn small() -> ConcurrencyLimit {
    ConcurrencyLimit::new().max_requests(16).max_streams(16)
}

fn site(limit: &ConcurrencyLimit) -> Router {
    Palisade::development().concurrency_limit(limit.clone()).protect(routes())
}

fn request(client: &str, path: &str) -> Request<Body> {
    let client: IpAddr = client.parse().unwrap();
    Request::get(path)
        .header("host", "localhost")
        .header("accept", "text/html")
        .extension(PeerAddr(SocketAddr::new(client, 4000)))
        .body(Body::empty())
        .unwrap()
}

async fn ask(app: &Router, client: &str, path: &str) -> Response {
    app.clone().oneshot(request(client, path)).await.unwrap()
}

#[tokio::test]
async fn a_client_over_its_share_is_rejected_with_a_page() {
    let (log, limit) = (Log::default(), small());
    let _captured = log.listen();
    let app = site(&limit);
    let held = [ask(&app, "10.0.0.1", "/").await, ask(&app, "10.0.0.1", "/").await];
    for _ in 0..5 {
        let rejected = ask(&app, "10.0.0.1", "/").await;
        assert_eq!(rejected.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(rejected.headers()["retry-after"], "1");
        assert!(rejected.headers().contains_key("content-security-policy"));
        let reason = rejected.extensions().get::<Rejection>().unwrap();
        assert_eq!(*reason, ConcurrencyRejection::ClientBusy);
        let page = to_bytes(rejected.into_body(), 1 << 16).await.unwrap();
        assert!(std::str::from_utf8(&page).unwrap().contains("<h1>"));
    }
    assert_eq!(ask(&app, "10.0.0.2", "/").await.status(), 200);
    let requests = limit.metrics().requests;
    assert_eq!((requests.used, requests.rejected_over_share), (2, 5));
    let lines = log.lines_of("palisade");
    let warnings = lines.iter().filter(|line| line.starts_with("WARN ")).count();
    assert_eq!(warnings, 1, "one line a minute: {lines:?}");

    drop(held);
    assert_eq!(ask(&app, "10.0.0.1", "/").await.status(), 200);
    assert_eq!(limit.metrics().requests.used, 0);
}

#[tokio::test]
async fn a_full_site_is_503_and_its_probes_answer() {
    let limit = ConcurrencyLimit::new().max_requests(3);
    let palisade = Palisade::development().concurrency_limit(limit.clone());
    let probes = palisade.for_probes().protect(Router::new().route("/healthz", get(async || "ok")));
    let app = palisade.protect(routes()).merge(probes);
    let mut held = Vec::new();
    for client in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] {
        held.push(ask(&app, client, "/").await);
    }
    let rejected = ask(&app, "10.0.0.4", "/").await;
    assert_eq!(rejected.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(rejected.headers()["retry-after"], "5");
    assert_eq!(limit.metrics().requests.rejected_at_capacity, 1);
    assert_eq!(ask(&app, "10.0.0.4", "/healthz").await.status(), 200);
}

#[tokio::test]
async fn clients_behind_a_proxy_have_shares_of_their_own() {
    let limit = small();
    let palisade = Palisade::for_hosts(["localhost"]).unwrap().trusted_proxies(Proxies::hops(1));
    let app = palisade.concurrency_limit(limit).protect(routes());
    let ask = async |client: &str| {
        let mut request = request("127.0.0.1", "/");
        request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
        request.headers_mut().insert("x-forwarded-proto", "https".parse().unwrap());
        app.clone().oneshot(request).await.unwrap()
    };
    let held = [ask("2001:db8:1:1::1").await, ask("2001:db8:1:1::2").await];
    assert_eq!(ask("2001:db8:1:1::3").await.status(), 429, "the same /64");
    assert_eq!(ask("2001:db8:1:2::1").await.status(), 200);
    assert!(held.iter().all(|response| response.status() == 200));
}

#[tokio::test]
async fn a_stream_moves_to_a_place_of_its_own() {
    let limit = small();
    let app = site(&limit);
    let held = [ask(&app, "10.0.0.1", "/events").await, ask(&app, "10.0.0.1", "/events").await];
    let counts = limit.metrics();
    assert_eq!((counts.requests.used, counts.streams.used), (0, 2));
    assert_eq!(ask(&app, "10.0.0.1", "/events").await.status(), 429);
    assert_eq!(ask(&app, "10.0.0.1", "/").await.status(), 200, "pages have places");
    assert_eq!(ask(&app, "10.0.0.2", "/events").await.status(), 200);
    drop(held);
    assert_eq!(limit.metrics().streams.used, 0);
}

#[tokio::test]
async fn a_panic_and_a_lost_client_free_their_places() {
    let limit = small();
    let app = site(&limit);
    for _ in 0..5 {
        assert_eq!(ask(&app, "10.0.0.1", "/panic").await.status(), 500);
        let mut waiting = Box::pin(ask(&app, "10.0.0.1", "/wait"));
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        assert_eq!(limit.metrics().requests.used, 1);
    }
    assert_eq!(limit.metrics().requests.used, 0);
}

#[tokio::test]
async fn the_limit_can_be_removed_and_shares_too() {
    let palisade = Palisade::development().concurrency_limit(ConcurrencyLimit::new().max_requests(1));
    let app = palisade.dangerous_disable_concurrency_limit().protect(routes());
    let held = [ask(&app, "10.0.0.1", "/").await, ask(&app, "10.0.0.1", "/").await];
    assert!(held.iter().all(|response| response.status() == 200));

    let app = site(&small().dangerous_disable_share_per_client());
    let mut held = Vec::new();
    for expected in [200; 16].into_iter().chain([503]) {
        held.push(ask(&app, "10.0.0.1", "/").await);
        assert_eq!(held.last().unwrap().status(), expected);
    }
}

#[tokio::test]
async fn clients_on_this_machine_have_no_share() {
    let app = site(&small());
    let mut held = Vec::new();
    for expected in [200; 16].into_iter().chain([503]) {
        held.push(ask(&app, "127.0.0.1", "/").await);
        assert_eq!(held.last().unwrap().status(), expected);
    }
}

#[tokio::test]
async fn a_limit_without_a_client_says_what_to_write() {
    let app = routes().layer(ConcurrencyLimit::new());
    let response = ask(&app, "10.0.0.1", "/").await;
    assert_eq!(response.status(), 500);
    let rejection = response.extensions().get::<Rejection>().unwrap();
    assert_eq!(rejection.code(), MissingLayer::CODE);
}

#[tokio::test]
async fn the_server_keeps_a_place_until_the_last_byte() {
    let limit = small().count_loopback();
    let page = Router::new().route("/", get(async || "x".repeat(200_000)));
    let app = Palisade::development().concurrency_limit(limit.clone()).protect(page);
    let site = Site::new(app).await;
    let stream = site.connect().await.0;
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(1000);
    let (mut client, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut unread = Vec::new();
    for expected in [200, 200, 429, 429] {
        let request = Request::get("http://localhost/").body(Empty::<Bytes>::new()).unwrap();
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status(), expected);
        unread.push(response);
    }
    for response in unread.drain(..2) {
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 200_000);
    }
    drop(unread);
    while limit.metrics().requests.used > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_websocket_holds_its_place_until_it_is_dropped() {
    let limit = small().count_loopback();
    let app = Palisade::development().concurrency_limit(limit.clone()).protect(echo());
    let site = Site::new(app).await;
    let own = "http://localhost";
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let mut socket = Socket::open(site.connect().await.0, "/echo", own).await.unwrap();
        assert_eq!(socket.say("hello").await, "hello");
        sockets.push(socket);
    }
    let counts = limit.metrics();
    assert_eq!((counts.requests.used, counts.streams.used), (0, 2));
    let refused = Socket::open(site.connect().await.0, "/echo", own).await;
    assert_eq!(refused.err().map(|response| response.status().as_u16()), Some(429));
    drop(sockets);
    while limit.metrics().streams.used > 0 {
        tokio::task::yield_now().await;
    }
}
