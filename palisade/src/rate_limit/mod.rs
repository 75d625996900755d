//! Rate limits: as a layer, with a key from the request, and as a call, with a key that only the
//! handler knows.
//!
//! ```
//! use axum::{Router, routing::post};
//! use palisade::rate_limit::store::MemoryStore;
//! use palisade::rate_limit::{FallbackStore, RateLimit, RateLimitKey, RateLimitRejection};
//!
//! # async fn log_in() {}
//! /// Counts by the account, which only the handler knows.
//! async fn welcome(login: &RateLimit, email: &str) -> Result<u32, RateLimitRejection> {
//!     Ok(login.check(RateLimitKey::email(email)).await?.remaining)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = FallbackStore::new(MemoryStore::new());
//! let login = RateLimit::new("login", "5/minute; 20/hour", store)?;
//!
//! // As a layer: by the client's address.
//! let app: Router = Router::new().route("/login", post(log_in).layer(login.clone().per_client()));
//!
//! // As a call: by the account.
//! for remaining in [4, 3, 2, 1, 0] {
//!     assert_eq!(welcome(&login, "ada@example.org").await, Ok(remaining));
//! }
//! let rejected = welcome(&login, " Ada@Example.org").await; // the same mailbox
//! assert!(matches!(rejected, Err(RateLimitRejection::LimitExceeded { .. })));
//! assert!(welcome(&login, "bob@example.org").await.is_ok());
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! # Counters in Redis
//!
//! Processes that share a Redis server share their counters. A [`FallbackStore`] bounds the wait
//! for the server; [`OutagePolicy`] decides while the server is down:
//!
//! ```
//! use std::time::Duration;
//!
//! use palisade::Rejection;
//! use palisade::rate_limit::store::RedisStore;
//! use palisade::rate_limit::{FallbackStore, OutagePolicy, RateLimit};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let redis = RedisStore::new("redis://127.0.0.1:1/0?namespace=forum")?; // in this example, no server is there
//! let store = FallbackStore::new(redis).timeout(Duration::from_millis(100)); // for all limits
//! let search = RateLimit::new("search", "1/hour", store.clone())?; // counts in memory
//! let export = RateLimit::new("export", "5/day", store)?.on_outage(OutagePolicy::Reject);
//!
//! assert!(search.check("ada").await.is_ok());
//! let limited = Rejection::from(search.check("ada").await.unwrap_err());
//! assert_eq!(limited.status(), 429);
//! let sentence = "That was more than we can take in this time. Please try again in ";
//! assert!(limited.message().starts_with(sentence));
//!
//! let uncounted = Rejection::from(export.check("ada").await.unwrap_err());
//! assert_eq!((uncounted.status().as_u16(), uncounted.code()), (503, "cannot_count"));
//! # Ok(())
//! # }
//! ```
//!
//! [`RateLimit::new`] also takes a store itself, such as [`RedisStore`](store::RedisStore), and
//! puts it into a `FallbackStore` with the defaults. Limits that share one `FallbackStore` share
//! its circuit breaker.
//!
//! # What happens, in order
//!
//! 1. A request to which the [`RateLimitLayer`] does not apply passes uncounted: other methods,
//!    and those that [`exempt_when`](RateLimitLayer::exempt_when) exempts. A CORS preflight that a
//!    layer further in allows is refunded.
//! 2. A request without a key is rejected (400), or counted under a key for all such requests:
//!    [`MissingKeyPolicy`].
//! 3. A client that has used up the [`meta`](RateLimit::meta) limit is rejected (429). That is a
//!    second limit, which counts only the rejections of this one: a penalty for clients that do
//!    not slow down.
//! 4. A request within every quota passes, and is charged: each quota counts its cost, which is 1
//!    unless [`check_costing`](RateLimit::check_costing) or a layer sets another. Else the request
//!    is rejected (429) with `Retry-After`.
//! 5. If too many requests of the caller wait for the store at once, the request is rejected (429)
//!    with `Retry-After: 1`. It is not counted, and no breach. Other callers are not affected.
//! 6. If the store does not answer in time, or too many requests of all callers wait for it,
//!    [`OutagePolicy`] applies: the request is counted in memory, rejected (503), or allowed.
//!
//! A rejection has an empty body until [`ErrorPages`](crate::ErrorPages) writes one. Its text is
//! "That was more than we can take in this time. Please try again in 2 minutes."
//! [`RateLimit::message`] replaces the first sentence. In `application/problem+json`, the member
//! `detail` has the text, and the status and `Retry-After` are the same.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`strategy`](RateLimit::strategy) | `fixed-window` | as in Flask-Limiter; every store supports it |
//! | [`charge`](RateLimit::charge) | all or nothing: a rejected request costs nothing at the quotas that had room | it should not use them up |
//! | [`on_missing_key`](RateLimit::on_missing_key) | reject | no request is unlimited by accident |
//! | [`on_outage`](RateLimit::on_outage) | count in memory | each process still limits during an outage |
//! | [`ipv6_prefix`](RateLimit::ipv6_prefix) | 64 | one customer has at least a /64 |
//! | [`retry_after`](RateLimit::retry_after) | seconds, rounded up | a client's clock may be wrong |
//! | [`FallbackStore`] | 50 ms, 3 failures | see its page |
//! | requests of a caller that wait for a server | 256 in Redis, 64 in memcached | see [`RedisStore`](store::RedisStore::waiting_per_caller), [`MemcachedStore`](store::MemcachedStore::waiting_per_caller) |
//!
//! # Where it goes
//!
//! | limit | place |
//! |---|---|
//! | [per client](RateLimit::per_client), for a site | around the router, inside of [`Proxies`](crate::proxy::Proxies) or [`Palisade`](crate::Palisade) |
//! | per route, per path parameter | on routes or a router: `Router::layer`, `Router::route_layer`, `MethodRouter::layer`; around a whole `Router` it is a 500 that says so |
//! | per signed-in user | on a router inside of [`Sessions`](crate::Sessions); without them it is a 500 that says so |
//! | with CORS | inside of the CORS layer |
//!
//! A [CSRF token check](crate::CsrfTokens) around the router runs before a limit on a route. A form
//! without a token then costs the reading of at most 64 KiB, which only a limit further out counts.
//!
//! # CORS
//!
//! Put the CORS layer outside of the limit: `router.layer(limit).layer(cors)`. A 429 then has
//! `Access-Control-Allow-Origin`, so the script of another site can read the status and
//! `Retry-After`; without it, the script sees a network error. The CORS layer answers preflights
//! itself, and the limit never sees them.
//!
//! With the CORS layer inside, a preflight is charged and refunded: a successful response with
//! `Access-Control-Allow-Origin` to an `OPTIONS` request with `Origin` and
//! `Access-Control-Request-Method` does not count. Another answer to such a request counts, because
//! a handler for any method may have done work.
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
//! let limit = RateLimit::new("search", "10/minute", MemoryStore::new())?;
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
//! draft-ietf-httpapi-ratelimit-headers; OWASP Authentication Cheat Sheet; Fetch Standard
//! (CORS-preflight request).

mod backoff;
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
