//! A policy as header text, complete except for the nonce.

use http::HeaderValue;

use super::Csp;
use super::token::{NONCE, UNSAFE_INLINE};

/// A policy as header text, complete except for the nonce. [`Csp::prepare`] makes it.
///
/// ```
/// use palisade::csp::{Csp, PreparedCsp, Source};
///
/// let prepared: PreparedCsp = Csp::new().script_src([Source::NONCE]).prepare();
/// assert!(prepared.uses_nonce());
/// assert_eq!(prepared.header(Some("2fXk")), "script-src 'nonce-2fXk'");
/// assert_eq!(prepared.header(None), "script-src 'none'");
/// ```
#[derive(Clone, Debug)]
pub struct PreparedCsp {
    without_nonce: HeaderValue,
    /// The text between the nonces; one piece if the policy uses no nonce.
    pieces: Vec<Box<str>>,
}

impl PreparedCsp {
    /// Returns `true` if the policy contains the source `'nonce'`.
    pub fn uses_nonce(&self) -> bool {
        self.pieces.len() > 1
    }

    /// Returns the header value with this nonce.
    ///
    /// Without a nonce the nonce sources are omitted. `'unsafe-inline'` in the same directive is
    /// omitted too, because browsers ignore it only next to a nonce. A text that is not base64
    /// counts as no nonce.
    pub fn header(&self, nonce: Option<&str>) -> HeaderValue {
        match nonce.filter(|nonce| self.uses_nonce() && is_nonce(nonce)) {
            None => self.without_nonce.clone(),
            // An invalid nonce is omitted: no script runs, instead of any script.
            Some(nonce) => {
                HeaderValue::try_from(self.pieces.join(nonce)).unwrap_or_else(|_| self.without_nonce.clone())
            }
        }
    }
}

impl Csp {
    /// Returns the policy as header text, for responses that differ only in their nonce.
    pub fn prepare(&self) -> PreparedCsp {
        let mut pieces = vec![String::new()];
        let mut without_nonce = String::new();
        let mut semicolon = "";
        for entry in &self.entries {
            let begin = format!("{semicolon}{}", entry.directive);
            semicolon = "; ";
            without_nonce.push_str(&begin);
            let mut piece = pieces.pop().unwrap_or_default() + &begin;
            let has_nonce = entry.tokens.iter().any(|token| token == NONCE);
            let mut words_without_nonce = 0;
            for word in entry.value() {
                if !(has_nonce && matches!(word, NONCE | UNSAFE_INLINE)) {
                    words_without_nonce += 1;
                    without_nonce.extend([" ", word]);
                }
                if word == NONCE {
                    pieces.push(piece + " 'nonce-");
                    piece = "'".to_owned();
                } else {
                    piece.extend([" ", word]);
                }
            }
            if has_nonce && words_without_nonce == 0 {
                without_nonce.push_str(" 'none'");
            }
            pieces.push(piece);
        }
        PreparedCsp {
            without_nonce: HeaderValue::try_from(without_nonce).expect("sources are visible ASCII"),
            pieces: pieces.into_iter().map(Box::from).collect(),
        }
    }
}

/// Returns `true` for base64 in either alphabet. Any other character could end the source
/// expression.
fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte))
}
