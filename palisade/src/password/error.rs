//! The error of hashing and verifying.

use std::time::Duration;

use crate::core::rejection::{MissingLayer, Rejection, comparable_rejection};

/// The reason why no hash was computed.
///
/// ```
/// use palisade::{Rejection, password::HashingError};
/// use std::time::Duration;
///
/// let error = HashingError::Busy { retry_after: Duration::from_secs(2) };
/// let rejection = Rejection::from(error);
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (503, "busy"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashingError {
    /// Too many requests wait for a hash: 503.
    #[error("too many requests wait for a password hash; try again in {} s", retry_after.as_secs())]
    Busy {
        /// The time after which to try again.
        retry_after: Duration,
    },
    /// The new password has more than 1,024 bytes: 500. A `PasswordPolicy` rejects it before.
    #[error("the password has more than 1,024 bytes; check new passwords with a `PasswordPolicy` first")]
    TooLong,
}

comparable_rejection!(HashingError);

impl From<HashingError> for Rejection {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy { retry_after } => Self::new(
                http::StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "Many people are signing in just now. Please try again in a moment.",
            )
            .with_retry_after(retry_after),
            HashingError::TooLong => MissingLayer(
                "`Passwords::hash` got a password of more than 1,024 bytes. Check new passwords with a \
                 `PasswordPolicy` first.",
            )
            .into(),
        }
    }
}

crate::core::error_text::debug_is_text!(HashingError);
