//! The secret key, which signs cookies and tokens.
//!
//! ```
//! # use mathsoc::config::{SecretKey, WeakKey};
//! let key = SecretKey::random();
//! assert!(key.weakness().is_none());
//! assert_eq!(SecretKey::from("change-me").weakness(), Some(WeakKey::Placeholder));
//! assert_eq!(format!("{key:?}"), "SecretKey(hidden)");
//! ```
//!
//! [`WeakKey`] decides which keys are too weak.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs};

use palisade::Keyring;
use palisade::keyring::{KeyringError, WeakKey, random_key};

use super::value::Value;
use crate::private_files;

/// The secret key. `Debug` output and `mathsoc config` hide it.
#[derive(Clone)]
pub struct SecretKey(Arc<str>);

impl From<&str> for SecretKey {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl SecretKey {
    /// Returns the bytes, to derive keys from. Do not print them.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns the keyring that signs with this key, and verifies with the former keys, too.
    ///
    /// The key itself may be weak: production has rejected a weak one before.
    ///
    /// # Errors
    /// If a former key is weak.
    pub fn keyring(&self, former: &FormerKeys) -> Result<Keyring, KeyringError> {
        Keyring::dangerous_allow_weak_keys(&*self.0).previous(former.keys().iter().map(|key| &*key.0))
    }

    /// Generates a key of 384 random bits.
    pub fn random() -> Self {
        Self(random_key().into())
    }

    /// Returns the key in `folder/secret_key`. If the file is missing, creates one with a random key
    /// that only its owner can read.
    ///
    /// # Errors
    /// If the file cannot be created or read, or contains a weak key.
    pub fn kept_in(folder: &Path) -> Result<Self, KeyFileError> {
        let path = folder.join("secret_key");
        Self::kept_at(&path).map_err(|source| KeyFileError { path, source })
    }

    fn kept_at(path: &Path) -> io::Result<Self> {
        path.parent().map_or(Ok(()), private_files::folder)?;
        match private_files::new_file(path) {
            Ok(mut file) => {
                let key = Self::random();
                writeln!(file, "{}", key.0)?;
                file.sync_all()?;
                Ok(key)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let key = Self::from(fs::read_to_string(path)?.trim());
                match key.weakness() {
                    None => Ok(key),
                    Some(weakness) => Err(io::Error::new(ErrorKind::InvalidData, weakness)),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the reason why the key is too weak, if it is.
    pub fn weakness(&self) -> Option<WeakKey> {
        WeakKey::of(&self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

/// Former secret keys.
#[derive(Clone, Debug, Default)]
pub struct FormerKeys(Vec<SecretKey>);

impl FormerKeys {
    /// Returns the keys, the latest first.
    pub fn keys(&self) -> &[SecretKey] {
        &self.0
    }

    /// Returns the reason why one of the keys is not accepted, if there is one.
    pub(super) fn objection(&self, current: Option<&SecretKey>) -> Option<String> {
        self.0.iter().zip(1..).find_map(|(key, place)| match key.weakness() {
            Some(weakness) => Some(format!("key number {place} {weakness}")),
            None if current.is_some_and(|current| current.0 == key.0) => {
                Some(format!("key number {place} is SECRET_KEY itself; put a new key into SECRET_KEY"))
            }
            None => None,
        })
    }
}

impl Value for SecretKey {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        "(hidden)".to_owned()
    }
}

impl Value for FormerKeys {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(SecretKey::from).collect()))
    }

    fn show(&self) -> String {
        String::new()
    }

    fn unset() -> Option<Self> {
        Some(Self::default())
    }
}

/// The error of a key file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the key in {} cannot be used; delete the file to get a new key, or set SECRET_KEY", .path.display())]
pub struct KeyFileError {
    path: PathBuf,
    source: io::Error,
}
