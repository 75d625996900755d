//! A text of several lines: rich text, a teaser, an announcement.
//!
//! ```
//! use mathsoc::domain::long_text::{LongText, LongTextError};
//!
//! let text: LongText = "  <p>One</p>\n<p>Two</p>\n".parse()?;
//! assert_eq!(text.as_str(), "<p>One</p>\n<p>Two</p>");
//! assert_eq!(" ".parse::<LongText>(), Err(LongTextError::Empty));
//! assert_eq!("a\0b".parse::<LongText>(), Err(LongTextError::Nul));
//! assert_eq!(LongText::optional(" ")?.as_str(), "");
//! # Ok::<(), LongTextError>(())
//! ```
//!
//! Every form with such a text reads it by this type, so that both databases take it: PostgreSQL
//! accepts no NUL in a text, and SQLite does.

use std::str::FromStr;

/// The largest number of characters: about a hundred printed pages.
pub const LONGEST: usize = 200_000;

/// A trimmed text of at most [`LONGEST`] characters without a NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongText(String);

impl LongText {
    /// Parses a text that may be empty.
    ///
    /// # Errors
    /// If the text is too long, or has a NUL.
    pub fn optional(text: &str) -> Result<Self, LongTextError> {
        let text = text.trim();
        if text.contains('\0') {
            return Err(LongTextError::Nul);
        }
        // A character has at least one byte: short texts are not counted.
        if text.len() > LONGEST && text.chars().count() > LONGEST {
            return Err(LongTextError::Long);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<LongText> for String {
    fn from(text: LongText) -> Self {
        text.0
    }
}

impl FromStr for LongText {
    type Err = LongTextError;

    fn from_str(text: &str) -> Result<Self, LongTextError> {
        Self::optional(text)
            .and_then(|text| if text.0.is_empty() { Err(LongTextError::Empty) } else { Ok(text) })
    }
}

/// An error for text that is not a valid long text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LongTextError {
    /// The text is empty.
    #[error("This is empty.")]
    Empty,
    /// The text is too long.
    #[error("This is longer than 200,000 characters. Make two of it.")]
    Long,
    /// The text has a NUL.
    #[error("This has a character in it that cannot be seen or kept (NUL). Type the words around it again.")]
    Nul,
}

impl LongTextError {
    /// Returns the sentence for a field, with words of its own for an empty one.
    #[must_use]
    pub fn in_field(self, empty: &str) -> String {
        if self == Self::Empty { empty.to_owned() } else { self.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_characters() {
        assert!("é".repeat(LONGEST).parse::<LongText>().is_ok());
        assert_eq!("é".repeat(LONGEST + 1).parse::<LongText>(), Err(LongTextError::Long));
        assert_eq!(LongText::optional(&"x".repeat(LONGEST + 1)), Err(LongTextError::Long));
        assert_eq!(LongTextError::Empty.in_field("Write something."), "Write something.");
    }
}
