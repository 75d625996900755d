//! What admins look after: announcements, challenges, people.
//!
//! ```
//! use mathsoc::domain::log_subject::LogSubject;
//!
//! assert_eq!("schools".parse::<Kind>().ok(), Some(Kind::School));
//! assert_eq!(Kind::School.to_string(), "school");
//! ```
//!
//! One kind has one word for addresses and for the tables of the database, and one for sentences.

use std::fmt;
use std::str::FromStr;

/// A kind of thing that admins look after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogSubject {
    /// A note on the front page.
    Announcement,
    /// A problem to solve.
    Challenge,
    /// Challenges against the clock.
    Competition,
    /// Something to read.
    Article,
    /// Something printed, as PDF.
    Newsletter,
    /// A school whose pupils may register.
    School,
    /// Somebody with an account.
    User,
    /// Points given by hand.
    Award,
}

impl LogSubject {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 8] = [
        Self::Challenge,
        Self::Competition,
        Self::Article,
        Self::Newsletter,
        Self::Announcement,
        Self::School,
        Self::User,
        Self::Award,
    ];

    /// The word in addresses: `/admin/announcements`.
    pub fn section(self) -> &'static str {
        match self {
            Self::Announcement => "announcements",
            Self::Challenge => "challenges",
            Self::Competition => "competitions",
            Self::Article => "articles",
            Self::Newsletter => "newsletters",
            Self::School => "schools",
            Self::User => "users",
            Self::Award => "awards",
        }
    }

    /// One of them, in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Announcement => "announcement",
            Self::Challenge => "challenge",
            Self::Competition => "competition",
            Self::Article => "article",
            Self::Newsletter => "newsletter",
            Self::School => "school",
            Self::User => "user",
            Self::Award => "award",
        }
    }
}

impl fmt::Display for LogSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no such kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of thing")]
pub struct LogSubjectError;

/// Reads the word in an address, from a column of the database.
impl TryFrom<String> for LogSubject {
    type Error = LogSubjectError;

    fn try_from(section: String) -> Result<Self, LogSubjectError> {
        section.parse()
    }
}

/// Reads the word in an address.
impl FromStr for LogSubject {
    type Err = LogSubjectError;

    fn from_str(section: &str) -> Result<Self, LogSubjectError> {
        Self::ALL.into_iter().find(|kind| kind.section() == section).ok_or(LogSubjectError)
    }
}
