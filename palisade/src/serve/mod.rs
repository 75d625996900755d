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
//!    queue. A connection over the share of its address is closed.
//! 2. A peer that [`proxy_protocol`](Serve::proxy_protocol) names sends its PROXY header; then comes
//!    the TLS handshake, if the server speaks TLS. Both together must be complete within
//!    [`header_timeout`](Serve::header_timeout). The next bytes decide the protocol: HTTP/1.1, or
//!    HTTP/2 by ALPN or with prior knowledge.
//! 3. The head of a request must be complete within [`header_timeout`](Serve::header_timeout), or
//!    the connection is dropped. A head with too many bytes or too many headers is answered with
//!    431.
//! 4. A request over [`max_requests`](Serve::max_requests) is answered with 503, and one over the
//!    share of its address with 429, both with `Retry-After`. Otherwise, the application gets the
//!    request with a [`PeerAddr`](crate::request::PeerAddr) in its extensions and a [`LimitedBody`].
//!    Its response must begin within [`response_timeout`](Serve::response_timeout), unless it reaches
//!    a [`Deadline`](crate::deadline::Deadline).
//! 5. The [`idle_timeout`](Serve::idle_timeout) runs between requests, and while the client has a
//!    part of the response to read. On a full server it is not longer than the header timeout. It
//!    does not run while the application works on a response.
//! 6. A request that upgrades its connection (HTTP/1.1 `Upgrade`, such as a WebSocket) hands the
//!    socket to the application. The socket counts against
//!    [`max_connections`](Serve::max_connections) and [`max_streams`](Serve::max_streams) until the
//!    application drops it. Without a byte for [`upgrade_idle_timeout`](Serve::upgrade_idle_timeout),
//!    the server closes it.
//! 7. A page (`text/html`), or a response to a POST, PUT, PATCH or DELETE, that no layer has given
//!    security headers is logged once, at level `error`, if other responses have them: its route was
//!    added after [`protect`](crate::Palisade::protect).
//! 8. When the future of [`until`](Serving::until) is ready, the server accepts no more
//!    connections, closes idle ones, and finishes open requests within
//!    [`shutdown_timeout`](Serve::shutdown_timeout).
//!
//! # What one address can hold
//!
//! One peer address (IPv6: a /64) may hold an eighth of the connections, requests and streams. Loopback
//! peers, and those that [`Serve::proxies`] names, have no share: a proxy carries many clients. Behind
//! a proxy on another machine, or in another container, write `.proxies(&proxies)` with the value of
//! [`trusted_proxies`](crate::Palisade::trusted_proxies). Otherwise, all visitors together have one
//! share, and the log says so at level `warn`, once a minute. The clients behind the proxy are told
//! apart by [`ConcurrencyLimit`](crate::concurrency::ConcurrencyLimit), which is in `Palisade`; limit
//! their connections in the proxy. [`ServeMetrics`] counts what is taken and rejected.
//!
//! # Graceful shutdown
//!
//! ```no_run
//! # use axum::Router;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! let stop = palisade::serve::shutdown_signal()?; // SIGTERM or Ctrl-C
//! palisade::serve(listener, Router::new()).until(stop).await
//! # }
//! ```
//!
//! | open at the shutdown | end |
//! |---|---|
//! | idle connection | closed at once |
//! | request | finished, within the shutdown timeout |
//! | Server-Sent Events (`text/event-stream`) | the response ends at once; browsers reconnect |
//! | upgraded socket (WebSocket) | closed after 1 s, if the application has not closed it |
//! | any other stream, long polling | its handler asks [`Shutdown`], or the timeout drops it |
//!
//! An error or a panic ends its own connection only. When the process has no file descriptors
//! left, the server logs a warning and tries again a second later.
//!
//! # Unix sockets
//!
//! Any [`Listener`] can be served. [`bind_unix`] binds a unix socket and removes a stale file:
//!
//! ```no_run
//! # #[cfg(unix)]
//! # async fn run(app: axum::Router) -> std::io::Result<()> {
//! let listener = palisade::serve::bind_unix("/run/site/http.sock").await?;
//! palisade::serve(listener, app).await
//! # }
//! ```
//!
//! Its peers have no address and count as this machine ([`PeerAddr::local`]). A proxy on the socket
//! is named by `Proxies::hops(1)`, or as `unix` in a list of [`proxy`](crate::proxy). Forwarded
//! headers of a proxy that no setting names are a 500 that says so.
//!
//! [`PeerAddr::local`]: crate::request::PeerAddr::local
//!
//! # Behind a balancer that passes TCP on
//!
//! Such a balancer (HAProxy in the mode `tcp`, nginx's `stream`, AWS Network Load Balancer) adds no
//! header to requests. With the PROXY protocol it says who the client is when it connects:
//! [`Serve::proxy_protocol`] names the balancers, by address.
//!
//! The client of the header is the peer from there on. It has its own share of the connections,
//! requests and streams, and [`Proxies`](crate::proxy::Proxies) sees it as the peer: with
//! `Proxies::hops(1)`, a client in the private network could send forwarded headers. A balancer alone
//! needs `Proxies::none()`, the default.
//!
//! # TLS
//!
//! Usually a proxy in front of the server terminates TLS. With the feature `tls`, the server does so
//! itself: [`Serve::tls`] with a `Tls` of two PEM files.
//!
//! - TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN; rustls with ring.
//! - Every request has [`Scheme::Https`](crate::request::Scheme::Https): no redirect, HSTS, `Secure`
//!   cookies.
//! - Changed files are read again within a minute, or by `Tls::reload`. A pair that cannot be used
//!   changes nothing, and is logged at level `error`.
//! - The handshake counts as a connection, and must be complete within the header timeout.
//! - Plain HTTP on this port is a 400 that says so. A second listener, on port 80, redirects.
//!
//! Under another server that terminates TLS, such as axum-server, tell the layers by
//! `Extension(Scheme::Https)` outside of `protect`. Without it, every request looks like plain HTTP,
//! and is redirected to https for ever.
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
//! | [`max_requests`](Serve::max_requests) | 2048 | 256 MiB at 128 KiB each; with their pages and bodies, see the guide |
//! | [`max_streams`](Serve::max_streams) | 2048 | half of the connections |
//! | [`share_per_address`](Serve::share_per_address) | one eighth: 512 connections, 256 requests, 256 streams | many people are behind one address |
//! | [`response_timeout`](Serve::response_timeout) | 30 s | as [`Deadline`](crate::deadline::Deadline) |
//! | [`upgrade_idle_timeout`](Serve::upgrade_idle_timeout) | 120 s | WebSocket libraries ping each 20 to 60 s |
//! | [`max_concurrent_streams`](Serve::max_concurrent_streams) | 100 | the minimum of RFC 9113 |
//! | [`proxy_protocol`](Serve::proxy_protocol) | no peer | any client can send the header |
//! | PROXY header | 107 bytes; version 2: 2 KiB | the specification; 536 bytes are usual |
//! | [`tls`](Serve::tls) | off | usually the proxy's |
//! | TLS: sessions to resume | 4096 | about 2 MB; no ticket key that decrypts old traffic |
//! | TLS: look at the files | every minute | a renewed certificate is there weeks before |
//! | [`shutdown_timeout`](Serve::shutdown_timeout) | 30 s | the default deadline of a request |
//!
//! # What it does not do
//!
//! - TLS: no certificates of clients, no OCSP stapling, no ACME: a client such as certbot writes the
//!   files. No HTTP/3.
//! - PROXY protocol: the fields of version 2 are skipped, those on TLS too. Behind a balancer that
//!   terminates TLS, add `Extension(Scheme::Https)` outside of `protect`.
//! - It does not bound the messages of a WebSocket: axum's `max_message_size` does, 64 MiB by default.
//! - It does not offer WebSockets over HTTP/2; browsers then use HTTP/1.1.
//! - Its own 400, 429, 431 and 503 have no error page and no security headers.
//!
//! # See also
//!
//! [`body_limit`](crate::body_limit) and [`deadline`](crate::deadline) for one route;
//! [`concurrency`](crate::concurrency) for clients behind a proxy; [`proxy`](crate::proxy) for the
//! client's address behind a proxy; the example `hyper_alone` for a service without axum.
//!
//! # References
//!
//! RFC 9112 §9 (connections), RFC 9113 §5.1.2 and §10.5 (streams, denial of service), RFC 6585 §5
//! (431), RFC 6585 §4 (429), RFC 8446 and RFC 7301 (TLS, ALPN), HAProxy's "The PROXY protocol,
//! versions 1 & 2"; CWE-400, CWE-770, CVE-2007-6750 (Slowloris), CVE-2023-44487 (rapid reset),
//! CVE-2025-8671.

