//! Servers on a unix socket, and the proxies in front of them.

use std::io::ErrorKind;
use std::path::Path;

use axum::Router;
use axum::routing::get;
use palisade::Palisade;
use palisade::proxy::Proxies;
use palisade::request::Client;
use palisade::serve::{Listener, bind_unix};
use test_support::Folder;
use test_support::log::Log;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Returns a site that answers with the client's address and scheme.
fn site(proxies: Proxies) -> Router {
    let page = get(async |client: Client| format!("{} {}", client.ip(), client.scheme().as_str()));
    Palisade::for_hosts(["example.org"])
        .unwrap()
        .trusted_proxies(proxies)
        .protect(Router::new().route("/", page))
}

/// Sends a request with these headers to the socket, and returns the response.
async fn ask(path: &Path, headers: &str) -> String {
    let mut stream = UnixStream::connect(path).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

const FORWARDED: &str = "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n";

#[tokio::test]
async fn a_named_proxy_on_a_unix_socket_is_believed() {
    for proxies in ["hops=1", "hops=1@unix", "unix", "unix, 10.0.0.0/8", "header=x-real-ip@unix"] {
        let folder = Folder::new();
        let path = folder.join("http.sock");
        let listener = bind_unix(&path).await.unwrap();
        tokio::spawn(palisade::serve(listener, site(proxies.parse().unwrap())).into_future());
        let forwarded = format!("{FORWARDED}X-Real-IP: 198.51.100.7\r\n");
        let response = ask(&path, &forwarded).await;
        assert!(response.ends_with("198.51.100.7 https"), "{proxies}: {response}");
    }
}

#[tokio::test]
async fn an_unnamed_proxy_on_a_unix_socket_is_an_error() {
    let log = Log::default();
    let _guard = log.listen();
    for proxies in ["none", "127.0.0.1", "hops=1@127.0.0.0/8"] {
        let folder = Folder::new();
        let path = folder.join("http.sock");
        let listener = bind_unix(&path).await.unwrap();
        tokio::spawn(palisade::serve(listener, site(proxies.parse().unwrap())).into_future());
        let response = ask(&path, FORWARDED).await;
        assert!(response.starts_with("HTTP/1.1 500 "), "{proxies}: {response}");
        assert!(ask(&path, "").await.starts_with("HTTP/1.1 302 "), "no proxy is visible");
    }
    let log = log.text();
    assert!(
        log.contains("peer on the unix socket") && log.contains("`Proxies::trusted([\"unix\"])?`"),
        "{log}"
    );
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let folder = Folder::new();
    let path = folder.join("http.sock");
    drop(bind_unix(&path).await.unwrap());
    assert!(path.exists(), "the file stays");
    let mut listener = bind_unix(&path).await.unwrap();
    assert_eq!(bind_unix(&path).await.unwrap_err().kind(), ErrorKind::AddrInUse);
    let (accepted, connected) = tokio::join!(Listener::accept(&mut listener), UnixStream::connect(&path));
    assert!(accepted.unwrap().1.is_unix() && connected.is_ok());

    let file = folder.join("file");
    std::fs::write(&file, "not a socket").unwrap();
    let error = bind_unix(&file).await.unwrap_err();
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a socket");
}
