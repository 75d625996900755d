//! Signing in and out, and one's sessions elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::data::Record;
use super::event::SessionEvent;
use super::rejection::SessionRejection;
use super::request_session::{Session, down};
use super::revocation::surely;
use crate::core::auth_proof::AuthProof;
use crate::core::store_reply::StoreError;
use crate::session::store::SessionId;

impl Session {
    /// Signs in: a new session under a new name, in which nothing of the one before is left. That one is over, and so is
    /// whatever was bound to it, such as the CSRF tokens of pages that are still open.
    ///
    /// # Errors
    /// When the store does not answer. Then nobody is signed in.
    pub async fn log_in(&self, proof: AuthProof) -> Result<(), SessionRejection> {
        let visit = &self.0;
        visit.load().await?;
        let now = visit.settings().now();
        let record = Record::signed_in(now, &proof, visit.agent(), visit.fingerprint());
        visit.forget_me().await.map_err(|error| down(&error))?;
        visit.replace(Some(record)).await.map_err(|error| down(&error))?;
        visit.settings().tell(&SessionEvent::SignedIn { user: proof.user() });
        Ok(())
    }

    /// Signs in afresh who is signed in already: the session keeps what is in it and gets a new name. Whoever proves to be
    /// somebody else, or whose session another request has ended meanwhile, is signed in as by [`log_in`](Self::log_in). Where
    /// the account's epoch is another by now, a browser that is remembered gets another token.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn confirm(&self, proof: AuthProof) -> Result<(), SessionRejection> {
        let visit = &self.0;
        visit.load().await?;
        let known = visit.user().is_some_and(|user| user == proof.user());
        if !known || !visit.rename().await.map_err(|error| down(&error))? {
            return self.log_in(proof).await;
        }
        let changed = {
            let (now, fingerprint) = (visit.settings().now(), visit.fingerprint());
            let mut state = visit.state();
            let login = state.record.as_mut().and_then(|record| record.login.as_mut());
            let before = login.as_ref().map(|login| (login.epoch, login.series.is_some()));
            if let Some(login) = login {
                (login.proved, login.epoch, login.fingerprint) = (Some(now), proof.epoch(), fingerprint);
            }
            before.is_some_and(|(epoch, remembered)| remembered && epoch != proof.epoch())
        };
        // The token is of the earlier epoch, and so is whatever copy there is of it.
        if changed && visit.settings().remember.is_some() {
            self.remember().await?;
        }
        visit.settings().tell(&SessionEvent::Confirmed { user: proof.user() });
        Ok(())
    }

    /// Gives the session a new name: whenever the visitor's rights change. One that another request has ended stays ended.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn renew(&self) -> Result<(), SessionRejection> {
        self.0.load().await?;
        self.0.rename().await.map(drop).map_err(|error| down(&error))
    }

    /// Signs out: the session is over at once, its cookies are taken away, and the browser is told to forget what it keeps of
    /// the site (`Clear-Site-Data`; cookies of its other hosts too, unless this request begins another session).
    ///
    /// # Errors
    /// When the store does not answer: the session may then still be alive.
    pub async fn log_out(&self) -> Result<(), SessionRejection> {
        let visit = &self.0;
        visit.load().await?;
        let user = visit.user();
        visit.surely_end().await.map_err(|error| down(&error))?;
        visit.state().signed_out = true;
        if let Some(user) = user {
            visit.settings().tell(&SessionEvent::SignedOut { user: &user });
        }
        Ok(())
    }

    /// The sessions of the account that is signed in, this one first, then the latest; those of an earlier epoch are over, and
    /// left out. Only a store can tell:
    /// [`Sessions::store`](super::Sessions::store).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn everywhere(&self) -> Result<Vec<OtherSession>, SessionRejection> {
        let sessions = self.of_account().await?;
        let mut found: Vec<OtherSession> = sessions.into_iter().map(|(_, elsewhere)| elsewhere).collect();
        found.sort_by_key(|one| (!one.current, std::cmp::Reverse(one.seen)));
        Ok(found)
    }

    /// Ends one of the account's other sessions, by its [`key`](OtherSession::key). Whether there was one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn end_elsewhere(&self, key: &str) -> Result<bool, SessionRejection> {
        let sessions = self.of_account().await?;
        let found = sessions.into_iter().find(|(_, one)| one.key == key && !one.current);
        let Some((ids, _)) = found else { return Ok(false) };
        self.end_all(ids).await?;
        Ok(true)
    }

    /// Ends all other sessions of the account, and its remember tokens but for this browser's. Where sessions lie in
    /// cookies, raise the account's epoch instead: that ends them everywhere.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn end_others(&self) -> Result<(), SessionRejection> {
        self.0.load().await?;
        let Some(user) = self.0.user() else { return Ok(()) };
        let (own, series) = self.0.own();
        let visit = std::sync::Arc::clone(&self.0);
        let ending = async move { visit.end_user(&user, &[own, series]).await };
        surely(ending).await.map_err(|error| down(&error))
    }

    async fn of_account(&self) -> Result<Vec<(Vec<SessionId>, OtherSession)>, SessionRejection> {
        let visit = &self.0;
        visit.load().await?;
        let Some(user) = visit.user() else { return Ok(Vec::new()) };
        let settings = visit.settings();
        let kept = settings.store.of_user(&user).await.map_err(|error| down(&error))?;
        let (own, _) = visit.own();
        let epoch = visit.state().record.as_ref().and_then(|record| record.login.as_ref()).map(|it| it.epoch);
        let read = |(id, kept): (SessionId, crate::session::store::SessionRecord)| {
            let record = Record::decode(id, &kept.bytes)?;
            record.lasts(settings.limits, settings.now())?;
            let login = record.login.filter(|login| Some(login.epoch) == epoch)?;
            let ids = [Some(id), login.series.map(SessionId::from_bytes)];
            let one = OtherSession {
                key: key(id),
                since: login.since,
                seen: record.seen,
                agent: login.agent,
                current: Some(id) == own,
            };
            Some((ids.into_iter().flatten().collect(), one))
        };
        Ok(kept.into_iter().filter_map(read).collect())
    }

    async fn end_all(&self, ids: Vec<SessionId>) -> Result<(), SessionRejection> {
        for id in ids {
            self.0.settings().store.end(id).await.map_err(|error| down(&error))?;
        }
        Ok(())
    }
}

