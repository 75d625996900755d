//! The stored hash of a password.

use std::fmt;

use super::parsed_hash::{ParsedHash, epoch_of};

/// The stored hash of a password, a text in one of these formats:
///
/// | format | written by |
/// |---|---|
/// | `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` | this library, and others that write PHC strings |
/// | `scrypt:32768:8:1$salt$hex`, `pbkdf2:sha256:1000000$salt$hex` | Werkzeug |
/// | `pbkdf2_sha256$…`, `pbkdf2_sha1$…`, `argon2$argon2id$…`, `scrypt$…` | Django |
/// | `!…` | Django, for an account without a usable password |
///
/// No password matches any other text. `Debug` does not show the hash.
///
/// ```
/// use palisade::password::PasswordHash;
///
/// let werkzeug = format!("pbkdf2:sha256:1000000$salt${}", "0".repeat(64));
/// assert!(PasswordHash::from(werkzeug).is_usable());
/// assert!(!PasswordHash::from("!").is_usable());
/// let salts = ["first-salt", "other-salt"].map(|salt| format!("pbkdf2:sha256:1000000${salt}${}", "0".repeat(64)));
/// let [first, other] = salts.map(PasswordHash::from);
/// assert_ne!(first.epoch(), other.epoch(), "another password has another salt");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// Returns the text to store. Hashes of this library have up to 100 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if a password can match: the format is known, and verifying is not too
    /// expensive.
    pub fn is_usable(&self) -> bool {
        ParsedHash::parse(&self.0).is_some()
    }

    /// Returns a number that changes with each new password: the epoch of accounts that store none.
    ///
    /// The number is a digest of the salt. It stays the same when a right password is hashed again
    /// ([`VerifiedPassword::rehash`](super::VerifiedPassword::rehash)), unless the old salt has less
    /// than eight bytes.
    #[doc(alias = "session_auth_hash")]
    #[doc(alias = "get_session_auth_hash")]
    pub fn epoch(&self) -> u64 {
        ParsedHash::parse(&self.0).map_or_else(|| epoch_of(self.0.as_bytes()), |hash| hash.epoch())
    }

    /// Parses the text. An invalid hash is logged with its account.
    pub(super) fn parse(&self, user: &str) -> Option<ParsedHash> {
        let parsed = ParsedHash::parse(&self.0);
        if parsed.is_none() && !self.0.starts_with('!') {
            tracing::warn!(user, "stored password hash rejected: unknown format, or too expensive to verify");
        }
        parsed
    }
}

impl<T: Into<Box<str>>> From<T> for PasswordHash {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}
