//! A WebSocket client, and a site with an echo.

use axum::Router;
use axum::extract::ws::{Message as Received, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Returns a route `/echo` that sends back every text.
pub(crate) fn echo() -> Router {
    async fn repeat(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            if matches!(message, Received::Text(_)) && socket.send(message).await.is_err() {
                return;
            }
        }
    }
    Router::new().route("/echo", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(repeat)))
}

pub(crate) struct Socket<I = TcpStream>(WebSocketStream<I>);

impl<I: AsyncRead + AsyncWrite + Unpin> Socket<I> {
    /// Opens a WebSocket as a page of this origin does.
    pub(crate) async fn open(
        stream: I,
        path: &str,
        origin: &str,
    ) -> Result<Self, Box<Response<Option<Vec<u8>>>>> {
        let mut request = format!("ws://localhost{path}").into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn say(&mut self, text: &str) -> String {
        self.0.send(Message::text(text)).await.unwrap();
        self.receive().await.unwrap().into_text().unwrap().to_string()
    }

    /// Returns the next message, or `None` after the end, with or without an error.
    pub(crate) async fn receive(&mut self) -> Option<Message> {
        self.0.next().await?.ok()
    }
}
