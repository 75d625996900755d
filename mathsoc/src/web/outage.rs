//! Answers 503 instead of 500 while the database is unreachable or locked.
//!
//! A 500 says "our mistake", and a monitor alerts a developer. An outage passes: the 503 has
//! `Retry-After`, and the same request succeeds later. `db::outage` has the list of such errors.

use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use palisade::Rejection;
use palisade::rejection::InternalError;

use crate::db::outage::is_outage;

/// A restart of PostgreSQL takes a few seconds.
const RETRY_AFTER: Duration = Duration::from_secs(5);
const MESSAGE: &str = "The site cannot reach its database just now. Please try again in a moment.";

/// Replaces an internal error that an outage of the database has caused.
pub(crate) async fn unavailable(response: Response) -> Response {
    let error = response.extensions().get::<InternalError>();
    let Some(error) = error.filter(|error| is_outage(error.cause())) else { return response };
    tracing::error!(%error, "the database is unavailable");
    Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "database_unavailable", MESSAGE)
        .with_retry_after(RETRY_AFTER)
        .into_response()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::db::DbError;
    use crate::error::Error;

    #[tokio::test]
    async fn an_outage_is_a_503_and_a_fault_a_500() {
        for (error, status) in [(sqlx::Error::PoolTimedOut, 503), (sqlx::Error::RowNotFound, 500)] {
            let response = unavailable(Error::from(DbError::Query(error)).into_response()).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key("retry-after"), status == 503);
        }
    }
}
