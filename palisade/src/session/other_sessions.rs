//! The sessions of an account: list and end them.

use std::sync::Arc;

use super::data::{SessionData, public_key};
use super::handle::Session;
use super::rejection::SessionRejection;
use super::request_session::{RequestSession, store_down};
use super::revocation::run_to_completion;
use super::settings::Storage;
use super::store::{SessionId, SessionRecord, StoreError};

impl Session {
    /// Returns the sessions of the signed-in account: this one first, then by last use.
    ///
    /// Sessions of an earlier epoch have ended and are left out.
    ///
    /// # Errors
    /// If the store is down. [`SessionRejection::Misused`] for sessions in cookies, which cannot be
    /// listed: use [`Sessions::in_store`](super::Sessions::in_store).
    pub async fn account_sessions(&self) -> Result<Vec<OtherSession>, SessionRejection> {
        let sessions = self.stored_sessions().await?;
        let mut found: Vec<OtherSession> = sessions.into_iter().map(|(_, session)| session).collect();
        found.sort_by_key(|session| (!session.current, std::cmp::Reverse(session.last_seen)));
        Ok(found)
    }

    /// Ends another session of the account, found by its [`key`](OtherSession::key). Returns
    /// `false` if there is no such session.
    ///
    /// # Errors
    /// If the store is down. [`SessionRejection::Misused`] for sessions in cookies, which cannot be
    /// listed: use [`Sessions::in_store`](super::Sessions::in_store).
    pub async fn end_other(&self, key: &str) -> Result<bool, SessionRejection> {
        let sessions = self.stored_sessions().await?;
        let found = sessions.into_iter().find(|(_, session)| session.key == key && !session.current);
        let Some((ids, _)) = found else { return Ok(false) };
        for id in ids {
            self.0.settings().store.delete(id).await.map_err(|error| store_down(&error))?;
        }
        Ok(true)
    }

    /// Ends all other sessions of the account, and the remember tokens of its other browsers.
    ///
    /// With [`dangerous_forgets_on_restart`](super::CookieSessions::dangerous_forgets_on_restart),
    /// this process ends them, until it stops.
    ///
    /// # Errors
    /// If the store is down.
    #[doc(alias = "log out everywhere")]
    pub async fn end_others(&self) -> Result<(), SessionRejection> {
        self.0.load().await?;
        let Some(user) = self.0.user() else { return Ok(()) };
        let (own, series) = self.0.own_ids();
        let session = Arc::clone(&self.0);
        let ending = async move {
            session.end_all_of(&user, &[own, series]).await?;
            session.end_generation(&user, own).await
        };
        run_to_completion(ending).await.map_err(|error| store_down(&error))
    }

    /// Returns the account's sessions, each with the ids to delete: its own, and its remember
    /// token's.
    async fn stored_sessions(&self) -> Result<Vec<(Vec<SessionId>, OtherSession)>, SessionRejection> {
        let session = &self.0;
        let settings = session.settings();
        if settings.storage == Storage::Cookie {
            return Err(SessionRejection::Misused(
                "Sessions in cookies cannot be listed or ended one by one: they are in the browsers only. Keep \
                 them in a store with `Sessions::in_store(store, &keyring)`, or end them all with \
                 `Session::end_others`.",
            ));
        }
        session.load().await?;
        let Some(user) = session.user() else { return Ok(Vec::new()) };
        let records = settings.store.of_user(&user).await.map_err(|error| store_down(&error))?;
        let (own, _) = session.own_ids();
        let epoch = session.state().data.as_ref().and_then(|data| data.login.as_ref()).map(|it| it.epoch);
        let decode = |(id, record): (SessionId, SessionRecord)| {
            let data = SessionData::decode(id, &record.bytes)?;
            data.remaining(settings.timeouts, settings.now())?;
            let login = data.login.filter(|login| Some(login.epoch) == epoch)?;
            let ids = [Some(id), login.series.map(SessionId::from_bytes)];
            let other = OtherSession {
                key: public_key(id),
                since: login.since,
                last_seen: data.last_seen,
                user_agent: login.user_agent,
                current: Some(id) == own,
            };
            Some((ids.into_iter().flatten().collect(), other))
        };
        Ok(records.into_iter().filter_map(decode).collect())
    }
}

/// A session of the account, as [`Session::account_sessions`] lists it. Times are in seconds since
/// the Unix epoch.
///
/// ```
/// use palisade::session::OtherSession;
///
/// let session = OtherSession {
///     key: "mZ8xJ2kq".into(),
///     since: 1_767_225_600,
///     last_seen: 1_767_229_200,
///     user_agent: Some("Mozilla/5.0 (X11; Linux x86_64)".into()),
///     current: true,
/// };
/// assert!(session.current && session.last_seen - session.since == 3_600);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherSession {
    /// The public name of the session, for a form. It is not the id, and opens nothing.
    pub key: String,
    /// The time of the sign-in.
    pub since: u64,
    /// The time of the last use; up to a sixteenth of the idle timeout old.
    pub last_seen: u64,
    /// The first 200 characters of the browser's `User-Agent` at the sign-in.
    pub user_agent: Option<String>,
    /// `true` for the session of this request.
    pub current: bool,
}

impl RequestSession {
    /// Deletes everything that the store has of an account, except these ids.
    pub(super) async fn end_all_of(
        &self,
        user: &str,
        except: &[Option<SessionId>],
    ) -> Result<(), StoreError> {
        let except: Vec<SessionId> = except.iter().copied().flatten().collect();
        self.settings().store.delete_of_user(user, &except).await
    }
}
