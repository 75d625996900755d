//! XAES-256-GCM: AES-256-GCM with a key of its own for each message.
//!
//! 96 bits are too few for a random nonce. So the key of a message is derived from the first half of
//! 192 random bits, by CMAC-AES256 in counter mode (NIST SP 800-108r1); the second half is the
//! nonce. Two messages of 2⁸⁰ share both with a probability of 2⁻³².
//!
//! Reference: <https://c2sp.org/XAES-256-GCM>, whose test vectors are below.

use aes_gcm::aead::consts::U12;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use aes_gcm::aes::{Aes256Enc, Block};
use aes_gcm::{AeadInOut, AesGcm, KeyInit};
use zeroize::Zeroizing;

pub(super) const NONCE_BYTES: usize = 24;
pub(super) const TAG_BYTES: usize = 16;
/// The half of the nonce that the message's key is derived from.
const CONTEXT_BYTES: usize = 12;

/// A key of XAES-256-GCM.
#[derive(Clone)]
pub(super) struct Xaes256Gcm {
    cipher: Aes256Enc,
    /// The subkey of CMAC for complete blocks, `K1`.
    subkey: u128,
}

type MessageCipher = AesGcm<Aes256Enc, U12>;

impl Xaes256Gcm {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let cipher = Aes256Enc::new(key.into());
        let mut zeros = Block::default();
        cipher.encrypt_block(&mut zeros);
        let bits = u128::from_be_bytes(zeros.into());
        // Doubles in GF(2¹²⁸), without a branch on the key.
        Self { cipher, subkey: (bits << 1) ^ ((bits >> 127) * 0b1000_0111) }
    }

    /// Derives the message's cipher and its nonce.
    fn of_message(&self, nonce: &[u8; NONCE_BYTES]) -> (MessageCipher, [u8; CONTEXT_BYTES]) {
        let (context, nonce) = nonce.split_first_chunk::<CONTEXT_BYTES>().expect("12 of 24 bytes");
        let block = |counter: u8| {
            let mut block = [0, counter, b'X', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            block[4..].copy_from_slice(context);
            Block::from((u128::from_be_bytes(block) ^ self.subkey).to_be_bytes())
        };
        let mut blocks = [block(1), block(2)];
        self.cipher.encrypt_blocks(&mut blocks);
        let mut key = Zeroizing::new([0; 32]);
        key[..16].copy_from_slice(&blocks[0]);
        key[16..].copy_from_slice(&blocks[1]);
        (MessageCipher::new((&*key).into()), *nonce.first_chunk().expect("the other 12 bytes"))
    }

    /// Encrypts in place and returns the tag.
    pub(super) fn encrypt(
        &self,
        nonce: &[u8; NONCE_BYTES],
        context: &[u8],
        bytes: &mut [u8],
    ) -> [u8; TAG_BYTES] {
        let (cipher, nonce) = self.of_message(nonce);
        let tag = cipher.encrypt_inout_detached(&nonce.into(), context, bytes.into());
        tag.expect("the message is below 64 GB").into()
    }

    /// Decrypts in place. Returns `false`, and leaves the bytes as they are, unless this key has
    /// sealed them.
    pub(super) fn decrypt(
        &self,
        nonce: &[u8; NONCE_BYTES],
        context: &[u8],
        bytes: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> bool {
        let (cipher, nonce) = self.of_message(nonce);
        cipher.decrypt_inout_detached(&nonce.into(), context, bytes.into(), tag.into()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &[u8; NONCE_BYTES] = b"ABCDEFGHIJKLMNOPQRSTUVWX";

    /// The specification's vectors: a subkey with and without the reduction.
    #[test]
    fn seals_as_the_specification() {
        for (key, context, expected) in [
            ([1; 32], "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
            ([3; 32], "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
        ] {
            let cipher = Xaes256Gcm::new(&key);
            let mut bytes = *b"XAES-256-GCM";
            let tag = cipher.encrypt(NONCE, context.as_bytes(), &mut bytes);
            assert_eq!(hex::encode([&bytes[..], &tag].concat()), expected);
            assert!(!cipher.decrypt(NONCE, b"another context", &mut bytes, &tag));
            assert!(cipher.decrypt(NONCE, context.as_bytes(), &mut bytes, &tag));
            assert_eq!(&bytes, b"XAES-256-GCM");
        }
    }

    #[test]
    fn both_halves_of_the_nonce_count() {
        let cipher = Xaes256Gcm::new(&[1; 32]);
        let sealed = |nonce: &[u8; NONCE_BYTES]| {
            let mut bytes = [0; 32];
            (cipher.encrypt(nonce, b"", &mut bytes), bytes)
        };
        for at in 0..NONCE_BYTES {
            let mut nonce = *NONCE;
            nonce[at] ^= 1;
            assert_ne!(sealed(&nonce), sealed(NONCE), "byte {at}");
        }
    }
}
