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
