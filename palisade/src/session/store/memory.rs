//! Keeping sessions in this program's memory: for one process, until it stops.
//!
//! What has run out leaves when the map has doubled since it was last looked through, so that a store of few sessions
//! stays small and nobody waits long. There is no cap: who may begin sessions is limited before. The sessions of an account
//! are found by looking through all, which is right for thousands of them; for millions take another store.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{SaveOutcome, SessionId, SessionRecord, SessionStore};
use crate::core::clock::Clock;
use crate::core::store_reply::StoreReply;

/// Keeps sessions in memory. [Its page](self) says how.
#[derive(Default)]
pub struct MemorySessions {
    clock: Clock,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    sessions: HashMap<SessionId, (u64, SessionRecord)>,
    look_through_at: usize,
}

/// Fewer than these are not looked through.
const FEW: usize = 1024;

impl MemorySessions {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells the time by this clock, as tests want it.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// How many are kept, with those that have run out and have not left yet.
    pub fn len(&self) -> usize {
        self.held(|held| held.sessions.len())
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn held<T>(&self, then: impl FnOnce(&mut Held) -> T) -> T {
        then(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessions").finish_non_exhaustive()
    }
}

impl SessionStore for MemorySessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Ready(Ok(self.held(|held| held.living(id, || self.clock.now()).cloned())))
    }

    fn save(
        &self,
        id: SessionId,
        before: Option<u64>,
        kept: SessionRecord,
        lasts: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        let now = self.clock.now();
        let saved = self.held(|held| {
            if held.living(id, || now).map(|kept| kept.version) != before {
                return SaveOutcome::Conflict;
            }
            let until = now.saturating_add(u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX));
            held.sessions.insert(id, (until, kept));
            held.look_through(now);
            SaveOutcome::Saved
        });
        StoreReply::Ready(Ok(saved))
    }

    fn end(&self, id: SessionId) -> StoreReply<'_, ()> {
        self.held(|held| held.sessions.remove(&id));
        StoreReply::Ready(Ok(()))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        let now = self.clock.now();
        let found = self.held(|held| {
            let of_user = |(id, (until, kept)): (&SessionId, &(u64, SessionRecord))| {
                (*until > now && kept.user.as_deref() == Some(user)).then(|| (*id, kept.clone()))
            };
            held.sessions.iter().filter_map(of_user).collect()
        });
        StoreReply::Ready(Ok(found))
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

impl Held {
    /// The clock is not looked at for what is not there, which is most of what is asked where sessions lie in cookies.
    fn living(&self, id: SessionId, now: impl FnOnce() -> u64) -> Option<&SessionRecord> {
        self.sessions.get(&id).filter(|(until, _)| *until > now()).map(|(_, kept)| kept)
    }

    fn look_through(&mut self, now: u64) {
        if self.sessions.len() >= self.look_through_at.max(FEW) {
            self.sessions.retain(|_, (until, _)| *until > now);
            self.look_through_at = self.sessions.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_run_out_leaves() {
        let (clock, hand) = Clock::manual();
        let store = MemorySessions::new().clock(clock);
        for _ in 0..10 * FEW {
            let kept = SessionRecord { version: 1, user: None, bytes: Vec::new() };
            let saved = store.save(SessionId::random(), None, kept, Duration::from_secs(1));
            assert!(matches!(saved, StoreReply::Ready(Ok(SaveOutcome::Saved))));
            hand.advance(Duration::from_millis(10));
        }
        assert!(store.len() <= FEW);
    }
}
