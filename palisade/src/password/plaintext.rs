//! A password as a person types it.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A password as a person types it. Forms can contain it: it implements `Deserialize`.
///
/// ```
/// use palisade::password::Password;
///
/// let password = Password::from("correct horse");
/// assert!(password.is_same(&Password::from("correct horse")) && !password.is_empty());
/// assert_eq!(format!("{password:?}"), "Password(hidden)");
/// ```
///
/// # Security
/// `Debug` does not show it, it has no `Serialize`, and its memory is overwritten when it is
/// dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Returns `true` if nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `true` if both are equal, for forms that ask for a new password twice.
    pub fn is_same(&self, again: &Self) -> bool {
        use subtle::ConstantTimeEq;
        self.bytes().ct_eq(again.bytes()).into()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}
