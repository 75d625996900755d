//! Signing in, reauthentication, signing out.

use super::data::SessionData;
use super::event::SessionEvent;
use super::handle::Session;
use super::rejection::SessionRejection;
use super::request_session::store_down;
use crate::core::auth_proof::AuthProof;

impl Session {
    /// Signs in: starts a new, empty session with a new id.
    ///
    /// The session before it ends, together with everything bound to it, such as the CSRF tokens
    /// of open pages.
    ///
    /// A handler that answers with a status of 5xx signs no one in: the session before has ended,
    /// and the new one is not saved.
    ///
    /// # Errors
    /// If the store is down. No one is signed in then.
    #[doc(alias = "login")]
    #[doc(alias = "login_user")]
    pub async fn log_in(&self, proof: AuthProof) -> Result<(), SessionRejection> {
        let session = &self.0;
        session.load().await?;
        let now = session.settings().now();
        let generation = session.generation_of(proof.user()).await.map_err(|error| store_down(&error))?;
        let (user_agent, fingerprint) = (session.user_agent(), session.fingerprint());
        let data = SessionData::signed_in(now, &proof, generation, user_agent, fingerprint);
        session.end_remember_series().await.map_err(|error| store_down(&error))?;
        session.replace(Some(data)).await.map_err(|error| store_down(&error))?;
        session.state().new_sign_in = true;
        session.settings().emit(&SessionEvent::SignedIn { user: proof.user() });
        Ok(())
    }

    /// Counts the sign-in as recent again: the session keeps its data and gets a new id.
    ///
    /// If the proof is of another account, or another request has ended the session,
    /// [`log_in`](Self::log_in) runs instead. If the account's epoch has changed, a remembered
    /// browser gets a new token.
    ///
    /// # Errors
    /// If the store is down.
    #[doc(alias = "confirm_login")]
    #[doc(alias = "step-up authentication")]
    #[doc(alias = "sudo mode")]
    pub async fn reauthenticate(&self, proof: AuthProof) -> Result<(), SessionRejection> {
        let session = &self.0;
        session.load().await?;
        let same_account = session.user().is_some_and(|user| user == proof.user());
        if !same_account || !session.cycle_id().await.map_err(|error| store_down(&error))? {
            return self.log_in(proof).await;
        }
        let epoch_changed = {
            let (now, fingerprint) = (session.settings().now(), session.fingerprint());
            let mut state = session.state();
            let login = state.data.as_mut().and_then(|data| data.login.as_mut());
            let before = login.as_ref().map(|login| (login.epoch, login.series.is_some()));
            if let Some(login) = login {
                (login.authenticated_at, login.epoch, login.fingerprint) =
                    (Some(now), proof.epoch(), fingerprint);
            }
            before.is_some_and(|(epoch, remembered)| remembered && epoch != proof.epoch())
        };
        // The token in the browser, and every copy of it, has the old epoch.
        if epoch_changed && session.settings().remember.is_some() {
            self.remember().await?;
        }
        session.settings().emit(&SessionEvent::Reauthenticated { user: proof.user() });
        Ok(())
    }

    /// Keeps this browser signed in after a change of the account's password, and ends all other
    /// sessions and remember tokens of the account.
    ///
    /// It is [`reauthenticate`](Self::reauthenticate) and then [`end_others`](Self::end_others).
    /// The proof comes from `NewPassword::proof` (feature `password`); store the
    /// hash first.
    ///
    /// # Errors
    /// If the store is down.
    #[doc(alias = "update_session_auth_hash")]
    pub async fn password_changed(&self, proof: AuthProof) -> Result<(), SessionRejection> {
        self.reauthenticate(proof).await?;
        self.end_others().await
    }

    /// Gives the session a new id and keeps its data. Call it when the visitor's rights change.
    ///
    /// A session that another request has ended stays ended.
    ///
    /// # Errors
    /// If the store is down.
    ///
    /// # Security
    /// An id that an attacker knows, or has planted, stops working: this prevents session
    /// fixation. Signing in does it by itself.
    #[doc(alias = "session fixation")]
    #[doc(alias = "cycle_key")]
    #[doc(alias = "regenerate")]
    pub async fn cycle_id(&self) -> Result<(), SessionRejection> {
        self.0.load().await?;
        self.0.cycle_id().await.map(drop).map_err(|error| store_down(&error))
    }

    /// Signs out: ends the session at once, and deletes its cookies and the browser's storage.
    ///
    /// `Clear-Site-Data` deletes the cookies of the site's other hosts too, unless this request
    /// starts another session.
    ///
    /// # Errors
    /// If the store is down. The session may still be valid then.
    #[doc(alias = "logout")]
    pub async fn log_out(&self) -> Result<(), SessionRejection> {
        let session = &self.0;
        session.load().await?;
        let user = session.user();
        session.end_uninterrupted().await.map_err(|error| store_down(&error))?;
        session.state().signed_out = true;
        if let Some(user) = user {
            session.settings().emit(&SessionEvent::SignedOut { user: &user });
        }
        Ok(())
    }
}
