//! The end of all sessions of an account whose sessions are in cookies.
//!
//! A cookie cannot be taken back. Each account has a *generation* in the store instead: a number
//! that grows when all its sessions end. A session has the generation of its sign-in, and has ended
//! when the account has a later one. One session may be kept, by its id.
//!
//! The record lasts as long as any cookie of an earlier generation could. Generations are times, so
//! the next one is larger than any that was forgotten; they are never compared with a clock.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::data::{CLOCK_SKEW, Login};
use super::request_session::RequestSession;
use super::settings::Storage;
use super::store::{SaveOutcome, SessionId, SessionRecord, StoreError};

/// The stored form of an account's generation.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Generation {
    #[serde(rename = "g")]
    number: u64,
    /// The session that has not ended with the others.
    #[serde(rename = "k")]
    kept: Option<[u8; 16]>,
}

impl Generation {
    /// Returns `false` if the session has ended. A session that was kept gets this generation.
    pub(super) fn admits(self, id: SessionId, login: &mut Login) -> bool {
        if login.generation < self.number && self.kept == Some(*id.bytes()) {
            login.generation = self.number;
        }
        login.generation >= self.number
    }

    fn encode(self, version: u64) -> SessionRecord {
        let json = serde_json::to_vec(&self).expect("numbers serialize to JSON");
        SessionRecord { version, user: None, bytes: [&[SessionRecord::GENERATION], &json[..]].concat() }
    }

    fn decode(record: &SessionRecord) -> Option<Self> {
        serde_json::from_slice(record.bytes.strip_prefix(&[SessionRecord::GENERATION])?).ok()
    }
}

impl RequestSession {
    /// Returns the id of the account's record. It is no secret: no cookie can name it.
    pub(super) fn generation_id(&self, user: &str) -> SessionId {
        let digest = Sha256::new()
            .chain_update(b"palisade generation ")
            .chain_update(&self.settings().seal_context)
            .chain_update([0])
            .chain_update(user)
            .finalize();
        SessionId::from_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes"))
    }

    /// Returns the generation with this id, `None` if no session of its account has to be ended.
    pub(super) async fn load_generation(&self, id: SessionId) -> Result<Option<Generation>, StoreError> {
        let record = self.settings().store.load(id).await?;
        Ok(record.as_ref().and_then(Generation::decode))
    }

    /// Returns the generation of a new sign-in.
    pub(super) async fn generation_of(&self, user: &str) -> Result<u64, StoreError> {
        match self.settings().storage {
            Storage::Store => Ok(0),
            Storage::Cookie => {
                Ok(self.load_generation(self.generation_id(user)).await?.map_or(0, |it| it.number))
            }
        }
    }

    /// Ends all sessions of the account in cookies, except this one. Does nothing for sessions in a
    /// store, which are deleted instead.
    pub(super) async fn end_generation(&self, user: &str, kept: Option<SessionId>) -> Result<(), StoreError> {
        let settings = self.settings();
        if settings.storage == Storage::Store {
            return Ok(());
        }
        let (id, ttl) = (self.generation_id(user), settings.timeouts.absolute.saturating_add(CLOCK_SKEW));
        for _ in 0..8 {
            let record = settings.store.load(id).await?;
            let before = record.as_ref().and_then(Generation::decode).map_or(0, |it| it.number);
            let next = Generation {
                number: settings.now_micros().max(before + 1),
                kept: kept.map(|kept| *kept.bytes()),
            };
            let version = record.map(|record| record.version);
            let saved = settings.store.save(id, version, next.encode(version.unwrap_or(0) + 1), ttl).await?;
            if saved == SaveOutcome::Saved {
                let mut state = self.state();
                let login = state.data.as_mut().filter(|data| Some(data.id) == kept);
                if let Some(login) = login.and_then(|data| data.login.as_mut()) {
                    login.generation = next.number;
                }
                return Ok(());
            }
        }
        let reason = "8 saves in a row conflicted with other requests".to_owned();
        Err(StoreError::Down { store: settings.store.name(), reason })
    }
}
