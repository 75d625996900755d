//! The end of a session: for good, for a new session, or to continue under a new id.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::data::{CLOCK_SKEW, SessionData};
use super::request_session::RequestSession;
use super::settings::Storage;
use super::store::{SaveOutcome, SessionId, SessionRecord, StoreError};

/// The lifetime of the record that replaces a session in a store, just before it is deleted.
const ENDED_RECORD_TTL: Duration = Duration::from_secs(60);

impl RequestSession {
    /// Ends this session at once, and puts another one, or none, in its place.
    pub(super) async fn replace(&self, data: Option<SessionData>) -> Result<(), StoreError> {
        let (id, empty) = {
            let state = self.state();
            let ended = state.data.as_ref();
            let empty = state.version.is_none() && ended.is_some_and(SessionData::is_empty);
            (ended.map(|data| data.id), empty)
        };
        // A copy of an empty session's cookie brings nothing back. A sign-in ends it all the same: a
        // late response must not overwrite the new cookie.
        let has_to_end = data.is_some() || !empty;
        let id = id.or_else(|| self.presented().map(|presented| presented.id));
        if let Some(id) = id.filter(|_| has_to_end) {
            match self.settings().storage {
                Storage::Store => self.delete(id).await?,
                Storage::Cookie => drop(self.revoke(id).await?),
            }
        }
        self.put(data, true);
        self.state().new_sign_in = false;
        Ok(())
    }

    /// Ends this session and its remember token.
    pub(super) async fn end(&self) -> Result<(), StoreError> {
        self.end_remember_series().await?;
        self.replace(None).await
    }

    /// Ends this session, even if the client disconnects before that is done.
    pub(super) async fn end_uninterrupted(self: &Arc<Self>) -> Result<(), StoreError> {
        let session = Arc::clone(self);
        run_to_completion(async move { session.end().await }).await
    }

    /// Gives the session a new id. Returns `false` if there is no session, or another request has
    /// ended it.
    pub(super) async fn cycle_id(&self) -> Result<bool, StoreError> {
        let data = self.state().data.clone();
        let Some(data) = data else { return Ok(false) };
        let claimed = match self.settings().storage {
            Storage::Cookie => (self.revoke(data.id).await? == SaveOutcome::Saved).then_some(data),
            Storage::Store => self.claim(data).await?,
        };
        let exists = claimed.is_some();
        // If another request ended it, the browser may have that request's cookie by now: leave it
        // alone.
        self.put(claimed.map(|data| SessionData { id: SessionId::random(), ..data }), exists);
        Ok(exists)
    }

    /// Takes the session out of the store, together with other requests' changes. Returns `None`
    /// if another request has ended it.
    async fn claim(&self, mut data: SessionData) -> Result<Option<SessionData>, StoreError> {
        let (store, id) = (&self.settings().store, data.id);
        let (version, changes) = {
            let state = self.state();
            (state.version, state.changes.clone())
        };
        let Some(mut version) = version else {
            // It is not in the store: it was empty, so in the cookie, or this request has started
            // it.
            self.delete(id).await?;
            return Ok(Some(data));
        };
        // The record that replaces it cannot be decoded, so only one of two claims succeeds.
        while store.save(id, Some(version), ended_record(), ENDED_RECORD_TTL).await? == SaveOutcome::Conflict
        {
            let newer = store.load(id).await?;
            let decoded =
                newer.and_then(|record| Some((SessionData::decode(id, &record.bytes)?, record.version)));
            let Some((newer, newer_version)) = decoded else { return Ok(None) };
            (data, version) = (newer, newer_version);
            changes.iter().cloned().for_each(|change| data.apply(change));
        }
        self.delete(id).await?;
        Ok(Some(data))
    }

    /// Deletes a session from the store. If the browser's cookie has data of its own, from the
    /// time when the session was empty, the id is revoked too.
    async fn delete(&self, id: SessionId) -> Result<(), StoreError> {
        self.settings().store.delete(id).await?;
        if self.presented().is_some_and(|presented| presented.id == id && presented.has_data) {
            self.revoke(id).await?;
        }
        Ok(())
    }

    /// Notes that a session in a cookie has ended, for as long as any copy of the cookie could
    /// last.
    async fn revoke(&self, id: SessionId) -> Result<SaveOutcome, StoreError> {
        let settings = self.settings();
        let ttl = settings.timeouts.absolute.saturating_add(CLOCK_SKEW);
        settings.store.save(id, None, ended_record(), ttl).await
    }

    /// Sets the session that the response writes.
    fn put(&self, data: Option<SessionData>, dirty: bool) {
        let mut state = self.state();
        (state.data, state.version, state.dirty, state.gone) = (data, None, dirty, true);
        state.changes.clear();
    }
}

/// Returns the record of an ended session. No request has read its version, so none can save over
/// it.
fn ended_record() -> SessionRecord {
    SessionRecord { version: u64::MAX, user: None, bytes: Vec::new() }
}

/// Runs a future to its end, even if the caller is dropped.
pub(super) async fn run_to_completion(
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
