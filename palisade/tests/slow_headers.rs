//! 500 clients that send their headers slowly do not block another client. The test needs a
//! thousand file descriptors, a common limit of a process.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, pause};

#[tokio::test]
async fn slow_clients_do_not_block_others() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/", get(async || "hello"));
    tokio::spawn(palisade::serve(listener, app).into_future());

    let mut slow = Vec::new();
    for _ in 0..500 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
        slow.push(stream);
    }

    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(b"GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hello"), "{answer}");
    drop(other);

    for stream in &mut slow {
        let early = stream.try_read(&mut [0; 1]).unwrap_err();
        assert_eq!(early.kind(), std::io::ErrorKind::WouldBlock);
        stream.write_all(b".").await.unwrap();
    }
    pause();
    let began = Instant::now();
    for mut stream in slow {
        assert!(!matches!(stream.read(&mut [0; 1]).await, Ok(1..)), "a slow client got a response");
    }
    assert!(began.elapsed() < Duration::from_secs(20), "cut off after {:?}", began.elapsed());
}