mod activity;
mod activity_state;
mod app;
mod bound_settings;
mod bounds;
mod connection;
mod headers_check;
mod listener;
mod metrics;
mod opening;
mod proxy_protocol;
mod request;
mod response_body;
mod server;
mod serving;
mod shutdown;
mod socket;
mod state;
mod stream;
#[cfg(feature = "tls")]
mod tls;

use std::time::Duration;

pub use self::app::App;
#[cfg(feature = "axum")]
pub(crate) use self::app::Server;
use self::bound_settings::BoundSettings;
pub use self::listener::Listener;
#[cfg(unix)]
pub use self::listener::bind_unix;
pub use self::metrics::{ServeMetrics, ServeSnapshot};
use self::opening::Opening;
pub use self::serving::Serving;
pub use self::shutdown::{Shutdown, shutdown_signal};
#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsError};
use crate::body_limit::BodyLimit;
#[cfg(doc)]
use crate::body_limit::LimitedBody;
pub use crate::core::capacity_use::CapacityUse;
pub use crate::core::peers::PeerListError;

/// Serves `app` on `listener` with the limits of [`Serve::new`].
///
/// The [module page](self) has an example.
pub fn serve<L: Listener, S: App<M>, M>(listener: L, app: S) -> Serving<L> {
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
#[derive(Clone, Debug)]
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
    bounds: BoundSettings,
    opening: Opening,
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
            bounds: BoundSettings::DEFAULT,
            opening: Opening::new(),
        }
    }

    /// Sets the time in which a request's head must be complete. It starts when the client
    /// connects, and for later requests with their first byte.
    #[doc(alias = "header_read_timeout")]
    pub fn header_timeout(self, header_timeout: Duration) -> Self {
        Self { header_timeout, ..self }
    }

    /// Sets the largest size of a request's head, at least 8 KiB. On HTTP/1.1 it is also the size
    /// of a connection's buffer.
    pub fn header_bytes(self, header_bytes: usize) -> Self {
        let header_bytes = if header_bytes < 8 << 10 { 8 << 10 } else { header_bytes };
        Self { header_bytes, ..self }
    }

    /// Sets the largest number of headers of a request.
    pub fn header_count(self, header_count: usize) -> Self {
        Self { header_count, ..self }
    }

    /// Sets the limit of request bodies for routes without a [`BodyLimit`] layer.
    pub fn body_limit(self, body_limit: BodyLimit) -> Self {
        Self { body_limit, ..self }
    }

    /// Sets the time that a client may spend between requests, or without reading the response.
    /// While [`max_connections`](Self::max_connections) are open, the shorter of this and
    /// [`header_timeout`](Self::header_timeout) applies.
    #[doc(alias = "keep_alive_timeout")]
    pub fn idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout, ..self }
    }

    /// Sets the number of connections that are served at once, at least 1. Further clients wait
    /// to be accepted.
    pub fn max_connections(self, max_connections: usize) -> Self {
        Self { max_connections: if max_connections == 0 { 1 } else { max_connections }, ..self }
    }

    /// Sets the number of requests that one HTTP/2 connection may have open at once.
    pub fn max_concurrent_streams(self, max_concurrent_streams: u32) -> Self {
        Self { max_concurrent_streams, ..self }
    }

    /// Sets the time that open requests have to finish once the future of [`Serving::until`] is
    /// ready.
    #[doc(alias = "drain")]
    pub fn shutdown_timeout(self, shutdown_timeout: Duration) -> Self {
        Self { shutdown_timeout, ..self }
    }

    /// Returns a server for `app`: an axum `Router`, or any tower service that takes a
    /// [`LimitedBody`]. It runs while the result is awaited.
    pub fn serve<L: Listener, S: App<M>, M>(self, listener: L, app: S) -> Serving<L> {
        Serving::new(self, listener, app.into_server())
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self::new()
    }
}
