//! The token: a salt, the time, and a signature over both and over the visitor's session.
//!
//! The salt makes the text new at every rendering, so that a page which is compressed beside a stranger's words gives
//! nothing away by its length (BREACH); that is what others mask their tokens for. What stays the same from one text to
//! the next, the name of the key and much of the time, is no secret.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Extensions;

use super::rejection::CsrfTokenError;
use super::tokens::Rules;
use crate::core::clock::Clock;
use crate::core::rejection::MissingLayer;
use crate::core::request_context::RequestContext;
use crate::core::session_tag::SessionTag;
use crate::keyring::DerivedKey;

const SALT: usize = 16;
const TIME: usize = 8;
const SIGNATURE: usize = 36;
const BYTES: usize = SALT + TIME + SIGNATURE;
/// In base64url, without remainder.
pub(super) const CHARS: usize = BYTES / 3 * 4;
/// How far the clocks of two servers may be apart, in microseconds.
const SKEW: u64 = 60_000_000;

/// What makes tokens and knows them again.
#[derive(Clone, Debug)]
pub(super) struct Mint {
    pub(super) keys: DerivedKey,
    pub(super) clock: Clock,
    pub(super) time_limit: Option<Duration>,
}

impl Mint {
    fn make(&self, binding: [u8; 16]) -> String {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).expect("the operating system's random generator works");
        let time = self.clock.now().to_be_bytes();
        let signature = self.keys.sign(&[&salt, &time, &binding]);
        URL_SAFE_NO_PAD.encode([&salt[..], &time, &signature].concat())
    }

    /// Whether a text is a token for the session that the request came with.
    pub(super) fn check(&self, token: &[u8], binding: &dyn SessionTag) -> Result<(), CsrfTokenError> {
        let session = binding.current().ok_or(CsrfTokenError::NoSession)?;
        let mut bytes = [0; BYTES];
        if token.len() != CHARS || URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) != Ok(BYTES) {
            return Err(CsrfTokenError::Invalid);
        }
        let (salt, rest) = bytes.split_at(SALT);
        let (time, signature) = rest.split_first_chunk::<TIME>().expect("there are 60 bytes");
        if !self.keys.verify(&[salt, time, &session], signature) {
            return Err(CsrfTokenError::Invalid);
        }
        let (made, now) = (u64::from_be_bytes(*time), self.clock.now());
        if made > now.saturating_add(SKEW) {
            return Err(CsrfTokenError::Invalid);
        }
        match self.time_limit {
            Some(limit) if u128::from(now.saturating_sub(made)) > limit.as_micros() => {
                Err(CsrfTokenError::Expired)
            }
            _ => Ok(()),
        }
    }
}

/// The token of a page, for its forms and scripts: made when it is first written, which begins a session.
///
/// Write it before the head of the answer leaves: the visitor needs the session's cookie beside it. A handler that signs
/// somebody in or out asks for it afterwards. A page that has it goes out as `Cache-Control: private, no-cache`.
#[derive(Clone)]
pub struct CsrfToken(Arc<Unmade>);

struct Unmade {
    rules: Arc<Rules>,
    exchange: RequestContext,
    made: OnceLock<String>,
}

impl CsrfToken {
    /// The token for the request that these extensions belong to.
    ///
    /// # Errors
    /// When no layer makes tokens, or none keeps sessions: the refusal names the missing line.
    pub fn of(extensions: &Extensions) -> Result<Self, MissingLayer> {
        let rules = extensions.get::<Arc<Rules>>().ok_or(MissingLayer(
            "Nobody makes tokens against forged forms. Add the layer `CsrfTokens::new(&keyring)`, inside of the sessions.",
        ))?;
        let exchange = RequestContext::of(extensions).ok_or(NO_SESSIONS)?;
        exchange.session_tag().ok_or(NO_SESSIONS)?;
        Ok(Self(Arc::new(Unmade {
            rules: Arc::clone(rules),
            exchange: exchange.clone(),
            made: OnceLock::new(),
        })))
    }

    /// The token, for a header or a field of one's own. It has letters, digits, `-` and `_` only.
    pub fn as_str(&self) -> &str {
        let Unmade { rules, exchange, made } = &*self.0;
        made.get_or_init(|| {
            let binding = exchange.session_tag().expect("looked for when the token was asked for");
            exchange.mark_personal();
            rules.mint.make(binding.next())
        })
    }

    /// The field of a form, as HTML: `<input type="hidden" name="csrf_token" value="…">`.
    pub fn input(&self) -> String {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{self}\">", self.0.rules.field)
    }

    /// For scripts, as HTML: `<meta name="csrf-token" content="…">`. They send it as the header `X-CSRFToken`.
    pub fn meta(&self) -> String {
        format!("<meta name=\"csrf-token\" content=\"{self}\">")
    }
}

/// What both doors of the tokens say when nobody keeps sessions.
pub(super) const NO_SESSIONS: MissingLayer = MissingLayer(
    "A token against forged forms belongs to a session, and nobody keeps sessions. Add the layer `Sessions::new(…)` outside of `CsrfTokens`.",
);

impl fmt::Display for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The token is the page's secret, and is not shown.
impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(hidden)")
    }
}
