//! Remember tokens: a browser signs in again by itself, until its token is used twice.
//!
//! A token belongs to a series, one for each browser, and is replaced at each use. The token
//! before the latest stays valid for one minute: requests that were sent together carry the same
//! token. They all get the same next token, since it is derived from the one before. A response
//! that is lost therefore costs nothing within that minute.
//!
//! Reference: Jaspan, Improved Persistent Login Cookie Best Practice.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::data::{Login, SessionChange, SessionData, seconds_left};
use super::event::SessionEvent;
use super::handle::Session;
use super::rejection::SessionRejection;
use super::request_session::{RequestSession, store_down};
use super::store::{SaveOutcome, SessionId, SessionRecord, StoreError};
use crate::core::cookie::RememberCookie;

/// The seconds for which a replaced token stays valid.
const REPLACED_TOKEN_GRACE: u64 = 60;

/// The stored form of a series. It has hashes of the tokens; the tokens are in the browser only.
#[derive(Serialize, Deserialize)]
struct Series {
    #[serde(rename = "e")]
    epoch: u64,
    #[serde(rename = "t")]
    token: [u8; 32],
    #[serde(rename = "b")]
    previous_token: Option<[u8; 32]>,
    #[serde(rename = "r")]
    replaced_at: u64,
    #[serde(rename = "m")]
    created_at: u64,
}

/// The first byte of a series' record. A session's record has another.
const SERIES: u8 = b'r';

/// A series that has not expired.
struct LiveSeries {
    series: Series,
    seconds_left: u64,
    version: u64,
    user: String,
}

impl Series {
    fn encode(&self, user: &str, version: u64) -> SessionRecord {
        let json = serde_json::to_vec(self).expect("numbers serialize to JSON");
        SessionRecord { version, user: Some(user.to_owned()), bytes: [&[SERIES], &json[..]].concat() }
    }

    fn decode(record: &SessionRecord) -> Option<Self> {
        serde_json::from_slice(record.bytes.strip_prefix(&[SERIES])?).ok()
    }

    /// Returns `true` for the latest token and the one before.
    fn has_token(&self, token: [u8; 32]) -> bool {
        self.token == token || self.previous_token == Some(token)
    }
}

impl Session {
    /// Gives this browser a remember token, which signs it in again after the session has ended.
    ///
    /// Call it after [`log_in`](Session::log_in). The token lasts as long as
    /// [`Sessions::remember`](super::Sessions::remember) says.
    ///
    /// # Errors
    /// If the store is down; if no one is signed in; if `Sessions::remember` is not set.
    #[doc(alias = "remember me")]
    pub async fn remember(&self) -> Result<(), SessionRejection> {
        let session = &self.0;
        session.load().await?;
        let Some(lifetime) = session.settings().remember else {
            return Err(SessionRejection::Misused(
                "`Session::remember` needs the lifetime of remember tokens. Write `.remember(…)` after `Sessions::in_store(…)`.",
            ));
        };
        let login = session.state().data.as_ref().and_then(|data| data.login.clone());
        let Some(login) = login else {
            return Err(SessionRejection::Misused(
                "`Session::remember` was called without a sign-in. Call `Session::log_in` first.",
            ));
        };
        session.end_remember_series().await.map_err(|error| store_down(&error))?;
        let (id, token, now) = (SessionId::random(), SessionId::random(), session.settings().now());
        let series = Series {
            epoch: login.epoch,
            token: hash(&token),
            previous_token: None,
            replaced_at: now,
            created_at: now,
        };
        let saved = session.settings().store.save(id, None, series.encode(&login.user, 1), lifetime).await;
        saved.map_err(|error| store_down(&error))?;
        session.change(SessionChange::Remember(*id.bytes()));
        session.state().remember = RememberCookie::Set(cookie_value(&id, &token));
        Ok(())
    }
}

impl RequestSession {
    /// Returns the series and the token of the remember cookie.
    fn presented_token(&self) -> Option<(SessionId, SessionId)> {
        self.settings().remember_cookie.find(&self.cookies, self.secure).find_map(|value| {
            let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
            let (series, token) = bytes.split_first_chunk()?;
            Some((SessionId::from_bytes(*series), SessionId::from_bytes(token.try_into().ok()?)))
        })
    }

    /// Derives the token that replaces this one. Without the key it cannot be computed.
    fn token_after(&self, series: &SessionId, token: &SessionId) -> SessionId {
        let signature = self.settings().keys.sign(&[b"remember", series.bytes(), token.bytes()]);
        SessionId::from_bytes(*signature.last_chunk().expect("a signature has 36 bytes"))
    }

