//! The nonce of one page: the value that marks our own scripts and stands in the page's Content-Security-Policy.
//!
//! It is made when first read, from either side; a page that never reads it costs nothing and its header has none.
//! 128 bits from the operating system's generator, as 22 characters of base64url. The error page of the same
//! request has the same nonce.
//!
//! Reference: CSP Level 3 §7.1 (nonces are unique, unguessable, and never reused).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::core::request_context::{NONCE_CHARS, RequestContext};

/// The nonce of this page. Print it into `<script nonce="…">`; as an axum extractor it never fails.
#[derive(Clone, Debug, Default)]
pub struct CspNonce(RequestContext);

impl CspNonce {
    /// The nonce of this exchange.
    pub fn of(exchange: &RequestContext) -> Self {
        Self(exchange.clone())
    }

    /// The nonce, made now if this is the first reading.
    pub fn as_str(&self) -> &str {
        text(self.0.nonce().get_or_init(make))
    }

    /// The nonce, if somebody has read it.
    pub(crate) fn made(exchange: &RequestContext) -> Option<&str> {
        exchange.nonce().get().map(text)
    }

    /// The nonce, for whoever has only the exchange at hand.
    pub(crate) fn make(exchange: &RequestContext) -> &str {
        text(exchange.nonce().get_or_init(make))
    }
}

impl fmt::Display for CspNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn make() -> [u8; NONCE_CHARS] {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("the operating system's random generator works");
    let mut text = [0; NONCE_CHARS];
    URL_SAFE_NO_PAD.encode_slice(bits, &mut text).expect("16 bytes are 22 characters");
    text
}

fn text(bytes: &[u8; NONCE_CHARS]) -> &str {
    std::str::from_utf8(bytes).expect("base64 is ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_exchange_has_one_nonce_and_another_has_another() {
        let exchange = RequestContext::default();
        assert_eq!(CspNonce::made(&exchange), None);
        let nonce = CspNonce::of(&exchange);
        assert_eq!(nonce.as_str().len(), NONCE_CHARS);
        assert_eq!(nonce.to_string(), CspNonce::of(&exchange).to_string());
        assert_eq!(CspNonce::made(&exchange), Some(nonce.as_str()));
        assert_ne!(nonce.as_str(), CspNonce::default().as_str());
        assert!(!format!("{nonce:?}").contains(nonce.as_str()), "Debug shows no secret");
    }
}
