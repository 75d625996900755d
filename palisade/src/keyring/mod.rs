//! Keys that rotate, for signing and sealing: one derived key for each purpose.
//!
//! ```
//! use palisade::keyring::{DerivedKey, Keyring, KeyringError, Unsealed, WeakKey, random_key};
//!
//! let (old, new) = (random_key(), random_key()); // a site reads them: `Keyring::from_env("SECRET_KEY")`
//! let sealed = Keyring::new(&old)?.derive("invitation").seal(b"ada", b"");
//!
//! let rotated: DerivedKey = Keyring::new(&new)?.previous([&old])?.derive("invitation");
//! let unsealed: Unsealed = rotated.open(&sealed, b"").expect("the previous key still opens");
//! assert_eq!(unsealed.bytes(), b"ada");
//! assert!(!unsealed.is_current(), "seal it again, with the current key");
//!
//! let signature = rotated.sign(&[b"ada", b"2026-01-01"]);
//! assert!(rotated.verify(&[b"ada", b"2026-01-01"], &signature));
//! assert!(!rotated.verify(&[b"eve", b"2026-01-01"], &signature));
//!
//! let error: KeyringError = Keyring::new("change-me").expect_err("an example is not a key");
//! assert_eq!(error.weakness(), Some(WeakKey::Placeholder));
//! # Ok::<(), KeyringError>(())
//! ```
//!
//! # What happens, in order
//!
//! 1. [`Keyring::from_env`], [`Keyring::from_file`], [`Keyring::new`] and [`Keyring::previous`]
//!    reject weak keys, and keys that are printed in documentation. The error names the
//!    [`WeakKey`] and a command that makes a good key: `palisade secret new`.
//! 2. [`Keyring::derive`] derives a key for one purpose from each key of the ring.
//! 3. [`sign`](DerivedKey::sign) and [`seal`](DerivedKey::seal) use the current key. The result
//!    starts with a key id of four bytes.
//! 4. [`verify`](DerivedKey::verify) and [`open`](DerivedKey::open) try the keys with this id, the
//!    current one and the previous ones. They reject another purpose, another context, and every
//!    change.
//!
//! # Rotation
//!
//! Make the new key the current one and the old one `previous`. Nothing becomes invalid: the old
//! key still verifies and opens. Remove it when everything it has signed or sealed has expired.
//!
//! ```no_run
//! use palisade::Keyring;
//!
//! let keyring = Keyring::from_env("SECRET_KEY")?.previous(std::env::var("OLD_SECRET_KEY").ok())?;
//! # Ok::<(), palisade::keyring::KeyringError>(())
//! ```
//!
//! # Defaults
//!
//! | part | algorithm | why |
//! |---|---|---|
//! | derivation | HKDF-SHA-256, a key for each purpose | a signature for one purpose is invalid for another |
//! | signature | HMAC-SHA-256 | compared in constant time |
//! | sealing | XAES-256-GCM, random nonce | AES in hardware; nonces of 192 bits do not collide |
//! | key id | 4 bytes before the result | selects the key, and the form of sealed bytes, without trying each |
//! | key strength | 256 bits | NIST SP 800-90A |
//!
//! Sealing 256 bytes takes about half a microsecond with AES instructions, which every x86-64
//! server has and most ARM servers. Without them it takes some microseconds, in constant time as
//! well. Bytes that an earlier version has sealed, with XChaCha20-Poly1305, still open;
//! [`Unsealed::is_current`] is `false` for them.
//!
//! # What it does not do
//!
//! - [`DerivedKey`] knows no expiry; [`SignedLinks`] does.
//! - It stores no keys, and does not watch a file for changes.
//! - [`Keyring::random`] is for examples, tests and development: its key ends with the process, so
//!   a restart signs everyone out and two processes reject each other's cookies.
//!
//! # See also
//!
//! [`csrf`](crate::csrf) and [`session`](crate::session) take a [`Keyring`].
//!
//! # References
//!
//! RFC 5869, RFC 2104, [XAES-256-GCM](https://c2sp.org/XAES-256-GCM); OWASP Cryptographic Storage and Key Management
//! Cheat Sheets.

mod derived;
mod error;
mod signed_links;
mod weakness;
mod xaes;

