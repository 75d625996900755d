//! Rules that every guard follows, alone and combined.

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use http::{Request, Response};
use http_body_util::Full;
use palisade::front_door::Guards;
use palisade::guard::{Guard, GuardService};
use palisade::host::Hosts;
use palisade::https::Https;
use palisade::proxy::Proxies;
use palisade::rejection::InternalError;
use palisade::request::{ClientIp, PeerAddr};
use palisade::{PageHeaders, Rejection, SecurityHeaders};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{HERE, ask, get_from, guarded, site};

type Bytes = Full<bytes::Bytes>;

#[derive(Debug, PartialEq)]
struct OwnError;

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("own")
    }
}

impl std::error::Error for OwnError {}

/// Shows that the layer's type can be named, cloned and shared, and keeps the inner error type.
fn nameable(
    palisade: Guards,
) -> impl Layer<Failing, Service = GuardService<Guards, Failing>> + Clone + Send + Sync + 'static {
    palisade
}

#[derive(Clone)]
struct Failing;

impl Service<Request<()>> for Failing {
    type Response = Response<Bytes>;
    type Error = OwnError;
    type Future = std::future::Ready<Result<Response<Bytes>, OwnError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), OwnError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Err(OwnError))
    }
}

fn request(host: &str) -> Request<()> {
    let mut request = Request::get("/").header("host", host).body(()).unwrap();
    request.extensions_mut().insert(PeerAddr(HERE.parse().unwrap()));
    request
}

#[tokio::test]
async fn the_inner_error_type_is_kept() {
    let service = nameable(Guards::new()).layer(Failing);
    assert_eq!(service.oneshot(request("localhost")).await.unwrap_err(), OwnError);
}

#[tokio::test]
async fn guards_work_without_axum() {
    let inner =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Bytes::from("hello"))) });
    let service = Guards::new().hosts(["localhost"]).unwrap().layer(inner);
    let answer = service.clone().oneshot(request("localhost")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("content-security-policy"));
    assert_eq!(service.oneshot(request("evil.example")).await.unwrap().status(), 421);
}

#[tokio::test]
async fn a_panic_is_a_500_with_every_header() {
    let app = guarded(
        Guards::new().hosts(["example.org", "localhost"]).unwrap().https(Https::new().dangerous_allow_http()),
    );
    let answer = ask(&app, get_from(HERE, "/panic")).await;
    assert_eq!(answer.status, 500);
    let there = ask(&app, get_from(HERE, "/nowhere")).await;
    let without_nonce = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| !line.starts_with("content-security-policy")).collect()
    };
    assert_eq!(without_nonce(answer.header_set()), without_nonce(there.header_set()));
    assert!(answer.response.extensions.get::<InternalError>().unwrap().to_string().contains("secret cause"));

    let early = service_fn(|_: Request<()>| -> std::future::Ready<Result<Response<Bytes>, Infallible>> {
        panic!("early")
    });
    let answer = SecurityHeaders::strict().layer(early).oneshot(request("localhost")).await.unwrap();
    assert_eq!(answer.status(), 500);
    assert!(answer.headers().contains_key("x-content-type-options"));
}

#[tokio::test]
async fn each_guard_works_alone_or_names_its_requirement() {
    let headers = ask(&site().layer(SecurityHeaders::strict()), get_from(HERE, "/")).await;
    assert_eq!(headers.header("x-content-type-options"), Some("nosniff"));
    for app in [site().layer(Hosts::any()), site().layer(Https::new())] {
        let answer = ask(&app, get_from(HERE, "/")).await;
        assert_eq!(answer.status, 500);
        let rejection = answer.response.extensions.get::<palisade::Rejection>().unwrap();
        assert_eq!(rejection.code(), palisade::rejection::MissingLayer::CODE);
        let missing = rejection.message();
        assert!(missing.contains("Palisade"));
    }
    let together =
        site().layer(Https::new()).layer(Hosts::only(["example.org"]).unwrap()).layer(Proxies::none());
    assert_eq!(
        ask(&together, get_from("203.0.113.9:1", "/")).await.header("location"),
        Some("https://example.org/")
    );
}

#[tokio::test]
async fn a_client_ip_without_its_layer_names_it() {
    let app =
        Router::new().route("/", axum::routing::get(|ClientIp(ip): ClientIp| async move { ip.to_string() }));
    let answer = ask(&app, get_from(HERE, "/")).await;
    assert_eq!(answer.status, 500);
    assert!(answer.response.extensions.get::<Rejection>().unwrap().message().contains("Palisade"));
    assert_eq!(ask(&app.layer(Proxies::none()), get_from(HERE, "/")).await.body, "127.0.0.1");
}

#[tokio::test]
async fn the_peer_of_axums_own_server_is_used() {
    let app = Router::new()
        .route("/", axum::routing::get(|ClientIp(ip): ClientIp| async move { ip.to_string() }))
        .layer(Guards::new());
    let mut request = Request::get("/").header("host", "localhost").body(axum::body::Body::empty()).unwrap();
    let peer = axum::extract::ConnectInfo("127.0.0.1:5".parse::<std::net::SocketAddr>().unwrap());
    request.extensions_mut().insert(peer);
    assert_eq!(ask(&app, request).await.body, "127.0.0.1");
}

#[test]
fn layers_are_values() {
    fn is_value<T: Guard + fmt::Debug>() {}
    is_value::<Guards>();
    is_value::<PageHeaders>();
    is_value::<SecurityHeaders>();
}
