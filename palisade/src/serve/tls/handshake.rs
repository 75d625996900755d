//! The handshake, and the answer to a client that speaks plain HTTP.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::ServerConnection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Tls;

/// The first byte of a TLS connection: a record of the type handshake.
const HANDSHAKE: u8 = 0x16;
/// The number of bytes of a plain request that are read after the answer.
const DISCARDED: u64 = 64 << 10;

/// The bytes that are encrypted and not yet sent, at most. The response waits for the client beyond
/// that.
const SEND_BUFFER: usize = 32 << 10;

/// A connection inside of TLS.
pub(in crate::serve) type TlsIo<I> = TlsStream<Rewound<I>>;

/// Completes the handshake. Returns `None` if the client speaks no TLS, or none that is accepted.
pub(in crate::serve) async fn accept<I>(tls: &Tls, mut io: I, peer: SocketAddr) -> Option<TlsIo<I>>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let first = io.read_u8().await.ok()?;
    if first != HANDSHAKE {
        tracing::debug!(%peer, "connection closed: the client speaks no TLS");
        // The method of a request of HTTP.
        if first.is_ascii_uppercase() {
            let _ = answer_plain_http(io).await;
        }
        return None;
    }
    let io = Rewound { first: Some(first), io };
    let bound = |connection: &mut ServerConnection| connection.set_buffer_limit(Some(SEND_BUFFER));
    match TlsAcceptor::from(tls.config.clone()).accept_with(io, bound).await {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!(%peer, %error, "TLS handshake failed");
            None
        }
    }
}

/// Answers plain HTTP with a 400, and reads on for a while: closing a connection with unread bytes
/// would reset it, and the client would lose the answer.
async fn answer_plain_http(mut io: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    const TEXT: &str = "This port speaks TLS: write https:// in place of http://.\n";
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        TEXT.len()
    );
    io.write_all(head.as_bytes()).await?;
    io.write_all(TEXT.as_bytes()).await?;
    io.shutdown().await?;
    tokio::io::copy(&mut io.take(DISCARDED), &mut tokio::io::sink()).await?;
    Ok(())
}

/// A connection whose first byte was read already.
#[derive(Debug)]
pub(in crate::serve) struct Rewound<I> {
    first: Option<u8>,
    io: I,
}

impl<I: AsyncRead + Unpin> AsyncRead for Rewound<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() > 0
            && let Some(first) = this.first.take()
        {
            buf.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.io).poll_read(cx, buf)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Rewound<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