use std::path::Path;
use std::sync::Arc;
use std::{env, fmt, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

#[cfg(feature = "session")]
pub(crate) use self::derived::SEAL_BYTES;
pub use self::derived::{DerivedKey, Unsealed};
pub use self::error::KeyringError;
pub use self::signed_links::{SignedLinkRejection, SignedLinks};
pub use self::weakness::WeakKey;

/// The current key and the previous ones. Cloning is cheap; `Debug` shows no key.
#[doc(alias = "SECRET_KEY")]
#[doc(alias = "SECRET_KEY_FALLBACKS")]
#[doc(alias = "key rotation")]
#[derive(Clone)]
pub struct Keyring(Arc<[Hkdf<Sha256>]>);

impl Keyring {
    /// Makes a keyring of one key: a text with at least 256 random bits.
    ///
    /// # Errors
    /// If the key is weak; the error contains a command that makes a good one.
    pub fn new(current: impl AsRef<str>) -> Result<Self, KeyringError> {
        Self::checked(current.as_ref(), "the key")
    }

    /// Makes a keyring of the key in this environment variable.
    ///
    /// ```
    /// use palisade::Keyring;
    ///
    /// let error = Keyring::from_env("UNSET_SECRET_KEY").unwrap_err().to_string();
    /// assert!(error.starts_with("UNSET_SECRET_KEY is not set") && error.contains("palisade secret new"));
    /// ```
    ///
    /// # Errors
    /// If the variable is not set, or if the key is weak.
    pub fn from_env(variable: &str) -> Result<Self, KeyringError> {
        match env::var(variable) {
            Ok(key) => Self::checked(key.trim(), variable),
            Err(_) => Err(KeyringError::NotSet(variable.to_owned())),
        }
    }

    /// Makes a keyring of the key in this file, such as a secret that Docker, Kubernetes or systemd
    /// mounts. White space around the key is ignored.
    ///
    /// ```
    /// use palisade::Keyring;
    /// use palisade::keyring::random_key;
    ///
    /// let path = std::env::temp_dir().join(format!("palisade-{}", std::process::id()));
    /// std::fs::write(&path, format!("{}\n", random_key()))?;
    /// assert!(Keyring::from_file(&path).is_ok());
    /// # std::fs::remove_file(&path)?;
    /// assert!(Keyring::from_file("/nowhere").unwrap_err().to_string().contains("/nowhere"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read, or if the key is weak.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyringError> {
        let path = path.as_ref();
        let unreadable = |error: std::io::Error| KeyringError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
        Self::checked(text.trim(), &format!("the key in {}", path.display()))
    }

    /// Makes a keyring of a new random key, for examples, tests and development.
    ///
    /// The key ends with the process: after a restart, no cookie and no link of before is valid.
    ///
    /// ```
    /// use palisade::Keyring;
    ///
    /// let signature = Keyring::random().derive("link").sign(&[b"ada"]);
    /// assert!(!Keyring::random().derive("link").verify(&[b"ada"], &signature));
    /// ```
    pub fn random() -> Self {
        Self::dangerous_allow_weak_keys(random_key())
    }

    fn checked(key: &str, which: &str) -> Result<Self, KeyringError> {
        require_strong(key, which)?;
        Ok(Self::dangerous_allow_weak_keys(key))
    }

    /// Makes a keyring of one key without checking its strength, for tests.
    ///
    /// # Security
    /// An attacker who guesses the key can sign in as every account.
    pub fn dangerous_allow_weak_keys(current: impl AsRef<str>) -> Self {
        Self(Arc::new([extract(current.as_ref())]))
    }

    /// Adds keys that were current before, the latest first. They verify and open only.
    ///
    /// # Errors
    /// If a key is weak: a forgery with a previous key is as valid as one with the current key.
    pub fn previous<T: AsRef<str>>(self, keys: impl IntoIterator<Item = T>) -> Result<Self, KeyringError> {
        let mut all = self.0.to_vec();
        for key in keys {
            require_strong(key.as_ref(), "a previous key")?;
            all.push(extract(key.as_ref()));
        }
        Ok(Self(all.into()))
    }

    /// Derives the key for one purpose. Results of another purpose are rejected.
    #[doc(alias = "salt")]
    pub fn derive(&self, purpose: &'static str) -> DerivedKey {
        DerivedKey::new(&self.0, purpose)
    }
}

/// Returns a new key as text: 384 random bits in base64, as `palisade secret new` prints them.
///
/// ```
/// use palisade::keyring::{WeakKey, random_key};
///
/// assert_eq!(WeakKey::of(&random_key()), None);
/// ```
pub fn random_key() -> String {
    let mut bytes = Zeroizing::new([0; 48]);
    getrandom::fill(&mut *bytes).expect("the operating system has a random generator");
    STANDARD.encode(*bytes)
}

fn require_strong(key: &str, which: &str) -> Result<(), KeyringError> {
    WeakKey::of(key).map_or(Ok(()), |weakness| Err(KeyringError::Weak { which: which.to_owned(), weakness }))
}

