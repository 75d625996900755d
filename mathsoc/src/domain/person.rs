//! The properties of a person: name, role, school year.
//!
//! ```
//! # use mathsoc::domain::person::{FullName, Year};
//! # use mathsoc::domain::key_stage::KeyStage;
//! let name: FullName = " Ada  Lovelace ".parse()?;
//! assert_eq!(name.as_str(), "Ada Lovelace");
//! assert_eq!(Year::new(11)?.key_stage(), KeyStage::Ks4);
//! # Ok::<(), mathsoc::domain::person::PersonError>(())
//! ```
//!
//! | value | accepts | reason |
//! |---|---|---|
//! | name | 1 to 80 characters on one line; extra white space is removed | names follow no rules |
//! | role | `pupil`, `admin` | |
//! | year | 7 to 13 | no date of birth is stored; the key stage follows from the year |
//!
//! A name may contain quotes, angle brackets and other special characters. The code that prints a
//! name must escape it.

use std::fmt;
use std::str::FromStr;

use palisade::password::PasswordPolicy;

use super::email::EmailAddress;
use super::key_stage::KeyStage;

/// The name that pages show for a person.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct FullName(String);

impl FullName {
    /// The largest number of characters in a name.
    pub const MAX: usize = 80;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the closest valid name to imported text, without invisible characters and cut to
    /// the maximum length. Returns `None` if no visible character remains.
    pub fn nearest(text: &str) -> Option<Self> {
        let plain: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let plain: Vec<_> = plain.split(turns_text).collect();
        let words = plain.concat().split_whitespace().collect::<Vec<_>>().join(" ");
        words.chars().take(Self::MAX).collect::<String>().parse().ok()
    }
}

impl FromStr for FullName {
    type Err = PersonError;

    fn from_str(text: &str) -> Result<Self, PersonError> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            Err(PersonError::NoName)
        } else if name.chars().count() > Self::MAX {
            Err(PersonError::LongName)
        } else if name.chars().any(turns_text) {
            Err(PersonError::OddName)
        } else {
            Ok(Self(name))
        }
    }
}

/// Returns `true` for characters that are invisible or change the direction of the text around
/// them.
fn turns_text(c: char) -> bool {
    let unseen = matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}' | '\u{FEFF}');
    c.is_control() || unseen || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hides the name, so that logs do not contain pupils' names.
impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(hidden)")
    }
}

/// The permissions of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Role {
    /// Reads, submits answers, and changes their own data.
    Pupil,
    /// Does everything, including the content that all members see.
    Admin,
}

impl Role {
    /// Returns `pupil` or `admin`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pupil => "pupil",
            Self::Admin => "admin",
        }
    }

    /// Returns the policy for new passwords; it is stricter for admins.
    pub fn password_policy(self) -> PasswordPolicy {
        PasswordPolicy::new().strict(self == Self::Admin)
    }
}

/// A school year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Year(i64);

impl Year {
    /// The first year of key stage 3.
    pub const FIRST: i64 = 7;
    /// The last year of the sixth form.
    pub const LAST: i64 = 13;

    /// Creates a year.
    ///
    /// # Errors
    /// Fails if the year is not between 7 and 13.
    pub fn new(year: i64) -> Result<Self, PersonError> {
        if (Self::FIRST..=Self::LAST).contains(&year) { Ok(Self(year)) } else { Err(PersonError::Year) }
    }

    pub fn number(self) -> i64 {
        self.0
    }

    /// Returns the key stage that the year belongs to.
    pub fn key_stage(self) -> KeyStage {
        match self.0 {
            ..=9 => KeyStage::Ks3,
            10 | 11 => KeyStage::Ks4,
            _ => KeyStage::Ks5,
        }
    }
}

impl FromStr for Year {
    type Err = PersonError;

    fn from_str(text: &str) -> Result<Self, PersonError> {
        text.trim().parse().map_err(|_| PersonError::Year).and_then(Self::new)
    }
}

/// An error for a property that is not valid. The messages are shown to the person themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// The name is empty.
    #[error("Write your name.")]
    NoName,
    /// The name is longer than [`FullName::MAX`].
    #[error("Write your name with at most 80 characters.")]
    LongName,
    /// The name has invisible characters, or ones that change the direction of text.
    #[error("Your name has characters that cannot be seen. Type it again instead of pasting it.")]
    OddName,
    /// The year is not a number from 7 to 13.
    #[error("Choose a year from 7 to 13.")]
    Year,
}

/// The properties of a new account.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub email: EmailAddress,
    pub full_name: FullName,
    pub role: Role,
    pub school_id: Option<i64>,
    pub year: Option<Year>,
    /// `true` if the address is known to belong to the person; otherwise a letter verifies it.
    pub email_is_verified: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_names_and_normalises_white_space() {
        for (typed, kept) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("\tMary  Ann\n", "Mary Ann"),
            ("Siân O'Brien-Łuczak", "Siân O'Brien-Łuczak"),
            ("李", "李"),
            ("x');alert(1);('", "x');alert(1);('"),
        ] {
            assert_eq!(typed.parse::<FullName>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn rejects_names_that_cannot_be_shown() {
        let error = |text: &str| text.parse::<FullName>().unwrap_err();
        assert_eq!(error(" \n"), PersonError::NoName);
        assert_eq!(error(&"é".repeat(81)), PersonError::LongName);
        assert_eq!(error("Ada\u{202E}ecalevoL"), PersonError::OddName);
        assert_eq!(error("Ada\0"), PersonError::OddName);
        assert!("é".repeat(80).parse::<FullName>().is_ok());
    }

    #[test]
    fn nearest_returns_a_valid_name() {
        let nearest = |text: &str| FullName::nearest(text).map(|name| name.0);
        assert_eq!(nearest("Ada\u{202E} \tLove\u{200B}lace\0"), Some("Ada Lovelace".to_owned()));
        assert_eq!(nearest(&"é".repeat(100)), Some("é".repeat(80)));
        assert_eq!(nearest(&format!("{} b", "a".repeat(79))), Some("a".repeat(79)), "no blank at its end");
        assert_eq!(nearest(" \u{200B}\n"), None);
    }

    #[test]
    fn the_key_stage_follows_from_the_year() {
        let stages: Vec<_> = (7..=13).map(|year| Year::new(year).unwrap().key_stage().name()).collect();
        assert_eq!(stages, ["KS3", "KS3", "KS3", "KS4", "KS4", "KS5", "KS5"]);
        for text in ["6", "14", "-7", "seven", ""] {
            assert_eq!(text.parse::<Year>(), Err(PersonError::Year), "{text}");
        }
    }

    #[test]
    fn debug_hides_the_name() {
        assert_eq!(format!("{:?}", "Ada".parse::<FullName>().unwrap()), "FullName(hidden)");
    }
}