    /// Loads a series, `None` if it has ended or expired.
    async fn load_series(&self, id: SessionId, lifetime: Duration) -> Result<Option<LiveSeries>, StoreError> {
        let record = self.settings().store.load(id).await?;
        Ok(record.and_then(|record| {
            let series = Series::decode(&record)?;
            let seconds_left = seconds_left(series.created_at, lifetime, self.settings().now())?;
            Some(LiveSeries { series, seconds_left, version: record.version, user: record.user? })
        }))
    }

    /// Signs in by the remember cookie, if its token is the latest of its series.
    pub(super) async fn restore(&self) -> Result<(), StoreError> {
        let settings = self.settings();
        let Some(lifetime) = settings.remember else { return Ok(()) };
        let Some((id, token)) = self.presented_token() else {
            if settings.remember_cookie.is_sent(&self.cookies, self.secure) {
                self.state().remember = RememberCookie::Clear;
            }
            return Ok(());
        };
        let (presented, next, now) = (hash(&token), self.token_after(&id, &token), settings.now());
        let live = loop {
            let Some(live) = self.load_series(id, lifetime).await? else {
                self.state().remember = RememberCookie::Clear;
                return Ok(());
            };
            let LiveSeries { series, seconds_left, version, user } = &live;
            if presented == series.token {
                let replaced = Series {
                    epoch: series.epoch,
                    token: hash(&next),
                    previous_token: Some(presented),
                    replaced_at: now,
                    created_at: series.created_at,
                };
                let (record, ttl) = (replaced.encode(user, version + 1), Duration::from_secs(*seconds_left));
                if settings.store.save(id, Some(*version), record, ttl).await? == SaveOutcome::Conflict {
                    // A request with the same token was quicker, or the series has just ended.
                    continue;
                }
                self.state().remember = RememberCookie::Set(cookie_value(&id, &next));
            } else if series.previous_token != Some(presented)
                || now.abs_diff(series.replaced_at) > REPLACED_TOKEN_GRACE
            {
                // The series is deleted last: if this is cancelled, the next use finds the theft
                // again.
                self.end_all_of(user, &[Some(id)]).await?;
                self.end_generation(user, None).await?;
                settings.store.delete(id).await?;
                self.state().remember = RememberCookie::Clear;
                settings.emit(&SessionEvent::TokenStolen { user });
                return Ok(());
            } else if hash(&next) == series.token {
                self.state().remember = RememberCookie::Set(cookie_value(&id, &next));
            }
            break live;
        };
        let login = Login {
            generation: self.generation_of(&live.user).await?,
            epoch: live.series.epoch,
            since: now,
            authenticated_at: None,
            user_agent: self.user_agent(),
            fingerprint: self.fingerprint(),
            series: Some(*id.bytes()),
            user: live.user,
        };
        settings.emit(&SessionEvent::Restored { user: &login.user });
        self.replace(Some(SessionData { login: Some(login), ..SessionData::new(now) })).await
    }

    /// Ends this browser's series and deletes its cookie. A series named by the cookie ends only
    /// if the cookie has one of its tokens: its id alone is not a proof.
    pub(super) async fn end_remember_series(&self) -> Result<(), StoreError> {
        let store = &self.settings().store;
        let (own, presented) = (self.own_ids().1, self.presented_token());
        if let Some(id) = own {
            store.delete(id).await?;
        }
        if let Some((id, token)) = presented.filter(|(id, _)| own != Some(*id)) {
            let series = store.load(id).await?.and_then(|record| Series::decode(&record));
            if series.is_some_and(|series| series.has_token(hash(&token))) {
                store.delete(id).await?;
            }
        }
        if own.is_some() || presented.is_some() {
            self.state().remember = RememberCookie::Clear;
        }
        Ok(())
    }

    /// Returns the `Max-Age` of the remember cookie, in seconds.
    pub(super) fn remember_max_age(&self) -> u64 {
        self.settings().remember.map_or(0, |lifetime| lifetime.as_secs())
    }
}

/// Tokens are compared as hashes, so the time of a comparison reveals nothing about a token.
fn hash(token: &SessionId) -> [u8; 32] {
    Sha256::digest(token.bytes()).into()
}

fn cookie_value(series: &SessionId, token: &SessionId) -> String {
    URL_SAFE_NO_PAD.encode([&series.bytes()[..], &token.bytes()[..]].concat())
}