fn extract(key: &str) -> Hkdf<Sha256> {
    Hkdf::new(Some(b"palisade keyring 1"), key.as_bytes())
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} hidden)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static OLD: LazyLock<String> = LazyLock::new(random_key);
    static NEW: LazyLock<String> = LazyLock::new(random_key);

    fn ring(key: &str) -> Keyring {
        Keyring::new(key).unwrap()
    }

    #[test]
    fn previous_keys_open_and_verify_only() {
        let sealed = ring(&OLD).derive("a").seal(b"text", b"c");
        let signed = ring(&OLD).derive("a").sign(&[b"text"]);
        let other = ring(&NEW).derive("a");
        assert!(other.open(&sealed, b"c").is_none() && !other.verify(&[b"text"], &signed));
        let rotated = ring(&NEW).previous([&*OLD]).unwrap().derive("a");
        assert!(rotated.verify(&[b"text"], &signed));
        assert!(!rotated.open(&sealed, b"c").unwrap().is_current());
        let again = rotated.seal(b"text", b"c");
        assert!(rotated.open(&again, b"c").unwrap().is_current());
        assert!(ring(&OLD).derive("a").open(&again, b"c").is_none(), "the new key has sealed it");
    }

    /// Sealed by the version before XAES-256-GCM, with XChaCha20-Poly1305.
    const SEALED_BEFORE: &str =
        "c2a1296ae03469ac925caefd7e06d649c42046f49d54be8b9e92c3e3a8815ce518169664fdab3ce4d47ab873a4614ff9";

    #[test]
    fn opens_what_earlier_versions_have_sealed() {
        let keyring = ring("6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk");
        let (keys, sealed) = (keyring.derive("a"), hex::decode(SEALED_BEFORE).unwrap());
        let unsealed = keys.open(&sealed, b"c").unwrap();
        assert_eq!((unsealed.bytes(), unsealed.is_current()), (&b"text"[..], false));
        let again = keys.seal(unsealed.bytes(), b"c");
        assert!(keys.open(&again, b"c").unwrap().is_current());
        assert_ne!(again[..4], sealed[..4], "the first bytes tell the forms apart");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open(&changed, b"c").is_none(), "byte {at}");
            assert!(keys.open(&sealed[..at], b"c").is_none(), "the first {at}");
        }
        assert!(keys.open(&sealed, b"d").is_none() && keyring.derive("b").open(&sealed, b"c").is_none());
    }

    #[test]
    fn rejects_another_purpose_or_context() {
        let sealed = ring(&OLD).derive("a").seal(b"text", b"c");
        assert!(ring(&OLD).derive("a").open(&sealed, b"c").is_some());
        assert!(ring(&OLD).derive("b").open(&sealed, b"c").is_none());
        assert!(ring(&OLD).derive("a").open(&sealed, b"d").is_none());
        let signed = ring(&OLD).derive("a").sign(&[b"ab", b"c"]);
        assert!(!ring(&OLD).derive("b").verify(&[b"ab", b"c"], &signed));
        assert!(!ring(&OLD).derive("a").verify(&[b"a", b"bc"], &signed));
        assert!(ring(&OLD).derive("a").verify(&[b"ab", b"c"], &signed));
    }

    #[test]
    fn rejects_changed_and_shortened_bytes() {
        let keys = ring(&OLD).derive("a");
        let (sealed, signed) = (keys.seal(b"text", b""), keys.sign(&[b"text"]));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open(&changed, b"").is_none(), "byte {at}");
            assert!(keys.open(&sealed[..at], b"").is_none(), "the first {at}");
        }
        for at in 0..signed.len() {
            let mut changed = signed;
            changed[at] ^= 1;
            assert!(!keys.verify(&[b"text"], &changed), "byte {at}");
            assert!(!keys.verify(&[b"text"], &signed[..at]), "the first {at}");
        }
    }

    #[test]
    fn weak_key_errors_say_why_and_how() {
        let error = Keyring::new("q8Zr4tLm0Kx2Wv7N").unwrap_err().to_string();
        assert!(
            error.starts_with("the key has about 96 bits") && error.contains("palisade secret new"),
            "{error}"
        );
        // The mistake of a string in place of a list: each character would become a key.
        let error = ring(&NEW).previous(["o"]).unwrap_err().to_string();
        assert!(error.starts_with("a previous key has only 1 different"), "{error}");
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = ring(&OLD).derive("a");
        let shown = format!("{:?} {keys:?} {:?}", ring(&OLD), keys.open(&keys.seal(b"text", b""), b""));
        assert_eq!(shown, "Keyring(1 hidden) DerivedKey(a, 1 hidden) Some(Unsealed(4 bytes hidden))");
    }
}
