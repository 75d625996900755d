//! A chat: messages come in by WebSocket and go out by WebSocket and Server-Sent Events, until the server stops.
//!
//! ```sh
//! cargo run -p palisade --example live
//! # open http://localhost:3000/ in two windows; or watch: curl -N http://localhost:3000/events
//! ```

#[cfg(test)]
mod tests;

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
