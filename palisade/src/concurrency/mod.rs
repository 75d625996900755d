//! A limit on the requests that are underway at once, in all and for each client.
//!
//! ```
//! use axum::body::Body;
//! use axum::{Router, http::Request, routing::get};
//! use palisade::concurrency::ConcurrencyLimit;
//! use palisade::proxy::Proxies;
//! use palisade::request::PeerAddr;
//! use tower::{Service, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limit = ConcurrencyLimit::new().max_requests(16); // 2 for each client
//! let mut app = Router::new()
//!     .route("/", get(async || "a page"))
//!     .layer((Proxies::none(), limit.clone())); // in `Palisade` by default
//!
//! let request = |client: [u8; 4]| {
//!     Request::get("/").extension(PeerAddr((client, 4000).into())).body(Body::empty())
//! };
//! // Two responses that the client has not read yet, and a third request:
//! let first = app.call(request([192, 0, 2, 1])?).await?;
//! let second = app.call(request([192, 0, 2, 1])?).await?;
//! assert_eq!(app.call(request([192, 0, 2, 1])?).await?.status(), 429);
//! assert_eq!(app.call(request([192, 0, 2, 2])?).await?.status(), 200); // another client
//! drop(first);
//! assert_eq!(app.call(request([192, 0, 2, 1])?).await?.status(), 200);
//! assert_eq!(limit.metrics().requests.rejected_over_share, 1);
//! # drop(second);
//! # Ok(())
//! # }
//! ```
//!
//! A rate limit counts the requests of a minute. This limit counts those that are not finished: it
//! bounds the memory that responses take, and the work that one client can start at once.
//!
//! # What happens, in order
//!
//! 1. The client is the one that [`Proxies`](crate::proxy::Proxies) has resolved, behind proxies too.
//!    IPv6 clients count by their /64. Without a resolved client, the request is a 500.
//! 2. If every place is taken, the request is rejected with 503, `server_busy`. If the client holds
//!    its share, the request is rejected with 429, `client_busy`. Both have `Retry-After`. The
//!    application is not called.
//! 3. Otherwise, the request takes a place.
//! 4. A response with Server-Sent Events, or one that upgrades the connection, moves to a place among
//!    the streams, and gives its first place back. Without a free place, it is rejected in the same
//!    way.
//! 5. The place is free when the last byte of the response is written, or the response is dropped: a
//!    client that leaves, a handler that panics. A WebSocket's place is free when its socket is
//!    dropped.
//!
//! Clones share their places. The log has one line a minute at level `warn` while a bound is reached;
//! [`ConcurrencyLimit::metrics`] has every number.
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`max_requests`](ConcurrencyLimit::max_requests) | 1024 | 64 MiB at 64 KiB each |
//! | [`max_streams`](ConcurrencyLimit::max_streams) | 1024 | 64 MiB at 64 KiB each |
//! | [`share_per_client`](ConcurrencyLimit::share_per_client) | one eighth: 128 | a browser has 6 connections, or 100 streams; a school behind one address has many browsers |
//!
//! # What it does not do
//!
//! - It does not queue requests: a queue in front of a full server adds its own delay.
//! - It does not count connections, or requests that are rejected further out: the server does. See
//!   [`serve`](mod@crate::serve#what-one-address-can-hold).
//! - Under another server than [`serve`](crate::serve()), the place is free when the server drops the
//!   response's body, which it may do before the last byte is sent. An upgraded socket is counted
//!   until the response to its upgrade is sent.
//! - A client on this machine has no share, unless [`count_loopback`](ConcurrencyLimit::count_loopback)
//!   says so.
//! - Clients behind one proxy that is not in [`trusted_proxies`](crate::Palisade::trusted_proxies) are
//!   one client.
//!
//! # See also
//!
//! `rate_limit` for requests in a time; [`deadline`](crate::deadline) for the time of one request.
//!
//! # References
//!
//! RFC 6585 §4 (429), RFC 9110 §15.6.4 (503) and §10.2.3 (`Retry-After`); CWE-770; OWASP Denial of
//! Service Cheat Sheet.

mod body;
mod metrics;
mod rejection;
mod service;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use tower_layer::Layer;

pub use self::body::PlacedBody;
pub use self::metrics::ConcurrencySnapshot;
pub use self::rejection::ConcurrencyRejection;
pub use self::service::{ConcurrencyLimitFuture, ConcurrencyLimitService};
use crate::core::capacity::{Capacity, ClientNetwork, NoPlace, Place};
pub use crate::core::capacity_use::CapacityUse;

