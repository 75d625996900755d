//! A server on a free port, and a client that sends exact bytes.

use std::future::pending;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use palisade::serve::Serve;
pub(crate) use test_support::raw_client::{Client, RawResponse};
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
