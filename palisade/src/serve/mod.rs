//! A server with limits on connections, request heads, bodies and time.
//!
//! ```
//! use std::io;
//!
//! use axum::{Router, routing::get};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio::sync::oneshot;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> io::Result<()> {
//! let app = Router::new().route("/", get(async || "Hello"));
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let (stop, stopped) = oneshot::channel::<()>();
//! let server = palisade::serve(listener, app).until(async { drop(stopped.await) });
//!
//! let client = async {
//!     let mut stream = TcpStream::connect(address).await?;
//!     stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
//!     let mut response = String::new();
//!     stream.read_to_string(&mut response).await?;
//!     drop(stop);
//!     io::Result::Ok(response)
//! };
//! let (served, response) = tokio::join!(server.into_future(), client);
//! served?; // every request was finished
//! assert!(response?.starts_with("HTTP/1.1 200 OK"));
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. The server accepts a connection while fewer than
//!    [`max_connections`](Serve::max_connections) are open. Further clients wait in the kernel's
//!    queue.
//! 2. The first bytes decide the protocol: HTTP/1.1, or HTTP/2 with prior knowledge.
//! 3. The head of a request must be complete within [`header_timeout`](Serve::header_timeout), or
//!    the connection is dropped. A head with too many bytes or too many headers is answered with
//!    431.
//! 4. The application gets the request with a [`PeerAddr`](crate::request::PeerAddr) in its
//!    extensions and a [`LimitedBody`].
//! 5. The [`idle_timeout`](Serve::idle_timeout) runs between requests, and while the client has a
//!    part of the response to read. On a full server it is not longer than the header timeout. It
//!    does not run while the application works on a response.
//! 6. When the future of [`until`](Serving::until) is ready, the server accepts no more
//!    connections, closes idle ones, and finishes open requests within
//!    [`shutdown_timeout`](Serve::shutdown_timeout).
//!
//! An error or a panic ends its own connection only. When the process has no file descriptors
//! left, the server logs a warning and tries again a second later.
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`header_timeout`](Serve::header_timeout) | 10 s | a head is one or two packets |
//! | [`header_bytes`](Serve::header_bytes) | 32 KiB | several cookies of 4 KiB each |
//! | [`header_count`](Serve::header_count) | 100 | browsers send about 20 |
//! | [`body_limit`](Serve::body_limit) | 1 MiB in 30 s | [`BodyLimit`] changes it for a route |
//! | [`idle_timeout`](Serve::idle_timeout) | 75 s | proxies close first, after 60 s |
//! | [`max_connections`](Serve::max_connections) | 4096 | 256 MiB at 64 KiB each |
//! | [`max_concurrent_streams`](Serve::max_concurrent_streams) | 100 | the minimum of RFC 9113 |
//! | [`shutdown_timeout`](Serve::shutdown_timeout) | 30 s | the default deadline of a request |
//!
//! # What it does not do
//!
//! - It does not speak TLS: put a proxy in front of it.
//! - It does not upgrade connections, so there are no WebSockets.
//! - It does not bound the time until a response is ready: use
//!   [`Deadline`](crate::deadline::Deadline).
//! - Its own 400 and 431, sent before there is a request, have no error page and no security
//!   headers.
//!
//! # See also
//!
//! [`body_limit`](crate::body_limit) and [`deadline`](crate::deadline) for one route;
//! [`proxy`](crate::proxy) for the client's address behind a proxy; the example `hyper_alone` for
//! a service without axum.
//!
//! # References
//!
//! RFC 9112 §9 (connections), RFC 9113 §5.1.2 and §10.5 (streams, denial of service), RFC 6585 §5
//! (431); CWE-400, CVE-2007-6750 (Slowloris), CVE-2023-44487 (rapid reset), CVE-2025-8671.

mod activity;
mod connection;
mod stream;

