//! Keys that rotate, for signing and sealing: one derived key for each purpose.
//!
//! ```
//! use palisade::keyring::{DerivedKey, Keyring, KeyringError, Unsealed, WeakKey};
//!
//! let old = "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq";
//! let new = "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB";
//! let sealed = Keyring::new(old)?.derive("invitation").seal(b"ada", b"");
//!
//! let rotated: DerivedKey = Keyring::new(new)?.previous([old])?.derive("invitation");
//! let unsealed: Unsealed = rotated.open(&sealed, b"").expect("the previous key still opens");
//! assert_eq!(unsealed.bytes(), b"ada");
//! assert!(!unsealed.is_current(), "seal it again, with the current key");
//!
//! let signature = rotated.sign(&[b"ada", b"2026-01-01"]);
//! assert!(rotated.verify(&[b"ada", b"2026-01-01"], &signature));
//! assert!(!rotated.verify(&[b"eve", b"2026-01-01"], &signature));
//!
//! let error: KeyringError = Keyring::new("change-me").expect_err("an example is not a key");
//! assert_eq!(error.weakness, WeakKey::Placeholder);
//! # Ok::<(), KeyringError>(())
//! ```
//!
//! # What happens, in order
//!
//! 1. [`Keyring::new`] and [`Keyring::previous`] reject weak keys. The error names the [`WeakKey`]
//!    and a command that makes a good key.
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
//! # Defaults
//!
//! | part | algorithm | why |
//! |---|---|---|
//! | derivation | HKDF-SHA-256, a key for each purpose | a signature for one purpose is invalid for another |
//! | signature | HMAC-SHA-256 | compared in constant time |
//! | sealing | XChaCha20-Poly1305, random nonce | nonces of 192 bits do not collide |
//! | key id | 4 bytes before the result | selects the key without trying each |
//! | key strength | 256 bits | NIST SP 800-90A |
//!
//! # What it does not do
//!
//! [`DerivedKey`] knows no expiry; [`SignedLinks`] does. It stores no keys: read them from the
//! environment or a secret manager.
//!
//! # See also
//!
//! [`csrf`](crate::csrf) and [`session`](crate::session) take a [`Keyring`].
//!
//! # References
//!
//! RFC 5869, RFC 2104, draft-irtf-cfrg-xchacha; OWASP Cryptographic Storage and Key Management
//! Cheat Sheets.

mod signed_links;
mod weakness;

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use self::signed_links::{SignedLinkRejection, SignedLinks};
pub use self::weakness::WeakKey;

/// The current key and the previous ones. Cloning is cheap; `Debug` shows no key.
#[doc(alias = "SECRET_KEY")]
#[doc(alias = "SECRET_KEY_FALLBACKS")]
#[doc(alias = "key rotation")]
#[derive(Clone)]
pub struct Keyring(Arc<[Hkdf<Sha256>]>);

/// The length of the key id at the start of signed and sealed bytes.
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
/// A key id and an HMAC-SHA-256.
const SIGNATURE_BYTES: usize = KEY_ID_BYTES + 32;

impl Keyring {
    /// Makes a keyring of one key: a text with at least 256 random bits.
    ///
    /// # Errors
    /// If the key is weak; the error contains a command that makes a good one.
    pub fn new(current: impl AsRef<str>) -> Result<Self, KeyringError> {
        require_strong(current.as_ref(), "the key")?;
        Ok(Self::dangerous_allow_weak_keys(current))
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
        let keys = self.0.iter().map(|root| PurposeKey::derive(root, purpose)).collect();
        DerivedKey { purpose, keys }
    }
}

fn require_strong(key: &str, which: &'static str) -> Result<(), KeyringError> {
    WeakKey::of(key).map_or(Ok(()), |weakness| Err(KeyringError { which, weakness }))
}

fn extract(key: &str) -> Hkdf<Sha256> {
    Hkdf::new(Some(b"palisade keyring 1"), key.as_bytes())
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} hidden)", self.0.len())
    }
}

/// The key for one purpose, from [`Keyring::derive`]: signs, verifies, seals and opens.
#[doc(alias = "itsdangerous")]
#[doc(alias = "Signer")]
#[derive(Clone)]
pub struct DerivedKey {
    purpose: &'static str,
    /// The current key, then the previous ones.
    keys: Arc<[PurposeKey]>,
}

/// One key of the ring, derived for a purpose.
#[derive(Clone)]
struct PurposeKey {
    id: [u8; KEY_ID_BYTES],
    signer: Hmac<Sha256>,
    sealer: XChaCha20Poly1305,
}

