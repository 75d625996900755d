//! Writes the time of a session's last use, and never lets a response wait for a slow store.
//!
//! The write is best effort: without it, the idle timeout counts from an earlier request. One is
//! sent at a time. A response waits for its write a quarter of a second at most; the write goes on.
//! After that, no request writes the time for five seconds. Other writes of a session are waited
//! for, as a page must not say "saved" before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::store::{SaveOutcome, SessionId, SessionRecord, SessionStore, StoreError, StoreReply};

/// The longest time that a response waits for its turn, and then for its write.
const PATIENCE: Duration = Duration::from_millis(250);
/// The time without writes after one that took longer.
const PAUSE: Duration = Duration::from_secs(5);

/// The writes of one `Sessions`. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Touches(Arc<Shared>);

#[derive(Default)]
struct Shared {
    turn: Arc<tokio::sync::Mutex<()>>,
    paused_since: Mutex<Option<Instant>>,
}

impl Touches {
    /// Writes the record, or leaves it out while the store is slow.
    pub(super) async fn save(
        &self,
        store: &Arc<dyn SessionStore>,
        id: SessionId,
        expected: u64,
        record: SessionRecord,
        lifetime: Duration,
    ) {
        if let StoreReply::Ready(result) = store.save(id, Some(expected), record.clone(), lifetime) {
            return log_failure(result);
        }
        if self.is_paused() {
            return;
        }
        let Ok(turn) = timeout(PATIENCE, Arc::clone(&self.0.turn).lock_owned()).await else { return };
        if self.is_paused() {
            return;
        }
        let store = Arc::clone(store);
        let write = tokio::spawn(async move {
            let _turn = turn;
            log_failure(store.save(id, Some(expected), record, lifetime).await);
        });
        if timeout(PATIENCE, write).await.is_err() {
            *self.0.paused_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    fn is_paused(&self) -> bool {
        let since = *self.0.paused_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() < PAUSE)
    }
}

/// A conflict is no failure: another request has written a newer time.
fn log_failure(result: Result<SaveOutcome, StoreError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the time of a session's last use cannot be written");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A store whose writes never end, as under a held lock.
    #[derive(Debug, Default)]
    struct Stuck(AtomicUsize);

    impl SessionStore for Stuck {
        fn load(&self, _: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
            StoreReply::Ready(Ok(None))
        }

        fn save(
            &self,
            _: SessionId,
            _: Option<u64>,
            _: SessionRecord,
            _: Duration,
        ) -> StoreReply<'_, SaveOutcome> {
            StoreReply::Pending(Box::pin(async {
                self.0.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            }))
        }

        fn delete(&self, _: SessionId) -> StoreReply<'_, ()> {
            StoreReply::Ready(Ok(()))
        }

        fn of_user<'a>(&'a self, _: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
            StoreReply::Ready(Ok(Vec::new()))
        }

        fn delete_of_user<'a>(&'a self, _: &'a str, _: &'a [SessionId]) -> StoreReply<'a, ()> {
            StoreReply::Ready(Ok(()))
        }

        fn name(&self) -> &'static str {
            "stuck"
        }
    }

    #[tokio::test]
    async fn a_stuck_store_holds_one_write_and_no_response() {
        let (touches, stuck) = (Touches::default(), Arc::new(Stuck::default()));
        let store: Arc<dyn SessionStore> = stuck.clone();
        let record = SessionRecord { version: 2, user: None, bytes: Vec::new() };
        let save = || touches.save(&store, SessionId::random(), 1, record.clone(), PAUSE);
        futures_util::future::join_all((0..20).map(|_| save())).await; // ends, although no write does
        save().await;
        assert_eq!(stuck.0.load(Ordering::SeqCst), 1);
    }
}
