//! The numbers of running servers, for an endpoint with metrics.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::bounds::Bounds;
use crate::core::capacity_use::CapacityUse;

/// The numbers of a server: connections, requests and streams, and what was rejected.
///
/// Make it before the server, so that a route can show it:
///
/// ```
/// use axum::{Router, routing::get};
/// use palisade::serve::{Serve, ServeMetrics};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let metrics = ServeMetrics::new();
/// let shown = metrics.clone();
/// let app = Router::new().route("/metrics", get(async move || shown.snapshot().to_string()));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let server = Serve::new().metrics(&metrics).serve(listener, app);
/// # let server = server.until(std::future::ready(()));
/// server.await?;
/// assert!(metrics.snapshot().to_string().contains("serve_rejected_total"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ServeMetrics(Arc<Mutex<Option<Arc<Bounds>>>>);

impl ServeMetrics {
    /// Returns metrics without a server: every number is 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the numbers now. They are those of the server that started last.
    pub fn snapshot(&self) -> ServeSnapshot {
        let bounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bounds.as_ref().map_or(ServeSnapshot::NONE, |bounds| ServeSnapshot::of(bounds))
    }

    pub(super) fn observe(&self, bounds: &Arc<Bounds>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(bounds));
    }
}

/// The numbers of a server at one moment. `Display` writes Prometheus' text format.
///
/// ```
/// use palisade::serve::{ServeMetrics, ServeSnapshot};
///
/// let snapshot: ServeSnapshot = ServeMetrics::new().snapshot();
/// assert_eq!((snapshot.requests.used, snapshot.response_timeouts), (0, 0));
/// let line = "serve_rejected_total{resource=\"connections\",reason=\"share\"} 0\n";
/// assert!(snapshot.to_string().contains(line));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeSnapshot {
    /// Connections, upgraded ones included.
    pub connections: CapacityUse,
    /// Requests, from their head to the last byte of the response.
    pub requests: CapacityUse,
    /// Responses with Server-Sent Events, and upgraded sockets.
    pub streams: CapacityUse,
    /// The number of requests that were not answered within
    /// [`response_timeout`](super::Serve::response_timeout).
    pub response_timeouts: u64,
    /// The number of sockets that were closed after
    /// [`upgrade_idle_timeout`](super::Serve::upgrade_idle_timeout).
    pub idle_sockets_closed: u64,
}

impl ServeSnapshot {
    const NONE: Self = Self {
        connections: CapacityUse::NONE,
        requests: CapacityUse::NONE,
        streams: CapacityUse::NONE,
        response_timeouts: 0,
        idle_sockets_closed: 0,
    };

    fn of(bounds: &Bounds) -> Self {
        Self {
            connections: CapacityUse::of(&bounds.connections),
            requests: CapacityUse::of(&bounds.requests),
            streams: CapacityUse::of(&bounds.streams),
            response_timeouts: bounds.response_timeouts.load(Ordering::Relaxed),
            idle_sockets_closed: bounds.idle_sockets.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Display for ServeSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, requests, streams, response_timeouts, idle_sockets_closed } = *self;
        let uses = [("connections", connections), ("requests", requests), ("streams", streams)];
        CapacityUse::write(f, "serve", &uses)?;
        for (name, help, count) in [
            ("response_timeouts_total", "Requests that were not answered in time.", response_timeouts),
            ("idle_sockets_closed_total", "Upgraded sockets closed because idle.", idle_sockets_closed),
        ] {
            writeln!(f, "# HELP serve_{name} {help}\n# TYPE serve_{name} counter\nserve_{name} {count}")?;
        }
        Ok(())
    }
}
