//! The kinds of things that admins manage: announcements, challenges, users and so on.
//!
//! ```
//! use mathsoc::domain::log_subject::LogSubject;
//!
//! assert_eq!("schools".parse::<LogSubject>().ok(), Some(LogSubject::School));
//! assert_eq!(LogSubject::School.to_string(), "school");
//! ```
//!
//! Each kind has a plural name for URLs and database tables, and a singular name for sentences
//! and for `admin_log.kind`.

use std::fmt;
use std::str::FromStr;

/// A kind of thing that admins manage, and that lines of the admin log are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogSubject {
    /// A note on the front page.
    Announcement,
    /// A mathematical problem with answer boxes.
    Challenge,
    /// A set of challenges with an opening and a closing time.
    Competition,
    /// Something to read.
    Article,
    /// A newsletter: a text, a PDF, or both.
    Newsletter,
    /// A school whose pupils may register.
    School,
    /// A user account.
    User,
    /// Points that an admin gave by hand.
    Award,
}

impl LogSubject {
    /// All kinds, in the order in which pages list them.
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

    /// Returns the plural name in URLs and table names, such as `announcements`.
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

    /// Returns the singular name, such as `announcement`.
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

/// An error for text that names no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of thing: write a section such as challenges, articles or users")]
pub struct LogSubjectError;

/// Parses the plural name from a database column.
impl TryFrom<String> for LogSubject {
    type Error = LogSubjectError;

    fn try_from(section: String) -> Result<Self, LogSubjectError> {
        section.parse()
    }
}

/// Parses the plural name from a URL.
impl FromStr for LogSubject {
    type Err = LogSubjectError;

    fn from_str(section: &str) -> Result<Self, LogSubjectError> {
        Self::ALL.into_iter().find(|kind| kind.section() == section).ok_or(LogSubjectError)
    }
}
