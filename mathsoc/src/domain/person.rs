//! What is known of a person: a name, a role, a school year.
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
//! | value | what passes | why no more |
//! |---|---|---|
//! | name | 1 to 80 characters on one line; blanks at the ends and double ones are left out | names have no other rules |
//! | role | `pupil`, `admin` | |
//! | year | 7 to 13 | nobody's date of birth is kept; the key stage follows from the year |
//!
//! A name may hold quotes, angle brackets and whatever else: whoever prints it escapes it.

use std::fmt;
use std::str::FromStr;

use palisade::password::PasswordPolicy;

use super::email::EmailAddress;
use super::key_stage::KeyStage;

/// The name by which somebody is shown.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct FullName(String);

impl FullName {
    /// The most characters of a name.
    pub const MOST: usize = 80;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that is nearest to a text from elsewhere: without characters that cannot be seen, and cut where it is too long.
    /// Nothing where nothing is left.
    pub fn nearest(text: &str) -> Option<Self> {
        let plain: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let plain: Vec<_> = plain.split(turns_text).collect();
        let words = plain.concat().split_whitespace().collect::<Vec<_>>().join(" ");
        words.chars().take(Self::MOST).collect::<String>().parse().ok()
    }
}

impl FromStr for FullName {
    type Err = PersonError;

    fn from_str(text: &str) -> Result<Self, PersonError> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            Err(PersonError::NoName)
        } else if name.chars().count() > Self::MOST {
            Err(PersonError::LongName)
        } else if name.chars().any(turns_text) {
            Err(PersonError::OddName)
        } else {
            Ok(Self(name))
        }
    }
}

/// Characters that cannot be seen, or turn what stands around them.
fn turns_text(c: char) -> bool {
    let unseen = matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}' | '\u{FEFF}');
    c.is_control() || unseen || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A pupil's name is nothing for a log.
impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(hidden)")
    }
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Role {
    /// Read, answer, and change what is one's own.
    Pupil,
    /// All of it, and what belongs to everybody.
    Admin,
}

impl Role {
    /// `pupil` or `admin`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pupil => "pupil",
            Self::Admin => "admin",
        }
    }

    /// What a new password has to be like: harder to guess for whoever may do everything.
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

    /// A year from 7 to 13.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn new(year: i64) -> Result<Self, PersonError> {
        if (Self::FIRST..=Self::LAST).contains(&year) { Ok(Self(year)) } else { Err(PersonError::Year) }
    }

    /// The number.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The stage that the year belongs to.
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

/// What is wrong with what somebody said of themselves, in words for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// An empty name.
    #[error("Write your name.")]
    NoName,
    /// More than anybody can read.
    #[error("Write your name with at most 80 characters.")]
    LongName,
    /// Characters that cannot be seen, or turn the text around them.
    #[error("Your name has characters that cannot be seen. Type it anew instead of pasting it.")]
    OddName,
    /// None of our years.
    #[error("Choose a year from 7 to 13.")]
    Year,
}

/// What a new account starts with.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The address.
    pub email: EmailAddress,
    /// The name.
    pub full_name: FullName,
    /// What they may do.
    pub role: Role,
    /// Their school.
    pub school_id: Option<i64>,
    /// Their year.
    pub year: Option<Year>,
    /// Whether the address is known to be theirs; else a letter has to show it.
    pub email_is_verified: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds_pass_and_blanks_are_put_in_order() {
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
    fn what_cannot_be_shown_as_a_name_is_refused() {
        let error = |text: &str| text.parse::<FullName>().unwrap_err();
        assert_eq!(error(" \n"), PersonError::NoName);
        assert_eq!(error(&"é".repeat(81)), PersonError::LongName);
        assert_eq!(error("Ada\u{202E}ecalevoL"), PersonError::OddName);
        assert_eq!(error("Ada\0"), PersonError::OddName);
        assert!("é".repeat(80).parse::<FullName>().is_ok());
    }

    #[test]
    fn the_nearest_name_has_what_may_stand_in_one() {
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
    fn debug_shows_no_name() {
        assert_eq!(format!("{:?}", "Ada".parse::<FullName>().unwrap()), "FullName(hidden)");
    }
}
