//! Records when members were last seen, without delaying their pages.
//!
//! A page hands the member's id over and goes on. One task writes the ids, a few at a time:
//! 1. An id that already waits is not added again. If the queue is full, it is left out: the
//!    member's next page tries again.
//! 2. The task takes a batch, and writes it in one transaction.
//! 3. If that fails, such as while an import holds the write lock, the ids wait for the next try.
//! 4. The task ends when no id waits.
//!
//! | bound | value | reason |
//! |---|---|---|
//! | waiting ids | 10,000 | 16 bytes each; a large school visits within the hour |
//! | ids in a transaction | 200 | a few milliseconds of the write lock |
//! | pause after a failure | 10 s | an import lasts for minutes |
//!
//! The time is exact to the hour, so a restart that forgets the waiting ids does no harm.

use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::db::Db;
use crate::db::users::{self, User};
use crate::domain::clock::now;

const MAX_WAITING: usize = 10_000;
const BATCH: usize = 200;
const PAUSE: Duration = Duration::from_secs(10);

/// The members whose last visit is to be written; clones share them.
#[derive(Clone, Debug)]
pub struct LastSeen {
    db: Db,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    ids: HashSet<i64>,
    /// `true` while the task runs.
    is_written: bool,
}

impl LastSeen {
    /// A queue for this database.
    pub fn new(db: Db) -> Self {
        Self { db, waiting: Arc::default() }
    }

    /// Notes a visit, unless one was written within the hour. Requires a tokio runtime.
    pub fn note(&self, user: &User) {
        let now = now();
        if user.last_seen_at.is_some_and(|seen| seen > now - users::SEEN_EVERY) {
            return;
        }
        let mut waiting = self.waiting();
        if waiting.ids.len() >= MAX_WAITING || !waiting.ids.insert(user.id) {
            return;
        }
        if !mem::replace(&mut waiting.is_written, true) {
            tokio::spawn(self.clone().write());
        }
    }

    async fn write(self) {
        loop {
            let batch: Vec<i64> = {
                let mut waiting = self.waiting();
                let batch: Vec<_> = waiting.ids.iter().take(BATCH).copied().collect();
                waiting.is_written = !batch.is_empty();
                batch
            };
            if batch.is_empty() {
                return;
            }
            match users::seen(&self.db, &batch, now()).await {
                // Removed only now, so that pages do not add them again until then.
                Ok(()) => self.waiting().ids.retain(|id| !batch.contains(id)),
                Err(error) => {
                    tracing::warn!(%error, "cannot record when accounts were last seen; trying again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
