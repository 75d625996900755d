//! A title or a name: one line that is not empty.
//!
//! ```
//! use mathsoc::domain::title::Title;
//!
//! let title: Title = "  Four colours\n".parse()?;
//! assert_eq!(title.as_str(), "Four colours");
//! assert!(" ".parse::<Title>().is_err());
//! # Ok::<(), mathsoc::domain::title::TitleError>(())
//! ```

use std::fmt;
use std::str::FromStr;

/// The largest number of characters in a title.
pub const LONGEST: usize = 200;

/// A line of 1 to 200 characters without control characters, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Title {
    type Err = TitleError;

    fn from_str(text: &str) -> Result<Self, TitleError> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(TitleError::Empty),
            1..=LONGEST if text.chars().any(char::is_control) => Err(TitleError::Control),
            1..=LONGEST => Ok(Self(text.to_owned())),
            _ => Err(TitleError::Long),
        }
    }
}

/// Returns the text, or `Untitled` if it is blank, for previews.
pub fn or_untitled(text: String) -> String {
    if text.trim().is_empty() { "Untitled".to_owned() } else { text }
}

/// An error for text that is not a valid title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TitleError {
    /// The text is empty.
    #[error("This is empty. Write a few words.")]
    Empty,
    /// The text is too long.
    #[error("This is longer than {LONGEST} characters.")]
    Long,
    /// The text has a line break or another control character.
    #[error("This has a line break in it, or a character that cannot be seen. Write it on one line.")]
    Control,
}