/// The layer that limits the requests underway. The [module page](self) has an example.
#[doc(alias = "ConcurrencyLimitLayer")]
#[doc(alias = "GlobalConcurrencyLimitLayer")]
#[doc(alias = "LoadShedLayer")]
#[derive(Clone, Debug)]
#[must_use]
pub struct ConcurrencyLimit {
    requests: Arc<Capacity>,
    streams: Arc<Capacity>,
    share_divisor: usize,
    count_loopback: bool,
}

/// The part of all places that one client may hold by default: one eighth.
const SHARE_DIVISOR: usize = 8;

impl ConcurrencyLimit {
    /// Returns a limit of 1024 requests and 1024 streams, one eighth of them for each client.
    pub fn new() -> Self {
        let capacity = |max| Capacity::new(max, SHARE_DIVISOR);
        Self {
            requests: capacity(1024),
            streams: capacity(1024),
            share_divisor: SHARE_DIVISOR,
            count_loopback: false,
        }
    }

    /// Sets the number of requests that are underway at once, at least 1. Counts from zero.
    pub fn max_requests(self, max_requests: usize) -> Self {
        let requests = Capacity::new(max_requests, self.share_divisor);
        Self { requests, ..self }
    }

    /// Sets the number of streams at once, at least 1: responses with Server-Sent Events, and
    /// upgraded sockets. Counts from zero.
    pub fn max_streams(self, max_streams: usize) -> Self {
        let streams = Capacity::new(max_streams, self.share_divisor);
        Self { streams, ..self }
    }

    /// Sets the part of the requests and of the streams that one client may hold: with 8, one eighth
    /// of each. At least 2. Counts from zero.
    ///
    /// ```
    /// # use palisade::concurrency::ConcurrencyLimit;
    /// let limit = ConcurrencyLimit::new().max_requests(100).share_per_client(4);
    /// assert_eq!(limit.metrics().requests.max_per_client, 25);
    /// ```
    pub fn share_per_client(self, divisor: usize) -> Self {
        self.divided_by(divisor.max(2))
    }

    /// Lets one client hold every place.
    ///
    /// # Danger
    /// One client then keeps everybody else out.
    pub fn dangerous_disable_share_per_client(self) -> Self {
        self.divided_by(1)
    }

    /// Counts clients on this machine by their address, as any other client. By default they have no
    /// share: a proxy, a tunnel or a load test on this machine carries many clients.
    pub fn count_loopback(self) -> Self {
        Self { count_loopback: true, ..self }
    }

    /// Returns the numbers now.
    pub fn metrics(&self) -> ConcurrencySnapshot {
        ConcurrencySnapshot {
            requests: CapacityUse::of(&self.requests),
            streams: CapacityUse::of(&self.streams),
        }
    }

    fn divided_by(self, share_divisor: usize) -> Self {
        let requests = Capacity::new(self.requests.max(), share_divisor);
        let streams = Capacity::new(self.streams.max(), share_divisor);
        Self { requests, streams, share_divisor, ..self }
    }

    /// Returns the network whose share a client uses; `None` on this machine.
    fn holder(&self, client: IpAddr) -> Option<ClientNetwork> {
        (self.count_loopback || !client.is_loopback()).then(|| ClientNetwork::of(client))
    }

    fn take_request(&self, client: Option<ClientNetwork>) -> Result<Place, ConcurrencyRejection> {
        take(&self.requests, client, "requests")
    }

    fn take_stream(&self, client: Option<ClientNetwork>) -> Result<Place, ConcurrencyRejection> {
        take(&self.streams, client, "streams")
    }
}

impl Default for ConcurrencyLimit {
    fn default() -> Self {
        Self::new()
    }
}

fn take(
    capacity: &Arc<Capacity>,
    client: Option<ClientNetwork>,
    resource: &'static str,
) -> Result<Place, ConcurrencyRejection> {
    let (share, max) = (capacity.share(), capacity.max());
    capacity.take(client).map_err(|no_place| {
        let is_log_due = capacity.is_log_due();
        match no_place {
            NoPlace::OverShare => {
                if is_log_due {
                    tracing::warn!(resource, share, max, "one client holds its share, and more are rejected");
                }
                ConcurrencyRejection::ClientBusy
            }
            NoPlace::AtCapacity => {
                if is_log_due {
                    tracing::warn!(resource, max, "the concurrency limit is reached, and more are rejected");
                }
                ConcurrencyRejection::ServerBusy
            }
        }
    })
}

impl<S> Layer<S> for ConcurrencyLimit {
    type Service = ConcurrencyLimitService<S>;

    fn layer(&self, inner: S) -> ConcurrencyLimitService<S> {
        ConcurrencyLimitService::new(self.clone(), inner)
    }
}
