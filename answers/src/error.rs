//! The error of a text that cannot be read as an answer.

/// A text that cannot be read, with the position and a sentence that tells a pupil what to write.
///
/// ```
/// let error = answers::normalize("2+").unwrap_err();
/// assert_eq!(error.position, 2);
/// assert_eq!(
///     error.to_string(),
///     "Something is missing after the +: fill it in, or take it away.",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The position of the error, in characters from the start of the text.
    pub position: usize,
    /// The sentence for the pupil: what is wrong, and what to write instead.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(position: usize, message: impl Into<String>) -> Self {
        Self { position, message: message.into() }
    }
}
