//! The error type of the handlers is the library's: [`Error`] takes every error by `?`.
//!
//! An error of the database or of a template is a 500. [`palisade::ErrorPages`] writes the error
//! page, and logs the cause under the request id that the page shows.

pub use palisade::Error;

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use palisade::rejection::InternalError;

    use super::*;
    use crate::db::DbError;

    #[test]
    fn a_cause_is_logged_and_not_shown() {
        let error = Error::from(DbError::Query(sqlx::Error::PoolTimedOut));
        let response = IntoResponse::into_response(error);
        assert_eq!(response.status(), 500);
        let cause = response.extensions().get::<InternalError>().expect("a fault").to_string();
        assert!(cause.contains("pool timed out"), "{cause}");
        assert_eq!(axum::body::HttpBody::size_hint(response.body()).exact(), Some(0));
    }

    #[test]
    fn not_found_is_no_internal_error() {
        let response = IntoResponse::into_response(Error::not_found());
        assert_eq!(response.status(), 404);
        assert!(response.extensions().get::<InternalError>().is_none());
    }
}
