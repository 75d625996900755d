//! A chat: messages come in by WebSocket and go out by WebSocket and Server-Sent Events, until the server stops.
//!
//! ```sh
//! cargo run -p palisade --example live
//! # open http://localhost:3000/ in two windows; or watch: curl -N http://localhost:3000/events
//! ```

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, Response};
use axum::routing::{any, get};
use futures_util::stream::{self, Stream};
use palisade::serve::Shutdown;
use palisade::{CspNonce, Palisade};
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};
use tokio::time::{interval, timeout};

/// The messages of the room. A member that is 100 messages behind misses some.
type Room = Sender<String>;

fn app() -> Router {
    let routes = Router::new()
        .route("/", get(page))
        .route("/events", get(events))
        .route("/chat", any(chat)) // `any`: over HTTP/2 the method is CONNECT
        .with_state(Room::new(100));
    // A page of another site cannot open the WebSocket: its `Origin` is rejected.
    Palisade::development().protect(routes)
}

async fn page(nonce: CspNonce) -> Html<String> {
    Html(format!(
        r#"<!doctype html><title>Chat</title><form><input name=text maxlength=500></form><ul></ul>
        <script nonce="{nonce}">
            const socket = new WebSocket(location.href.replace("http", "ws") + "chat");
            const form = document.querySelector("form");
            form.onsubmit = () => {{ socket.send(form.text.value); form.reset(); return false; }};
            new EventSource("/events").onmessage = (event) => {{
                document.querySelector("ul").appendChild(document.createElement("li")).textContent = event.data;
            }};
        </script>"#
    ))
}

/// Streams the messages. `palisade::serve` ends the stream when it stops; browsers then reconnect.
async fn events(State(room): State<Room>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let messages = stream::unfold(room.subscribe(), async |mut messages| {
        loop {
            match messages.recv().await {
                Ok(text) => return Some((Ok(Event::default().data(text)), messages)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(messages).keep_alive(KeepAlive::default())
}

async fn chat(State(room): State<Room>, shutdown: Shutdown, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.max_message_size(2000).max_frame_size(2000); // axum's default is 64 MiB
    let messages = room.subscribe(); // here, so that none is missed while the socket opens
    upgrade.on_upgrade(|socket| talk(socket, messages, room, shutdown))
}

/// Serves one socket. The server sets no timeout on it, so this function does.
async fn talk(mut socket: WebSocket, mut messages: Receiver<String>, room: Room, shutdown: Shutdown) {
    let mut ping = interval(Duration::from_secs(30));
    let mut is_alive = true;
    loop {
        let outgoing = tokio::select! {
            received = socket.recv() => {
                is_alive = true; // browsers answer each ping
                match received {
                    Some(Ok(Message::Text(text))) => drop(room.send(text.to_string())),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return,
                }
                continue;
            }
            message = messages.recv() => match message {
                Ok(text) => Message::text(text),
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            _ = ping.tick() => {
                if !std::mem::replace(&mut is_alive, false) {
                    return;
                }
                Message::Ping(Default::default())
            }
            () = shutdown.started() => {
                let frame = CloseFrame { code: close_code::RESTART, reason: "the server restarts".into() };
                Message::Close(Some(frame))
            }
        };
        let is_last = matches!(outgoing, Message::Close(_));
        let sent = timeout(Duration::from_secs(10), socket.send(outgoing)).await;
        if is_last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    palisade::serve(listener, app()).until(palisade::serve::shutdown_signal()?).await
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};
    use palisade::test::Browser;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::{Error, Message};
    use tokio_tungstenite::{WebSocketStream, client_async};

    use super::*;

    struct Server {
        app: Router,
        address: String,
        stop: oneshot::Sender<()>,
        served: JoinHandle<io::Result<()>>,
    }

    impl Server {
        async fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let (stop, stopped) = oneshot::channel();
            let app = app();
            let server = palisade::serve(listener, app.clone()).until(async { drop(stopped.await) });
            Self { app, address, stop, served: tokio::spawn(server.into_future()) }
        }

        async fn socket(&self, origin: &str) -> Result<WebSocketStream<TcpStream>, Error> {
            let mut request = format!("ws://{}/chat", self.address).into_client_request()?;
            request.headers_mut().insert("origin", origin.parse().unwrap());
            let stream = TcpStream::connect(&self.address).await.unwrap();
            Ok(client_async(request, stream).await?.0)
        }

        fn origin(&self) -> String {
            format!("http://{}", self.address)
        }
    }

    async fn next_text(socket: &mut WebSocketStream<TcpStream>) -> String {
        loop {
            if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                return text.to_string();
            }
        }
    }

    #[tokio::test]
    async fn a_message_reaches_sockets_and_streams() {
        let server = Server::start().await;
        let stream = Browser::new(server.app.clone()).open("/events").await;
        let mut ada = server.socket(&server.origin()).await.unwrap();
        let mut bob = server.socket(&server.origin()).await.unwrap();
        ada.send(Message::text("hello")).await.unwrap();
        assert_eq!(next_text(&mut ada).await, "hello");
        assert_eq!(next_text(&mut bob).await, "hello");
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let event = stream.into_body().into_data_stream().next().await.unwrap().unwrap();
        assert_eq!(event, "data: hello\n\n");
    }

    #[tokio::test]
    async fn stopping_closes_sockets_and_streams() {
        let server = Server::start().await;
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        let request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(stream.read_u8().await.is_ok(), "the response has begun");
        let mut socket = server.socket(&server.origin()).await.unwrap();

        server.stop.send(()).unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert!(rest.ends_with("0\r\n\r\n"), "the stream has an end: {rest}");
        let frame = loop {
            if let Message::Close(frame) = socket.next().await.unwrap().unwrap() {
                break frame.unwrap();
            }
        };
        assert_eq!((u16::from(frame.code), &*frame.reason), (1012, "the server restarts"));
        drop((socket, stream));
        server.served.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn rejects_a_socket_of_another_sites_page() {
        let server = Server::start().await;
        let Err(Error::Http(response)) = server.socket("https://evil.example").await else {
            panic!("not rejected")
        };
        assert_eq!(response.status(), 403);
    }

    #[tokio::test]
    async fn closes_a_socket_after_a_large_message() {
        let server = Server::start().await;
        let mut socket = server.socket(&server.origin()).await.unwrap();
        socket.send(Message::text("x".repeat(2001))).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            assert!(!message.is_text(), "it was rejected");
        }
    }
}
