//! The reply of a store, ready at once or pending, and the errors of stores.

use std::fmt;
use std::future::{self, Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::circuit_breaker::CircuitBreaker;
use super::server_call::{CallBounds, CallGuard};
pub use super::store_error::StoreError;

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
    /// The reply of a server to a question that first waits in this program for its turn.
    Queued(QueuedReply<'a, T>),
}

/// The reply to a question that waits in this program before it is sent. The stores in Redis and in
/// memcached return it: the timeout and the circuit breaker of
/// [`FallbackStore`](crate::rate_limit::FallbackStore) then leave out that wait.
///
/// ```
/// use palisade::rate_limit::quota::{Quotas, Strategy};
/// use palisade::rate_limit::store::{
///     ChargePolicy, QueuedReply, RateLimitRequest, RateLimitStore, RedisStore, StoreError, StoreReply,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::new("redis://127.0.0.1:1?namespace=forum")?; // no server is there
/// let StoreReply::Queued(reply) = store.ping() else { panic!("a server is asked") };
/// let reply: QueuedReply<'_, ()> = reply;
/// assert!(matches!(reply.await, Err(StoreError::Down { .. })));
/// # Ok(())
/// # }
/// ```
pub struct QueuedReply<'a, T> {
    /// The breaker of the server that is asked, if it is known and only one.
    breaker: Option<&'a CircuitBreaker>,
    /// The bounds that the caller sets before it polls the reply.
    guard: Arc<CallGuard>,
    reply: Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>,
}

#[cfg_attr(
    not(all(feature = "rate-limit", any(feature = "redis", feature = "memcached"))),
    allow(dead_code, reason = "only counters on servers wait for their turn")
)]
impl<'a, T> QueuedReply<'a, T> {
    /// Makes a reply of a function that waits for its turn, and then runs its questions by the
    /// guard.
    pub(crate) fn new<F>(
        breaker: Option<&'a CircuitBreaker>,
        call: impl FnOnce(Arc<CallGuard>) -> F + Send + 'a,
    ) -> Self
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'a,
    {
        let guard = Arc::<CallGuard>::default();
        let its_guard = Arc::clone(&guard);
        let reply = Box::pin(async move {
            let reply = call(Arc::clone(&its_guard)).await;
            its_guard.note(&reply);
            reply
        });
        Self { breaker, guard, reply }
    }

    /// Sets the bounds of the call. An open circuit breaker is an error at once.
    pub(crate) fn bind(self, bounds: CallBounds) -> StoreReply<'a, T> {
        match self.breaker.map(|breaker| bounds.check(breaker)) {
            Some(Err(error)) => StoreReply::Ready(Err(error)),
            _ => {
                self.guard.bind(bounds);
                StoreReply::Pending(self.reply)
            }
        }
    }
}

impl<'a, T> IntoFuture for QueuedReply<'a, T> {
    type Output = Result<T, StoreError>;
    type IntoFuture = StoreReplyFuture<'a, T>;

    fn into_future(self) -> StoreReplyFuture<'a, T> {
        StoreReplyFuture(FutureState::Pending(self.reply))
    }
}

impl<T> fmt::Debug for QueuedReply<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedReply").finish_non_exhaustive()
    }
}

impl<'a, T> IntoFuture for StoreReply<'a, T> {
    type Output = Result<T, StoreError>;
    type IntoFuture = StoreReplyFuture<'a, T>;

    fn into_future(self) -> StoreReplyFuture<'a, T> {
        StoreReplyFuture(match self {
            Self::Ready(reply) => FutureState::Ready(future::ready(reply)),
            Self::Pending(reply) => FutureState::Pending(reply),
            Self::Queued(reply) => return reply.into_future(),
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for StoreReply<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(reply) => f.debug_tuple("Ready").field(reply).finish(),
            Self::Pending(_) => f.write_str("Pending(…)"),
            Self::Queued(_) => f.write_str("Queued(…)"),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::circuit_breaker::BreakerSettings;

    const BREAKER: BreakerSettings = BreakerSettings { failure_threshold: 1, ..BreakerSettings::DEFAULT };

    fn bounds() -> CallBounds {
        CallBounds { store: "test", timeout: Duration::from_millis(50), breaker: BREAKER, observer: None }
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_breaker_is_an_error_before_the_queue() {
        let breaker = CircuitBreaker::new();
        let reply = |breaker| QueuedReply::new(breaker, async |_: Arc<CallGuard>| Ok(7));
        assert_eq!(reply(Some(&breaker)).bind(bounds()).await, Ok(7));
        breaker.record_failure(BREAKER);
        let open = reply(Some(&breaker)).bind(bounds());
        assert!(matches!(open, StoreReply::Ready(Err(StoreError::Down { .. }))));
        assert_eq!(reply(None).bind(bounds()).await, Ok(7), "the server is not known yet");
    }

    #[tokio::test(start_paused = true)]
    async fn a_bound_reply_has_the_timeout() {
        let breaker = CircuitBreaker::new();
        let reply = QueuedReply::new(Some(&breaker), async |guard: Arc<CallGuard>| {
            let silent = std::future::pending::<Result<(), StoreError>>();
            guard.run(&CircuitBreaker::new(), guard.ask(silent)).await
        });
        assert!(matches!(reply.bind(bounds()).await, Err(StoreError::Down { .. })));
    }
}
