//! The queue in front of a server: a bounded number of questions at once, and of questions that
//! wait in this program.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::rejection::is_due;
use super::store_reply::StoreError;

/// The longest wait in a queue of this program.
pub(crate) const QUEUE_TIMEOUT: Duration = Duration::from_secs(1);
/// The largest number of requests that wait for one server. With 64 at once and 2 ms for each
/// decision, the last one waits 0.13 s; at 2 KiB a request, they take 8 MiB.
pub(crate) const MAX_WAITING: usize = 4096;

/// Logged at most once in ten seconds.
const FULL: &str = "requests not sent to the store: too many wait for it. Limits apply their outage policy, and \
                    sessions in the store are unavailable to these requests";

/// The queue in front of one server.
pub(crate) struct ServerQueue {
    store: &'static str,
    permits: Semaphore,
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// A request that waits. Dropping it leaves the queue.
struct Waiting<'a>(&'a ServerQueue);

impl ServerQueue {
    /// Makes a queue for a server that gets this many questions at once.
    pub(crate) fn new(store: &'static str, at_once: usize, max_waiting: usize) -> Self {
        let permits = Semaphore::new(at_once);
        Self { store, permits, waiting: AtomicUsize::new(0), max_waiting }
    }

    /// Waits for the permission to send a question. Dropping it lets the next request send one.
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Ok(permit);
        }
        let _waiting = self.wait()?;
        match timeout(QUEUE_TIMEOUT, self.permits.acquire()).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_) => Err(self.full()),
        }
    }

    fn wait(&self) -> Result<Waiting<'_>, StoreError> {
        let waiting = Waiting(self);
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.max_waiting {
            Ok(waiting)
        } else {
            Err(self.full())
        }
    }

    fn full(&self) -> StoreError {
        let store = self.store;
        if is_due(FULL) {
            tracing::warn!(store, max_waiting = self.max_waiting, "{FULL}");
        }
        StoreError::QueueFull { store }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bounds_the_questions_and_the_requests_that_wait() {
        let queue = ServerQueue::new("test", 2, 1);
        let (first, _second) = (queue.enter().await.unwrap(), queue.enter().await.unwrap());
        {
            let mut third = pin!(queue.enter());
            assert!(third.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            let full = StoreError::QueueFull { store: "test" };
            assert_eq!(queue.enter().await.map(drop), Err(full.clone()), "one may wait");
            assert_eq!(queue.enter().await.map(drop), Err(full));
            drop(first);
            assert!(third.await.is_ok());
        }
        assert_eq!(queue.waiting.load(Ordering::Relaxed), 0);
        let _third = queue.enter().await.unwrap();
        let begun = Instant::now();
        assert!(queue.enter().await.is_err());
        let waited = begun.elapsed();
        assert!(waited >= QUEUE_TIMEOUT && waited < QUEUE_TIMEOUT * 2, "{waited:?}");
        assert_eq!(queue.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_just_under_a_second_gets_its_turn() {
        let queue = ServerQueue::new("test", 1, 1);
        let first = queue.enter().await.unwrap();
        let free = async {
            tokio::time::sleep(QUEUE_TIMEOUT - Duration::from_millis(1)).await;
            drop(first);
        };
        let (second, ()) = tokio::join!(queue.enter(), free);
        assert!(second.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_gives_up_leaves_the_queue() {
        let queue = ServerQueue::new("test", 1, 2);
        let _first = queue.enter().await.unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            let mut gone = pin!(queue.enter());
            assert!(gone.as_mut().poll(&mut cx).is_pending());
        }
        assert_eq!(queue.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_free_permit_needs_no_place_in_the_queue() {
        let queue = ServerQueue::new("test", 1, 0);
        let first = queue.enter().await;
        assert!(first.is_ok());
        let begun = Instant::now();
        assert!(queue.enter().await.is_err(), "no one may wait");
        assert_eq!(begun.elapsed(), Duration::ZERO, "the error comes at once");
    }
}
