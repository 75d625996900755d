//! The proof of a successful authentication: a verified password makes it, and signing in consumes it.
//!
//! Only a proof can sign an account in, so a sign-in without a check does not compile. It contains the
//! account and the account's *epoch*: a number that the application raises with each change of the
//! password or of rights. Sessions of an earlier epoch end.

use std::fmt;

/// The proof of a successful authentication; signing in consumes it.
///
/// ```
/// use palisade::session::AuthProof;
///
/// // After a check of your own, such as a link in an e-mail. Else `Passwords::verify` makes one for
/// // a right password, and `NewPassword::proof` for one that was just set.
/// let proof = AuthProof::dangerous_allow_unverified(7, 1); // an id is a number, a text, a UUID, …
/// assert_eq!((proof.user(), proof.epoch()), ("7", 1));
/// ```
pub struct AuthProof {
    user: Box<str>,
    epoch: u64,
}

impl AuthProof {
    pub(crate) fn of(user: impl ToString, epoch: u64) -> Self {
        Self { user: user.to_string().into(), epoch }
    }

    /// Makes a proof for an account that something else has authenticated, such as a link in an e-mail.
    ///
    /// # Security
    /// Nothing is checked here: the caller vouches for the account.
    pub fn dangerous_allow_unverified(user: impl ToString, epoch: u64) -> Self {
        Self::of(user, epoch)
    }

    /// The id of the account.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The account's epoch at the time of the check.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

impl fmt::Debug for AuthProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", self.user)
    }
}
