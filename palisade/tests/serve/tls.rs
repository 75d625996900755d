//! TLS over real sockets.

use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::Palisade;
use palisade::request::{ClientIp, PeerAddr, Scheme};
use palisade::serve::{Serve, Tls};
use test_support::Folder;
use test_support::log::Log;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{advance, pause};

use super::certificates::{Own, localhost};
use super::site::Site;
use super::websocket::{Socket, echo};

fn app() -> Router {
    let page = get(async |scheme: Scheme, ClientIp(ip)| format!("{ip} by {}", scheme.as_str()));
    Palisade::for_hosts(["localhost"]).unwrap().protect(Router::new().route("/", page))
}

async fn site(tls: Tls) -> Site {
    Site::bounded(Serve::new().tls(tls), app()).await
}

pub(super) async fn fetch(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Returns `true` if a new connection gets this certificate.
async fn presents(site: &Site, own: &Own) -> bool {
    own.connect(site.connect().await.0, "localhost", &[]).await.is_ok()
}

#[tokio::test]
async fn http_1_knows_its_scheme_and_client() {
    let folder = Folder::new();
    let (own, tls) = localhost(&folder);
    let site = site(tls).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let stream = own.connect(site.connect().await.0, "localhost", protocols).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), protocols.first().map(|name| name.as_bytes()));
        let answer = fetch(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("127.0.0.1 by https"), "{answer}");
        assert!(answer.contains("\r\nstrict-transport-security: max-age="), "{answer}");
    }
    let stream = own.connect(site.connect().await.0, "localhost", &["spdy/3"]).await;
    assert!(stream.is_err(), "no protocol in common");
}

