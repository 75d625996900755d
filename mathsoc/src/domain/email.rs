//! Parses and compares e-mail addresses.
//!
//! ```
//! # use mathsoc::domain::email::{EmailAddress, EmailDomain};
//! let ada: EmailAddress = "Ada@School.example".parse()?;
//! assert_eq!(ada.as_str(), "Ada@School.example");
//! assert_eq!(ada, "ada@school.example".parse()?);
//!
//! let school: EmailDomain = "school.example".parse()?;
//! assert!(school.has(&ada));
//! assert!(!school.has(&"ada@evilschool.example".parse()?));
//! # Ok::<(), mathsoc::domain::email::EmailError>(())
//! ```
//!
//! Accepted, after surrounding white space is removed:
//! 1. exactly one `@`, with at most 64 characters before it and 254 in total;
//! 2. a local part as browsers accept it in `<input type=email>`: ASCII letters, digits and
//!    ``.!#$%&'*+/=?^_`{|}~-``, with no dot at either end and no two dots together;
//! 3. a domain of at least two labels. Labels consist of letters, digits and inner hyphens; the
//!    last label is not all digits.
//!
//! Comparison ignores case: mail servers that distinguish `Ada` from `ada` are rare, and people
//! type either. Quoted local parts, `[1.2.3.4]` and non-ASCII letters are rejected. A domain such
//! as `schüle.example` is accepted in its ASCII form only. Two addresses that look alike are
//! therefore the same address.
//!
//! Only a delivered letter proves that an address works. `Debug` hides the address, so that logs
//! do not contain it.
//!
//! References: RFC 5321 §4.5.3; HTML, "valid e-mail address".

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A syntactically valid e-mail address.
#[derive(Clone)]
pub struct EmailAddress {
    text: Box<str>,
    at: usize,
}

impl EmailAddress {
    /// Returns the address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the lower-case form that addresses are compared and stored by.
    pub fn key(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// Returns `true` if the local part has a tag, as in `ann+1@school.example`. Most servers deliver
    /// it to the mailbox without the tag (RFC 5233, "detail").
    pub fn has_tag(&self) -> bool {
        self.text[..self.at].contains('+')
    }

    /// Returns the domain as it was typed, without the `@`.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.len() > 254 {
            return Err(EmailError::Long);
        }
        if !text.is_ascii() {
            return Err(EmailError::NotAscii);
        }
        let at = text.find('@').ok_or(EmailError::NoAt)?;
        let (name, domain) = (&text[..at], &text[at + 1..]);
        if domain.contains('@') {
            return Err(EmailError::ManyAts);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        if name.is_empty()
            || name.len() > 64
            || !name.chars().all(allowed)
            || name.split('.').any(str::is_empty)
        {
            return Err(EmailError::Name);
        }
        if !is_domain(domain) {
            return Err(EmailError::Domain);
        }
        Ok(Self { text: text.into(), at })
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(hidden)")
    }
}

/// The e-mail domain of one school.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailDomain(Box<str>);

impl EmailDomain {
    /// Returns the domain in lower case, without the `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the address's whole domain equals this one; a matching suffix is not
    /// enough.
    pub fn has(&self, address: &EmailAddress) -> bool {
        address.domain().eq_ignore_ascii_case(&self.0)
    }
}

/// Parses a domain with or without a leading `@`.
impl FromStr for EmailDomain {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let domain = text.strip_prefix('@').unwrap_or(text);
        if is_domain(domain) { Ok(Self(domain.to_ascii_lowercase().into())) } else { Err(EmailError::Domain) }
    }
}

