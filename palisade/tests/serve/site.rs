//! A server on a free port, and a client that sends exact bytes.

use std::future::pending;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use palisade::serve::Serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
}

impl Site {
    pub(crate) async fn new(app: Router) -> Self {
        Self::bounded(Serve::new(), app).await
    }

    pub(crate) async fn bounded(bounds: Serve, app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let until = async {
            // A dropped sender requests no shutdown: the test dropped its site.
            if stopped.await.is_err() {
                pending().await
            }
        };
        let served = tokio::spawn(bounds.serve(listener, app).until(until).into_future());
        Self { address, stop, served }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Connects from another address of this machine: 127.0.0.`last`.
    pub(crate) async fn connect_from(&self, last: u8) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
        Client(socket.connect(self.address).await.unwrap())
    }

    /// Returns the first successful response to a request on a new connection. The server notices
    /// a moment later than the client that a place is free.
    pub(crate) async fn get_when_free(&self, path: &str) -> RawResponse {
        loop {
            let response = self.connect().await.get(path).await;
            if !matches!(response.status, 429 | 503) {
                return response;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Requests a shutdown. The returned task ends with the server.
    pub(crate) fn stop(self) -> JoinHandle<io::Result<()>> {
        self.stop.send(()).unwrap();
        self.served
    }
}

/// One TCP connection to the site.
pub(crate) struct Client(pub(crate) TcpStream);

#[derive(Debug)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn get(&mut self, path: &str) -> RawResponse {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: site\r\n\r\n")).await;
        self.receive().await
    }

    /// Reads one response, whose body is as long as its `Content-Length`.
    pub(crate) async fn receive(&mut self) -> RawResponse {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("the head of a response"));
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.expect("the body of a response");
        RawResponse { status, head, body: String::from_utf8(body).unwrap() }
    }

    /// Waits until the server closes the connection, and returns the bytes before that.
    pub(crate) async fn read_to_close(&mut self) -> String {
        let mut last = Vec::new();
        let mut piece = [0; 1024];
        while let Ok(length @ 1..) = self.0.read(&mut piece).await {
            last.extend_from_slice(&piece[..length]);
        }
        String::from_utf8_lossy(&last).into_owned()
    }
}
