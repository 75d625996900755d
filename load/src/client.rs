//! Requests of programs and attackers: one connection each, from an address of one's own.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use test_support::browser::csrf_token;
use test_support::raw_client::{Client, RawResponse};
use tokio::io::AsyncWriteExt;

/// Returns an address of this machine: 127.0.0.0 plus this number. The honest visitor has 2.
#[must_use]
pub fn address(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 0, 0, 0).to_bits() + number).into()
}

/// Sends a request without a body, and reads the response.
///
/// # Errors
/// If the connection fails or ends.
pub async fn ask(from: IpAddr, server: &str, method: &str, path: &str) -> io::Result<RawResponse> {
    send(from, server, method, path, "", b"").await
}

/// Sends a request with more headers, each ended by CRLF, and a body.
///
/// # Errors
/// If the connection fails or ends.
pub async fn send(
    from: IpAddr,
    server: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> io::Result<RawResponse> {
    let mut client = connect(from, server).await?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {headers}\r\n"
    );
    client.0.write_all(&[head.as_bytes(), body].concat()).await?;
    client.try_receive().await
}

/// Opens a connection.
///
/// # Errors
/// If the server refuses it.
pub async fn connect(from: IpAddr, server: &str) -> io::Result<Client> {
    Client::from(from, server.parse().map_err(io::Error::other)?, None).await
}

/// Opens a connection of a client that will read slowly: the kernel takes few bytes for it.
///
/// # Errors
/// If the server refuses it.
pub async fn connect_slow_reader(from: IpAddr, server: &str) -> io::Result<Client> {
    let server: SocketAddr = server.parse().map_err(io::Error::other)?;
    Client::from(from, server, Some(4096)).await
}

/// A form that a visitor has opened: the cookie and the token.
#[derive(Clone, Debug)]
pub struct OpenForm {
    cookie: String,
    token: String,
}

impl OpenForm {
    /// Opens the form at this path.
    ///
    /// # Errors
    /// If the connection fails, or the page has no form: the status is in the text.
    pub async fn open(from: IpAddr, server: &str, path: &str) -> io::Result<Self> {
        let page = ask(from, server, "GET", path).await?;
        let token = csrf_token(&page.body).map(str::to_owned);
        let token = token.ok_or_else(|| io::Error::other(format!("{}: no form", page.status)))?;
        Ok(Self { cookie: page.cookie(), token })
    }

    /// Posts the form with these fields, as `a=b&c=d`.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn post(
        &self,
        from: IpAddr,
        server: &str,
        path: &str,
        fields: &str,
    ) -> io::Result<RawResponse> {
        let headers =
            format!("Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", self.cookie);
        let body = format!("csrf_token={}&{fields}", self.token);
        send(from, server, "POST", path, &headers, body.as_bytes()).await
    }
}
