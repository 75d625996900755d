//! The hash of a password, as it is stored.

use std::fmt;

use super::parsed_hash::Scheme;

/// The hash of a password, as it is stored: a text in one of these formats.
///
/// | format | made by |
/// |---|---|
/// | `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` | us, and whoever writes PHC strings |
/// | `scrypt:32768:8:1$salt$hex`, `pbkdf2:sha256:1000000$salt$hex` | Werkzeug |
/// | `pbkdf2_sha256$…`, `pbkdf2_sha1$…`, `argon2$argon2id$…`, `scrypt$…` | Django |
/// | `!…` | Django, for an account that cannot sign in by a password |
///
/// Any other text is a hash that no password has. It is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// The text, to be stored: ours have up to 100 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether some password has this hash: its format is known, and it does not cost too much to look.
    pub fn is_usable(&self) -> bool {
        Scheme::read(&self.0).is_some()
    }

    /// How it was made. What cannot be read is logged with the account that has it.
    pub(super) fn scheme(&self, user: &str) -> Option<Scheme> {
        let scheme = Scheme::read(&self.0);
        if scheme.is_none() && !self.0.starts_with('!') {
            tracing::warn!(
                user,
                "the stored password hash is of no format that is known, or costs too much to try"
            );
        }
        scheme
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
