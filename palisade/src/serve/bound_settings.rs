//! The settings of the bounds on connections, requests and streams.

use std::time::Duration;

use super::Serve;
use super::metrics::ServeMetrics;
use crate::proxy::Proxies;

/// The settings that [`Bounds`](super::bounds::Bounds) are made of.
#[derive(Clone, Debug)]
pub(super) struct BoundSettings {
    pub(super) max_requests: usize,
    pub(super) max_streams: usize,
    pub(super) share_divisor: usize,
    pub(super) proxies: Option<Proxies>,
    pub(super) count_loopback: bool,
    pub(super) response_timeout: Duration,
    pub(super) upgrade_idle_timeout: Duration,
    pub(super) metrics: Option<ServeMetrics>,
}

impl BoundSettings {
    pub(super) const DEFAULT: Self = Self {
        max_requests: 2048,
        max_streams: 2048,
        share_divisor: 8,
        proxies: None,
        count_loopback: false,
        response_timeout: Duration::from_secs(30),
        upgrade_idle_timeout: Duration::from_secs(120),
        metrics: None,
    };
}

/// # What one client may hold
///
/// ```
/// use palisade::proxy::Proxies;
/// use palisade::serve::{Serve, ServeMetrics};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxies = Proxies::trusted(["10.0.0.0/8"])?; // also for `Palisade::trusted_proxies`
/// let metrics = ServeMetrics::new();
/// let server = Serve::new().max_requests(512).proxies(&proxies).metrics(&metrics);
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// server.serve(listener, axum::Router::new()).until(std::future::ready(())).await?;
/// assert_eq!(metrics.snapshot().requests.max_per_client, 512 / 8);
/// # Ok(())
/// # }
/// ```
impl Serve {
    /// Sets the number of requests that are underway at once, at least 1; each HTTP/2 stream is one.
    /// A request is underway until the last byte of its response is sent. Further requests are
    /// answered with 503 and `Retry-After`.
    #[doc(alias = "ConcurrencyLimitLayer")]
    pub fn max_requests(mut self, max_requests: usize) -> Self {
        self.bounds.max_requests = max_requests;
        self
    }

    /// Sets the number of streams at once, at least 1: responses with Server-Sent Events, and
    /// upgraded sockets such as WebSockets. They do not count as requests. Further ones are answered
    /// with 503 and `Retry-After`.
    pub fn max_streams(mut self, max_streams: usize) -> Self {
        self.bounds.max_streams = max_streams;
        self
    }

    /// Sets the part of the connections, requests and streams that one peer address may hold: with
    /// 8, one eighth of each. At least 2. IPv6 addresses count by their /64.
    ///
    /// A further connection is closed at once. A further request or stream is answered with 429 and
    /// `Retry-After`.
    #[doc(alias = "limit_conn")]
    pub fn share_per_address(mut self, divisor: usize) -> Self {
        self.bounds.share_divisor = divisor.max(2);
        self
    }

    /// Lets one address hold every connection, request and stream.
    ///
    /// # Danger
    /// One client then keeps everybody else out. Behind a proxy, write [`proxies`](Self::proxies)
    /// instead.
    pub fn dangerous_disable_share_per_address(mut self) -> Self {
        self.bounds.share_divisor = 1;
        self
    }

    /// Exempts the peers that these proxies trust from the share, because a proxy carries the
    /// requests of many clients: write the value of
    /// [`trusted_proxies`](crate::Palisade::trusted_proxies). Loopback peers are exempt already.
    ///
    /// The share of a client behind a proxy is then judged by
    /// [`ConcurrencyLimit`](crate::concurrency::ConcurrencyLimit), which knows the client.
    pub fn proxies(mut self, proxies: &Proxies) -> Self {
        self.bounds.proxies = Some(proxies.clone());
        self
    }

    /// Counts loopback peers by their address, as any other peer: for tests, and for a machine whose
    /// other users are not trusted.
    pub fn count_loopback(mut self) -> Self {
        self.bounds.count_loopback = true;
        self
    }

    /// Sets the time in which a response must begin, for requests that reach no
    /// [`Deadline`](crate::deadline::Deadline). Then the handler is dropped, and the response is
    /// 503. The time does not run while a handler waits for the client to send its body, which
    /// [`body_limit`](Self::body_limit) bounds.
    ///
    /// `Palisade` contains a `Deadline`. A request that has reached one is its matter: it may be
    /// longer, or [`never`](crate::deadline::Deadline::never).
    #[doc(alias = "timeout")]
    pub fn response_timeout(mut self, response_timeout: Duration) -> Self {
        self.bounds.response_timeout = response_timeout;
        self
    }

    /// Sets the time after which an upgraded socket is closed if no byte has passed, in either
    /// direction. A WebSocket whose handler or client pings more often stays open.
    #[doc(alias = "WebSocket")]
    pub fn upgrade_idle_timeout(mut self, upgrade_idle_timeout: Duration) -> Self {
        self.bounds.upgrade_idle_timeout = upgrade_idle_timeout;
        self
    }

    /// Counts in these metrics too.
    pub fn metrics(mut self, metrics: &ServeMetrics) -> Self {
        self.bounds.metrics = Some(metrics.clone());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_the_settings_that_were_set() {
        let seconds = Duration::from_secs;
        let server = Serve::new()
            .header_timeout(seconds(1))
            .header_count(2)
            .idle_timeout(seconds(3))
            .max_concurrent_streams(4)
            .shutdown_timeout(seconds(5));
        assert_eq!((server.header_timeout, server.header_count), (seconds(1), 2));
        assert_eq!((server.idle_timeout, server.max_concurrent_streams), (seconds(3), 4));
        assert_eq!(server.shutdown_timeout, seconds(5));
        let default = Serve::default();
        assert_eq!((default.header_timeout, default.header_count), (seconds(10), 100));
        assert_eq!((default.idle_timeout, default.max_concurrent_streams), (seconds(75), 100));
        assert_eq!((default.header_bytes, default.shutdown_timeout), (32_768, seconds(30)));
    }

    #[test]
    fn a_head_has_eight_kibibytes_at_least_and_a_server_one_connection() {
        for (bytes, expected) in
            [(0, 8_192), (8_191, 8_192), (8_192, 8_192), (8_193, 8_193), (65_536, 65_536)]
        {
            assert_eq!(Serve::new().header_bytes(bytes).header_bytes, expected);
        }
        assert_eq!([0, 1, 2].map(|max| Serve::new().max_connections(max).max_connections), [1, 1, 2]);
    }
}