use std::error::Error;
use std::future::{Pending, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use crate::body_limit::{BodyLimit, LimitedBody};

/// Serves `app` on `listener` with the limits of [`Serve::new`].
///
/// The [module page](self) has an example.
pub fn serve<S>(listener: TcpListener, app: S) -> Serving<S> {
    Serve::new().serve(listener, app)
}

/// The settings of a server.
///
/// ```
/// use std::time::Duration;
///
/// use axum::Router;
/// use palisade::body_limit::BodyLimit;
/// use palisade::serve::Serve;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let server = Serve::new()
///     .max_connections(32)
///     .body_limit(BodyLimit::bytes(64 << 10))
///     .shutdown_timeout(Duration::from_secs(1))
///     .serve(listener, Router::new());
/// assert!(server.until(std::future::ready(())).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[doc(alias = "server")]
#[doc(alias = "slowloris")]
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Serve {
    header_timeout: Duration,
    header_bytes: usize,
    header_count: usize,
    body_limit: BodyLimit,
    idle_timeout: Duration,
    max_connections: usize,
    max_concurrent_streams: u32,
    shutdown_timeout: Duration,
}

impl Serve {
    /// Returns the defaults, which the [module page](self) lists.
    pub const fn new() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            header_bytes: 32 << 10,
            header_count: 100,
            body_limit: BodyLimit::bytes(1 << 20),
            idle_timeout: Duration::from_secs(75),
            max_connections: 4096,
            max_concurrent_streams: 100,
            shutdown_timeout: Duration::from_secs(30),
        }
    }

    /// Sets the time in which a request's head must be complete. It starts when the client
    /// connects, and for later requests with their first byte.
    #[doc(alias = "header_read_timeout")]
    pub const fn header_timeout(self, header_timeout: Duration) -> Self {
        Self { header_timeout, ..self }
    }

    /// Sets the largest size of a request's head, at least 8 KiB. On HTTP/1.1 it is also the size
    /// of a connection's buffer.
    pub const fn header_bytes(self, header_bytes: usize) -> Self {
        let header_bytes = if header_bytes < 8 << 10 { 8 << 10 } else { header_bytes };
        Self { header_bytes, ..self }
    }

    /// Sets the largest number of headers of a request.
    pub const fn header_count(self, header_count: usize) -> Self {
        Self { header_count, ..self }
    }

    /// Sets the limit of request bodies for routes without a [`BodyLimit`] layer.
    pub const fn body_limit(self, body_limit: BodyLimit) -> Self {
        Self { body_limit, ..self }
    }

    /// Sets the time that a client may spend between requests, or without reading the response.
    /// While [`max_connections`](Self::max_connections) are open, the shorter of this and
    /// [`header_timeout`](Self::header_timeout) applies.
    #[doc(alias = "keep_alive_timeout")]
    pub const fn idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout, ..self }
    }

    /// Sets the number of connections that are served at once, at least 1. Further clients wait
    /// to be accepted.
    pub const fn max_connections(self, max_connections: usize) -> Self {
        Self { max_connections: if max_connections == 0 { 1 } else { max_connections }, ..self }
    }

    /// Sets the number of requests that one HTTP/2 connection may have open at once.
    pub const fn max_concurrent_streams(self, max_concurrent_streams: u32) -> Self {
        Self { max_concurrent_streams, ..self }
    }

    /// Sets the time that open requests have to finish once the future of [`Serving::until`] is
    /// ready.
    #[doc(alias = "drain")]
    pub const fn shutdown_timeout(self, shutdown_timeout: Duration) -> Self {
        Self { shutdown_timeout, ..self }
    }

    /// Returns a server for `app`: an axum `Router`, or any tower service that takes a
    /// [`LimitedBody`]. It runs while the result is awaited.
    pub fn serve<S>(self, listener: TcpListener, app: S) -> Serving<S> {
        Serving { settings: self, listener, app, stop: pending() }
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self::new()
    }
}

/// A server that runs while it is awaited. Dropping it drops its connections.
///
/// ```
/// use axum::Router;
/// use palisade::serve::Serving;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let server: Serving<Router> = palisade::serve(listener, Router::new());
/// let stop = std::future::ready(()); // in a program: a signal
/// assert!(server.until(stop).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a server does nothing until it is awaited"]
pub struct Serving<S, F = Pending<()>> {
    settings: Serve,
    listener: TcpListener,
    app: S,
    stop: F,
}

impl<S, F> Serving<S, F> {
    /// Shuts the server down gracefully once `stop` is ready: see [`Serve::shutdown_timeout`].
    #[doc(alias = "with_graceful_shutdown")]
    pub fn until<G: Future<Output = ()>>(self, stop: G) -> Serving<S, G> {
        Serving { settings: self.settings, listener: self.listener, app: self.app, stop }
    }

    /// Accepts connections until `stop` is ready, then waits for the open ones.
    async fn run<B>(self) -> io::Result<()>
    where
        F: Future<Output = ()>,
        S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { settings, listener, app, stop } = self;
        let protocol = connection::protocol(&settings);
        let (stopping, stopped) = watch::channel(());
        let at_capacity = Arc::new(AtomicBool::new(false));
        let mut open = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            at_capacity.store(open.len() >= settings.max_connections, Ordering::Relaxed);
            tokio::select! {
                biased;
                () = stop.as_mut() => break,
                // A connection that panicked needs no log line: the panic hook has written one.
                Some(_) = open.join_next() => {}
                (stream, peer) = accept(&listener), if open.len() < settings.max_connections => {
                    open.spawn(connection::serve_connection(
                        stream,
                        peer,
                        app.clone(),
                        protocol.clone(),
                        settings,
                        at_capacity.clone(),
                        stopped.clone(),
                    ));
                }
            }
        }
        drop((listener, stopping, stopped));
        if timeout(settings.shutdown_timeout, async { while open.join_next().await.is_some() {} })
            .await
            .is_ok()
        {
            return Ok(());
        }
        let left = open.len();
        open.shutdown().await;
        let message =
            format!("stopped with {left} connections still open after {:?}", settings.shutdown_timeout);
        Err(io::Error::new(io::ErrorKind::TimedOut, message))
    }
}

/// Serves until the future of [`Serving::until`] is ready; without one, for ever.
///
/// # Errors
/// `TimedOut` if connections were still open at the end of [`Serve::shutdown_timeout`], and were
/// dropped.
impl<S, F, B> IntoFuture for Serving<S, F>
where
    F: Future<Output = ()> + Send + 'static,
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Accepts the next connection. An error of one connection is skipped; an error that affects all
/// of them, such as no file descriptors left, is retried after a second.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again in a second");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
