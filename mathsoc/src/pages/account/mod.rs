//! Accounts: registration, login, logout, password reset and the user's own pages.
//!
//! # Rules
//!
//! 1. A login needs the password, and a one-time code if the account has a second factor. Attempts
//!    are rate-limited by IP address and by account. Failures are delayed by a growing back-off.
//! 2. A login to an account with an unverified e-mail address sends the verification letter again.
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
pub(crate) mod verify;

use std::time::Duration;

use palisade::password::{Password, PasswordRejected, StoredCredential, VerifiedPassword};
use palisade::session::AuthProof;
use palisade::{Rejection, Session};

use crate::domain::email::EmailAddress;
use crate::domain::person::Role;
use crate::error::Error;
use crate::limits::LOGIN;
use crate::state::App;

/// The time for which a password check counts as recent, for step-up authentication.
pub(super) const RECENT_AUTH: Duration = Duration::from_secs(10 * 60);

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

/// Verifies the password of an account, with the account's rate limit and back-off.
async fn verify_password(
    app: &App,
    email: &EmailAddress,
    password: Password,
    stored: Option<StoredCredential>,
) -> Result<Option<VerifiedPassword>, Rejection> {
    let key = email.key();
    app.limits.of(&LOGIN).check(key.as_str()).await?;
    let backoff = app.limits.backoff(&LOGIN);
    let attempt = backoff.attempt(key.as_str()).await?;
    let verified = app.passwords.verify(password, stored).await?;
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

/// Sends an e-mail. A failure is only logged: the page must not reveal it.
pub(super) fn send<L: crate::mail::Letter>(app: &App, to: &EmailAddress, letter: &L) {
    if let Err(error) = app.mailer.send(to, letter) {
        tracing::error!(%error, letter = L::NAME, "e-mail not sent");
    }
}
