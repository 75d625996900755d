//! A policy ready to be sent: everything but the nonce is written once.

use http::HeaderValue;

use super::Csp;
use super::source::{NONCE, UNSAFE_INLINE};

/// A policy ready to be sent.
#[derive(Clone, Debug)]
pub struct Prepared {
    without_nonce: HeaderValue,
    /// The text between the places of the nonce; one piece where there is none.
    pieces: Vec<Box<str>>,
}

impl Prepared {
    /// Whether a nonce has a place in it.
    pub fn uses_nonce(&self) -> bool {
        self.pieces.len() > 1
    }

    /// The header value, with this nonce; without one, the nonce sources are left out, and with them the
    /// `'unsafe-inline'` beside them, which browsers ignore only as long as a nonce is there.
    pub fn header(&self, nonce: Option<&str>) -> HeaderValue {
        match nonce.filter(|nonce| self.uses_nonce() && is_nonce(nonce)) {
            None => self.without_nonce.clone(),
            // What is no nonce is left out like none: then no script runs, instead of any.
            Some(nonce) => {
                HeaderValue::try_from(self.pieces.join(nonce)).unwrap_or_else(|_| self.without_nonce.clone())
            }
        }
    }
}

impl Csp {
    /// The policy, ready to be sent many times.
    pub fn prepare(&self) -> Prepared {
        let mut pieces = vec![String::new()];
        let mut without_nonce = String::new();
        let mut semicolon = "";
        for entry in &self.entries {
            let begin = format!("{semicolon}{}", entry.directive);
            semicolon = "; ";
            without_nonce.push_str(&begin);
            let mut piece = pieces.pop().unwrap_or_default() + &begin;
            let has_nonce = entry.tokens.iter().any(|token| token == NONCE);
            let mut kept = 0;
            for word in entry.value() {
                if !(has_nonce && matches!(word, NONCE | UNSAFE_INLINE)) {
                    kept += 1;
                    without_nonce.extend([" ", word]);
                }
                if word == NONCE {
                    pieces.push(piece + " 'nonce-");
                    piece = "'".to_owned();
                } else {
                    piece.extend([" ", word]);
                }
            }
            if has_nonce && kept == 0 {
                without_nonce.push_str(" 'none'");
            }
            pieces.push(piece);
        }
        Prepared {
            without_nonce: HeaderValue::try_from(without_nonce).expect("sources are visible ASCII"),
            pieces: pieces.into_iter().map(Box::from).collect(),
        }
    }
}

/// Whether it is what a policy takes as a nonce: base64 in either alphabet. Anything else could end the source.
fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte))
}
