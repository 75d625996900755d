//! An HTTP/1.1 client that sends exact bytes, from an address of its own if need be.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// One TCP connection to a server.
#[derive(Debug)]
pub struct Client(pub TcpStream);

/// One response.
#[derive(Debug)]
pub struct RawResponse {
    /// The status code.
    pub status: u16,
    /// The status line and the headers, in lower case.
    pub head: String,
    /// The body.
    pub body: String,
    /// The values of `Set-Cookie`, up to the first attribute.
    pub cookies: Vec<String>,
}

impl RawResponse {
    /// Returns the value of a header, in lower case; `name` is in lower case, too.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.head.lines().filter_map(|line| line.split_once(": "));
        values.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
    }

    /// Returns the value of a `Cookie` header with the cookies that the response sets.
    pub fn cookie(&self) -> String {
        self.cookies.join("; ")
    }
}

impl Client {
    /// Connects from this address of the machine: any of 127.0.0.0/8 is one.
    ///
    /// With `receive_buffer`, the kernel takes few bytes that this client has not read.
    ///
    /// # Errors
    ///
    /// If the connection is refused, or this process has too many.
    pub async fn from(from: IpAddr, to: SocketAddr, receive_buffer: Option<u32>) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.bind(SocketAddr::new(from, 0))?;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a GET, and reads the response.
    pub async fn get(&mut self, path: &str) -> RawResponse {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: site\r\n\r\n")).await;
        self.receive().await
    }

    /// Reads one response, whose body is as long as its `Content-Length`.
    pub async fn receive(&mut self) -> RawResponse {
        self.try_receive().await.expect("a response")
    }

    /// Reads one response, whose body is as long as its `Content-Length`.
    ///
    /// # Errors
    ///
    /// If the connection ends before.
    pub async fn try_receive(&mut self) -> io::Result<RawResponse> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await?);
        }
        let head = String::from_utf8(head).map_err(io::Error::other)?;
        let cookies = head.lines().filter_map(|line| line.split_once(": "));
        let cookies = cookies.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let cookies = cookies.filter_map(|(_, value)| value.split(';').next().map(str::to_owned)).collect();
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no status"))?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(RawResponse { status, head, body, cookies })
    }

    /// Waits until the server closes the connection, and returns the bytes before that.
    pub async fn read_to_close(&mut self) -> String {
        let mut last = Vec::new();
        let mut piece = [0; 1024];
        while let Ok(length @ 1..) = self.0.read(&mut piece).await {
            last.extend_from_slice(&piece[..length]);
        }
        String::from_utf8_lossy(&last).into_owned()
    }
}
