//! The key that everything signed is signed with.
//!
//! ```
//! # use mathsoc::config::{SecretKey, Weakness};
//! let key: SecretKey = "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq".into();
//! assert!(key.weakness().is_none());
//! assert_eq!(SecretKey::from("change-me").weakness(), Some(Weakness::Placeholder));
//! ```
//!
//! How strong a key is, the library says: [`Weakness`].

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use palisade::{Keyring, KeyringError, Weakness};

use super::value::Value;
use crate::private_files;

/// The key; never printed.
#[derive(Clone)]
pub struct SecretKey(Arc<str>);

impl From<&str> for SecretKey {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl SecretKey {
    /// The bytes, for deriving keys from; not for showing.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The keyring that signs with this key, and still believes what the former ones signed.
    ///
    /// Elsewhere than in production the key may be weak; a former one never is.
    ///
    /// # Errors
    /// When a former key is weak.
    pub fn keyring(&self, former: &FormerKeys) -> Result<Keyring, KeyringError> {
        Keyring::dangerous_unchecked(&*self.0).previous(former.keys().iter().map(|key| &*key.0))
    }

    /// A new key of 384 random bits.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 48];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(STANDARD.encode(bytes).into()))
    }

    /// The key in `folder/secret_key`; made and kept there, for its owner only, when there is none.
    ///
    /// # Errors
    /// When the file cannot be made or read, or what is in it is no key.
    pub fn kept_in(folder: &Path) -> Result<Self, KeyFileError> {
        let path = folder.join("secret_key");
        Self::kept_at(&path).map_err(|source| KeyFileError { path, source })
    }

    fn kept_at(path: &Path) -> io::Result<Self> {
        path.parent().map_or(Ok(()), private_files::folder)?;
        match private_files::new_file(path) {
            Ok(mut file) => {
                let key = Self::random()?;
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

    /// Why the key is too weak to be trusted, if it is.
    pub fn weakness(&self) -> Option<Weakness> {
        Weakness::of(&self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

/// Keys that were the secret key before.
#[derive(Clone, Debug, Default)]
pub struct FormerKeys(Vec<SecretKey>);

impl FormerKeys {
    /// The keys, the latest first.
    pub fn keys(&self) -> &[SecretKey] {
        &self.0
    }

    /// Why one of them is no good beside the current key, if so.
    pub(super) fn objection(&self, current: Option<&SecretKey>) -> Option<String> {
        self.0.iter().zip(1..).find_map(|(key, place)| match key.weakness() {
            Some(weakness) => Some(format!("of its keys number {place} {weakness}")),
            None if current.is_some_and(|current| current.0 == key.0) => {
                Some(format!("its key number {place} is SECRET_KEY itself; put a new key there"))
            }
            None => None,
        })
    }
}

impl Value for FormerKeys {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(SecretKey::from).collect()))
    }

    fn show(&self) -> String {
        String::new()
    }
}

/// The kept key is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the key in {} cannot be used; delete the file to get a new key, or set SECRET_KEY", .path.display())]
pub struct KeyFileError {
    path: PathBuf,
    source: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_key() {
        assert_eq!(format!("{:?}", SecretKey::from("q8Zr4tLm0Kx2Wv7N")), "SecretKey(hidden)");
    }
}
