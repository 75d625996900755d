//! Remember tokens: a browser that signs in again by itself, until somebody else tries its token.
//!
//! A token belongs to a series, one for each browser, and is replaced at each use. A token that has been replaced is
//! taken for stolen, but for a minute, in which requests that were sent together with it may still arrive.
//!
//! Reference: Jaspan, Improved Persistent Login Cookie Best Practice.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cookie::Jar;
use super::event::SessionEvent;
use super::record::{Change, Login, Record};
use super::visit::{Remember, Session, Visit, down};
use crate::refusal::Refusal;
use crate::store::{Kept, Saved, SessionId, StoreError};

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

impl Series {
    fn kept(&self, user: &str, version: u64) -> Kept {
        let json = serde_json::to_vec(self).expect("numbers are JSON");
        Kept { version, user: Some(user.to_owned()), bytes: [&[SERIES], &json[..]].concat() }
    }

    fn read(kept: &Kept) -> Option<Self> {
        serde_json::from_slice(kept.bytes.strip_prefix(&[SERIES])?).ok()
    }
}

impl Session {
    /// Lets this browser sign in again by itself after the session is over, for as long as
    /// [`Sessions::remember`](super::Sessions::remember) says. Call it after [`log_in`](Session::log_in).
    ///
    /// # Errors
    /// When the store does not answer, nobody is signed in, or it is not said for how long.
    pub async fn remember(&self) -> Result<(), Refusal> {
        let visit = &self.0;
        visit.load().await?;
        let Some(lasts) = visit.settings().remember else {
            return Err(Refusal::Miswired(
                "`Session::remember` was called, and for how long is not said. Write `Sessions::new(…).remember(…)`.",
            ));
        };
        let login = visit.state().record.as_ref().and_then(|record| record.login.clone());
        let Some(login) = login else {
            return Err(Refusal::Miswired("`Session::remember` was called before `Session::log_in`."));
        };
        visit.forget_me().await.map_err(|error| down(&error))?;
        let (id, token, now) = (SessionId::random(), SessionId::random(), visit.settings().now());
        let series =
            Series { epoch: login.epoch, token: hash(&token), before: None, replaced: now, made: now };
        let saved = visit.settings().store.save(id, None, series.kept(&login.user, 1), lasts).wait().await;
        saved.map_err(|error| down(&error))?;
        visit.change(Change::Remember(*id.bytes()));
        visit.state().remember = Remember::Set(value(&id, &token));
        Ok(())
    }
}

impl Visit {
    /// The cookie of remember tokens.
    pub(super) fn remember_jar(&self) -> Jar {
        Jar { name: "remember".into(), ..self.settings().jar.clone() }
    }

    fn remembered(&self) -> Option<(SessionId, SessionId)> {
        let jar = self.remember_jar();
        let bytes =
            jar.find(&self.cookies, self.secure).find_map(|value| URL_SAFE_NO_PAD.decode(value).ok())?;
        let (series, token) = bytes.split_first_chunk()?;
        Some((SessionId::from_bytes(*series), SessionId::from_bytes(token.try_into().ok()?)))
    }

    /// Signs in whom the remember cookie names, if its token is the latest of its series.
    pub(super) async fn restore(&self) -> Result<(), StoreError> {
        let settings = self.settings();
        let Some(lasts) = settings.remember else { return Ok(()) };
        let Some((id, token)) = self.remembered() else {
            if self.remember_jar().find(&self.cookies, self.secure).next().is_some() {
                self.state().remember = Remember::Clear;
            }
            return Ok(());
        };
        let kept = settings.store.load(id).wait().await?;
        let known = kept.and_then(|kept| {
            let series = Series::read(&kept)?;
            let left = series.made.saturating_add(lasts.as_secs()).checked_sub(settings.now())?;
            Some((series, left, kept.version, kept.user?))
        });
        let Some((series, left, version, user)) = known else {
            self.state().remember = Remember::Clear;
            return Ok(());
        };
        let (given, now) = (hash(&token), settings.now());
        let replaced_just_now = now.saturating_sub(series.replaced) <= TOGETHER;
        if given == series.token {
            let next = SessionId::random();
            let (made, epoch) = (series.made, series.epoch);
            let turned = Series { epoch, token: hash(&next), before: Some(given), replaced: now, made };
            let kept = turned.kept(&user, version + 1);
            let saved =
                settings.store.save(id, Some(version), kept, Duration::from_secs(left)).wait().await?;
            // Else a request that was sent together with this one was quicker.
            if saved == Saved::Done {
                self.state().remember = Remember::Set(value(&id, &next));
            }
        } else if series.before != Some(given) || !replaced_just_now {
            self.end_user(&user, &[]).await?;
            self.state().remember = Remember::Clear;
            settings.tell(&SessionEvent::TokenStolen { user: &user });
            return Ok(());
        }
        let login = Login {
            epoch: series.epoch,
            since: now,
            proved: None,
            agent: self.agent(),
            fingerprint: self.fingerprint(),
            series: Some(*id.bytes()),
            user,
        };
        settings.tell(&SessionEvent::Restored { user: &login.user });
        self.replace(Some(Record { login: Some(login), ..Record::new(now) })).await
    }

    /// Ends the series that belongs to this browser, and takes its cookie away.
    pub(super) async fn forget_me(&self) -> Result<(), StoreError> {
        let cookie = self.remembered().map(|(id, _)| id);
        let login = |visit: &Self| {
            let state = visit.state();
            let series = state.record.as_ref()?.login.as_ref()?.series;
            series.map(SessionId::from_bytes)
        };
        let Some(id) = login(self).or(cookie) else { return Ok(()) };
        self.settings().store.end(id).wait().await?;
        self.state().remember = Remember::Clear;
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
