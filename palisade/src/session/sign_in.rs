//! Who is signed in, and what is said to those who are not.

use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderValue, Method};

use super::event::SessionEvent;
use super::rejection::SessionRejection;
use super::request_session::{Session, down};
use crate::core::accept::prefers_json;

/// Who is signed in, since when, and how sure we are. Times are seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The account.
    pub user: String,
    /// The account's epoch at the sign-in. Where the account's own is another by now, the sign-in is outdated.
    pub epoch: u64,
    /// When.
    pub since: u64,
    /// When a password or the like was last given; nothing where a remember token has signed in, or the client has
    /// changed since.
    pub proved: Option<u64>,
}

impl Session {
    /// Who is signed in. Whether the account still is what it was, its [`epoch`](SignIn::epoch) tells:
    /// `SignedIn` looks.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign_in(&self) -> Result<Option<SignIn>, SessionRejection> {
        self.0.load().await?;
        let state = self.0.state();
        let login = state.record.as_ref().and_then(|record| record.login.as_ref());
        Ok(login.map(|login| SignIn {
            user: login.user.clone(),
            epoch: login.epoch,
            since: login.since,
            proved: login.proved,
        }))
    }

    /// Ends a session whose account has changed since the sign-in, or is gone.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn outdated(&self) -> Result<(), SessionRejection> {
        self.0.load().await?;
        if let Some(user) = self.0.user() {
            self.0.end().await.map_err(|error| down(&error))?;
            self.0.settings().tell(&SessionEvent::Outdated { user: &user });
        }
        Ok(())
    }

    /// Passes if a password or the like was given no longer ago than this.
    ///
    /// # Errors
    /// The refusal that sends the visitor to prove it afresh.
    pub async fn require_recent_auth(&self, time: Duration) -> Result<(), SessionRejection> {
        let sign_in = self.sign_in().await?.ok_or_else(|| self.sign_in_required())?;
        let now = self.0.settings().now();
        // A proof of a time to come was given before the clock was set back.
        let fresh = |proved: u64| now.abs_diff(proved) <= time.as_secs();
        if sign_in.proved.is_some_and(fresh) { Ok(()) } else { Err(self.proof_required()) }
    }

    /// What is said to who is not signed in: a redirect to the [`login_path`](super::Sessions::login_path) for people, 401
    /// for programs.
    pub fn sign_in_required(&self) -> SessionRejection {
        SessionRejection::SignInRequired { location: self.view(self.0.settings().login_path.as_deref()) }
    }

    /// What is said to who is signed in, and has not proved it for too long.
    pub fn proof_required(&self) -> SessionRejection {
        let settings = self.0.settings();
        let view = settings.reauth_path.as_deref().or(settings.login_path.as_deref());
        SessionRejection::ReauthRequired { location: self.view(view) }
    }

    /// The page for people, with the way back to what they asked for, where that can be asked for again.
    fn view(&self, path: Option<&str>) -> Option<HeaderValue> {
        let visit = &self.0;
        let path = path.filter(|_| !visit.accept.as_ref().is_some_and(prefers_json))?;
        let target = visit.target.as_ref().map_or("/", PathAndQuery::as_str);
        let line = if visit.method == Method::GET && target != "/" {
            let sign = if path.contains('?') { '&' } else { '?' };
            format!("{path}{sign}next={}", encoded(target))
        } else {
            path.to_owned()
        };
        HeaderValue::try_from(line).ok()
    }
}

/// Percent-encoded but for what means nothing in a query.
fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
