//! The key for one purpose: signing, verifying, sealing and opening.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::xaes::{NONCE_BYTES, TAG_BYTES, Xaes256Gcm};

/// The length of the key id at the start of signed and sealed bytes.
const KEY_ID_BYTES: usize = 4;
/// A key id and an HMAC-SHA-256.
const SIGNATURE_BYTES: usize = KEY_ID_BYTES + 32;
/// The number of bytes that sealing adds.
#[cfg(feature = "session")]
pub(crate) const SEAL_BYTES: usize = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

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
    /// Names the key and the way of sealing.
    seal_id: [u8; KEY_ID_BYTES],
    sealer: Xaes256Gcm,
    /// Opens what was sealed before XAES-256-GCM, which starts with `id`.
    earlier_sealer: XChaCha20Poly1305,
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
        let earlier_sealer = XChaCha20Poly1305::new((&*key).into());
        let mut seal_id = [0; KEY_ID_BYTES];
        expand("name of XAES-256-GCM", &mut seal_id);
        expand("seal by XAES-256-GCM", &mut *key);
        Self { id, signer, seal_id, sealer: Xaes256Gcm::new(&key), earlier_sealer }
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
    /// not part of the result, which is 44 bytes longer than the content.
    #[doc(alias = "encrypt")]
    #[doc(alias = "AEAD")]
    pub fn seal(&self, bytes: &[u8], context: &[u8]) -> Vec<u8> {
        let key = &self.keys[0];
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).expect("the operating system has a random generator");
        let mut sealed = Vec::with_capacity(KEY_ID_BYTES + NONCE_BYTES + bytes.len() + TAG_BYTES);
        for part in [&key.seal_id[..], &nonce, bytes] {
            sealed.extend_from_slice(part);
        }
        let tag = key.sealer.encrypt(&nonce, context, &mut sealed[KEY_ID_BYTES + NONCE_BYTES..]);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Decrypts sealed bytes. Returns `None` for another key, purpose or context, and for bytes
    /// that were changed or cut.
    #[doc(alias = "decrypt")]
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Unsealed> {
        let mut bytes = sealed.to_vec();
        let (content, current) = self.open_in_place(&mut bytes, context)?;
        let length = content.len();
        bytes.drain(..KEY_ID_BYTES + NONCE_BYTES);
        bytes.truncate(length);
        Some(Unsealed { bytes, current })
    }

    /// Decrypts sealed bytes where they are. Returns the content, and whether the current key has
    /// sealed it in the current form.
    pub(crate) fn open_in_place<'a>(
        &self,
        sealed: &'a mut [u8],
        context: &[u8],
    ) -> Option<(&'a mut [u8], bool)> {
        let (id, rest) = sealed.split_first_chunk_mut::<KEY_ID_BYTES>()?;
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE_BYTES>()?;
        let (bytes, tag) = rest.split_last_chunk_mut::<TAG_BYTES>()?;
        for (at, key) in self.keys.iter().enumerate() {
            if key.seal_id == *id && key.sealer.decrypt(nonce, context, bytes, tag) {
                return Some((bytes, at == 0));
            }
            if key.id == *id {
                let (nonce, tag) = ((&*nonce).into(), (&*tag).into());
                let opened =
                    key.earlier_sealer.decrypt_inout_detached(nonce, context, (&mut *bytes).into(), tag);
                if opened.is_ok() {
                    return Some((bytes, false));
                }
            }
        }
        None
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

    /// Returns `true` if the current key has sealed it, in the form of this version. Otherwise seal
    /// it again.
    pub fn is_current(&self) -> bool {
        self.current
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsealed({} bytes hidden)", self.bytes.len())
    }
}
