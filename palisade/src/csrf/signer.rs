//! Makes and verifies tokens: a salt, the time, and a signature over both and the session's tag.
//!
//! The salt makes each token different, so that the length of a compressed page reveals nothing
//! about it (BREACH). Other libraries mask their tokens for the same reason. The parts that stay
//! the same, the name of the key and much of the time, are not secret.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::rejection::CsrfTokenError;
use crate::core::clock::Clock;
use crate::core::session_tag::SessionTag;
use crate::keyring::DerivedKey;

const SALT_BYTES: usize = 16;
const TIME_BYTES: usize = 8;
const SIGNATURE_BYTES: usize = 36;
const TOKEN_BYTES: usize = SALT_BYTES + TIME_BYTES + SIGNATURE_BYTES;
/// The length in base64url; 60 bytes need no padding.
pub(super) const TOKEN_CHARS: usize = TOKEN_BYTES / 3 * 4;
/// The largest difference between the clocks of two servers, in microseconds.
const CLOCK_SKEW: u64 = 60_000_000;

#[derive(Clone, Debug)]
pub(super) struct TokenSigner {
    pub(super) keys: DerivedKey,
    pub(super) clock: Clock,
    pub(super) time_limit: Option<Duration>,
}

impl TokenSigner {
    pub(super) fn issue(&self, tag: [u8; 16]) -> String {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).expect("the operating system's random generator works");
        let time = self.clock.now().to_be_bytes();
        let signature = self.keys.sign(&[&salt, &time, &tag]);
        URL_SAFE_NO_PAD.encode([&salt[..], &time, &signature].concat())
    }

    /// Verifies a token against the session that the request came with.
    pub(super) fn verify(&self, token: &[u8], tag: &dyn SessionTag) -> Result<(), CsrfTokenError> {
        let session = tag.current().ok_or(CsrfTokenError::NoSession)?;
        let mut bytes = [0; TOKEN_BYTES];
        if token.len() != TOKEN_CHARS || URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) != Ok(TOKEN_BYTES) {
            return Err(CsrfTokenError::Invalid);
        }
        let (salt, rest) = bytes.split_at(SALT_BYTES);
        let (time, signature) = rest.split_first_chunk::<TIME_BYTES>().expect("44 bytes follow the salt");
        if !self.keys.verify(&[salt, time, &session], signature) {
            return Err(CsrfTokenError::Invalid);
        }
        let (issued, now) = (u64::from_be_bytes(*time), self.clock.now());
        if issued > now.saturating_add(CLOCK_SKEW) {
            return Err(CsrfTokenError::Invalid);
        }
        match self.time_limit {
            Some(limit) if u128::from(now.saturating_sub(issued)) > limit.as_micros() => {
                Err(CsrfTokenError::Expired)
            }
            _ => Ok(()),
        }
    }
}
