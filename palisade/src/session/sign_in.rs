//! The current sign-in, and the rejections for requests without one.

use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::event::SessionEvent;
use super::handle::Session;
use super::rejection::SessionRejection;
use super::request_session::store_down;

/// The sign-in of a session. Times are in seconds since the Unix epoch.
///
/// ```
/// use palisade::session::SignIn;
///
/// // A remember token has signed in: no password was given.
/// let user = String::from("7");
/// let sign_in = SignIn { user, epoch: 1, since: 1_767_225_600, authenticated_at: None };
/// assert!(sign_in.authenticated_at.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The id of the account.
    pub user: String,
    /// The account's epoch at the sign-in. If the account's epoch is different now, the sign-in is
    /// outdated.
    pub epoch: u64,
    /// The time of the sign-in.
    pub since: u64,
    /// The time of the last authentication, such as a password. `None` if a remember token has
    /// signed in, or the client has changed since.
    pub authenticated_at: Option<u64>,
}

impl Session {
    /// Returns the current sign-in. It may be outdated: compare its [`epoch`](SignIn::epoch) with
    /// the account's, as the extractor [`SignedIn`](crate::SignedIn) does.
    ///
    /// # Errors
    /// If the store is down.
    pub async fn sign_in(&self) -> Result<Option<SignIn>, SessionRejection> {
        self.0.load().await?;
        let state = self.0.state();
        let login = state.data.as_ref().and_then(|data| data.login.as_ref());
        Ok(login.map(|login| SignIn {
            user: login.user.clone(),
            epoch: login.epoch,
            since: login.since,
            authenticated_at: login.authenticated_at,
        }))
    }

    /// Ends a session whose account was changed or removed since the sign-in.
    ///
    /// # Errors
    /// If the store is down.
    pub async fn end_outdated(&self) -> Result<(), SessionRejection> {
        self.0.load().await?;
        if let Some(user) = self.0.user() {
            self.0.end().await.map_err(|error| store_down(&error))?;
            self.0.settings().emit(&SessionEvent::Outdated { user: &user });
        }
        Ok(())
    }

    /// Rejects the request unless the visitor has authenticated within this time.
    ///
    /// # Errors
    /// [`SessionRejection::ReauthRequired`], or [`SessionRejection::SignInRequired`] without a
    /// sign-in.
    #[doc(alias = "fresh_login_required")]
    #[doc(alias = "step-up authentication")]
    pub async fn require_recent_auth(&self, within: Duration) -> Result<(), SessionRejection> {
        let sign_in = self.sign_in().await?.ok_or_else(|| self.sign_in_required())?;
        let now = self.0.settings().now();
        // A time in the future was written before the clock was set back.
        let is_recent = |time: u64| now.abs_diff(time) <= within.as_secs();
        if sign_in.authenticated_at.is_some_and(is_recent) { Ok(()) } else { Err(self.reauth_required()) }
    }

    /// Returns the rejection for a request without a sign-in: a redirect to the
    /// [`login_path`](super::Sessions::login_path), or 401.
    pub fn sign_in_required(&self) -> SessionRejection {
        SessionRejection::SignInRequired { location: self.location(self.0.settings().login_path.as_deref()) }
    }

    /// Returns the rejection for a sign-in without recent authentication: a redirect to the
    /// [`reauth_path`](super::Sessions::reauth_path), or 401.
    pub fn reauth_required(&self) -> SessionRejection {
        let settings = self.0.settings();
        let path = settings.reauth_path.as_deref().or(settings.login_path.as_deref());
        SessionRejection::ReauthRequired { location: self.location(path) }
    }

    /// Returns the target of the redirect, as the browser sees it. A page that was asked for by GET is
    /// added as `next`, the site's own path: the redirect to it adds the proxy's prefix.
    fn location(&self, path: Option<&str>) -> Option<HeaderValue> {
        let session = &self.0;
        let path = path?;
        let target = session.target.as_ref().map_or("/", PathAndQuery::as_str);
        let prefix = session.prefix.as_deref().unwrap_or("");
        let line = if session.method == Method::GET && target != "/" {
            let separator = if path.contains('?') { '&' } else { '?' };
            format!("{prefix}{path}{separator}next={}", utf8_percent_encode(target, QUERY_VALUE))
        } else {
            format!("{prefix}{path}")
        };
        HeaderValue::try_from(line).ok()
    }
}

/// The characters that are percent-encoded in the value of `next`.
const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