impl TryFrom<String> for EmailDomain {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

impl fmt::Display for EmailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error for text that is not an e-mail address. The messages are shown to the person who
/// typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// The text has no `@`.
    #[error("An e-mail address has an @, such as ada@school.example.")]
    NoAt,
    /// The text has more than one `@`.
    #[error("An e-mail address has one @ only, such as ada@school.example.")]
    ManyAts,
    /// The local part is empty or has a character that is not accepted.
    #[error(
        "The part before the @ cannot be right: write letters, digits, dots and hyphens, without spaces."
    )]
    Name,
    /// The part after the `@` is not a domain.
    #[error("The part after the @ cannot be right: write a domain, such as school.example.")]
    Domain,
    /// The text has a non-ASCII letter.
    #[error("An e-mail address is written in plain English letters, without accents.")]
    NotAscii,
    /// The text is longer than 254 characters.
    #[error("An e-mail address has at most 254 characters.")]
    Long,
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        let hyphen_outside = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len()) && !hyphen_outside && label.bytes().all(inner)
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let digits_last = last.bytes().all(|c| c.is_ascii_digit());
    text.len() <= 253 && text.contains('.') && !digits_last && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Result<EmailAddress, EmailError> {
        text.parse()
    }

    #[test]
    fn accepts_common_addresses() {
        let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(63));
        for text in [
            "ada@school.example",
            " ada@school.example\n",
            "a.l+maths@mail.school.example",
            "o'neil_9@x.co",
            &long,
        ] {
            assert_eq!(address(text).expect(text).as_str(), text.trim());
        }
    }

    #[test]
    fn rejects_invalid_addresses_with_the_reason() {
        let long = format!("a@{}example", "b.".repeat(124));
        for (text, error) in [
            ("", EmailError::NoAt),
            ("ada", EmailError::NoAt),
            ("@school.example", EmailError::Name),
            ("ada lovelace@school.example", EmailError::Name),
            ("ada\r\nBcc: all@school.example", EmailError::Name),
            ("\"ada\"@school.example", EmailError::Name),
            ("Ada <ada@school.example>", EmailError::Name),
            (".ada@school.example", EmailError::Name),
            ("a..da@school.example", EmailError::Name),
            (&format!("{}@x.example", "a".repeat(65)), EmailError::Name),
            ("a@da@school.example", EmailError::ManyAts),
            ("ada@", EmailError::Domain),
            ("ada@school", EmailError::Domain),
            ("ada@school..example", EmailError::Domain),
            ("ada@-school.example", EmailError::Domain),
            ("ada@school.example.", EmailError::Domain),
            ("ada@sch_ool.example", EmailError::Domain),
            ("ada@127.0.0.1", EmailError::Domain),
            ("ada@[127.0.0.1]", EmailError::Domain),
            ("ada@school.example, eve@x.example", EmailError::ManyAts),
            ("ada@schüle.example", EmailError::NotAscii),
            (&long, EmailError::Long),
        ] {
            assert_eq!(address(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn addresses_are_compared_without_case() {
        let (one, other) = (address("Ada@School.Example").unwrap(), address("ada@school.example").unwrap());
        assert_eq!(one, other);
        assert_eq!(one.key(), other.key());
        assert_ne!(one, address("eda@school.example").unwrap());
    }

    #[test]
    fn a_domain_suffix_is_not_a_match() {
        let school: EmailDomain = "@UptonCourtGrammar.org.uk".parse().unwrap();
        assert_eq!(school.as_str(), "uptoncourtgrammar.org.uk");
        let has = |text: &str| school.has(&address(text).expect(text));
        assert!(has("a@uptoncourtgrammar.org.uk") && has("a@UPTONCOURTGRAMMAR.ORG.UK"));
        assert!(!has("a@eviluptoncourtgrammar.org.uk"));
        assert!(!has("a@pupils.uptoncourtgrammar.org.uk"));
        assert!(!has("a@uptoncourtgrammar.org.uk.evil.example"));
        assert!("".parse::<EmailDomain>().is_err() && "@".parse::<EmailDomain>().is_err());
    }

    #[test]
    fn debug_shows_no_address() {
        assert_eq!(format!("{:?}", address("ada@school.example").unwrap()), "EmailAddress(hidden)");
    }
}
