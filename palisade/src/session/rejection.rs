//! The reasons why a session layer rejects a request.

use std::time::Duration;

use http::{HeaderValue, StatusCode};

use crate::core::rejection::{MissingLayer, Rejection, comparable_rejection};

/// The reason why a session layer, or a method of [`Session`](super::Session), rejects a request.
///
/// | reason | status | code |
/// |---|---|---|
/// | `SignInRequired` | 303 or 401 | `sign_in_required` |
/// | `ReauthRequired` | 303 or 401 | `proof_required` |
/// | `NotAllowed` | 403 | `not_allowed` |
/// | `StoreDown` | 503 | `sessions_down` |
/// | `TooLarge` | 500 | `session_too_large` |
/// | `Misused` | 500 | `missing_layer` |
///
/// ```
/// use palisade::Rejection;
/// use palisade::session::SessionRejection;
///
/// let rejection = Rejection::from(SessionRejection::NotAllowed);
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (403, "not_allowed"));
/// let rejection = Rejection::from(SessionRejection::SignInRequired { location: None });
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (401, "sign_in_required"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionRejection {
    /// The page requires a sign-in: 303, or 401 without a login page.
    /// [`ErrorPages`](crate::ErrorPages) answers 401 to programs.
    SignInRequired {
        /// The login page.
        location: Option<HeaderValue>,
    },
    /// The page requires recent authentication: 303, or 401 without a page that asks for it.
    /// [`ErrorPages`](crate::ErrorPages) answers 401 to programs.
    ReauthRequired {
        /// The page that asks for the password again.
        location: Option<HeaderValue>,
    },
    /// The account lacks the role: 403.
    NotAllowed,
    /// The session store is down: 503. The cause is logged.
    StoreDown,
    /// A value would make the session too large: 500. The sizes are logged.
    TooLarge {
        /// The size with the value, in bytes.
        bytes: usize,
        /// The largest size.
        max_bytes: usize,
    },
    /// The application calls the session wrongly: 500. The text names the line to write.
    Misused(&'static str),
}

comparable_rejection!(SessionRejection);

impl From<SessionRejection> for Rejection {
    fn from(reason: SessionRejection) -> Self {
        match reason {
            SessionRejection::SignInRequired { location } => {
                Self::sign_in(location, "sign_in_required", "Please sign in to see this page.")
            }
            SessionRejection::ReauthRequired { location } => Self::sign_in(
                location,
                "proof_required",
                "Please give your password again before you do this.",
            ),
            SessionRejection::NotAllowed => {
                Self::new(StatusCode::FORBIDDEN, "not_allowed", "Your account may not see this page.")
            }
            SessionRejection::StoreDown => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "sessions_down",
                "We cannot tell just now who is signed in. Please try again in a moment.",
            )
            .with_retry_after(Duration::from_secs(5)),
            SessionRejection::TooLarge { .. } => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "session_too_large",
                "That is more than we can remember for one visit. Please try again with less.",
            ),
            SessionRejection::Misused(text) => MissingLayer(text).into(),
        }
    }
}
