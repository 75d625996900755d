//! The servers: axum's, this library's, axum-server with TLS, hyper alone, and none.

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Extension;
use axum::extract::connect_info::MockConnectInfo;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use axum::{Router, ServiceExt};
use axum_server::tls_rustls::RustlsConfig;
use futures_util::stream;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use palisade::Palisade;
use palisade::front_door::Guards;
use palisade::request::{ClientIp, PeerAddr, Scheme};
use test_support::Folder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use tower::Layer;

use super::{assert_protected, pages, palisade, protect, visit};
use crate::serve::websocket::{Socket, echo};

async fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async fn fetch(address: SocketAddr) -> String {
    fetch_over(TcpStream::connect(address).await.unwrap()).await
}

async fn fetch_over(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_lowercase()
}

#[track_caller]
fn assert_served(answer: &str) {
    assert!(answer.starts_with("http/1.1 200 ") && answer.contains("127.0.0.1"), "{answer}");
    assert!(answer.contains("content-security-policy: "), "{answer}");
}

#[tokio::test]
async fn axum_serve_with_connect_info_knows_the_client() {
    let (listener, address) = bind().await;
    let app = protect(pages()).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, app).into_future());
    assert_served(&fetch(address).await);
}

#[tokio::test]
async fn axum_serve_without_connect_info_is_an_error() {
    let (listener, address) = bind().await;
    let app = Palisade::development().protect(pages());
    tokio::spawn(axum::serve(listener, app).into_future());
    let answer = fetch(address).await;
    assert!(answer.starts_with("http/1.1 500 ") && answer.contains("content-security-policy: "), "{answer}");
    assert!(answer.contains("into_make_service_with_connect_info"), "the line to write: {answer}");
}

#[tokio::test]
async fn palisade_serve_knows_the_client() {
    let (listener, address) = bind().await;
    tokio::spawn(palisade::serve(listener, protect(pages())).into_future());
    assert_served(&fetch(address).await);
}

#[tokio::test]
async fn a_protected_service_is_served_without_a_router() {
    let (listener, address) = bind().await;
    let page = tower::service_fn(async |_: http::Request<Body>| {
        Ok::<_, Infallible>(http::Response::new("by 127.0.0.1".to_owned()))
    });
    tokio::spawn(palisade::serve(listener, palisade().protect_service(page)).into_future());
    assert_served(&fetch(address).await);
}

#[tokio::test]
async fn a_request_without_a_server_names_its_peer() {
    assert_protected(&visit(&protect(pages()), "/").await, 200);

    let mock = || MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40000)));
    let ask = async |app: Router| {
        let request = http::Request::get("/").header("host", "localhost").body(Body::empty()).unwrap();
        crate::support::ask(&app, request).await
    };
    assert_protected(&ask(protect(pages()).layer(mock())).await, 200);
    // Inside, it comes too late.
    assert_protected(&ask(protect(pages().layer(mock()))).await, 500);
}

#[tokio::test]
async fn a_layered_service_is_served_without_a_router() {
    let (listener, address) = bind().await;
    let app = Guards::new().hosts(["localhost"]).unwrap().layer(pages());
    tokio::spawn(palisade::serve(listener, app).into_future());
    assert_served(&fetch(address).await);

    let (listener, address) = bind().await;
    let app = Guards::new().hosts(["localhost"]).unwrap().layer(pages());
    let app = ServiceExt::<axum::extract::Request>::into_make_service_with_connect_info::<SocketAddr>(app);
    tokio::spawn(axum::serve(listener, app).into_future());
    assert_served(&fetch(address).await);
}

#[tokio::test]
async fn websockets_open_under_both_servers() {
    let app = protect(echo()).layer(tower_http::trace::TraceLayer::new_for_http());
    let (listener, by_axum) = bind().await;
    let service = app.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());
    let (listener, by_palisade) = bind().await;
    tokio::spawn(palisade::serve(listener, app).into_future());
    for address in [by_axum, by_palisade] {
        let connect = async || TcpStream::connect(address).await.unwrap();
        let mut socket = Socket::open(connect().await, "/echo", "http://localhost").await.unwrap();
        assert_eq!(socket.say("hello").await, "hello");
        let foreign = Socket::open(connect().await, "/echo", "https://evil.example").await;
        assert_eq!(foreign.err().map(|response| response.status().as_u16()), Some(403));
    }
}

#[tokio::test]
async fn server_sent_events_stream_through_the_layers() {
    let event = || stream::once(async { Ok::<_, Infallible>(Event::default().data("news")) });
    let app = protect(Router::new().route("/events", get(async move || Sse::new(event()))));
    let answer = visit(&app, "/events").await;
    assert_protected(&answer, 200);
    assert_eq!(answer.body, "data: news\n\n");
}

/// Makes a self-signed certificate for `localhost` and its key, both as PEM.
fn certificate() -> (Vec<u8>, Vec<u8>) {
    let folder = Folder::new();
    let extensions = "[req]\ndistinguished_name = dn\n[dn]\n\
                      [server]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost\n";
    fs::write(folder.join("openssl.cnf"), extensions).unwrap();
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
                     -config openssl.cnf -extensions server -keyout key -out cert";
    let made =
        Command::new("openssl").args(arguments.split_ascii_whitespace()).current_dir(&*folder).output();
    let made = made.expect("openssl is not installed: run scripts/install-test-needs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (fs::read(folder.join("cert")).unwrap(), fs::read(folder.join("key")).unwrap())
}

#[tokio::test]
async fn axum_server_with_tls_is_https() {
    let _ = crypto::ring::default_provider().install_default();
    let (certificate, key) = certificate();
    let config = RustlsConfig::from_pem(certificate.clone(), key).await.unwrap();
    let routes =
        Router::new().route("/", get(async |scheme: Scheme, ClientIp(ip)| format!("{scheme:?} {ip}")));
    // The server terminates TLS, and so says that every request came by https.
    let app = protect(routes).layer(Extension(Scheme::Https));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum_server::from_tcp_rustls(listener, config).unwrap();
    tokio::spawn(server.serve(app.into_make_service_with_connect_info::<SocketAddr>()));

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&certificate).unwrap()).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    let answer = fetch_over(stream).await;
    assert_served(&answer);
    assert!(answer.contains("https 127.0.0.1") && answer.contains("strict-transport-security: "), "{answer}");
}

#[tokio::test]
async fn hyper_alone_serves_the_layers() {
    let (listener, address) = bind().await;
    tokio::spawn(async move {
        let (stream, peer) = listener.accept().await.unwrap();
        let app = protect(pages()).layer(Extension(PeerAddr(peer)));
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
        connection.await.unwrap();
    });
    assert_served(&fetch(address).await);
}
