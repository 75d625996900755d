//! Limits on the size of request heads.

use axum::Router;
use axum::routing::get;
use palisade::serve::Serve;

use super::site::{RawResponse, Site};

async fn ask(bounds: Serve, headers: &str) -> RawResponse {
    let site = Site::bounded(bounds, Router::new().route("/", get(async || "hello"))).await;
    let mut client = site.connect().await;
    client.send(format!("GET / HTTP/1.1\r\nHost: site\r\n{headers}\r\n")).await;
    client.receive().await
}

fn of_bytes(bytes: usize) -> String {
    format!("X-Large: {}\r\n", "x".repeat(bytes))
}

fn of_lines(lines: usize) -> String {
    (0..lines).map(|line| format!("X-{line}: y\r\n")).collect()
}

#[tokio::test]
async fn a_large_head_gets_431() {
    assert_eq!(ask(Serve::new(), &of_bytes(30 << 10)).await.status, 200);
    assert_eq!(ask(Serve::new(), &of_bytes(34 << 10)).await.status, 431);
    assert_eq!(ask(Serve::new().header_bytes(8 << 10), &of_bytes(9 << 10)).await.status, 431);
    assert_eq!(ask(Serve::new().header_bytes(64 << 10), &of_bytes(34 << 10)).await.status, 200);
}

#[tokio::test]
async fn too_many_headers_get_431() {
    // `Host` counts too.
    assert_eq!(ask(Serve::new(), &of_lines(99)).await.status, 200);
    assert_eq!(ask(Serve::new(), &of_lines(100)).await.status, 431);
    assert_eq!(ask(Serve::new().header_count(200), &of_lines(100)).await.status, 200);
}
