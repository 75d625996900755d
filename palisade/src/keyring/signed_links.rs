//! Links that expire, sealed for one purpose.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{DerivedKey, Keyring};
use crate::core::clock::Clock;
use crate::core::rejection::rejection_reasons;

/// Issues and opens the tokens of links that expire: to choose a new password, to verify an
/// address, to accept an invitation. Cheap to clone.
///
/// A token holds a text of the application, such as a user's id. It is encrypted, and valid for one
/// purpose only; it has letters, digits, `-` and `_`.
///
/// ```
/// use std::time::Duration;
///
/// use palisade::Keyring;
/// use palisade::clock::Clock;
/// use palisade::keyring::{SignedLinkRejection, SignedLinks};
/// use palisade::redirect::SafePath;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keyring = Keyring::random(); // in production: `Keyring::from_env("SECRET_KEY")?`
/// let (clock, time) = Clock::manual();
/// let links = SignedLinks::new(&keyring, "reset a password").clock(clock);
///
/// let token = links.issue("17", Duration::from_secs(1_800));
/// let path = SafePath::of("/reset").join(&token)?; // for the mail
/// assert!(path.as_str().starts_with("/reset/"));
/// assert_eq!(links.open(&token), Ok("17".to_owned()));
///
/// let invitations = SignedLinks::new(&keyring, "invitation");
/// assert_eq!(invitations.open(&token), Err(SignedLinkRejection::Invalid));
/// time.advance(Duration::from_secs(1_800));
/// assert_eq!(links.open(&token), Err(SignedLinkRejection::Expired));
/// # Ok(())
/// # }
/// ```
///
/// # What it does not do
///
/// - A link can be used many times until it expires. To end it with its first use, put a value into
///   the text that the use changes, such as the account's epoch, and compare it; or store the
///   token's hash.
/// - It does not hide the link from other sites and caches. Send such pages with
///   `Referrer-Policy: no-referrer` and [`PageHeaders::no_store`](crate::PageHeaders::no_store).
/// - Mail scanners open every link. Let a form use it, never the GET.
///
/// References: OWASP Forgot Password Cheat Sheet; Django's `TimestampSigner`; itsdangerous'
/// `URLSafeTimedSerializer`.
#[derive(Clone, Debug)]
#[doc(alias("URLSafeTimedSerializer", "TimestampSigner", "magic link", "password reset"))]
#[must_use]
pub struct SignedLinks {
    key: DerivedKey,
    clock: Clock,
}

const TIME_BYTES: usize = 8;

impl SignedLinks {
    /// Makes links for one purpose; links of another purpose are rejected.
    pub fn new(keyring: &Keyring, purpose: &'static str) -> Self {
        Self { key: keyring.derive(purpose), clock: Clock::system() }
    }

    /// Uses this clock instead of the system's.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Returns a token that holds this text, valid for this time.
    pub fn issue(&self, text: &str, lifetime: Duration) -> String {
        let lifetime = u64::try_from(lifetime.as_micros()).unwrap_or(u64::MAX);
        let expires_at = self.clock.now().saturating_add(lifetime).to_be_bytes();
        URL_SAFE_NO_PAD.encode(self.key.seal(&[&expires_at, text.as_bytes()].concat(), b"signed link"))
    }

    /// Returns the text of a token.
    ///
    /// # Errors
    /// If the token was changed, was issued for another purpose or by another key, or has expired.
    pub fn open(&self, token: &str) -> Result<String, SignedLinkRejection> {
        self.unseal(token).ok_or(SignedLinkRejection::Invalid).and_then(|(expires_at, text)| {
            if expires_at <= self.clock.now() { Err(SignedLinkRejection::Expired) } else { Ok(text) }
        })
    }

    fn unseal(&self, token: &str) -> Option<(u64, String)> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let bytes = self.key.open(&sealed, b"signed link")?.into_bytes();
        let (expires_at, text) = bytes.split_first_chunk::<TIME_BYTES>()?;
        Some((u64::from_be_bytes(*expires_at), String::from_utf8(text.to_vec()).ok()?))
    }
}

rejection_reasons! {
    /// The reason why a link is rejected.
    ///
    /// ```
    /// use palisade::Rejection;
    /// use palisade::keyring::SignedLinkRejection;
    ///
    /// let rejection = Rejection::from(SignedLinkRejection::Expired);
    /// assert_eq!((rejection.status().as_u16(), rejection.code()), (410, "link_expired"));
    /// ```
    pub enum SignedLinkRejection {
        /// 404: the token is incomplete, changed, or for another purpose.
        Invalid => (
            NOT_FOUND,
            "link_invalid",
            "This link is not complete. Please copy all of it, or ask for a new one.",
        ),
        /// 410: the link has expired.
        Expired => (GONE, "link_expired", "This link has expired. Please ask for a new one."),
    }
}
