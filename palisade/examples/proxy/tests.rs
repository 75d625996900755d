use std::net::SocketAddr;
use std::process::Command;

use palisade::test::Browser;
use test_support::Folder;
use test_support::servers::{Server, free_port, listens};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

fn production() -> Router {
    app(&palisade(Some("example.org,www.example.org"), &Keyring::random()).unwrap())
}

/// Returns a visitor of https://example.org/notes/, behind the proxy.
fn visitor() -> Browser {
    let browser = Browser::new(production()).at("https://example.org").under("/notes").from("10.0.0.2");
    browser.header("x-forwarded-for", "192.0.2.7").header("x-forwarded-proto", "https")
}

#[tokio::test]
async fn links_and_redirects_have_the_prefix() {
    let mut ada = visitor();
    let page = ada.get("/notes/").await;
    assert_eq!(page.texts("p"), ["0 notes, encrypted, from 192.0.2.7"]);
    assert!(page.header("set-cookie").unwrap().starts_with("__Host-notes="));
    assert_eq!(page.select("form")[0].attribute("action"), Some("/notes/add"));
    let page = ada.submit("/notes/add", &[]).await;
    assert_eq!(page.path, "/notes/");
    assert_eq!(page.texts("p"), ["1 notes, encrypted, from 192.0.2.7"]);
}

#[tokio::test]
async fn redirects_plain_http_under_the_prefix() {
    let mut ada = visitor().header("x-forwarded-proto", "http").without_following();
    let page = ada.get("/notes/?x=1").await;
    assert_eq!(page.header("location"), Some("https://example.org/notes/?x=1"));
}

#[tokio::test]
async fn rejects_other_hosts_and_strangers_headers() {
    assert_eq!(visitor().at("https://evil.example").get("/notes/").await.status, 421);
    let stranger = Browser::new(production()).at("http://example.org").from("203.0.113.9");
    assert_eq!(stranger.header("x-forwarded-proto", "https").get("/").await.status, 500);
}

#[tokio::test]
async fn answers_probes_under_any_host() {
    let mut probe = Browser::new(production()).at("http://10.0.0.3:3000").from("10.0.0.2");
    assert_eq!(probe.get("/healthz").await.text, "ok");
}

/// Starts nginx with `nginx.conf` in front of this address.
fn nginx(site: SocketAddr) -> (Server, u16) {
    let (folder, port) = (Folder::new(), free_port());
    let conf = include_str!("nginx.conf")
        .replace("app:3000", &site.to_string())
        .replace("listen 80;", &format!("listen 127.0.0.1:{port};"));
    let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {};\n", folder.path(name)))
        .concat();
    let conf = folder.file(
        "nginx.conf",
        &format!(
            "daemon off;\nmaster_process off;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\n{temp}{conf}}}\n",
            folder.path("pid"),
            folder.path("error.log")
        ),
    );
    let mut command = Command::new("nginx");
    command.args(["-c", &conf, "-e", &folder.path("error.log")]);
    (Server::start(command, folder, format!("http://127.0.0.1:{port}"), || listens(port)), port)
}

#[tokio::test]
async fn nginx_sets_the_prefix_and_replaces_forged_headers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_nginx, port) = nginx(listener.local_addr().unwrap());
    let site = app(&palisade(None, &Keyring::random()).unwrap());
    tokio::spawn(palisade::serve(listener, site).into_future());

    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "GET /notes/ HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\n\
         X-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /evil\r\nForwarded: for=6.6.6.6\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("0 notes, not encrypted, from 127.0.0.1"), "{answer}");
    assert!(answer.contains("action=\"/notes/add\""), "{answer}");
}
