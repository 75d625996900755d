//! TOTP: time-based one-time passwords from a secret that a device shares with the site, and
//! recovery codes for when the device is lost.
//!
//! ```
//! # use mathsoc::domain::totp::Secret;
//! let secret = Secret::from_bytes(*b"12345678901234567890");
//! assert_eq!(secret.code(59 / 30), "287082"); // RFC 6238, appendix B
//! assert_eq!(secret.step_of("287082", 80), Some(1)); // a step late
//! assert_eq!(secret.step_of("287082", 120), None);
//! assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
//! ```
//!
//! Accepted codes: the current time step, the previous one and the next one, since clocks differ.
//! [`second_factor`](crate::db::second_factor) makes sure that each code is accepted only once.
//!
//! | choice | reason |
//! |---|---|
//! | SHA-1, six digits, 30-second steps | every app supports them; SHA-1 is safe in an HMAC |
//! | the secret is sealed for its account | a database reader cannot use it or move it elsewhere |
//! | ten recovery codes of 50 bits | too many values to guess; only hashes are stored |
//!
//! References: RFC 6238, RFC 4226; the Key URI format of Google Authenticator.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use palisade::Keyring;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const STEP: i64 = 30;
/// Every character that is not unreserved in RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The number of recovery codes that an account gets.
const RECOVERY_CODES: usize = 10;

/// The secret that a device and the site share. `Debug` hides it.
#[derive(Clone)]
pub struct Secret([u8; 20]);

impl Secret {
    /// Generates a new secret from the operating system's random generator.
    pub fn random() -> Self {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes).expect("the operating system's random generator works");
        Self(bytes)
    }

    /// Creates a secret from its bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Decodes a secret from Base32; case is ignored. Returns `None` if the text is invalid.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Returns the secret in Base32, as people type it into an app.
    pub fn text(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// Returns the `otpauth:` URI that an app reads from a QR code.
    pub fn uri(&self, site: &str, account: &str) -> String {
        let encoded = |text| utf8_percent_encode(text, RESERVED);
        let (site, account) = (encoded(site), encoded(account));
        format!("otpauth://totp/{site}:{account}?secret={}&issuer={site}", self.text())
    }

    /// Returns the code for a time step; steps are 30 seconds long.
    pub fn code(&self, step: i64) -> String {
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&self.0).expect("an HMAC takes any key");
        mac.update(&step.to_be_bytes());
        let sum = mac.finalize().into_bytes();
        let at = usize::from(sum[19] & 0xF);
        let number = u32::from_be_bytes([sum[at] & 0x7F, sum[at + 1], sum[at + 2], sum[at + 3]]);
        format!("{:06}", number % 1_000_000)
    }

    /// Returns the time step that the code belongs to, if it is accepted at `now` (Unix seconds).
    pub fn step_of(&self, code: &str, now: i64) -> Option<i64> {
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = now / STEP;
        [step - 1, step, step + 1].into_iter().find(|step| self.code(*step) == typed)
    }

    /// Encrypts the secret for one account, to be stored.
    pub fn seal(&self, keyring: &Keyring, user: i64) -> Vec<u8> {
        keyring.derive(PURPOSE).seal(&self.0, &user.to_be_bytes())
    }

    /// Decrypts a secret that was sealed for this account. Returns `None` for another account's.
    pub fn open(keyring: &Keyring, user: i64, sealed: &[u8]) -> Option<Self> {
        let opened = keyring.derive(PURPOSE).open(sealed, &user.to_be_bytes())?;
        opened.bytes().try_into().ok().map(Self)
    }
}

const PURPOSE: &str = "totp secret";

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Generates new recovery codes, such as `K7QPA-2MZXC`. The site shows them once.
pub fn recovery_codes() -> Vec<String> {
    let code = || {
        let Secret(bytes) = Secret::random();
        let text = BASE32_NOPAD.encode(&bytes);
        format!("{}-{}", &text[..5], &text[5..10])
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// Returns the hash under which a recovery code is stored; case and separators are ignored.
/// Returns `None` if the text cannot be a recovery code.
pub fn recovery_hash(code: &str) -> Option<[u8; 32]> {
    let typed: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let typed = typed.to_ascii_uppercase();
    (typed.len() == 10).then(|| Sha256::digest(typed).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_match_rfc_6238() {
        let secret = Secret::from_bytes(*b"12345678901234567890");
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(time / STEP), code, "{time}");
            let typed = format!(" {} {}", &code[..3], &code[3..]);
            assert_eq!(secret.step_of(&typed, time), Some(time / STEP));
        }
        assert_eq!(secret.step_of("", 59), None);
    }

    #[test]
    fn a_secret_survives_encoding_and_decoding() {
        let secret = Secret::random();
        assert_eq!(Secret::read(&secret.text().to_lowercase()).map(|read| read.0), Some(secret.0));
        assert!(
            Secret::read("GEZDGNBV").is_none() && Secret::read("é").is_none() && Secret::read("1").is_none()
        );
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
    }

    #[test]
    fn a_sealed_secret_opens_for_its_account_only() {
        let keyring = Keyring::random();
        let sealed = Secret::from_bytes([7; 20]).seal(&keyring, 1);
        assert!(Secret::open(&keyring, 1, &sealed).is_some() && Secret::open(&keyring, 2, &sealed).is_none());
    }

    #[test]
    fn recovery_codes_ignore_case_and_separators() {
        let codes = recovery_codes();
        assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), RECOVERY_CODES);
        let hash = recovery_hash(&codes[0]);
        assert!(hash.is_some() && hash == recovery_hash(&codes[0].to_lowercase().replace('-', " ")));
        assert!(recovery_hash("123456").is_none());
    }
}
