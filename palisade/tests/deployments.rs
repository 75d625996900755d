//! Every deployment is served, or rejected with the line to write.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::connect_info::MockConnectInfo;
use axum::routing::get;
use axum::{Extension, Router};
use http::Request;
use palisade::front_door::Guards;
use palisade::proxy::{Hops, Proxies};
use palisade::request::{Client, PeerAddr};
use palisade::{ErrorPages, Rejection};
use test_support::log::Log;

use crate::support::{Answer, HERE, STRANGER, ask, with_peer};

/// A provider's proxy with a shared address.
const RAILWAY: &str = "100.64.0.3:40000";
/// A machine of Cloudflare.
const CLOUDFLARE: &str = "173.245.48.5:40000";
const DOCKER: &str = "172.17.0.1:40000";

const FOR: (&str, &str) = ("x-forwarded-for", "198.51.100.7");
const HTTPS: (&str, &str) = ("x-forwarded-proto", "https");

/// Returns a site under its public name.
fn site() -> Guards {
    Guards::new().hosts(["example.org"]).unwrap()
}

fn app(guards: Guards) -> Router {
    let describe = async |client: Client| format!("{} {}", client.ip(), client.scheme().as_str());
    Router::new().route("/", get(describe)).layer(guards).layer(ErrorPages::plain())
}

