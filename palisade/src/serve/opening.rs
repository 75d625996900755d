//! What happens to a connection between `accept` and the first request.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::proxy_protocol::{self, ReadError};
use super::state::{Peer, ServerState};
#[cfg(feature = "tls")]
use super::tls::{self, Tls, TlsIo};
use crate::core::capacity::Place;
use crate::core::client::{PeerAddr, Scheme};
use crate::core::peers::PeerList;
use crate::core::rejection::is_due;

/// The settings of what happens before the first request.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    /// The peers whose connections begin with a header of the PROXY protocol.
    pub(super) proxy_protocol: Option<Arc<PeerList>>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Tls>,
}

/// A connection that is ready for requests.
pub(super) struct Opened<I> {
    pub(super) stream: Transport<I>,
    pub(super) peer: Peer,
    pub(super) place: Place,
    /// The scheme of all requests, if the server knows it.
    pub(super) scheme: Option<Scheme>,
}

impl Opening {
    pub(super) const fn new() -> Self {
        Self {
            proxy_protocol: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Starts what runs beside the server. It ends when the result is dropped.
    pub(super) fn start(&self) -> JoinSet<()> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return tls.watch();
        }
        JoinSet::new()
    }

    /// Returns `true` if connections of this server are inside of TLS.
    fn is_tls(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    /// Returns `true` if the connections of this peer begin with a PROXY header.
    pub(super) fn announces_client(&self, peer: SocketAddr) -> bool {
        self.proxy_protocol.as_ref().is_some_and(|peers| peers.contains(PeerAddr(peer)))
    }
}

/// Prepares a connection for requests within the header timeout. Returns `None` if it has ended
/// before.
pub(super) async fn open<I>(io: I, peer: Peer, place: Place, server: &ServerState) -> Option<Opened<I>>
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let opening = &server.settings.opening;
    if !opening.is_tls() && !opening.announces_client(peer.address) {
        return Some(Opened { stream: Transport::Plain(io), peer, place, scheme: None });
    }
    tokio::select! {
        opened = timeout(server.settings.header_timeout, negotiate(io, peer, place, server)) => {
            opened.unwrap_or_else(|_| {
                tracing::debug!(peer = %peer.address, "connection dropped: it was not ready for requests in time");
                None
            })
        }
        () = server.shutdown.started() => None,
    }
}

/// Reads what comes before the first request.
async fn negotiate<I>(mut io: I, mut peer: Peer, mut place: Place, server: &ServerState) -> Option<Opened<I>>
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let opening = &server.settings.opening;
    if opening.announces_client(peer.address) {
        match proxy_protocol::read_source(&mut io).await {
            Ok(None) => {}
            Ok(Some(address)) => {
                peer = Peer { address, holder: server.bounds.holder(address) };
                // The client takes a place of its own share, and not one of the balancer's.
                drop(place);
                place = server.bounds.connection(address, peer.holder)?;
            }
            Err(error) => {
                log_invalid_header(peer.address, &error);
                return None;
            }
        }
    }
    #[cfg(feature = "tls")]
    if let Some(tls) = &opening.tls {
        let stream = Transport::Tls(Box::new(tls::accept(tls, io, peer.address).await?));
        return Some(Opened { stream, peer, place, scheme: Some(Scheme::Https) });
    }
    Some(Opened { stream: Transport::Plain(io), peer, place, scheme: None })
}

/// Logs the connection of a balancer that does not speak the PROXY protocol, at most once in ten
/// seconds.
fn log_invalid_header(peer: SocketAddr, error: &ReadError) {
    const TEXT: &str = "connection closed: its peer is named by `Serve::proxy_protocol`, and has sent no valid PROXY \
                        header. Turn the header on in the balancer (HAProxy: `send-proxy-v2`; nginx: `proxy_protocol \
                        on;` in `stream`), or remove the peer from the list";
    if !matches!(error, ReadError::Silent) && is_due(TEXT) {
        tracing::warn!(%peer, %error, "{TEXT}");
    }
}

/// The bytes of a connection: as they are, or inside of TLS. An enum, so that plain connections
/// make no virtual calls.
pub(super) enum Transport<I> {
    Plain(I),
    #[cfg(feature = "tls")]
    Tls(Box<TlsIo<I>>),
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncRead for Transport<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buf),
            #[cfg(feature = "tls")]
            Self::Tls(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, bytes),
            #[cfg(feature = "tls")]
            Self::Tls(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, slices),
            #[cfg(feature = "tls")]
            Self::Tls(io) => Pin::new(io).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            #[cfg(feature = "tls")]
            Self::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            #[cfg(feature = "tls")]
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            #[cfg(feature = "tls")]
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