/// One of an account's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherSession {
    /// What a form calls it by. It opens nothing.
    pub key: String,
    /// When it was signed in, in seconds since the Unix epoch.
    pub since: u64,
    /// When it was last used, within a sixteenth of the idle time.
    pub seen: u64,
    /// The browser's own words.
    pub agent: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

fn key(id: SessionId) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(id.bytes())[..12])
}

impl super::request_session::Visit {
    /// The account that is signed in.
    pub(super) fn user(&self) -> Option<String> {
        let state = self.state();
        state.record.as_ref()?.login.as_ref().map(|login| login.user.clone())
    }

    /// This session, and the remember token that belongs to it.
    pub(super) fn own(&self) -> (Option<SessionId>, Option<SessionId>) {
        let state = self.state();
        let login = state.record.as_ref().and_then(|record| record.login.as_ref());
        let series = login.and_then(|login| login.series).map(SessionId::from_bytes);
        (state.record.as_ref().map(|record| record.id), series)
    }

    /// Ends what the store keeps for an account, but for these.
    pub(super) async fn end_user(&self, user: &str, but: &[Option<SessionId>]) -> Result<(), StoreError> {
        let store = &self.settings().store;
        for (id, _) in store.of_user(user).await? {
            if !but.contains(&Some(id)) {
                store.end(id).await?;
            }
        }
        Ok(())
    }
}
