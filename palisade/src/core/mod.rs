//! The floor of the library: values that every layer shares. It imports nothing above itself.

#[cfg(feature = "error-page")]
pub(crate) mod accept;
#[cfg(any(feature = "session", feature = "password"))]
pub(crate) mod auth_proof;
pub(crate) mod authority;
#[cfg(feature = "axum")]
pub(crate) mod axum_compat;
#[cfg(feature = "serve")]
pub(crate) mod body_policy;
#[cfg(any(feature = "serve", feature = "csrf", feature = "reporting", feature = "upload"))]
pub(crate) mod body_rejection;
pub(crate) mod cache;
#[cfg(any(feature = "rate-limit", feature = "serve", feature = "session"))]
pub(crate) mod cache_aligned;
#[cfg(feature = "serve")]
pub(crate) mod capacity;
#[cfg(feature = "serve")]
pub(crate) mod capacity_use;
#[cfg(any(feature = "rate-limit", feature = "session"))]
#[cfg_attr(
    not(any(feature = "rate-limit", feature = "redis")),
    allow(dead_code, reason = "sessions alone call no server that needs it")
)]
pub(crate) mod circuit_breaker;
pub(crate) mod client;
#[cfg(any(
    feature = "keyring",
    feature = "rate-limit",
    feature = "reporting",
    feature = "tls",
    feature = "webhook"
))]
pub mod clock;
#[cfg(any(feature = "session", feature = "login-limit"))]
#[cfg_attr(
    not(feature = "session"),
    allow(dead_code, reason = "a known browser's cookie uses only a part of it")
)]
pub(crate) mod cookie;
pub(crate) mod error_text;
pub mod guard;
pub(crate) mod handler_error;
pub(crate) mod internal_error;
pub(crate) mod local_network;
#[cfg(feature = "serve")]
pub(crate) mod log_interval;
#[cfg(feature = "serve")]
pub(crate) mod media_type;
#[cfg(any(feature = "memcached", all(feature = "redis", any(feature = "rate-limit", feature = "session"))))]
pub(crate) mod namespace;
pub(crate) mod nonce;
#[cfg_attr(not(feature = "serve"), allow(unreachable_pub, reason = "`serve` exports the error"))]
pub(crate) mod peers;
#[cfg(any(feature = "rate-limit", feature = "test"))]
pub(crate) mod preflight;
#[cfg(all(feature = "redis", any(feature = "rate-limit", feature = "session")))]
pub(crate) mod redis_connection;
#[cfg(all(feature = "redis", any(feature = "rate-limit", feature = "session")))]
pub(crate) mod redis_servers;
pub mod rejection;
pub mod request;
pub(crate) mod request_context;
pub(crate) mod request_id;
#[cfg(feature = "error-page")]
pub(crate) mod requester;
pub(crate) mod safe_html;
#[cfg(any(feature = "redirect", feature = "sanitize"))]
#[cfg_attr(
    not(feature = "redirect"),
    allow(dead_code, unreachable_pub, reason = "the sanitizer alone uses only a part of it")
)]
pub(crate) mod safe_path;
pub(crate) mod same_site;
#[cfg(any(feature = "rate-limit", feature = "session"))]
#[cfg_attr(
    not(all(feature = "rate-limit", feature = "redis", feature = "session")),
    allow(dead_code, reason = "each store uses only a part of it")
)]
pub(crate) mod server_call;
#[cfg(any(feature = "memcached", all(feature = "redis", any(feature = "rate-limit", feature = "session"))))]
pub(crate) mod server_queue;
pub(crate) mod session_tag;
pub(crate) mod site_path;
#[cfg(any(feature = "rate-limit", feature = "session"))]
pub(crate) mod store_error;
#[cfg(any(feature = "rate-limit", feature = "session"))]
pub(crate) mod store_reply;
#[cfg(any(feature = "rate-limit", feature = "serve"))]
pub(crate) mod stripes;
