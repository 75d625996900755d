//! The reasons of both checks.

use http::StatusCode;

use crate::core::rejection::{Rejection, comparable_rejection};

/// The reason why a request is rejected as forged: always 403.
///
/// ```
/// use palisade::Rejection;
/// use palisade::csrf::CsrfRejection;
///
/// let rejection = Rejection::from(CsrfRejection::CrossSite);
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (403, "cross_site"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsrfRejection {
    /// A page of another site made the request.
    CrossSite,
    /// The request's token is missing or wrong.
    #[cfg(feature = "csrf")]
    Token(CsrfTokenError),
}

/// The problem with a request's token.
///
/// ```
/// use palisade::Rejection;
/// use palisade::csrf::{CsrfRejection, CsrfTokenError};
///
/// let rejection = Rejection::from(CsrfRejection::Token(CsrfTokenError::Expired));
/// assert_eq!(rejection.code(), "csrf_token_expired");
/// ```
#[cfg(feature = "csrf")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsrfTokenError {
    /// There is no token, or it is further into the body than the scan limit.
    Missing,
    /// The request has no session cookie that the keyring opens, so no token can be valid.
    NoSession,
    /// The token is too old.
    Expired,
    /// The token is not one of this site, or belongs to another session, such as the one before a
    /// login.
    Invalid,
}

impl CsrfRejection {
    fn code(self) -> &'static str {
        match self {
            Self::CrossSite => "cross_site",
            #[cfg(feature = "csrf")]
            Self::Token(error) => match error {
                CsrfTokenError::Missing => "csrf_token_missing",
                CsrfTokenError::NoSession => "csrf_token_without_session",
                CsrfTokenError::Expired => "csrf_token_expired",
                CsrfTokenError::Invalid => "csrf_token_invalid",
            },
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::CrossSite => {
                "The request came from a page of another site. Please open the page here and send it again."
            }
            #[cfg(feature = "csrf")]
            Self::Token(error) => match error {
                CsrfTokenError::Missing => {
                    "The form was sent without the token of our own page. Please go back, reload the page and send it again."
                }
                CsrfTokenError::NoSession => {
                    "Your browser did not send a valid cookie of ours, without which we cannot take the form. Please allow cookies for this site, go back, reload the page and send it again."
                }
                CsrfTokenError::Expired => {
                    "The page was open for too long. Please go back, reload it and send it again."
                }
                CsrfTokenError::Invalid => {
                    "The page is from before you signed in or out, or not from here. Please go back, reload it and send it again."
                }
            },
        }
    }
}

impl From<CsrfRejection> for Rejection {
    fn from(reason: CsrfRejection) -> Self {
        Self::new(StatusCode::FORBIDDEN, reason.code(), reason.message())
    }
}

comparable_rejection!(CsrfRejection);
