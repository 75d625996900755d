//! The reply of a store: ready at once or awaited, and the reason why there is none.

use std::fmt;
use std::future::{self, Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The reply of a store. `.await` it; a caller that cannot wait matches on it.
#[must_use = "a store does nothing before its reply is awaited"]
pub enum StoreReply<'a, T> {
    /// The reply is known already: the store is in memory.
    Ready(Result<T, StoreError>),
    /// The reply comes from a server.
    Pending(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<'a, T> IntoFuture for StoreReply<'a, T> {
    type Output = Result<T, StoreError>;
    type IntoFuture = StoreReplyFuture<'a, T>;

    fn into_future(self) -> StoreReplyFuture<'a, T> {
        StoreReplyFuture(match self {
            Self::Ready(reply) => Waiting::Ready(future::ready(reply)),
            Self::Pending(reply) => Waiting::Pending(reply),
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
pub struct StoreReplyFuture<'a, T>(Waiting<'a, T>);

enum Waiting<'a, T> {
    Ready(future::Ready<Result<T, StoreError>>),
    Pending(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<T> Future for StoreReplyFuture<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Waiting::Ready(reply) => Pin::new(reply).poll(cx),
            Waiting::Pending(reply) => reply.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for StoreReplyFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreReplyFuture").finish_non_exhaustive()
    }
}

/// The reason why a store gave no reply. No message contains the address, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The server does not reply, or replies that it cannot serve now.
    #[error("{store} is down: {reason}")]
    Down {
        /// The name of the store.
        store: &'static str,
        /// The words of the server or of the network.
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
    /// The address names no store.
    #[error(
        "the store's address is not understood: {0}; write memory://, redis://host:6379/0, rediss://…, \
         redis+unix:///path, redis+sentinel://host,host/name, redis+cluster://host,host or memcached://host,host"
    )]
    Uri(String),
}

impl StoreError {
    #[cfg(any(feature = "rate-limit", feature = "redis"))]
    pub(crate) fn uri(why: impl Into<String>) -> Self {
        Self::Uri(why.into())
    }
}
