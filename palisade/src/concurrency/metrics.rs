//! The numbers of a concurrency limit.

use std::fmt;

use crate::core::capacity_use::CapacityUse;

/// The numbers of a [`ConcurrencyLimit`](super::ConcurrencyLimit) at one moment. `Display` writes
/// Prometheus' text format.
///
/// ```
/// use palisade::concurrency::{ConcurrencyLimit, ConcurrencySnapshot};
///
/// let snapshot: ConcurrencySnapshot = ConcurrencyLimit::new().metrics();
/// assert_eq!(snapshot.streams.max, 1024);
/// assert!(snapshot.to_string().contains("concurrency_places_used{resource=\"requests\"} 0\n"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConcurrencySnapshot {
    /// Requests whose response is not sent yet.
    pub requests: CapacityUse,
    /// Responses with Server-Sent Events, and upgraded sockets.
    pub streams: CapacityUse,
}

impl fmt::Display for ConcurrencySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CapacityUse::write(f, "concurrency", &[("requests", self.requests), ("streams", self.streams)])
    }
}
