//! E-mail addresses, read at the door.
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
//! What passes, blanks around it left out:
//! 1. one `@`, at most 64 characters before it and 254 in all;
//! 2. before it what browsers accept in `<input type=email>`: ASCII letters, digits and ``.!#$%&'*+/=?^_`{|}~-``, no dot
//!    at either end and no two together;
//! 3. after it a domain: labels of letters, digits and inner hyphens, two at least, the last not all digits.
//!
//! Addresses are the same when they differ in capitals only: mail servers that tell `Ada` from `ada` are gone, while people
//! type either. Quoted names, `[1.2.3.4]` and letters outside ASCII do not pass; of a domain such as `schüle.example` its
//! ASCII form does. So two addresses that look alike are alike.
//!
//! Whether mail arrives, only a letter can tell. `Debug` shows nothing, so that no log does.
//!
//! References: RFC 5321 §4.5.3; HTML, "valid e-mail address".

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// An address that mail can be sent to.
#[derive(Clone)]
pub struct EmailAddress {
    text: Box<str>,
    at: usize,
}

impl EmailAddress {
    /// The address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address as addresses are compared: in lower case.
    pub fn key(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// What stands after the `@`, as it was typed.
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

/// What stands after the `@` in the addresses of one school.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailDomain(Box<str>);

impl EmailDomain {
    /// The domain in lower case, without the `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the domain of the address: all of it, and not just the end.
    pub fn has(&self, address: &EmailAddress) -> bool {
        address.domain().eq_ignore_ascii_case(&self.0)
    }
}

/// With or without the `@`.
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

/// Why a text is no e-mail address, in words for whoever typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing says where it belongs.
    #[error("An e-mail address has an @, such as ada@school.example.")]
    NoAt,
    /// More than one.
    #[error("An e-mail address has one @ only, such as ada@school.example.")]
    ManyAts,
    /// Nothing, or something unusual, before the `@`.
    #[error(
        "What stands before the @ cannot be right: write letters, digits, dots and hyphens, without blanks."
    )]
    Name,
    /// No domain after it.
    #[error("What stands after the @ cannot be right: write a domain, such as school.example.")]
    Domain,
    /// Letters that most mail servers do not take.
    #[error("An e-mail address is written in plain English letters, without accents.")]
    NotAscii,
    /// Longer than mail servers take.
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
    fn what_people_have_passes() {
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
    fn what_is_no_address_is_refused_with_the_reason() {
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
    fn capitals_make_no_other_address() {
        let (one, other) = (address("Ada@School.Example").unwrap(), address("ada@school.example").unwrap());
        assert_eq!(one, other);
        assert_eq!(one.key(), other.key());
        assert_ne!(one, address("eda@school.example").unwrap());
    }

    /// The original compared the end of the address with the domain, without the @ (B15).
    #[test]
    fn a_domain_that_ends_like_the_schools_is_not_the_schools() {
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
