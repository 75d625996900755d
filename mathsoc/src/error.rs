//! What a handler answers when it has no page: a status, and for the log a cause.
//!
//! The body is empty. `palisade::ErrorPages` writes it, and logs the [`InternalError`] under the request id on the page.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade::Rejection;
use palisade::password::HashingError;
use palisade::rate_limit::RateLimitRejection;
use palisade::rejection::InternalError;
use palisade::session::SessionRejection;
use palisade::upload::UploadRejection;
use tokio::task::JoinError;

use crate::db::DbError;
use crate::db::competitions::CompetitionError;
use crate::db::submissions::SubmitError;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing at this address, or nothing yet.
    #[error("nothing is here")]
    NotFound,
    /// The database gave no answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// An answer could not be counted.
    #[error(transparent)]
    Submit(SubmitError),
    /// A competition could not be kept.
    #[error(transparent)]
    Competition(CompetitionError),
    /// A protection rejected the request.
    #[error("rejected: {}", .0.code())]
    Rejected(Rejection),
    /// Work on another thread broke off.
    #[error("the work broke off")]
    Broken(#[source] JoinError),
    /// A template broke off.
    #[error("a page could not be rendered")]
    Template(#[from] askama::Error),
}

impl Error {
    /// For `map_err`, where work was done on another thread.
    pub fn broken(error: JoinError) -> Self {
        Self::Broken(error)
    }
}

impl From<SubmitError> for Error {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::NotFound => Self::NotFound,
            error => Self::Submit(error),
        }
    }
}

impl From<CompetitionError> for Error {
    fn from(error: CompetitionError) -> Self {
        Self::Competition(error)
    }
}

/// Converts rejections, and the reasons that each protection owns.
macro_rules! from_rejections {
    ($($reason:ty),+ $(,)?) => {$(
        impl From<$reason> for Error {
            fn from(reason: $reason) -> Self {
                Self::Rejected(reason.into())
            }
        }
    )+};
}

from_rejections!(Rejection, HashingError, RateLimitRejection, SessionRejection, UploadRejection);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Rejected(rejection) => rejection.into_response(),
            broken => {
                let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
                response.extensions_mut().insert(InternalError::new(broken));
                response
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_is_for_the_log_and_not_for_the_page() {
        let response = Error::Db(DbError::Query(sqlx::Error::PoolTimedOut)).into_response();
        assert_eq!(response.status(), 500);
        let cause = response.extensions().get::<InternalError>().expect("a fault").to_string();
        assert!(cause.contains("pool timed out"), "{cause}");
        assert_eq!(axum::body::HttpBody::size_hint(response.body()).exact(), Some(0));
    }

    #[test]
    fn nothing_to_be_found_is_no_fault() {
        let response = Error::NotFound.into_response();
        assert_eq!(response.status(), 404);
        assert!(response.extensions().get::<InternalError>().is_none());
    }
}