#[tokio::test]
async fn http_2_is_preferred() {
    let folder = Folder::new();
    let (own, tls) = localhost(&folder);
    let site = site(tls).await;
    let stream = own.connect(site.connect().await.0, "localhost", &["http/1.1", "h2"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let served = tokio::spawn(connection);
    for _ in 0..2 {
        let request = Request::get("https://localhost/").body(Full::<Bytes>::default()).unwrap();
        let answer = client.send_request(request).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
        assert!(answer.headers().contains_key("strict-transport-security"));
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "127.0.0.1 by https");
    }
    drop(client);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_websocket_opens_inside_of_tls() {
    let folder = Folder::new();
    let (own, tls) = localhost(&folder);
    let app = Palisade::for_hosts(["localhost"]).unwrap().protect(echo());
    let site = Site::bounded(Serve::new().tls(tls), app).await;
    let stream = own.connect(site.connect().await.0, "localhost", &["http/1.1"]).await.unwrap();
    let mut socket = Socket::open(stream, "/echo", "https://localhost").await.unwrap();
    assert_eq!(socket.say("hello").await, "hello");
    let served = site.stop();
    assert!(socket.receive().await.is_none());
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn open_connections_outlive_a_reload() {
    let folder = Folder::new();
    let (old, tls) = localhost(&folder);
    let tls = tls.reload_interval(None);
    let site = site(tls.clone()).await;
    let mut open = old.connect(site.connect().await.0, "localhost", &[]).await.unwrap();

    let new = Own::new(&["localhost"]);
    new.write(&folder, "localhost");
    assert!(presents(&site, &old).await, "not read yet");
    tls.reload().unwrap();
    assert!(presents(&site, &new).await && !presents(&site, &old).await);
    assert!(fetch(&mut open).await.ends_with("127.0.0.1 by https"));
}

#[tokio::test]
async fn changed_files_are_noticed() {
    let folder = Folder::new();
    let (old, tls) = localhost(&folder);
    let site = site(tls.reload_interval(Duration::from_millis(10))).await;
    assert!(presents(&site, &old).await);
    let new = Own::new(&["localhost"]);
    new.write(&folder, "localhost");
    while !presents(&site, &new).await {}
}

#[tokio::test]
async fn a_pair_that_does_not_fit_changes_nothing() {
    let folder = Folder::new();
    let (old, tls) = localhost(&folder);
    let tls = tls.reload_interval(None);
    let site = site(tls.clone()).await;
    let new = Own::new(&["localhost"]);
    let chain = folder.path("localhost.pem");
    std::fs::write(&chain, super::certificates::pem("CERTIFICATE", &new.certificate)).unwrap();
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.contains("does not belong to the first certificate") && error.contains(&chain), "{error}");
    assert!(presents(&site, &old).await);
    new.write(&folder, "localhost");
    tls.reload().unwrap();
    assert!(presents(&site, &new).await);
}

#[tokio::test]
async fn the_host_decides_on_the_certificate() {
    let folder = Folder::new();
    let [first, second, wild] =
        [&["localhost"], &["example.org"], &["*.example.net"]].map(|hosts| Own::new(hosts));
    let [a, b, c] = [(&first, "a"), (&second, "b"), (&wild, "c")].map(|(own, name)| own.write(&folder, name));
    let tls = Tls::from_pem_files(a.0, a.1).unwrap();
    let tls = tls.and_pem_files(b.0, b.1).unwrap().and_pem_files(c.0, c.1).unwrap();
    let site = site(tls).await;
    for (own, host, accepted) in [
        (&first, "localhost", true),
        (&second, "example.org", true),
        (&wild, "www.example.net", true),
        (&second, "localhost", false),
        (&wild, "example.net", false),
    ] {
        let connected = own.connect(site.connect().await.0, host, &[]).await;
        assert_eq!(connected.is_ok(), accepted, "{host}");
    }
    let refused = first.connect(site.connect().await.0, "unknown.example", &[]).await.unwrap_err();
    assert!(refused.to_string().contains("unknown.example"), "the first, for another host: {refused}");
}

#[tokio::test]
async fn plain_http_gets_an_explanation() {
    let folder = Folder::new();
    let (_, tls) = localhost(&folder);
    let site = site(tls).await;
    let mut client = site.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = client.receive().await;
    assert_eq!((answer.status, answer.body.contains("https://")), (400, true));
    assert_eq!(client.read_to_close().await, "");

    for garbage in [&b"\0\0\0\0"[..], b"\x16garbage, and more than a record", b"\x16\x03\x01\xff\xff", b"SSH"]
    {
        let mut client = site.connect().await;
        client.send(garbage).await;
        client.0.shutdown().await.unwrap();
        assert!(!client.read_to_close().await.contains(" 200 "));
    }
}

#[tokio::test]
async fn a_slow_handshake_is_dropped() {
    let folder = Folder::new();
    let (_, tls) = localhost(&folder);
    let site = site(tls).await;
    let (mut silent, mut slow) = (site.connect().await, site.connect().await);
    slow.send(b"\x16\x03\x01\x02").await;
    pause();
    advance(Duration::from_secs(11)).await;
    assert_eq!(silent.read_to_close().await, "");
    assert_eq!(slow.read_to_close().await, "");
}

#[tokio::test]
async fn shutdown_drops_handshakes_and_finishes_requests() {
    let folder = Folder::new();
    let (own, tls) = localhost(&folder);
    let site = site(tls).await;
    let mut slow = site.connect().await;
    slow.send(b"\x16\x03\x01\x02").await;
    let mut idle = own.connect(site.connect().await.0, "localhost", &[]).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut start = [0; 12];
    idle.read_exact(&mut start).await.unwrap();
    let served = site.stop();
    assert_eq!(slow.read_to_close().await, "");
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.expect("an end by close_notify, not by a truncated stream");
    drop(idle);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_proxy_protocol_comes_before_the_handshake() {
    let folder = Folder::new();
    let (own, tls) = localhost(&folder);
    let page = get(async |scheme: Extension<Scheme>, peer: Extension<PeerAddr>| {
        format!("{} by {}", peer.0.0, scheme.as_str())
    });
    let bounds = Serve::new().tls(tls).proxy_protocol(["127.0.0.1"]).unwrap();
    let site = Site::bounded(bounds, Router::new().route("/", page)).await;
    let mut client = site.connect().await;
    client.send("PROXY TCP4 192.0.2.7 192.0.2.1 40000 443\r\n").await;
    let answer = fetch(own.connect(client.0, "localhost", &[]).await.unwrap()).await;
    assert!(answer.ends_with("192.0.2.7:40000 by https"), "{answer}");
}

#[test]
fn an_expired_certificate_is_logged() {
    let log = Log::default();
    let _guard = log.listen();
    let folder = Folder::new();
    let (chain, key) = Own::until(&["localhost"], 2020).write(&folder, "old");
    drop(Tls::from_pem_files(&chain, key).unwrap());
    let lines = log.lines_of("palisade");
    let expired: Vec<_> = lines.iter().filter(|line| line.contains("the certificate has expired")).collect();
    assert!(expired.len() == 1 && expired[0].contains(&chain) && expired[0].contains("WARN"), "{lines:?}");
}
