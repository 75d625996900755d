//! The key for one purpose: signing, verifying, sealing and opening.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The length of the key id at the start of signed and sealed bytes.
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
/// A key id and an HMAC-SHA-256.
const SIGNATURE_BYTES: usize = KEY_ID_BYTES + 32;

/// The key for one purpose, from [`Keyring::derive`](super::Keyring::derive): signs, verifies,
/// seals and opens.
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
    pub(super) fn new(roots: &[Hkdf<Sha256>], purpose: &'static str) -> Self {
        Self { purpose, keys: roots.iter().map(|root| PurposeKey::derive(root, purpose)).collect() }
    }

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
