//! How a session ends: for good, for another in its place, or to go on under a new name.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Place;
use super::data::Record;
use super::request_session::Visit;
use crate::core::store_reply::StoreError;
use crate::session::store::{SaveOutcome, SessionId, SessionRecord};

/// How long a store keeps a session that is about to be ended in it.
const MOMENT: Duration = Duration::from_secs(60);

impl Visit {
    /// Puts another session, or none, in the place of this one, which is over at once and everywhere.
    pub(super) async fn replace(&self, record: Option<Record>) -> Result<(), StoreError> {
        let id = self.state().record.as_ref().map(|record| record.id);
        if let Some(id) = id.or(self.presented().map(|presented| presented.id)) {
            match self.settings().place {
                Place::Store => self.remove(id).await?,
                Place::Cookie => drop(self.bury(id).await?),
            }
        }
        self.put(record, true);
        Ok(())
    }

    /// Ends this session without another in its place.
    pub(super) async fn end(&self) -> Result<(), StoreError> {
        self.forget_me().await?;
        self.replace(None).await
    }

    /// Ends this session without another in its place, and does so even when the visitor hangs up meanwhile.
    pub(super) async fn surely_end(self: &Arc<Self>) -> Result<(), StoreError> {
        let visit = Arc::clone(self);
        surely(async move { visit.end().await }).await
    }

    /// Lets the session go on under a new name; whether there was one that nobody else has ended.
    pub(super) async fn rename(&self) -> Result<bool, StoreError> {
        let record = self.state().record.clone();
        let Some(record) = record else { return Ok(false) };
        let living = match self.settings().place {
            Place::Cookie => (self.bury(record.id).await? == SaveOutcome::Saved).then_some(record),
            Place::Store => self.claim(record).await?,
        };
        let there = living.is_some();
        // Where another has ended it, the browser may have that one's cookie by now: it is left alone.
        self.put(living.map(|record| Record { id: SessionId::random(), ..record }), there);
        Ok(there)
    }

    /// Takes a session out of the store, with what others have put into it; nothing if another request has ended it.
    async fn claim(&self, mut record: Record) -> Result<Option<Record>, StoreError> {
        let (store, id) = (&self.settings().store, record.id);
        let (version, changes) = {
            let state = self.state();
            (state.version, state.changes.clone())
        };
        let Some(mut version) = version else {
            // It lay in the cookie, since nothing was in it, or was begun by this request.
            self.remove(id).await?;
            return Ok(Some(record));
        };
        // Nothing can be read from it any more, so of two that claim it one succeeds.
        while store.save(id, Some(version), ended(), MOMENT).await? == SaveOutcome::Conflict {
            let newer = store.load(id).await?;
            let read = newer.and_then(|kept| Some((Record::decode(id, &kept.bytes)?, kept.version)));
            let Some((newer, number)) = read else { return Ok(None) };
            (record, version) = (newer, number);
            changes.iter().cloned().for_each(|change| record.apply(change));
        }
        self.remove(id).await?;
        Ok(Some(record))
    }

    /// Ends a session in the store, and remembers it where the browser has a cookie from before there was anything in it.
    async fn remove(&self, id: SessionId) -> Result<(), StoreError> {
        self.settings().store.end(id).await?;
        if self.presented().is_some_and(|presented| presented.id == id && presented.whole) {
            self.bury(id).await?;
        }
        Ok(())
    }

    /// Remembers that a session that lies in a cookie is over, for as long as any copy of it could last.
    async fn bury(&self, id: SessionId) -> Result<SaveOutcome, StoreError> {
        let settings = self.settings();
        let lasts = settings.limits.absolute.saturating_add(super::data::SKEW);
        settings.store.save(id, None, ended(), lasts).await
    }

    /// What is to be written when the answer goes.
    fn put(&self, record: Option<Record>, dirty: bool) {
        let mut state = self.state();
        (state.record, state.version, state.dirty, state.gone) = (record, None, dirty, true);
        state.changes.clear();
    }
}

/// What a store remembers of a session that was ended: of a version that nobody has read, so that nobody saves over it.
fn ended() -> SessionRecord {
    SessionRecord { version: u64::MAX, user: None, bytes: Vec::new() }
}

/// Carries something through, even when whoever waits for it goes away.
pub(super) async fn surely(
    work: impl Future<Output = Result<(), StoreError>> + Send + 'static,
) -> Result<(), StoreError> {
    match Handle::try_current() {
        Ok(runtime) => runtime
            .spawn(work)
            .await
            .unwrap_or_else(|error| Err(StoreError::Down { store: "sessions", reason: error.to_string() })),
        Err(_) => work.await,
    }
}
