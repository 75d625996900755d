//! A policy ready to be sent: everything but the nonce is written once.

use http::HeaderValue;

use super::Csp;
use super::directive::Takes;
use super::source::NONCE;

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

    /// The header value, with this nonce; without one, the nonce sources are left out.
    pub fn header(&self, nonce: Option<&str>) -> HeaderValue {
        match nonce.filter(|_| self.uses_nonce()) {
            None => self.without_nonce.clone(),
            // A nonce that no header takes is left out like none: then no script runs, instead of any.
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
            let mut left_out = 0;
            for word in entry.value() {
                if word == NONCE {
                    left_out += 1;
                    pieces.push(piece + " 'nonce-");
                    piece = "'".to_owned();
                } else {
                    without_nonce.extend([" ", word]);
                    piece.extend([" ", word]);
                }
            }
            if left_out > 0
                && left_out == entry.tokens.len()
                && matches!(entry.directive.takes(), Takes::Sources { .. })
            {
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
