//! The error type of the handlers: a status without a page, and a cause for the log.
//!
//! The body is empty. [`palisade::ErrorPages`] fills it with the error page, and logs the
//! [`InternalError`] under the request id that the page shows.

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

/// A reason why a handler returns no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing exists at this address, or nothing that is published.
    #[error("not found")]
    NotFound,
    /// A database query failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// An answer could not be recorded.
    #[error(transparent)]
    Submit(SubmitError),
    /// A competition could not be saved.
    #[error(transparent)]
    Competition(CompetitionError),
    /// A protection rejected the request.
    #[error("rejected: {}", .0.code())]
    Rejected(Rejection),
    /// A task on another thread panicked or was cancelled.
    #[error("a task panicked or was cancelled")]
    Broken(#[source] JoinError),
    /// A template failed to render.
    #[error("a page could not be rendered")]
    Template(#[from] askama::Error),
}

impl Error {
    /// Converts a failed task; for `map_err` after `spawn_blocking`.
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
    fn a_cause_is_logged_and_not_shown() {
        let response = Error::Db(DbError::Query(sqlx::Error::PoolTimedOut)).into_response();
        assert_eq!(response.status(), 500);
        let cause = response.extensions().get::<InternalError>().expect("a fault").to_string();
        assert!(cause.contains("pool timed out"), "{cause}");
        assert_eq!(axum::body::HttpBody::size_hint(response.body()).exact(), Some(0));
    }

    #[test]
    fn not_found_is_no_internal_error() {
        let response = Error::NotFound.into_response();
        assert_eq!(response.status(), 404);
        assert!(response.extensions().get::<InternalError>().is_none());
    }
}
