//! The keys that everything signed or sealed depends on: one that signs, those that still verify, and one derived key
//! for each purpose.
//!
//! ```
//! # use palisade::Keyring;
//! # use palisade::keyring::KeyringError;
//! let old = "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq";
//! let new = "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB";
//! let sealed = Keyring::new(old)?.keys("invitation").seal(b"ada", b"");
//!
//! let rotated = Keyring::new(new)?.previous([old])?.keys("invitation");
//! let opened = rotated.open(&sealed, b"").expect("the old key still opens");
//! assert_eq!(opened.bytes(), b"ada");
//! assert!(!opened.is_current(), "so that it is sealed again with the new one");
//! assert!(Keyring::new("change-me").is_err());
//! # Ok::<(), KeyringError>(())
//! ```
//!
//! What passes:
//! 1. a key without a [`WeakKey`]; the others are refused with the reason and the command that makes a good one;
//! 2. of something signed or sealed: what one of the keys made, for the same purpose and in the same context.
//!
//! | choice | what | why |
//! |---|---|---|
//! | deriving | HKDF-SHA-256, one key per purpose | what is signed for one purpose is worthless for another |
//! | signing | HMAC-SHA-256, after four bytes that name the key | the right key is tried, not each |
//! | sealing | XChaCha20-Poly1305 with a random nonce | nonces of 192 bits may be random |
//! | rotation | the current key signs and seals, previous ones only verify and open | nobody is signed out |
//!
//! It does not say how long something stays valid: whoever signs puts the time into the message.
//!
//! References: RFC 5869, RFC 2104, draft-irtf-cfrg-xchacha; OWASP Cryptographic Storage and Key Management Cheat Sheets.

mod weakness;

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use self::weakness::WeakKey;

/// A key that signs, and those that it has replaced.
#[derive(Clone)]
pub struct Keyring(Arc<[Hkdf<Sha256>]>);

/// How many bytes of something signed or sealed name the key.
const NAME: usize = 4;
const NONCE: usize = 24;
/// A name and an HMAC-SHA-256.
const SIGNATURE: usize = NAME + 32;

impl Keyring {
    /// A keyring of one key: a text of at least 256 random bits.
    ///
    /// # Errors
    /// When the key is too weak.
    pub fn new(current: impl AsRef<str>) -> Result<Self, KeyringError> {
        strong(current.as_ref(), "the key")?;
        Ok(Self::dangerous_allow_weak_keys(current))
    }

    /// A keyring of one key, however weak.
    ///
    /// # Danger
    /// Who guesses the key can be anybody.
    pub fn dangerous_allow_weak_keys(current: impl AsRef<str>) -> Self {
        Self(Arc::new([extract(current.as_ref())]))
    }

    /// The keys that were current before, the latest first. They verify and open, and never sign or seal.
    ///
    /// # Errors
    /// When one is too weak: it would open the door as well as the current one.
    pub fn previous<T: AsRef<str>>(self, keys: impl IntoIterator<Item = T>) -> Result<Self, KeyringError> {
        let mut all = self.0.to_vec();
        for key in keys {
            strong(key.as_ref(), "a previous key")?;
            all.push(extract(key.as_ref()));
        }
        Ok(Self(all.into()))
    }

    /// The keys for one purpose. What is made for another purpose does not pass here.
    pub fn keys(&self, purpose: &'static str) -> DerivedKey {
        DerivedKey { purpose, keys: self.0.iter().map(|root| Derived::for_purpose(root, purpose)).collect() }
    }
}

