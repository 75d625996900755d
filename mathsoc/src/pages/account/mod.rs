//! Accounts: getting one, getting in and out, and what is one's own.
//!
//! # What passes
//!
//! 1. Whoever signs in has shown a password, and a code where the account has a second factor; each attempt counts by address
//!    and by account, and failures are delayed more and more.
//! 2. An account whose address was never verified gets a letter instead.
//! 3. What is grave asks for the password again when it was given more than ten minutes ago.
//!
//! Whether an address has an account, no page says: the letter does.

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

/// How long a password counts as just given.
pub(super) const RECENT_AUTH: Duration = Duration::from_secs(10 * 60);

/// What is wrong with a new password, in words for its owner.
async fn password_problem(role: Role, password: &Password, about: &[&str]) -> Option<PasswordRejected> {
    let (policy, password) = (role.password_policy(), password.clone());
    let about: Vec<String> = about.iter().map(|text| (*text).to_owned()).collect();
    let check = move || {
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        policy.check(&password, &about).err()
    };
    // Guessing takes a while for some texts, and nobody else should wait for it.
    tokio::task::spawn_blocking(check).await.unwrap_or_default()
}

/// Checks the password of an account: counted by its address, and after wrong ones with growing delays.
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

/// After the epoch of an account was raised, which has ended its sessions and remembered browsers: leaves this session alive,
/// as one whose password was just given. Without an epoch the account has changed meanwhile, and this session is over too.
async fn keep_only_this_session(session: &Session, user: i64, epoch: Option<u64>) -> Result<(), Error> {
    if let Some(epoch) = epoch {
        session.confirm(AuthProof::dangerous_allow_unverified(user.to_string(), epoch)).await?;
        session.end_others().await?;
    }
    Ok(())
}

/// Sends a letter. One that cannot be sent is for the log: the page says the same.
pub(super) fn send<L: crate::mail::Letter>(app: &App, to: &EmailAddress, letter: &L) {
    if let Err(error) = app.mailer.send(to, letter) {
        tracing::error!(%error, letter = L::NAME, "a letter was not sent");
    }
}
