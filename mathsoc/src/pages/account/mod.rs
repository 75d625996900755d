//! Accounts: registration, login, logout, password reset and the user's own pages.
//!
//! # Rules
//!
//! 1. A login needs the password, and a one-time code if the account has a second factor. Failures
//!    count by address and account; a browser that has logged in before has failures of its own, so
//!    that nobody can lock another person out ([`LoginLimit`]).
//! 2. Whoever opens the link in the letter chooses the name and the password of a new account. A
//!    form that somebody else has sent makes no account.
//! 3. Sensitive pages need step-up authentication: the password again, if it was last checked more
//!    than ten minutes ago.
//!
//! No page reveals if an e-mail address has an account. Only a letter to that address does.

pub(crate) mod confirm;
pub(crate) mod delete;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod login;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod register;
pub(crate) mod reset;
pub(crate) mod second_factor;
pub(crate) mod sessions;
pub(crate) mod setup;

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::request::Parts;
use palisade::login_limit::{KnownDevice, LoginAttempt, LoginLimit};
use palisade::password::{Password, PasswordRejected, StoredCredential, VerifiedPassword};
use palisade::rate_limit::{RateLimitKey, RateLimitRejection};
use palisade::request::Client;
use palisade::session::AuthProof;
use palisade::{Rejection, Session};

use crate::db::users::{self, User};
use crate::domain::email::EmailAddress;
use crate::domain::person::Role;
use crate::error::Error;
use crate::limits::LETTERS;
use crate::links::Purpose;
use crate::mail::{ResetPassword, Welcome};
use crate::state::App;

/// The time for which a password check counts as recent, for step-up authentication.
pub(super) const RECENT_AUTH: Duration = Duration::from_secs(10 * 60);

/// Creates the e-mail with the link to choose the first password.
pub(crate) fn welcome(app: &App, user: &User) -> Welcome {
    let url = |path: &str| app.config.site_url.link(path);
    let link = url(&app.links.issue(Purpose::Welcome, user));
    Welcome { link, reset: url("/password_reset"), site: url("/") }
}

/// Creates the e-mail with the link to choose another password.
pub(crate) fn reset_password(app: &App, user: &User) -> ResetPassword {
    let url = |path: &str| app.config.site_url.link(path);
    ResetPassword { link: url(&app.links.issue(Purpose::ResetPassword, user)), site: url("/") }
}

/// Checks a new password against the policy of the role. Returns the reason for a rejection.
async fn password_problem(role: Role, password: &Password, about: &[&str]) -> Option<PasswordRejected> {
    let (policy, password) = (role.password_policy(), password.clone());
    let about: Vec<String> = about.iter().map(|text| (*text).to_owned()).collect();
    let check = move || {
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        policy.check(&password, &about).err()
    };
    // Estimating the strength of some texts takes long: keep it off the async threads.
    tokio::task::spawn_blocking(check).await.unwrap_or_default()
}

/// The browser that wants to log in: its address, and the accounts that it is known at.
pub(crate) struct Visitor {
    address: IpAddr,
    device: KnownDevice,
}

impl Visitor {
    /// Verifies the password of an account, within the limits on guessing.
    async fn verify_password(
        &self,
        app: &App,
        email: &EmailAddress,
        password: Password,
        stored: Option<StoredCredential>,
    ) -> Result<Option<VerifiedPassword>, Rejection> {
        let attempt = self.attempt(app, app.limits.passwords(), "login", email).await?;
        let verified = match app.passwords.verify(password, stored).await {
            Ok(verified) => verified,
            Err(busy) => {
                attempt.withdraw().await;
                return Err(busy.into());
            }
        };
        if verified.is_some() {
            attempt.succeeded().await;
        }
        Ok(verified)
    }

    /// Makes an attempt at a limit, and notes a refusal for `/admin/limits`.
    async fn attempt<'a>(
        &self,
        app: &'a App,
        limit: &'a LoginLimit,
        name: &str,
        email: &EmailAddress,
    ) -> Result<LoginAttempt<'a>, Rejection> {
        let key = email.key();
        let attempt = limit.attempt(RateLimitKey::email(&key), self.address, &self.device).await;
        if let Err(RateLimitRejection::LimitExceeded { retry_after, .. }) = &attempt {
            app.limits.refusals().note(name, &self.address.to_string(), &key, *retry_after);
        }
        Ok(attempt?)
    }

    /// Makes this browser known at the account, by a cookie.
    fn remember(&self, email: &EmailAddress, response: &mut Response) {
        let cookie = self.device.remember(&RateLimitKey::email(&email.key()));
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        let client = Client::from_request_parts(parts, app).await?;
        Ok(Self { address: client.ip(), device: app.devices.read(&parts.headers, &client) })
    }
}

/// Verifies the password of a member who is signed in already, with delays after failures.
async fn confirm_password(
    app: &App,
    user: &User,
    password: Password,
) -> Result<Option<VerifiedPassword>, Error> {
    let stored = users::login_by_id(&app.db, user.id).await?;
    let confirmations = app.limits.confirmations();
    let attempt = confirmations.attempt(user.id).await.map_err(Rejection::from)?;
    let verified = app.passwords.verify(password, stored).await.map_err(Rejection::from)?;
    if verified.is_some() {
        attempt.succeeded().await;
    }
    Ok(verified)
}

/// Ends all sessions of the account but this one, after its epoch was raised.
///
/// The raised epoch has invalidated all sessions and remember-me tokens. This session is renewed
/// with the new epoch, as after a password check. `None` means that another request has changed
/// the account first: then this session ends too.
async fn keep_only_this_session(session: &Session, user: i64, epoch: Option<u64>) -> Result<(), Error> {
    if let Some(epoch) = epoch {
        session.reauthenticate(AuthProof::dangerous_allow_unverified(user, epoch)).await?;
        session.end_others().await?;
    }
    Ok(())
}

/// Sends a letter for which a visitor has asked, unless the mailbox has got enough of them. The page
/// must reveal neither that nor a failure.
///
/// # Errors
/// If the limits' store is down.
pub(super) async fn send_within_limits<L: crate::mail::Letter>(
    app: &App,
    to: &EmailAddress,
    letter: &L,
) -> Result<(), Rejection> {
    match app.limits.of(&LETTERS).check(RateLimitKey::email(&to.key())).await {
        Ok(_) => send(app, to, letter),
        Err(RateLimitRejection::LimitExceeded { .. }) => {
            tracing::info!(letter = L::NAME, "e-mail not sent: this mailbox got enough of them in this hour");
        }
        Err(rejection) => return Err(rejection.into()),
    }
    Ok(())
}

/// Sends an e-mail. A failure is only logged: the page must not reveal it.
pub(super) fn send<L: crate::mail::Letter>(app: &App, to: &EmailAddress, letter: &L) {
    if let Err(error) = app.mailer.send(to, letter) {
        tracing::error!(%error, letter = L::NAME, "e-mail not sent");
    }
}
