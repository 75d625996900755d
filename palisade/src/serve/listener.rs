//! The listeners that a server accepts connections from.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::core::client::PeerAddr;

/// A listener that [`serve`](crate::serve()) can accept connections from: tokio's `TcpListener`
/// and `UnixListener`, or one of your own, such as a listener for vsock.
///
/// This one serves connections that another part of the program hands over:
///
/// ```
/// use std::io;
///
/// use axum::{Router, routing::get};
/// use palisade::request::PeerAddr;
/// use palisade::serve::Listener;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
/// use tokio::sync::mpsc;
///
/// struct HandedOver(mpsc::Receiver<DuplexStream>);
///
/// impl Listener for HandedOver {
///     type Io = DuplexStream;
///
///     async fn accept(&mut self) -> io::Result<(DuplexStream, PeerAddr)> {
///         match self.0.recv().await {
///             Some(connection) => Ok((connection, PeerAddr::local())),
///             None => std::future::pending().await, // no more connections
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (connections, receiver) = mpsc::channel(1);
/// let app = Router::new().route("/", get(async |peer: axum::Extension<PeerAddr>| {
///     peer.0.is_unix().to_string()
/// }));
/// tokio::spawn(palisade::serve(HandedOver(receiver), app).into_future());
///
/// let (mut client, server) = duplex(1024);
/// connections.send(server).await?;
/// client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await?;
/// let mut response = String::new();
/// client.read_to_string(&mut response).await?;
/// assert!(response.ends_with("true"));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener that `palisade::serve` accepts connections from",
    label = "not a listener",
    note = "bind one with `tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await?` or \
            `palisade::serve::bind_unix(\"/run/site/http.sock\").await?`",
    note = "a listener of the standard library becomes one of tokio: `listener.set_nonblocking(true)?`, then \
            `tokio::net::TcpListener::from_std(listener)?`"
)]
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Waits for the next connection, and returns it with its peer. A peer without an address
    /// that is on this machine is [`PeerAddr::local`].
    ///
    /// The server drops this future when something else happens first, and calls the method again:
    /// no connection may be lost by that.
    ///
    /// # Errors
    /// If no connection was accepted. The server skips `ConnectionAborted`, `ConnectionRefused` and
    /// `ConnectionReset`; it logs any other error, and tries again after a second.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, PeerAddr)>> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, PeerAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        // Responses are written whole or in large parts: Nagle's algorithm would only delay them.
        let _ = stream.set_nodelay(true);
        Ok((stream, PeerAddr(peer)))
    }
}

/// The peers count as this machine: see [`PeerAddr::local`].
#[cfg(unix)]
impl Listener for UnixListener {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, PeerAddr)> {
        let (stream, _) = Self::accept(self).await?;
        Ok((stream, PeerAddr::local()))
    }
}

/// Binds a unix socket, and removes the file of an earlier process that no longer listens there.
///
/// Whoever may write to the socket may connect: the file gets the mode `0777 & !umask`. Put it into
/// a folder that only the proxy's group may enter, or change its mode with
/// `std::fs::set_permissions`. The file stays when the server ends; the next `bind_unix` removes
/// it.
///
/// ```
/// use axum::Router;
/// use palisade::serve::bind_unix;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("http.sock");
/// drop(bind_unix(&path).await?); // such as "/run/site/http.sock"; the file stays
/// let listener = bind_unix(&path).await?;
/// assert!(bind_unix(&path).await.is_err(), "a server listens there");
/// let server = palisade::serve(listener, Router::new());
/// # assert!(server.until(std::future::ready(())).await.is_ok());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `AddrInUse` if a server listens there, or the file is not a socket. Otherwise the system's
/// error, such as a folder that does not exist. The text names the path.
#[cfg(unix)]
#[doc(alias = "UnixListener")]
pub async fn bind_unix(path: impl AsRef<std::path::Path>) -> io::Result<UnixListener> {
    use std::os::unix::fs::FileTypeExt;

    let path = path.as_ref();
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot listen on the unix socket {}: {error}", path.display()))
    };
    let is_socket = || std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket()
        && let Err(error) = UnixStream::connect(path).await
        && error.kind() == io::ErrorKind::ConnectionRefused
    {
        std::fs::remove_file(path).map_err(named)?;
    }
    UnixListener::bind(path).map_err(named)
}
