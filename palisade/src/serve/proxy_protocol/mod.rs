//! The PROXY protocol: a balancer that passes TCP on says who the client is.

mod header;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};

use self::header::{HeaderError, Progress, parse};
use super::Serve;
use crate::core::peers::{PeerList, PeerListError};

impl Serve {
    /// Reads the header of the PROXY protocol, version 1 or 2, from connections of these peers: the
    /// addresses, networks in CIDR notation or, for a unix socket, `unix`, from which a load
    /// balancer connects. The client in the header becomes the [`PeerAddr`] of the requests.
    ///
    /// A named peer must send the header, within [`header_timeout`](Self::header_timeout); otherwise
    /// its connection is closed, and a warning is logged. From any other peer the header is a bad
    /// request, 400. `LOCAL` and `UNKNOWN`, which health checks send, keep the address of the
    /// balancer. The other fields of version 2, such as those on TLS, are skipped.
    ///
    /// [`PeerAddr`]: crate::request::PeerAddr
    ///
    /// ```
    /// use axum::{Extension, Router, routing::get};
    /// use palisade::request::PeerAddr;
    /// use palisade::serve::Serve;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// use tokio::net::{TcpListener, TcpStream};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = Router::new().route("/", get(async |peer: Extension<PeerAddr>| peer.0.0.to_string()));
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let mut balancer = TcpStream::connect(listener.local_addr()?).await?;
    /// let server = Serve::new().proxy_protocol(["127.0.0.1", "10.0.0.0/8"])?;
    /// tokio::spawn(server.serve(listener, app).into_future());
    ///
    /// balancer.write_all(b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 443\r\n").await?;
    /// balancer.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await?;
    /// let mut response = String::new();
    /// balancer.read_to_string(&mut response).await?;
    /// assert!(response.ends_with("192.0.2.7:40000"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the list is empty, or a text is neither an address nor a network in CIDR notation.
    #[doc(alias = "send-proxy")]
    #[doc(alias = "HAProxy")]
    pub fn proxy_protocol<T: AsRef<str>>(
        mut self,
        peers: impl IntoIterator<Item = T>,
    ) -> Result<Self, PeerListError> {
        self.opening.proxy_protocol = Some(Arc::new(PeerList::parse(peers)?));
        Ok(self)
    }
}

/// The reason why a connection has no client.
#[derive(thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("the connection has ended within the PROXY header")]
    Truncated,
    /// A health check that opens a connection and closes it.
    #[error("the peer has sent nothing")]
    Silent,
    #[error(transparent)]
    Io(io::Error),
}

crate::core::error_text::debug_is_text!(ReadError);

/// Reads the header from the beginning of a connection, and not a byte more. Returns the address
/// of the client, if the header has one.
pub(super) async fn read_source(io: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, ReadError> {
    let mut bytes = Vec::with_capacity(128);
    loop {
        let needed = match parse(&bytes)? {
            Progress::Complete(source) => return Ok(source),
            Progress::Needs(needed) => needed,
        };
        let start = bytes.len();
        bytes.resize(start + needed, 0);
        let mut filled = start;
        while filled < bytes.len() {
            filled += match io.read(&mut bytes[filled..]).await.map_err(ReadError::Io)? {
                0 if filled == 0 => return Err(ReadError::Silent),
                0 => return Err(ReadError::Truncated),
                length => length,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn a_header_may_be_split_anywhere() {
        let request = b"GET / HTTP/1.1\r\n\r\n";
        let mut binary =
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\xc0\0\x02\x07\x0a\0\0\x01\x9c\x40\x01\xbb".to_vec();
        binary.extend([4, 0, 0]); // PP2_TYPE_NOOP
        for header in [&b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 443\r\n"[..], &binary] {
            let bytes = [header, request].concat();
            for split in 1..bytes.len() {
                // A pipe as small as the first part hands the bytes over in two or more pieces.
                let (mut sender, mut receiver) = duplex(split);
                let send = async {
                    sender.write_all(&bytes).await.unwrap();
                    drop(sender);
                };
                let receive = async {
                    let source = read_source(&mut receiver).await.unwrap();
                    let mut rest = Vec::new();
                    receiver.read_to_end(&mut rest).await.unwrap();
                    (source, rest)
                };
                let ((), (source, rest)) = tokio::join!(send, receive);
                assert_eq!(source, Some("192.0.2.7:40000".parse().unwrap()), "split at {split}");
                assert_eq!(rest, request, "split at {split}");
            }
        }
    }

    #[tokio::test]
    async fn an_ended_connection_is_told_from_a_silent_one() {
        for (sent, error) in [
            (&b""[..], "the peer has sent nothing"),
            (b"PROXY TCP4 192", "the connection has ended within the PROXY header"),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01", "the connection has ended within the PROXY header"),
        ] {
            let (mut sender, mut receiver) = duplex(64);
            sender.write_all(sent).await.unwrap();
            drop(sender);
            assert_eq!(read_source(&mut receiver).await.unwrap_err().to_string(), error);
        }
    }
}
