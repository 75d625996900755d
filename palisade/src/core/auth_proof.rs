//! "This person is who they say": made where a password or the like has been checked, asked for by whatever signs in.
//!
//! Nothing else than a proof signs anybody in, so a sign-in without a check does not compile. It names the account and the
//! account's *epoch*: a number that the application raises with each change of password or rights. A session of an
//! earlier epoch is over.

use std::fmt;

/// This person is who they say. It is spent by signing in.
pub struct AuthProof {
    user: Box<str>,
    epoch: u64,
}

impl AuthProof {
    #[cfg(feature = "password")]
    pub(crate) fn of(user: Box<str>, epoch: u64) -> Self {
        Self { user, epoch }
    }

    /// A proof that something else than this library has checked: an e-mailed link, another site's word.
    ///
    /// # Danger
    /// Nothing is checked here.
    pub fn dangerous_allow_unverified(user: impl Into<Box<str>>, epoch: u64) -> Self {
        Self { user: user.into(), epoch }
    }

    /// The account.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The account's epoch when it was proved.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

impl fmt::Debug for AuthProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", self.user)
    }
}
