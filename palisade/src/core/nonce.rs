//! The CSP nonce of one page.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::core::request_context::{LayerMark, NONCE_CHARS, RequestContext};

/// The CSP nonce of one page: print it into `<script nonce="…">`, and the page's
/// Content-Security-Policy allows that script. As an axum extractor it never fails.
///
/// The nonce has 128 bits from the operating system's random generator, as 22 characters of base64url.
/// It is made when it is first read; a page that never reads it has no nonce in its header. The error
/// page of the same request has the same nonce.
///
/// ```
/// use palisade::CspNonce;
/// use palisade::request::RequestContext;
///
/// let context = RequestContext::default();
/// let nonce = CspNonce::of(&context);
/// assert_eq!(nonce.as_str().len(), 22);
/// assert_eq!(nonce.to_string(), CspNonce::of(&context).to_string(), "one request has one nonce");
/// ```
///
/// Reference: CSP Level 3 §7.1 (nonces are unique, unguessable, and never reused).
#[doc(alias = "csp_nonce")]
#[derive(Clone, Debug, Default)]
pub struct CspNonce(RequestContext);

impl CspNonce {
    /// Returns the nonce of the request that has this context.
    pub fn of(context: &RequestContext) -> Self {
        Self(context.clone())
    }

    /// Returns the nonce, and makes it if this is the first call.
    pub fn as_str(&self) -> &str {
        text(self.0.nonce().get_or_init(|| {
            if self.0.has_entered(LayerMark::HeadersSent) {
                tracing::error!(
                    "the CSP nonce of a page was first read after its headers had left, so the page's scripts do not \
                     run: read it in the handler, before the body is streamed"
                );
            }
            make()
        }))
    }

    /// Returns the nonce if it has been made.
    pub(crate) fn made(context: &RequestContext) -> Option<&str> {
        context.nonce().get().map(text)
    }

    /// Returns the nonce of a context, and makes it if needed.
    pub(crate) fn make(context: &RequestContext) -> &str {
        text(context.nonce().get_or_init(make))
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
    fn each_request_has_its_own_nonce() {
        let context = RequestContext::default();
        assert_eq!(CspNonce::made(&context), None);
        let nonce = CspNonce::of(&context);
        assert_eq!(nonce.as_str().len(), NONCE_CHARS);
        assert_eq!(nonce.to_string(), CspNonce::of(&context).to_string());
        assert_eq!(CspNonce::made(&context), Some(nonce.as_str()));
        assert_ne!(nonce.as_str(), CspNonce::default().as_str());
        assert!(!format!("{nonce:?}").contains(nonce.as_str()), "Debug shows no secret");
    }
}
