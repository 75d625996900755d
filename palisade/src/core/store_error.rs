//! The errors of stores.

use std::time::Duration;

/// The reason why a store gave no reply. No message contains the address, which may contain a
/// password.
///
/// ```
/// use palisade::rate_limit::store::StoreError;
///
/// let error = StoreError::Down { store: "redis", reason: "connection refused".to_owned() };
/// assert_eq!(error.to_string(), "redis is down: connection refused");
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The server does not reply, or replies with an error.
    #[error("{store} is down: {reason}")]
    Down {
        /// The name of the store.
        store: &'static str,
        /// The error of the server or the network.
        reason: String,
    },
    /// Too many requests of one caller wait for the store. Its other callers are not affected. A
    /// limit answers 429.
    #[error("too many requests of one caller wait for {store}: try again in {} s", retry_after.as_secs())]
    CallerQueueFull {
        /// The name of the store.
        store: &'static str,
        /// The time after which to try again.
        retry_after: Duration,
    },
    /// Too many requests of this program wait for the store. It is not an outage: the server
    /// answers. A limit applies its outage policy.
    #[error("too many requests wait for {store}")]
    QueueFull {
        /// The name of the store.
        store: &'static str,
    },
    /// The store has no room for another record of this kind.
    #[error("{store} is full: {remedy}")]
    Full {
        /// The name of the store.
        store: &'static str,
        /// The remedy.
        remedy: &'static str,
    },
    /// The store does not support the rate-limiting strategy.
    #[error("{store} cannot count by {strategy}: {reason}")]
    Unsupported {
        /// The name of the store.
        store: &'static str,
        /// The name of the strategy.
        strategy: &'static str,
        /// The reason, and what to write instead.
        reason: &'static str,
    },
    /// The address is not that of a store.
    #[error(
        "the address of the store is invalid: {0}; write memory://, redis://host:6379/0, rediss://…, \
         redis+unix:///path, redis+sentinel://host,host/name, redis+cluster://host,host or memcached://host,host, \
         and for a server ?namespace= with the name of the site"
    )]
    Uri(String),
    /// A store on a server has no namespace, or an invalid one.
    #[error(
        "the namespace of the store {0}: add the name of the site to the address, such as \
         redis://host:6379/0?namespace=forum, in 1 to 40 letters, digits, `-`, `_` or `.`; sites with one \
         namespace count together and end each other's sessions"
    )]
    Namespace(&'static str),
    /// The name of the table cannot be used.
    #[error(
        "the name of the store's table is invalid: write 1 to 40 of a-z, 0-9 and `_`, a letter first, \
         such as forum_sessions"
    )]
    Table,
}

impl StoreError {
    #[cfg(any(feature = "rate-limit", feature = "redis"))]
    pub(crate) fn uri(reason: impl Into<String>) -> Self {
        Self::Uri(reason.into())
    }
}

crate::core::error_text::debug_is_text!(StoreError);
