//! Requests over a TCP connection, as a service.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::body::Body;
use http::{HeaderName, Request, Response};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends the request over a connection of its own.
pub(crate) async fn send(address: SocketAddr, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut sent = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", head.method, head.uri);
    if !head.headers.contains_key("content-length") {
        sent.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in &head.headers {
        sent.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[sent.as_bytes(), b"\r\n", &body].concat()).await.unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();

    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status: u16 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status.try_into().unwrap();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        response.headers_mut().append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    assert!(!response.headers().contains_key("transfer-encoding"), "chunked bodies are not decoded here");
    Ok(response)
}
