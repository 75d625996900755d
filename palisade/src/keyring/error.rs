//! The errors of reading keys.

use std::path::PathBuf;

use super::WeakKey;

/// The error for a key that cannot be used. Its text names the key's place and what to write, and
/// never the key.
///
/// ```
/// use palisade::Keyring;
/// use palisade::keyring::{KeyringError, WeakKey};
///
/// let error: KeyringError = Keyring::new("change-me").unwrap_err();
/// assert_eq!(error.weakness(), Some(WeakKey::Placeholder));
/// assert!(error.to_string().contains("palisade secret new"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The key is weak.
    #[error("{which} {weakness}; make a good one with: palisade secret new, or: openssl rand -base64 48")]
    Weak {
        /// The place of the key, such as `the key` or the name of a variable.
        which: String,
        /// The weakness.
        weakness: WeakKey,
    },
    /// The environment variable is not set.
    #[error(
        "{0} is not set; set it to a key, the output of: palisade secret new, or: openssl rand -base64 48"
    )]
    NotSet(String),
    /// The file of the key cannot be read.
    #[error("the key file {} cannot be read: {reason}", .path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The operating system's error.
        reason: String,
    },
}

impl KeyringError {
    /// Returns the weakness if the key is weak.
    pub fn weakness(&self) -> Option<WeakKey> {
        match self {
            Self::Weak { weakness, .. } => Some(*weakness),
            Self::NotSet(_) | Self::Unreadable { .. } => None,
        }
    }
}

crate::core::error_text::debug_is_text!(KeyringError);
