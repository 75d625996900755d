//! HAProxy in front of the server, which passes TCP on with the PROXY protocol.

use std::process::Command;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use palisade::proxy::Proxies;
use palisade::request::{ClientIp, PeerAddr};
use palisade::serve::{Serve, bind_unix};
use test_support::Folder;
use test_support::log::Log;
use test_support::servers::{Server, free_port, listens};
use tokio::net::TcpStream;

use super::certificates::localhost;
use super::site::{Client, Site};

fn app() -> Router {
    let page = get(async |Extension(PeerAddr(peer)), ClientIp(ip)| format!("{peer} {ip}"));
    Router::new().route("/", page).layer(Proxies::none())
}

/// Starts HAProxy with one port for each line about a server.
fn haproxy<const N: usize>(folder: Folder, servers: [String; N]) -> (Server, [u16; N]) {
    let ports = servers.each_ref().map(|_| free_port());
    let mut settings =
        "global\n maxconn 100\ndefaults\n mode tcp\n timeout connect 5s\n timeout client 30s\n \
                        timeout server 30s\n unique-id-format %ci:%cp\n"
            .to_owned();
    for (server, port) in servers.iter().zip(ports) {
        settings.push_str(&format!("listen at{port}\n bind 127.0.0.1:{port}\n server site {server}\n"));
    }
    let settings = folder.file("haproxy.cfg", &settings);
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f", &settings]);
    (Server::start(command, folder, String::new(), || ports.into_iter().all(listens)), ports)
}

#[tokio::test]
async fn haproxy_says_who_the_client_is() {
    let log = Log::default();
    let _guard = log.listen();
    let folder = Folder::new();
    let settings = || Serve::new().proxy_protocol(["127.0.0.1", "unix"]).unwrap();
    let site = Site::bounded(settings(), app()).await;
    let socket = folder.path("http.sock");
    tokio::spawn(settings().serve(bind_unix(&socket).await.unwrap(), app()).into_future());
    let tcp = site.address;
    let (_haproxy, ports) = haproxy(
        folder,
        [
            format!("{tcp} send-proxy"),
            format!("{tcp} send-proxy-v2"),
            format!("{tcp} send-proxy-v2 proxy-v2-options unique-id,crc32c check inter 20ms"),
            format!("unix@{socket} send-proxy"),
            format!("unix@{socket} send-proxy-v2"),
        ],
    );
    for port in ports {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let ours = stream.local_addr().unwrap();
        let mut client = Client(stream);
        for _ in 0..2 {
            assert_eq!(client.get("/").await.body, format!("{ours} 127.0.0.1"), "port {port}");
        }
    }
    assert_eq!(log.lines_of("palisade"), [""; 0], "health checks are no errors");
}

#[tokio::test]
async fn haproxy_passes_tls_on() {
    let folder = Folder::new();
    let (own, tls) = localhost(&folder);
    let site = Site::bounded(Serve::new().tls(tls).proxy_protocol(["127.0.0.1"]).unwrap(), app()).await;
    let (_haproxy, [port]) = haproxy(folder, [format!("{} send-proxy-v2", site.address)]);
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let ours = stream.local_addr().unwrap();
    let stream = own.connect(stream, "localhost", &["http/1.1"]).await.unwrap();
    let answer = super::tls::fetch(stream).await;
    assert!(answer.ends_with(&format!("{ours} 127.0.0.1")), "{answer}");
}
