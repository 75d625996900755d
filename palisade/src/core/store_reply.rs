//! The reply of a store, ready at once or pending, and the errors of stores.

use std::fmt;
use std::future::{self, Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The reply of a store. `.await` it, or match on it where waiting is impossible.
///
/// ```
/// use palisade::rate_limit::store::{StoreReply, StoreReplyFuture};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let future: StoreReplyFuture<'_, u64> = StoreReply::Ready(Ok(7)).into_future();
/// assert_eq!(future.await, Ok(7));
/// # }
/// ```
#[must_use = "a store does nothing before its reply is awaited"]
pub enum StoreReply<'a, T> {
    /// The reply of a store in memory.
    Ready(Result<T, StoreError>),
    /// The reply that a server is going to send.
    Pending(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<'a, T> IntoFuture for StoreReply<'a, T> {
    type Output = Result<T, StoreError>;
    type IntoFuture = StoreReplyFuture<'a, T>;

    fn into_future(self) -> StoreReplyFuture<'a, T> {
        StoreReplyFuture(match self {
            Self::Ready(reply) => FutureState::Ready(future::ready(reply)),
            Self::Pending(reply) => FutureState::Pending(reply),
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for StoreReply<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(reply) => f.debug_tuple("Ready").field(reply).finish(),
            Self::Pending(_) => f.write_str("Pending(…)"),
        }
    }
}

/// The future of a [`StoreReply`].
pub struct StoreReplyFuture<'a, T>(FutureState<'a, T>);

enum FutureState<'a, T> {
    Ready(future::Ready<Result<T, StoreError>>),
    Pending(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<T> Future for StoreReplyFuture<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            FutureState::Ready(reply) => Pin::new(reply).poll(cx),
            FutureState::Pending(reply) => reply.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for StoreReplyFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreReplyFuture").finish_non_exhaustive()
    }
}

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
