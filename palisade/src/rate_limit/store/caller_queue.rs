//! The bound on the requests of one caller that wait for a server at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::core::store_reply::StoreError;

/// The time after which a rejected caller may try again. The queue is usually empty by then.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const SHARDS: usize = 64;

/// The callers with waiting requests, each with what its requests share. A caller without requests
/// takes no memory.
pub(super) struct CallerQueues<T = ()> {
    store: &'static str,
    hasher: RandomState,
    shards: Box<[Mutex<Shard<T>>]>,
    pub(super) max_waiting: usize,
}

/// The queues by the hash of limit and caller.
type Shard<T> = HashMap<u64, Queue<T>>;

struct Queue<T> {
    waiting: usize,
    shared: T,
}

/// The place of a request in the queue of its caller. Dropping it leaves the queue.
pub(super) struct Place<'a, T> {
    queues: &'a CallerQueues<T>,
    caller: u64,
    #[cfg_attr(not(feature = "memcached"), allow(dead_code, reason = "Redis shares nothing"))]
    pub(super) shared: T,
}

impl<T: Clone + Default> CallerQueues<T> {
    pub(super) fn new(store: &'static str, max_waiting: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { store, hasher: RandomState::new(), shards, max_waiting }
    }

    /// Takes a place for a request.
    pub(super) fn enter(&self, limit: &str, caller: &[u8]) -> Result<Place<'_, T>, StoreError> {
        let caller = self.hasher.hash_one((limit, caller));
        let mut shard = self.shard(caller);
        let queue = shard.entry(caller).or_insert_with(|| Queue { waiting: 0, shared: T::default() });
        if queue.waiting >= self.max_waiting.max(1) {
            return Err(self.full());
        }
        queue.waiting += 1;
        Ok(Place { queues: self, caller, shared: queue.shared.clone() })
    }
}

impl<T> CallerQueues<T> {
    /// Returns the error of a caller whose queue is full.
    pub(super) fn full(&self) -> StoreError {
        StoreError::CallerQueueFull { store: self.store, retry_after: RETRY_AFTER }
    }

    fn shard(&self, caller: u64) -> MutexGuard<'_, Shard<T>> {
        let shard = &self.shards[caller as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        let mut shard = self.queues.shard(self.caller);
        if let Entry::Occupied(mut queue) = shard.entry(self.caller) {
            queue.get_mut().waiting -= 1;
            if queue.get().waiting == 0 {
                queue.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_each_caller_and_keeps_no_idle_ones() {
        let queues = CallerQueues::<()>::new("test", 2);
        let first = queues.enter("login", b"ada").unwrap();
        let second = queues.enter("login", b"ada").unwrap();
        let full = StoreError::CallerQueueFull { store: "test", retry_after: Duration::from_secs(1) };
        assert_eq!(queues.enter("login", b"ada").map(drop), Err(full));
        let others =
            [queues.enter("login", b"bob"), queues.enter("pages", b"ada"), queues.enter("", b"loginada")];
        assert!(others.iter().all(Result::is_ok), "other callers and limits have queues of their own");
        drop(first);
        let third = queues.enter("login", b"ada").unwrap();
        assert!(queues.enter("login", b"ada").is_err());
        drop((second, third, others));
        assert!(queues.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
        let none = CallerQueues::<()>::new("test", 0);
        let one = none.enter("a", b"b").unwrap();
        assert!(none.enter("a", b"b").is_err(), "one request always gets a place");
        drop(one);
    }
}
