//! A listener that bounds what strangers can hold.
//!
//! ```
//! # use axum::{Router, routing::get};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! # let stop_signal = std::future::ready(());
//! let app = Router::new().route("/", get(async || "Hello"));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! palisade::serve(listener, app).until(stop_signal).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What passes, in this order:
//! 1. a connection is accepted while there are fewer than [`connections`](Serve::connections); others wait in the kernel;
//! 2. it says in its first bytes whether it speaks HTTP/1.1 or HTTP/2 (prior knowledge);
//! 3. its request's head is complete in time, else the connection is cut; it has neither too many bytes nor too many
//!    headers, else the answer is 431;
//! 4. the application gets the request with [`PeerAddr`](crate::PeerAddr) in its extensions and a [`LimitedBody`];
//! 5. between requests, and while it has our answer to read, the client is waited for, but not long while others wait
//!    for its place; a connection whose answer is being worked on is never cut;
//! 6. once [`until`](Serving::until) says stop, open requests are answered, idle connections closed, new ones refused.
//!
//! | bound | default | because |
//! |---|---|---|
//! | [`header_timeout`](Serve::header_timeout) | 10 s | a head is one packet or two; covers silence and a dribbled preface |
//! | [`header_bytes`](Serve::header_bytes) | 32 KiB | cookies of 4 KiB each, and room |
//! | [`header_count`](Serve::header_count) | 100 | browsers send 20 |
//! | [`body_limit`](Serve::body_limit) | 1 MiB in 30 s | [`BodyLimit`] moves it for one route |
//! | [`idle_timeout`](Serve::idle_timeout) | 75 s | more than the 60 s after which proxies let go: they close first, no request is lost |
//! | [`connections`](Serve::connections) | 4096 | at 64 KiB each this is 256 MiB |
//! | [`streams`](Serve::streams) | 100 | at once, per HTTP/2 connection, as RFC 9113 recommends |
//! | [`drain`](Serve::drain) | 30 s | what a request may take; then the rest is dropped |
//!
//! A connection that breaks or panics ends alone, and a lack of file descriptors is waited out.
//!
//! It does not speak TLS, it does not upgrade (WebSockets), and it does not bound the time until an answer is ready:
//! that is [`Deadline`](crate::Deadline)'s, further in. What is refused before there is a request (400, 431) has no page
//! and no security headers.
//!
//! References: RFC 9112 §9 (connections), RFC 9113 §5.1.2 and §10.5 (streams, denial of service), RFC 6585 §5 (431);
//! CWE-400, CVE-2007-6750 (slow headers), CVE-2023-44487 (rapid reset).

mod connection;
mod turn;
mod wire;

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

/// Serves `app` on `listener` with the bounds of [`Serve::new`].
pub fn serve<S>(listener: TcpListener, app: S) -> Serving<S> {
    Serve::new().serve(listener, app)
}

/// The bounds of a server.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Serve {
    header_timeout: Duration,
    header_bytes: usize,
    header_count: usize,
    body: BodyLimit,
    idle_timeout: Duration,
    connections: usize,
    streams: u32,
    drain: Duration,
}

impl Serve {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            header_bytes: 32 << 10,
            header_count: 100,
            body: BodyLimit::bytes(1 << 20),
            idle_timeout: Duration::from_secs(75),
            connections: 4096,
            streams: 100,
            drain: Duration::from_secs(30),
        }
    }

    /// How long a request's head may take: the first from the moment of connecting, later ones from their first byte.
    pub const fn header_timeout(self, header_timeout: Duration) -> Self {
        Self { header_timeout, ..self }
    }

    /// How many bytes a request's head may have; at least 8 KiB. On HTTP/1.1 also the buffer of a connection.
    pub const fn header_bytes(self, header_bytes: usize) -> Self {
        let header_bytes = if header_bytes < 8 << 10 { 8 << 10 } else { header_bytes };
        Self { header_bytes, ..self }
    }

    /// How many headers a request may have.
    pub const fn header_count(self, header_count: usize) -> Self {
        Self { header_count, ..self }
    }

    /// What a request's body may be, where no [`BodyLimit`] further in says something else.
    pub const fn body_limit(self, body: BodyLimit) -> Self {
        Self { body, ..self }
    }

    /// How long a client may keep a connection without a request, or an answer without reading on. When all
    /// [`connections`](Self::connections) are taken, no longer than [`header_timeout`](Self::header_timeout).
    pub const fn idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout, ..self }
    }

    /// How many connections are served at once; at least 1. Others wait to be accepted.
    pub const fn connections(self, connections: usize) -> Self {
        Self { connections: if connections == 0 { 1 } else { connections }, ..self }
    }

    /// How many requests one HTTP/2 connection may have open at once.
    pub const fn streams(self, streams: u32) -> Self {
        Self { streams, ..self }
    }

    /// How long open requests may go on after [`Serving::until`] said stop.
    pub const fn drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }

    /// Serves `app`, an axum `Router` or any tower service that takes a [`LimitedBody`], once the result is awaited.
    pub fn serve<S>(self, listener: TcpListener, app: S) -> Serving<S> {
        Serving { bounds: self, listener, app, stop: pending() }
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self::new()
    }
}

/// A server that runs while it is awaited. Dropped, it drops its connections.
#[derive(Debug)]
#[must_use = "a server does nothing until it is awaited"]
pub struct Serving<S, F = Pending<()>> {
    bounds: Serve,
    listener: TcpListener,
    app: S,
    stop: F,
}

impl<S, F> Serving<S, F> {
    /// Stops in good order once `stop` is ready: see [`Serve::drain`].
    pub fn until<G: Future<Output = ()>>(self, stop: G) -> Serving<S, G> {
        Serving { bounds: self.bounds, listener: self.listener, app: self.app, stop }
    }

    /// Accepts until told to stop, then waits for what is open.
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
        let Self { bounds, listener, app, stop } = self;
        let protocol = connection::protocol(&bounds);
        let (stopping, stopped) = watch::channel(());
        let crowded = Arc::new(AtomicBool::new(false));
        let mut open = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            crowded.store(open.len() >= bounds.connections, Ordering::Relaxed);
            tokio::select! {
                biased;
                () = stop.as_mut() => break,
                // A connection that panicked has ended like any other: the panic hook has told why.
                Some(_) = open.join_next() => {}
                (stream, peer) = accept(&listener), if open.len() < bounds.connections => {
                    open.spawn(connection::drive(
                        stream,
                        peer,
                        app.clone(),
                        protocol.clone(),
                        bounds,
                        crowded.clone(),
                        stopped.clone(),
                    ));
                }
            }
        }
        drop((listener, stopping, stopped));
        if timeout(bounds.drain, async { while open.join_next().await.is_some() {} }).await.is_ok() {
            return Ok(());
        }
        let left = open.len();
        open.shutdown().await;
        let message = format!("stopped with {left} connections still open after {:?}", bounds.drain);
        Err(io::Error::new(io::ErrorKind::TimedOut, message))
    }
}

/// Awaited, it serves: until told to stop, or for ever.
///
/// # Errors
/// `TimedOut` when connections were still open at the end of [`Serve::drain`] and were dropped.
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

/// The next connection. What fails for one connection is its own affair; what fails for all of them (no file
/// descriptors left) gets better only with time.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections just now");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