fn strong(key: &str, which: &'static str) -> Result<(), KeyringError> {
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

/// The keys for one purpose; [`Keyring::keys`] makes them.
#[derive(Clone)]
pub struct DerivedKey {
    purpose: &'static str,
    keys: Arc<[Derived]>,
}

#[derive(Clone)]
struct Derived {
    name: [u8; NAME],
    signer: Hmac<Sha256>,
    sealer: XChaCha20Poly1305,
}

impl Derived {
    fn for_purpose(root: &Hkdf<Sha256>, purpose: &str) -> Self {
        let part = |label: &str, bytes: &mut [u8]| {
            let info = [purpose.as_bytes(), &[0], label.as_bytes()].concat();
            root.expand(&info, bytes).expect("HKDF makes up to 8,160 bytes");
        };
        let (mut name, mut key) = ([0; NAME], Zeroizing::new([0; 32]));
        part("name", &mut name);
        part("sign", &mut *key);
        let signer = <Hmac<Sha256> as KeyInit>::new_from_slice(&*key).expect("an HMAC takes any key");
        part("seal", &mut *key);
        Self { name, signer, sealer: XChaCha20Poly1305::new((&*key).into()) }
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
    /// The signature of a message of several parts; moving a byte from one part to the next changes it.
    pub fn sign(&self, message: &[&[u8]]) -> [u8; SIGNATURE] {
        let key = &self.keys[0];
        let mut signature = [0; SIGNATURE];
        signature[..NAME].copy_from_slice(&key.name);
        signature[NAME..].copy_from_slice(&key.mac(message).finalize().into_bytes());
        signature
    }

    /// Whether the signature is one of ours, compared in constant time.
    pub fn verifies(&self, message: &[&[u8]], signature: &[u8]) -> bool {
        let Some((name, tag)) = signature.split_at_checked(NAME) else { return false };
        self.named(name).any(|key| key.mac(message).verify_slice(tag).is_ok())
    }

    /// Seals bytes: nobody can read or change them. They open in the same context only, which is not kept inside.
    pub fn seal(&self, bytes: &[u8], context: &[u8]) -> Vec<u8> {
        let key = &self.keys[0];
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).expect("the operating system's random generator works");
        let payload = Payload { msg: bytes, aad: context };
        let sealed = key.sealer.encrypt(&XNonce::from(nonce), payload).expect("less than 256 GB");
        [&key.name[..], &nonce, &sealed].concat()
    }

    /// Opens what was sealed, or nothing: it is somebody else's, of another purpose or context, changed, or cut off.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Unsealed> {
        let (name, rest) = sealed.split_at_checked(NAME)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        self.named(name).find_map(|key| {
            let payload = Payload { msg: sealed, aad: context };
            let bytes = key.sealer.decrypt(&XNonce::from(*nonce), payload).ok()?;
            Some(Unsealed { bytes, current: std::ptr::eq(key, &self.keys[0]) })
        })
    }

    fn named<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a Derived> {
        self.keys.iter().filter(move |key| key.name == name)
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({}, {} hidden)", self.purpose, self.keys.len())
    }
}

/// What was sealed.
pub struct Unsealed {
    bytes: Vec<u8>,
    current: bool,
}

impl Unsealed {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, to keep.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether the current key has sealed it; else seal it again.
    pub fn is_current(&self) -> bool {
        self.current
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({} bytes hidden)", self.bytes.len())
    }
}

/// A key is too weak.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{which} {weakness}; make a good one with: head -c 48 /dev/urandom | base64")]
pub struct KeyringError {
    which: &'static str,
    /// In which way.
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
    fn what_one_key_made_another_refuses_until_it_is_its_previous() {
        let sealed = ring(OLD).keys("a").seal(b"text", b"c");
        let signed = ring(OLD).keys("a").sign(&[b"text"]);
        let other = ring(NEW).keys("a");
        assert!(other.open(&sealed, b"c").is_none() && !other.verifies(&[b"text"], &signed));
        let rotated = ring(NEW).previous([OLD]).unwrap().keys("a");
        assert!(rotated.verifies(&[b"text"], &signed));
        assert!(!rotated.open(&sealed, b"c").unwrap().is_current());
        let again = rotated.seal(b"text", b"c");
        assert!(rotated.open(&again, b"c").unwrap().is_current());
        assert!(ring(OLD).keys("a").open(&again, b"c").is_none(), "the new key sealed it");
    }

    #[test]
    fn purposes_and_contexts_are_worlds_apart() {
        let sealed = ring(OLD).keys("a").seal(b"text", b"c");
        assert!(ring(OLD).keys("a").open(&sealed, b"c").is_some());
        assert!(ring(OLD).keys("b").open(&sealed, b"c").is_none());
        assert!(ring(OLD).keys("a").open(&sealed, b"d").is_none());
        let signed = ring(OLD).keys("a").sign(&[b"ab", b"c"]);
        assert!(!ring(OLD).keys("b").verifies(&[b"ab", b"c"], &signed));
        assert!(!ring(OLD).keys("a").verifies(&[b"a", b"bc"], &signed));
        assert!(ring(OLD).keys("a").verifies(&[b"ab", b"c"], &signed));
    }

    #[test]
    fn a_changed_or_shortened_text_does_not_pass() {
        let keys = ring(OLD).keys("a");
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
            assert!(!keys.verifies(&[b"text"], &changed), "byte {at}");
            assert!(!keys.verifies(&[b"text"], &signed[..at]), "the first {at}");
        }
    }

    #[test]
    fn weak_keys_are_refused_with_the_reason_and_what_to_do() {
        let error = Keyring::new("q8Zr4tLm0Kx2Wv7N").unwrap_err().to_string();
        assert!(error.starts_with("the key has about 96 bits") && error.contains("/dev/urandom"), "{error}");
        // Given as one text, Flask took each of its characters for a key (ITS-10).
        let error = ring(NEW).previous(["o"]).unwrap_err().to_string();
        assert!(error.starts_with("a previous key has only 1 different"), "{error}");
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = ring(OLD).keys("a");
        let shown = format!("{:?} {keys:?} {:?}", ring(OLD), keys.open(&keys.seal(b"text", b""), b""));
        assert_eq!(shown, "Keyring(1 hidden) Keys(a, 1 hidden) Some(Opened(4 bytes hidden))");
    }
}
