#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test and names the line")]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn send(body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(super::run(listener));
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn echoes_a_body_up_to_its_limit() {
    let answer = send("Hello").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("Hello"), "{answer}");
    let refused = send(&"x".repeat((64 << 10) + 1)).await;
    assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
    for answer in [answer, refused] {
        assert!(answer.contains("content-security-policy: "), "{answer}");
    }
}
