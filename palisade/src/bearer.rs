//! Bearer tokens and API keys: makes them, reads them from requests, and compares them with stored
//! hashes.
//!
//! ```
//! use axum::{Router, body::Body, extract::State, http::Request, routing::get};
//! use palisade::bearer::{BearerRejection, BearerToken, TokenHash};
//! use tower::ServiceExt;
//!
//! async fn report(
//!     State(stored): State<TokenHash>, // from a table: … WHERE token_hash = ?
//!     token: BearerToken,
//! ) -> Result<&'static str, BearerRejection> {
//!     if token.hash() == stored { Ok("the report") } else { Err(BearerRejection::Invalid) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let token = BearerToken::generate("acme"); // show `token.as_str()` once
//! let app = Router::new().route("/report", get(report)).with_state(token.hash()); // save its text
//!
//! let ask = |token: &str| {
//!     let header = format!("Bearer {token}");
//!     Request::get("/report").header("authorization", header).body(Body::empty())
//! };
//! assert_eq!(app.clone().oneshot(ask(token.as_str())?).await?.status(), 200);
//! let response = app.oneshot(ask("acme_guess")?).await?;
//! assert_eq!(response.status(), 401);
//! assert_eq!(response.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. The extractor reads the only `Authorization` header. Another scheme, two headers, or a token
//!    with other characters than RFC 6750 allows is rejected with 401.
//! 2. [`BearerToken::hash`] is the SHA-256 of the token. The application looks it up, or compares
//!    it with a stored [`TokenHash`] in constant time.
//! 3. An unknown token is [`BearerRejection::Invalid`]: 401 with `WWW-Authenticate`.
//!
//! # Defaults
//!
//! | part | value | why |
//! |---|---|---|
//! | generated tokens | 256 random bits after a prefix | scanners for leaked secrets find the prefix |
//! | stored form | SHA-256 | a random token needs no slow hash, and a stolen table holds no usable token |
//! | tokens in the URL or in a form | never read | logs and histories keep URLs |
//!
//! # What it does not do
//!
//! - It does not know accounts, scopes and expiry: store them beside the hash.
//! - It does not accept passwords. A token that people choose needs
//!   [`Passwords`](crate::Passwords).
//! - It does not switch cookies and CSRF tokens off: protect an API by
//!   [`Palisade::for_api`](crate::Palisade::for_api).
//! - It does not count failures. Use a [rate limit](crate::rate_limit) per client.
//!
//! References: RFC 6750; RFC 9110 section 11; OWASP REST Security Cheat Sheet.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::core::rejection::{Rejection, comparable_rejection};

/// A longer token is rejected before it is hashed.
const MAX_BYTES: usize = 4_096;

/// The token of a request's `Authorization: Bearer …`, or a new one. An axum extractor. See the
/// [module page](self).
#[derive(Clone)]
#[doc(alias("API key", "access token", "Authorization"))]
pub struct BearerToken(Box<str>);

impl BearerToken {
    /// Makes a token with 256 random bits: the prefix, `_`, and 43 characters.
    ///
    /// # Panics
    /// If the prefix has other characters than letters, digits, `-` and `_`.
    pub fn generate(prefix: &'static str) -> Self {
        let is_name_char = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!(prefix.bytes().all(is_name_char), "the prefix of a token: letters, digits, `-` and `_`");
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).expect("the operating system's random generator works");
        Self(format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bits)).into())
    }

    /// Reads the token of a request with these headers.
    ///
    /// # Errors
    /// If there is no token, or it is malformed.
    pub fn of(headers: &HeaderMap) -> Result<Self, BearerRejection> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(BearerRejection::Missing)?;
        if values.next().is_some() {
            return Err(BearerRejection::Malformed);
        }
        let (scheme, token) =
            value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(BearerRejection::Malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(BearerRejection::Missing);
        }
        let token = token.trim_matches(' ');
        let is_token_char = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
        };
        if token.is_empty() || token.len() > MAX_BYTES || !token.bytes().all(is_token_char) {
            return Err(BearerRejection::Malformed);
        }
        Ok(Self(token.into()))
    }

    /// Returns the token. It is a secret: show it once, and store [`hash`](Self::hash).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the SHA-256 of the token, to store or to look up.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

/// Hides the token.
impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(hidden)")
    }
}

/// The SHA-256 of a token, as 64 hexadecimal digits: the form to store. Compared in constant time.
///
/// ```
/// use palisade::bearer::{BearerToken, TokenHash};
///
/// let token = BearerToken::generate("acme");
/// let column = token.hash().to_string();
/// assert_eq!(column.len(), 64);
/// assert_eq!(column.parse::<TokenHash>()?, token.hash());
/// assert_ne!(token.hash(), BearerToken::generate("acme").hash());
/// # Ok::<(), palisade::bearer::TokenHashError>(())
/// ```
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({self})")
    }
}

impl FromStr for TokenHash {
    type Err = TokenHashError;

    fn from_str(text: &str) -> Result<Self, TokenHashError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| TokenHashError)?;
        Ok(Self(bytes))
    }
}

/// A text is not a [`TokenHash`].
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the hash of a token: save the 64 digits of `BearerToken::hash`, never the token")]
pub struct TokenHashError;

/// The reason why a request is rejected: 401, with `WWW-Authenticate`.
///
/// ```
/// use palisade::Rejection;
/// use palisade::bearer::{BearerRejection, BearerToken};
///
/// assert_eq!(BearerToken::of(&http::HeaderMap::new()).unwrap_err(), BearerRejection::Missing);
/// let rejection = Rejection::from(BearerRejection::Missing);
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (401, "token_missing"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BearerRejection {
    /// The request has no `Authorization: Bearer …`.
    Missing,
    /// The header cannot be read.
    Malformed,
    /// The token is unknown, revoked or expired: for the application to return.
    Invalid,
}

impl From<BearerRejection> for Rejection {
    fn from(reason: BearerRejection) -> Self {
        let (code, message, challenge) = match reason {
            BearerRejection::Missing => {
                ("token_missing", "Send a token in the header `Authorization: Bearer …`.", "Bearer")
            }
            BearerRejection::Malformed => (
                "token_malformed",
                "The header `Authorization` is not `Bearer` and one token.",
                "Bearer error=\"invalid_request\"",
            ),
            BearerRejection::Invalid => (
                "token_invalid",
                "The token is unknown, or it has been revoked.",
                "Bearer error=\"invalid_token\"",
            ),
        };
        Self::new(StatusCode::UNAUTHORIZED, code, message).with_challenge(HeaderValue::from_static(challenge))
    }
}

comparable_rejection!(BearerRejection);

crate::core::error_text::debug_is_text!(TokenHashError);