impl PurposeKey {
    fn derive(root: &Hkdf<Sha256>, purpose: &str) -> Self {
        let expand = |label: &str, bytes: &mut [u8]| {
            let info = [purpose.as_bytes(), &[0], label.as_bytes()].concat();
            root.expand(&info, bytes).expect("HKDF-SHA-256 expands to up to 8,160 bytes");
        };
        let (mut id, mut key) = ([0; KEY_ID_BYTES], Zeroizing::new([0; 32]));
        expand("name", &mut id);
        expand("sign", &mut *key);
        let signer =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&*key).expect("HMAC accepts keys of any length");
        expand("seal", &mut *key);
        Self { id, signer, sealer: XChaCha20Poly1305::new((&*key).into()) }
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.signer.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl DerivedKey {
    /// Signs a message of several parts. The lengths are signed too: `["ab", "c"]` and `["a",
    /// "bc"]` have different signatures.
    pub fn sign(&self, message: &[&[u8]]) -> [u8; SIGNATURE_BYTES] {
        let key = &self.keys[0];
        let mut signature = [0; SIGNATURE_BYTES];
        signature[..KEY_ID_BYTES].copy_from_slice(&key.id);
        signature[KEY_ID_BYTES..].copy_from_slice(&key.mac(message).finalize().into_bytes());
        signature
    }

    /// Returns `true` if the signature is valid for the message. Compares in constant time.
    #[must_use]
    pub fn verify(&self, message: &[&[u8]], signature: &[u8]) -> bool {
        let Some((id, tag)) = signature.split_at_checked(KEY_ID_BYTES) else { return false };
        self.with_id(id).any(|key| key.mac(message).verify_slice(tag).is_ok())
    }

    /// Encrypts and authenticates bytes. They open in the same context only; the context itself is
    /// not part of the result.
    #[doc(alias = "encrypt")]
    #[doc(alias = "AEAD")]
    pub fn seal(&self, bytes: &[u8], context: &[u8]) -> Vec<u8> {
        let key = &self.keys[0];
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).expect("the operating system has a random generator");
        let payload = Payload { msg: bytes, aad: context };
        let sealed = key.sealer.encrypt(&XNonce::from(nonce), payload).expect("the message is below 256 GB");
        [&key.id[..], &nonce, &sealed].concat()
    }

    /// Decrypts sealed bytes. Returns `None` for another key, purpose or context, and for bytes
    /// that were changed or cut.
    #[doc(alias = "decrypt")]
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Unsealed> {
        let (id, rest) = sealed.split_at_checked(KEY_ID_BYTES)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        self.with_id(id).find_map(|key| {
            let payload = Payload { msg: sealed, aad: context };
            let bytes = key.sealer.decrypt(&XNonce::from(*nonce), payload).ok()?;
            Some(Unsealed { bytes, current: std::ptr::eq(key, &self.keys[0]) })
        })
    }

    fn with_id<'a>(&'a self, id: &'a [u8]) -> impl Iterator<Item = &'a PurposeKey> {
        self.keys.iter().filter(move |key| key.id == id)
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DerivedKey({}, {} hidden)", self.purpose, self.keys.len())
    }
}

/// The content of sealed bytes, from [`DerivedKey::open`].
pub struct Unsealed {
    bytes: Vec<u8>,
    current: bool,
}

impl Unsealed {
    /// Returns the content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the content, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns `true` if the current key has sealed it. Otherwise seal it again.
    pub fn is_current(&self) -> bool {
        self.current
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsealed({} bytes hidden)", self.bytes.len())
    }
}

/// The error for a weak key. Its text names the key's place, the weakness, and a command for a
/// good key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{which} {weakness}; make a good one with: head -c 48 /dev/urandom | base64")]
pub struct KeyringError {
    which: &'static str,
    /// The weakness.
    pub weakness: WeakKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq";
    const NEW: &str = "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB";

    fn ring(key: &str) -> Keyring {
        Keyring::new(key).unwrap()
    }

    #[test]
    fn previous_keys_open_and_verify_only() {
        let sealed = ring(OLD).derive("a").seal(b"text", b"c");
        let signed = ring(OLD).derive("a").sign(&[b"text"]);
        let other = ring(NEW).derive("a");
        assert!(other.open(&sealed, b"c").is_none() && !other.verify(&[b"text"], &signed));
        let rotated = ring(NEW).previous([OLD]).unwrap().derive("a");
        assert!(rotated.verify(&[b"text"], &signed));
        assert!(!rotated.open(&sealed, b"c").unwrap().is_current());
        let again = rotated.seal(b"text", b"c");
        assert!(rotated.open(&again, b"c").unwrap().is_current());
        assert!(ring(OLD).derive("a").open(&again, b"c").is_none(), "the new key has sealed it");
    }

    #[test]
    fn rejects_another_purpose_or_context() {
        let sealed = ring(OLD).derive("a").seal(b"text", b"c");
        assert!(ring(OLD).derive("a").open(&sealed, b"c").is_some());
        assert!(ring(OLD).derive("b").open(&sealed, b"c").is_none());
        assert!(ring(OLD).derive("a").open(&sealed, b"d").is_none());
        let signed = ring(OLD).derive("a").sign(&[b"ab", b"c"]);
        assert!(!ring(OLD).derive("b").verify(&[b"ab", b"c"], &signed));
        assert!(!ring(OLD).derive("a").verify(&[b"a", b"bc"], &signed));
        assert!(ring(OLD).derive("a").verify(&[b"ab", b"c"], &signed));
    }

    #[test]
    fn rejects_changed_and_shortened_bytes() {
        let keys = ring(OLD).derive("a");
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
        assert!(error.starts_with("the key has about 96 bits") && error.contains("/dev/urandom"), "{error}");
        // The mistake of a string in place of a list: each character would become a key.
        let error = ring(NEW).previous(["o"]).unwrap_err().to_string();
        assert!(error.starts_with("a previous key has only 1 different"), "{error}");
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = ring(OLD).derive("a");
        let shown = format!("{:?} {keys:?} {:?}", ring(OLD), keys.open(&keys.seal(b"text", b""), b""));
        assert_eq!(shown, "Keyring(1 hidden) DerivedKey(a, 1 hidden) Some(Unsealed(4 bytes hidden))");
    }
}
