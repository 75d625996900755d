//! The state of a caller at a limit, for handlers and logs.

use std::sync::Arc;
use std::time::Duration;

use super::key::RateLimitKey;
use crate::rate_limit::quota::{Quota, Snapshot};

/// A request over a limit, as [`RateLimit::on_breach`](super::RateLimit::on_breach) receives it.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use palisade::rate_limit::store::MemoryStore;
/// use palisade::rate_limit::{LimitExceeded, RateLimit};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let limit = RateLimit::new("login", "1/hour", MemoryStore::new())?.on_breach({
///     let log = Arc::clone(&log);
///     move |event: &LimitExceeded| {
///         log.lock().unwrap().push(format!("{}: {}", event.limit, event.quota));
///     }
/// });
/// assert!(limit.check("ada").await.is_ok());
/// assert!(limit.check("ada").await.is_err());
/// assert_eq!(*log.lock().unwrap(), ["login: 1 per hour"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LimitExceeded<'a> {
    /// The name of the limit.
    pub limit: &'a str,
    /// The key of the caller. It may be personal data: think before you log it.
    pub key: &'a RateLimitKey,
    /// The quota that is used up.
    pub quota: Quota,
    /// The time after which the same request passes.
    pub retry_after: Duration,
    /// `true` if the request passes, because the limit only reports.
    pub reported_only: bool,
}

/// The state of the request's caller at one limit. The [module page](crate::rate_limit) has an
/// example.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitStatus {
    /// The name of the limit.
    pub limit: Arc<str>,
    /// The quota that rejected the request, else the one with the least remaining.
    pub quota: Quota,
    /// The state of that quota.
    pub snapshot: Snapshot,
    /// `true` if the request is over the quota. It passed if the limit only reports.
    pub exceeded: bool,
}

/// The states of the request's caller at all limits in front of the handler, the outermost first.
/// A [`RateLimitLayer`](super::RateLimitLayer) adds them to the request's extensions. The
/// [module page](crate::rate_limit) has an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimitStatuses(pub Vec<RateLimitStatus>);
