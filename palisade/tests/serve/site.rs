//! A server on a free port, and a client that says exactly what it is told to.

use std::future::pending;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use palisade::serve::Serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
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
            // A test that lets go of its site has not said stop.
            if stopped.await.is_err() {
                pending().await
            }
        };
        let served = tokio::spawn(bounds.serve(listener, app).until(until).into_future());
        Self { address, stop, served }
    }

    pub(crate) async fn line(&self) -> Line {
        Line(TcpStream::connect(self.address).await.unwrap())
    }

    /// Says stop; what is given back ends when the server does.
    pub(crate) fn stop(self) -> JoinHandle<io::Result<()>> {
        self.stop.send(()).unwrap();
        self.served
    }
}

/// One TCP connection to the site.
pub(crate) struct Line(pub(crate) TcpStream);

#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Line {
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn get(&mut self, path: &str) -> Heard {
        self.say(format!("GET {path} HTTP/1.1\r\nHost: site\r\n\r\n")).await;
        self.hear().await
    }

    /// One answer with a `Content-Length`.
    pub(crate) async fn hear(&mut self) -> Heard {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("an answer's head"));
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.expect("an answer's body");
        Heard { status, head, body: String::from_utf8(body).unwrap() }
    }

    /// Waits until the server hangs up, and says what it said before.
    pub(crate) async fn hung_up(&mut self) -> String {
        let mut last = Vec::new();
        let mut piece = [0; 1024];
        while let Ok(length @ 1..) = self.0.read(&mut piece).await {
            last.extend_from_slice(&piece[..length]);
        }
        String::from_utf8_lossy(&last).into_owned()
    }
}
