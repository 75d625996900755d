//! Rate limits: as a layer, with a key from the request, and as a call, with a key that only the
//! handler knows.
//!
//! ```
//! use axum::{Router, routing::post};
//! use palisade::rate_limit::store::MemoryStore;
//! use palisade::rate_limit::{FallbackStore, RateLimit, RateLimitRejection};
//!
//! # async fn log_in() {}
//! /// Counts by the account, which only the handler knows.
//! async fn welcome(login: &RateLimit, account: &str) -> Result<u32, RateLimitRejection> {
//!     Ok(login.check(account).await?.remaining)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = FallbackStore::new(MemoryStore::new());
//! let login = RateLimit::new("login", "5/minute; 20/hour".parse()?, store);
//!
//! // As a layer: by the client's address.
//! let app: Router = Router::new().route("/login", post(log_in).layer(login.clone().per_client()));
//!
//! // As a call: by the account.
//! for remaining in [4, 3, 2, 1, 0] {
//!     assert_eq!(welcome(&login, "ada@example.org").await, Ok(remaining));
//! }
//! let rejected = welcome(&login, "ada@example.org").await;
//! assert!(matches!(rejected, Err(RateLimitRejection::LimitExceeded { .. })));
//! assert!(welcome(&login, "bob@example.org").await.is_ok());
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. A request to which the [`RateLimitLayer`] does not apply passes uncounted: other methods,
//!    and those that [`exempt_when`](RateLimitLayer::exempt_when) exempts.
//! 2. A request without a key is rejected (400), or counted under a key for all such requests:
//!    [`MissingKeyPolicy`].
//! 3. A client that has used up the [`meta`](RateLimit::meta) limit is rejected (429).
//! 4. A request within every quota passes. Else it is rejected (429) with `Retry-After`.
//! 5. If the store does not answer in time, [`OutagePolicy`] applies: the request is counted in
//!    memory, rejected (503), or allowed.
//!
//! The text of a 429 is [`RateLimit::message`] and the time to wait.
//! [`ErrorPages`](crate::ErrorPages) writes the page.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`strategy`](RateLimit::strategy) | `fixed-window` | as in Flask-Limiter; every store supports it |
//! | [`charge`](RateLimit::charge) | all or nothing | a rejected request should not use up the other quotas |
//! | [`on_missing_key`](RateLimit::on_missing_key) | reject | no request is unlimited by accident |
//! | [`on_outage`](RateLimit::on_outage) | count in memory | fails neither open nor closed |
//! | [`ipv6_prefix`](RateLimit::ipv6_prefix) | 64 | one customer has at least a /64 |
//! | [`retry_after`](RateLimit::retry_after) | seconds, rounded up | a client's clock may be wrong |
//! | [`FallbackStore`] | 50 ms, 3 failures | see its page |
//!
//! # Scope
//!
//! The name of a limit is its scope. Limits with the same name, quotas, strategy and store share
//! their counters, wherever they are used. Limits with different names never share one.
//!
//! # Show the remaining requests
//!
//! A [`RateLimitLayer`] adds the state of each limit to the request, for handlers:
//!
//! ```
//! use axum::{Extension, Router, body::Body, routing::get};
//! use http::Request;
//! use palisade::rate_limit::store::MemoryStore;
//! use palisade::rate_limit::{RateLimit, RateLimitStatus, RateLimitStatuses};
//! use tower::ServiceExt;
//!
//! async fn page(Extension(RateLimitStatuses(limits)): Extension<RateLimitStatuses>) {
//!     let status: &RateLimitStatus = &limits[0];
//!     assert_eq!((&*status.limit, status.snapshot.remaining), ("search", 9));
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limit = RateLimit::new("search", "10/minute".parse()?, MemoryStore::new());
//! let app = Router::new().route("/", get(page)).layer(limit.global());
//! let response = app.oneshot(Request::new(Body::empty())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//!
//! - It does not identify the client: [`Proxies`](crate::proxy::Proxies) does.
//! - It does not limit concurrent requests: [`serve`](crate::serve()) limits connections.
//! - It does not check headers. Use [`RateLimit::per_header`] only behind a layer that does.
//!
//! # See also
//!
//! - [`Backoff`]: delays after failed logins.
//! - [`quota`]: the syntax of quotas, and the strategies.
//! - [`store`]: memory, Redis, memcached.
//! - [`FallbackStore`]: the timeout and the circuit breaker.
//! - [`Metrics`]: numbers, and Prometheus' text.
//!
//! References: RFC 6585 section 4 (429); RFC 9110 section 10.2.3 (`Retry-After`);
//! draft-ietf-httpapi-ratelimit-headers; OWASP Authentication Cheat Sheet.

mod backoff;
mod circuit_breaker;
mod decide;
mod fallback;
mod headers;
mod key;
mod layer;
mod layer_settings;
mod limit;
mod metrics;
pub mod quota;
mod rejection;
mod retry_after;
mod service;
mod settings;
mod status;
pub mod store;

pub use self::backoff::{Backoff, BackoffAttempt};
pub use self::fallback::FallbackStore;
pub use self::key::RateLimitKey;
pub use self::layer::RateLimitLayer;
pub use self::limit::RateLimit;
pub use self::metrics::{LatencyHistogram, LimitMetrics, Metrics, MetricsSnapshot};
pub use self::rejection::RateLimitRejection;
pub use self::retry_after::RetryAfter;
pub use self::service::{RateLimitFuture, RateLimitService};
pub use self::settings::{MissingKeyPolicy, OutagePolicy};
pub use self::status::{LimitExceeded, RateLimitStatus, RateLimitStatuses};