fn request(host: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::get("/").header("host", host);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

async fn answer(guards: Guards, peer: &str, host: &str, headers: &[(&str, &str)]) -> Answer {
    ask(&app(guards), with_peer(request(host, headers), peer)).await
}

/// Returns the text for the developer.
fn text(answer: &Answer) -> String {
    let rejection = answer.response.extensions.get::<Rejection>().expect("it was rejected");
    rejection.message().into_owned()
}

/// Returns the logged lines with this text.
fn lines(log: &Log, text: &str) -> Vec<String> {
    log.lines_of("palisade").into_iter().filter(|line| line.contains(text)).collect()
}

#[tokio::test]
async fn a_named_proxy_is_served() {
    let ranges = ["173.245.48.0/20"];
    let google = Proxies::hops(Hops { x_for: 2, ..Hops::from(1) }).peers(["130.211.0.0/22"]).unwrap();
    for (proxies, peer, headers) in [
        (Proxies::hops(1), HERE, &[FOR, HTTPS][..]),
        (Proxies::railway(), RAILWAY, &[("x-real-ip", "198.51.100.7"), HTTPS]),
        (
            Proxies::railway(),
            RAILWAY,
            &[("x-real-ip", "198.51.100.7"), ("x-forwarded-for", "1.2.3.4, 5.6.7.8"), HTTPS],
        ),
        (
            Proxies::cloudflare(ranges).unwrap(),
            CLOUDFLARE,
            &[("cf-connecting-ip", "198.51.100.7"), FOR, HTTPS],
        ),
        (
            Proxies::fly(),
            "172.16.1.1:80",
            &[
                ("fly-client-ip", "198.51.100.7"),
                ("x-forwarded-for", "198.51.100.7, 66.241.0.1"),
                ("via", "1.1 fly.io"),
                HTTPS,
            ],
        ),
        (google, "130.211.0.5:80", &[("x-forwarded-for", "6.6.6.6, 198.51.100.7, 34.1.2.3"), HTTPS]),
    ] {
        let answer = answer(site().trusted_proxies(proxies), peer, "example.org", headers).await;
        assert_eq!(answer.body, "198.51.100.7 https", "{peer} {headers:?}");
        assert!(answer.header("strict-transport-security").is_some(), "{peer}");
    }
}

#[tokio::test]
async fn an_unnamed_proxy_is_a_500() {
    let via = ("via", "1.1 proxy");
    for (guards, peer, host, headers) in [
        (site(), HERE, "example.org", &[FOR, HTTPS][..]),
        (site(), HERE, "example.org", &[FOR]),
        (site(), "10.0.0.9:1", "example.org", &[("x-real-ip", "198.51.100.7")]),
        (site(), "[fd00::1]:1", "example.org", &[("forwarded", "for=198.51.100.7")]),
        (site(), DOCKER, "example.org", &[("x-forwarded-host", "example.org")]),
        (site(), RAILWAY, "example.org", &[via]),
        (site(), CLOUDFLARE, "example.org", &[("cf-connecting-ip", "198.51.100.7"), FOR, HTTPS]),
        (site(), STRANGER, "example.org", &[("forwarded", "for=198.51.100.7;proto=https")]),
        // nginx with its default Host, and no list of hosts: once every protection was off.
        (Guards::new(), HERE, "127.0.0.1:3000", &[FOR, HTTPS]),
        (Guards::development(), HERE, "127.0.0.1:3000", &[FOR, HTTPS]),
        (Guards::new().for_probes(), HERE, "127.0.0.1:3000", &[FOR, HTTPS]),
    ] {
        let answer = answer(guards, peer, host, headers).await;
        assert_eq!(answer.status, 500, "{peer} {headers:?}");
        assert!(text(&answer).contains("`.trusted_proxies(Proxies::hops(1))`"), "{peer} {headers:?}");
    }
    let hops = site().trusted_proxies(Proxies::hops(1));
    let answer = answer(hops, RAILWAY, "example.org", &[FOR, HTTPS]).await;
    assert_eq!(answer.status, 500);
    assert!(text(&answer).contains("`.peers("), "{}", text(&answer));
}

#[tokio::test]
async fn the_log_has_an_unnamed_proxys_address() {
    let log = Log::default();
    let _guard = log.listen();
    for _ in 0..3 {
        answer(site(), RAILWAY, "example.org", &[FOR, HTTPS]).await;
    }
    let found = lines(&log, "no setting names");
    assert_eq!(found.len(), 1, "once in ten seconds: {found:?}");
    assert!(found[0].contains("ERROR") && found[0].contains("100.64.0.3:40000"), "{}", found[0]);
}

#[tokio::test]
async fn a_strangers_headers_are_ignored() {
    for headers in [&[FOR][..], &[FOR, ("via", "1.1 squid")], &[FOR, ("x-forwarded-proto", "http")]] {
        let answer = answer(site(), STRANGER, "example.org", headers).await;
        assert_eq!(answer.header("location"), Some("https://example.org/"), "{headers:?}");
    }
    let ignoring = site().trusted_proxies(Proxies::none().ignore_forwarded());
    assert_eq!(answer(ignoring, HERE, "example.org", &[FOR, HTTPS]).await.status, 302);
}

#[tokio::test]
async fn a_proxy_that_hides_the_scheme_is_a_500() {
    let hops = || site().trusted_proxies(Proxies::hops(1));
    for headers in [&[FOR][..], &[("x-real-ip", "198.51.100.7")], &[FOR, ("x-forwarded-proto", "")]] {
        let answer = answer(hops(), HERE, "example.org", headers).await;
        assert_eq!(answer.status, 500, "{headers:?}");
        for line in ["proxy_set_header X-Forwarded-Proto $scheme;", "{ ssl_fc }", "RequestHeader set"] {
            assert!(text(&answer).contains(line), "{line}");
        }
    }
    let two = site().trusted_proxies(Proxies::hops(2));
    let two = answer(two, HERE, "example.org", &[("x-forwarded-for", "198.51.100.7, 10.0.0.2"), HTTPS]).await;
    assert!(text(&two).contains("`hops=2 proto=1`"), "two proxies, of which the inner one replaces Proto");
    let forwarded = site().trusted_proxies(Proxies::forwarded(["127.0.0.1"]).unwrap());
    let forwarded = answer(forwarded, HERE, "example.org", &[("forwarded", "for=198.51.100.7")]).await;
    assert_eq!(forwarded.status, 500);
    assert_eq!(answer(hops(), HERE, "example.org", &[FOR, ("x-forwarded-proto", "http")]).await.status, 302);
}

#[tokio::test]
async fn nginx_default_host_is_explained_in_the_log() {
    let log = Log::default();
    let _guard = log.listen();
    let answer = answer(site(), HERE, "127.0.0.1:3000", &[]).await;
    assert_eq!(answer.status, 421);
    let found = lines(&log, "proxy_set_header Host $http_host;");
    assert!(
        found.len() == 1 && found[0].contains("WARN") && found[0].contains("127.0.0.1:3000"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_redirect_loop_is_explained_in_the_log() {
    let log = Log::default();
    let _guard = log.listen();
    assert_eq!(answer(site(), HERE, "example.org", &[]).await.status, 302);
    assert_eq!(lines(&log, "the redirect is a loop").len(), 1);
    assert_eq!(answer(site(), STRANGER, "example.org", &[]).await.status, 302);
    let said = site().trusted_proxies(Proxies::hops(1));
    assert_eq!(answer(said, HERE, "example.org", &[FOR, ("x-forwarded-proto", "http")]).await.status, 302);
    assert_eq!(
        lines(&log, "WARN").len(),
        1,
        "a redirect of a stranger, or of a proxy's http client, is none"
    );
}

#[tokio::test]
async fn development_answers_the_local_network() {
    for (peer, host) in [
        (HERE, "localhost:3000"),
        (HERE, "notes.localhost:3000"),
        (HERE, "0.0.0.0:3000"),
        (DOCKER, "localhost:8080"),
        (DOCKER, "web:3000"),
        (DOCKER, "host.docker.internal:3000"),
        ("192.168.1.7:40000", "192.168.1.5:3000"),
        ("192.168.1.7:40000", "laptop.local:3000"),
        ("[fe80::1]:40000", "[fd00::5]:3000"),
        ("100.101.102.103:40000", "100.64.0.1:3000"),
    ] {
        let answer = answer(Guards::development(), peer, host, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("strict-transport-security")),
            (200, None),
            "{host}"
        );
    }
}

#[tokio::test]
async fn development_is_never_shipped_unnoticed() {
    let behind = || Guards::development().trusted_proxies(Proxies::hops(1));
    for (guards, peer, host, headers) in [
        (Guards::development(), HERE, "example.org", &[][..]),
        (Guards::development(), STRANGER, "localhost", &[]),
        (Guards::development(), STRANGER, "example.org", &[]),
        (Guards::development(), HERE, "localhost.example.org", &[]),
        (behind(), HERE, "localhost", &[FOR, HTTPS]),
        (behind(), HERE, "name.tunnel.example", &[FOR, HTTPS]),
    ] {
        let answer = answer(guards, peer, host, headers).await;
        assert_eq!(answer.status, 500, "{peer} {host}");
        assert!(text(&answer).contains("this machine and the local network only"), "{peer} {host}");
    }
    let tunnel = behind().hosts(["name.tunnel.example"]).unwrap();
    assert_eq!(
        answer(tunnel.clone(), HERE, "name.tunnel.example", &[FOR, HTTPS]).await.body,
        "198.51.100.7 https"
    );
    assert_eq!(answer(tunnel, HERE, "localhost:3000", &[]).await.status, 200);
    assert_eq!(answer(Guards::development(), HERE, "a b", &[]).await.status, 400);
}

#[tokio::test]
async fn health_checks_on_this_machine_pass() {
    let health = Router::new().route("/healthz", get(async || "ok"));
    for guards in [site().for_probes(), Guards::development(), site().hosts(["localhost"]).unwrap()] {
        let request = Request::get("/healthz").header("host", "localhost:3000").body(Body::empty()).unwrap();
        assert_eq!(ask(&health.clone().layer(guards), with_peer(request, HERE)).await.body, "ok");
    }
}

#[tokio::test]
async fn axums_peer_counts_in_every_layer() {
    let address: SocketAddr = "127.0.0.1:5".parse().unwrap();
    for outer in [app(Guards::new()), app(Guards::new().trusted_proxies(Proxies::hops(1)))] {
        let mock = outer.clone().layer(MockConnectInfo(address));
        assert_eq!(ask(&mock, request("localhost", &[])).await.body, "127.0.0.1 http");
        let real = outer.clone().layer(Extension(ConnectInfo(address)));
        assert_eq!(ask(&real, request("localhost", &[])).await.body, "127.0.0.1 http");
        let unknown = ask(&outer, request("localhost", &[])).await;
        assert_eq!(unknown.status, 500);
        assert!(text(&unknown).contains("MockConnectInfo"));
    }
    let alone = Router::new().route("/", get(async |client: Client| client.ip().to_string()));
    let alone = alone.layer(Proxies::none()).layer(MockConnectInfo(address));
    assert_eq!(ask(&alone, request("localhost", &[])).await.body, "127.0.0.1");
}

#[tokio::test]
async fn a_unix_socket_is_a_local_peer() {
    let proxies = site().trusted_proxies(Proxies::hops(1));
    let app = app(proxies).layer(Extension(PeerAddr::local()));
    assert_eq!(ask(&app, request("example.org", &[FOR, HTTPS])).await.body, "198.51.100.7 https");
}
