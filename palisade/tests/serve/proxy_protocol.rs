//! The PROXY protocol over real sockets.

use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use palisade::proxy::Proxies;
use palisade::request::{ClientIp, PeerAddr};
use palisade::serve::Serve;
use test_support::log::Log;
use tokio::time::{advance, pause};

use super::site::Site;

const LINE: &str = "PROXY TCP4 192.0.2.7 192.0.2.1 40000 443\r\n";
const BINARY: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\xc0\0\x02\x07\xc0\0\x02\x01\x9c\x40\x01\xbb\x04\0\0";
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

fn app() -> Router {
    let page = get(async |Extension(PeerAddr(peer)), ClientIp(ip)| format!("{peer} {ip}"));
    Router::new().route("/", page).layer(Proxies::none())
}

async fn behind_balancer() -> Site {
    Site::bounded(Serve::new().proxy_protocol(["127.0.0.1"]).unwrap(), app()).await
}

#[tokio::test]
async fn the_client_of_the_header_is_the_peer() {
    let site = behind_balancer().await;
    for header in [LINE.as_bytes(), BINARY] {
        let mut client = site.connect().await;
        client.send(header).await;
        for _ in 0..2 {
            assert_eq!(client.get("/").await.body, "192.0.2.7:40000 192.0.2.7", "on a connection that stays");
        }
        let mut client = site.connect().await;
        let request = [header, b"GET / HTTP/1.1\r\nHost: site\r\n\r\n"].concat();
        for piece in request.chunks(7) {
            client.send(piece).await;
        }
        assert_eq!(client.receive().await.body, "192.0.2.7:40000 192.0.2.7");
    }
}

#[tokio::test]
async fn health_checks_keep_the_address_of_the_balancer() {
    let site = behind_balancer().await;
    for header in [b"PROXY UNKNOWN\r\n", LOCAL] {
        let mut client = site.connect().await;
        let ours = client.0.local_addr().unwrap();
        client.send(header).await;
        assert_eq!(client.get("/").await.body, format!("{ours} 127.0.0.1"));
    }
}

#[tokio::test]
async fn a_named_peer_without_the_header_is_closed() {
    let log = Log::default();
    let _guard = log.listen();
    let site = behind_balancer().await;
    for request in ["GET / HTTP/1.1\r\nHost: site\r\n\r\n", "PROXY TCP4 192.0.2.7 192.0.2.1 40000\r\n"] {
        let mut client = site.connect().await;
        client.send(request).await;
        assert_eq!(client.read_to_close().await, "");
    }
    let lines = log.lines_of("palisade");
    assert_eq!(lines.len(), 1, "once for several: {lines:?}");
    assert!(lines[0].contains("does not begin with a PROXY header"), "{lines:?}");
    assert!(lines[0].contains("send-proxy-v2"), "{lines:?}");
}

#[tokio::test]
async fn the_header_of_another_peer_is_a_bad_request() {
    for bounds in [Serve::new(), Serve::new().proxy_protocol(["10.0.0.0/8", "unix"]).unwrap()] {
        let site = Site::bounded(bounds, app()).await;
        for header in [LINE.as_bytes(), BINARY] {
            let mut client = site.connect().await;
            client.send(header).await;
            client.send("GET / HTTP/1.1\r\nHost: site\r\n\r\n").await;
            let answer = client.read_to_close().await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "the request is not answered: {answer}");
        }
        assert!(site.connect().await.get("/").await.body.ends_with(" 127.0.0.1"));
    }
}

#[tokio::test]
async fn a_slow_header_is_dropped() {
    let site = behind_balancer().await;
    let (mut silent, mut slow) = (site.connect().await, site.connect().await);
    slow.send(&LINE[..20]).await;
    pause();
    advance(Duration::from_secs(11)).await;
    assert_eq!(silent.read_to_close().await, "");
    assert_eq!(slow.read_to_close().await, "");
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_header() {
    let site = behind_balancer().await;
    let mut slow = site.connect().await;
    slow.send(&LINE[..20]).await;
    let served = site.stop();
    assert_eq!(slow.read_to_close().await, "");
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn each_client_behind_a_balancer_has_its_own_share() {
    let bounds = Serve::new().max_connections(16).share_per_address(8).count_loopback();
    let site = Site::bounded(bounds.proxy_protocol(["127.0.0.1"]).unwrap(), app()).await;
    let connect = async |client: &str| {
        let mut connection = site.connect().await;
        connection.send(format!("PROXY TCP4 {client} 192.0.2.1 40000 443\r\n")).await;
        connection
    };
    let mut open = Vec::new();
    for client in ["192.0.2.7", "192.0.2.7", "192.0.2.8", "192.0.2.8", "192.0.2.9"] {
        let mut connection = connect(client).await;
        assert_eq!(connection.get("/").await.status, 200, "{client}");
        open.push(connection);
    }
    let mut third = connect("192.0.2.7").await;
    assert_eq!(third.read_to_close().await, "", "two are its share");
    // Health checks of the balancer use no client's share.
    for _ in 0..3 {
        let mut check = site.connect().await;
        check.send(LOCAL).await;
        assert_eq!(check.get("/").await.status, 200);
        open.push(check);
    }
}
