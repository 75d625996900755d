//! The stream of one connection: reports its traffic to [`Activity`], and closes without
//! losing the last response.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use super::activity::Activity;
use super::socket::Direction;

/// The time in which received bytes are still read after the last write. Closing a TCP connection
/// with unread bytes resets it, and the client then loses the response: the 413 to one that still
/// sends.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// The stream of one connection.
pub(super) struct ConnectionStream<I> {
    stream: I,
    activity: Activity,
    linger_timer: Option<Pin<Box<Sleep>>>,
    // Dropped with the stream.
    _open: oneshot::Sender<()>,
}

impl<I> ConnectionStream<I> {
    /// Returns the stream; `open` is dropped with it.
    pub(super) fn new(stream: I, activity: Activity, open: oneshot::Sender<()>) -> Self {
        Self { stream, activity, linger_timer: None, _open: open }
    }

    /// Reports a write to the activity.
    fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(_)) => self.activity.bytes_sent(),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.wait_for_client(),
        }
        written
    }
}

impl<I> Drop for ConnectionStream<I> {
    fn drop(&mut self) {
        self.activity.stream_dropped();
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for ConnectionStream<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.activity.is_stream_closed(Direction::Read, cx) {
            return Poll::Ready(Err(closed_by_server()));
        }
        let before = buf.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buf) {
            Poll::Ready(read) => read?,
            Poll::Pending => {
                this.activity.wait_for_client();
                return Poll::Pending;
            }
        }
        if buf.filled().len() > before {
            this.activity.bytes_received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ConnectionStream<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.activity.is_stream_closed(Direction::Write, cx) {
            return Poll::Ready(Err(closed_by_server()));
        }
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.written(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.activity.is_stream_closed(Direction::Write, cx) {
            return Poll::Ready(Err(closed_by_server()));
        }
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger_timer.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.linger_timer = Some(Box::pin(sleep(LINGER_TIMEOUT)));
        }
        let mut buffer = [0; 4096];
        loop {
            let mut discarded = ReadBuf::new(&mut buffer);
            match Pin::new(&mut this.stream).poll_read(cx, &mut discarded) {
                Poll::Ready(Ok(())) if !discarded.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => break,
            }
        }
        match &mut this.linger_timer {
            Some(timer) => timer.as_mut().poll(cx).map(Ok),
            None => Poll::Ready(Ok(())),
        }
    }
}

/// The error of an upgraded stream that the server has closed.
fn closed_by_server() -> io::Error {
    let reason = "the server has closed the socket: it shuts down, or the socket was idle for too long";
    io::Error::new(io::ErrorKind::ConnectionAborted, reason)
}
