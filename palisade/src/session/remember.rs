//! Remember tokens: a browser that signs in again by itself, until somebody else tries its token.
//!
//! A token belongs to a series, one for each browser, and is replaced at each use. A token that has been replaced is
//! taken for stolen, but for a minute, in which requests that were sent together with it may still arrive. Those get the
//! same next token, which is derived from the one before: an answer that did not arrive costs nothing in that minute.
//!
//! Reference: Jaspan, Improved Persistent Login Cookie Best Practice.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::data::{Change, Login, Record, left};
use super::event::SessionEvent;
use super::rejection::SessionRejection;
use super::request_session::{Remember, Session, Visit, down};
use crate::core::store_reply::StoreError;
use crate::session::store::{SaveOutcome, SessionId, SessionRecord};

/// How long a token that was just replaced passes for one that was sent together with it.
const TOGETHER: u64 = 60;

/// What the store keeps of a series. The tokens themselves are in the browser only.
#[derive(Serialize, Deserialize)]
struct Series {
    #[serde(rename = "e")]
    epoch: u64,
    #[serde(rename = "t")]
    token: [u8; 32],
    #[serde(rename = "b")]
    before: Option<[u8; 32]>,
    #[serde(rename = "r")]
    replaced: u64,
    #[serde(rename = "m")]
    made: u64,
}

/// Before a series' bytes: it is no session.
const SERIES: u8 = b'r';

/// A series that has not run out.
struct Living {
    series: Series,
    left: u64,
    version: u64,
    user: String,
}

impl Series {
    fn kept(&self, user: &str, version: u64) -> SessionRecord {
        let json = serde_json::to_vec(self).expect("numbers are JSON");
        SessionRecord { version, user: Some(user.to_owned()), bytes: [&[SERIES], &json[..]].concat() }
    }

    fn read(kept: &SessionRecord) -> Option<Self> {
        serde_json::from_slice(kept.bytes.strip_prefix(&[SERIES])?).ok()
    }

    /// Whether the token is the latest, or the one before.
    fn knows(&self, token: [u8; 32]) -> bool {
        self.token == token || self.before == Some(token)
    }
}

impl Session {
    /// Lets this browser sign in again by itself after the session is over, for as long as
    /// [`Sessions::remember`](super::Sessions::remember) says. Call it after [`log_in`](Session::log_in).
    ///
    /// # Errors
    /// When the store does not answer, nobody is signed in, or it is not said for how long.
    pub async fn remember(&self) -> Result<(), SessionRejection> {
        let visit = &self.0;
        visit.load().await?;
        let Some(lasts) = visit.settings().remember else {
            return Err(SessionRejection::Misused(
                "`Session::remember` was called, and for how long is not said. Write `Sessions::new(…).remember(…)`.",
            ));
        };
        let login = visit.state().record.as_ref().and_then(|record| record.login.clone());
        let Some(login) = login else {
            return Err(SessionRejection::Misused(
                "`Session::remember` was called before `Session::log_in`.",
            ));
        };
        visit.forget_me().await.map_err(|error| down(&error))?;
        let (id, token, now) = (SessionId::random(), SessionId::random(), visit.settings().now());
        let series =
            Series { epoch: login.epoch, token: hash(&token), before: None, replaced: now, made: now };
        let saved = visit.settings().store.save(id, None, series.kept(&login.user, 1), lasts).await;
        saved.map_err(|error| down(&error))?;
        visit.change(Change::Remember(*id.bytes()));
        visit.state().remember = Remember::Set(value(&id, &token));
        Ok(())
    }
}

impl Visit {
    fn remembered(&self) -> Option<(SessionId, SessionId)> {
        self.settings().remember_jar.find(&self.cookies, self.secure).find_map(|value| {
            let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
            let (series, token) = bytes.split_first_chunk()?;
            Some((SessionId::from_bytes(*series), SessionId::from_bytes(token.try_into().ok()?)))
        })
    }

    /// The token that replaces this one; who has not the key cannot tell.
    fn token_after(&self, series: &SessionId, token: &SessionId) -> SessionId {
        let signature = self.settings().keys.sign(&[b"remember", series.bytes(), token.bytes()]);
        SessionId::from_bytes(*signature.last_chunk().expect("a signature has 36 bytes"))
    }

    /// The series with its version and its account, and for how many seconds more it lasts.
    async fn series(&self, id: SessionId, lasts: Duration) -> Result<Option<Living>, StoreError> {
        let kept = self.settings().store.load(id).await?;
        Ok(kept.and_then(|kept| {
            let series = Series::read(&kept)?;
            let left = left(series.made, lasts, self.settings().now())?;
            Some(Living { series, left, version: kept.version, user: kept.user? })
        }))
    }

    /// Signs in whom the remember cookie names, if its token is the latest of its series.
    pub(super) async fn restore(&self) -> Result<(), StoreError> {
        let settings = self.settings();
        let Some(lasts) = settings.remember else { return Ok(()) };
        let Some((id, token)) = self.remembered() else {
            if settings.remember_jar.find(&self.cookies, self.secure).next().is_some() {
                self.state().remember = Remember::Clear;
            }
            return Ok(());
        };
        let (given, next, now) = (hash(&token), self.token_after(&id, &token), settings.now());
        let living = loop {
            let Some(living) = self.series(id, lasts).await? else {
                self.state().remember = Remember::Clear;
                return Ok(());
            };
            let Living { series, left, version, user } = &living;
            if given == series.token {
                let (made, epoch) = (series.made, series.epoch);
                let turned = Series { epoch, token: hash(&next), before: Some(given), replaced: now, made };
                let (kept, left) = (turned.kept(user, version + 1), Duration::from_secs(*left));
                if settings.store.save(id, Some(*version), kept, left).await? == SaveOutcome::Conflict {
                    // A request that was sent together with this one was quicker, or the series has just been ended.
                    continue;
                }
                self.state().remember = Remember::Set(value(&id, &next));
            } else if series.before != Some(given) || now.abs_diff(series.replaced) > TOGETHER {
                // The series comes last: should this be broken off, the token is found out again the next time.
                self.end_user(user, &[Some(id)]).await?;
                settings.store.end(id).await?;
                self.state().remember = Remember::Clear;
                settings.tell(&SessionEvent::TokenStolen { user });
                return Ok(());
            } else if hash(&next) == series.token {
                self.state().remember = Remember::Set(value(&id, &next));
            }
            break living;
        };
        let login = Login {
            epoch: living.series.epoch,
            since: now,
            proved: None,
            agent: self.agent(),
            fingerprint: self.fingerprint(),
            series: Some(*id.bytes()),
            user: living.user,
        };
        settings.tell(&SessionEvent::Restored { user: &login.user });
        self.replace(Some(Record { login: Some(login), ..Record::new(now) })).await
    }

    /// Ends the series that belongs to this browser, and takes its cookie away. A cookie ends the series that it has a token
    /// of: its name alone ends nothing.
    pub(super) async fn forget_me(&self) -> Result<(), StoreError> {
        let store = &self.settings().store;
        let (own, given) = (self.own().1, self.remembered());
        if let Some(id) = own {
            store.end(id).await?;
        }
        if let Some((id, token)) = given.filter(|(id, _)| own != Some(*id)) {
            let kept = store.load(id).await?;
            if kept.and_then(|kept| Series::read(&kept)).is_some_and(|series| series.knows(hash(&token))) {
                store.end(id).await?;
            }
        }
        if own.is_some() || given.is_some() {
            self.state().remember = Remember::Clear;
        }
        Ok(())
    }

    /// For how long the browser keeps a remember cookie, in seconds.
    pub(super) fn remember_age(&self) -> u64 {
        self.settings().remember.map_or(0, |lasts| lasts.as_secs())
    }
}

/// Compared as hashes: what a comparison gives away is of no use.
fn hash(token: &SessionId) -> [u8; 32] {
    Sha256::digest(token.bytes()).into()
}

fn value(series: &SessionId, token: &SessionId) -> String {
    URL_SAFE_NO_PAD.encode([&series.bytes()[..], &token.bytes()[..]].concat())
}
