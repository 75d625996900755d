//! Answers 503 instead of 500 while the database is unreachable or locked, and within two seconds.
//!
//! A 500 says "our mistake", and a monitor alerts a developer. An outage passes: the 503 has
//! `Retry-After`, and the same request succeeds later. `db::outage` has the list of such errors.
//!
//! 1. An error that an outage has caused becomes a 503.
//! 2. A request that takes longer than a second asks whether the database is reachable, at most
//!    once a second for all of them. If it is not, the answer is 503. Without that, each query in
//!    turn would wait five seconds for a connection.
//!
//! A request that needs no database, such as `/about`, is answered.

use std::pin::pin;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use palisade::Rejection;
use palisade::rejection::InternalError;
use tokio::time::{sleep, timeout};

use crate::db::Db;
use crate::db::outage::is_outage;

/// The time after which a request asks for the database, and the pause before it asks again.
const PATIENCE: Duration = Duration::from_secs(1);
/// A restart of PostgreSQL takes a few seconds.
const RETRY_AFTER: Duration = Duration::from_secs(5);
const MESSAGE: &str = "The site cannot reach its database just now. Please try again in a moment.";

/// The middleware around the pages.
pub(crate) async fn unavailable(State(db): State<Db>, request: Request, next: Next) -> Response {
    let mut page = pin!(next.run(request));
    if let Ok(response) = timeout(PATIENCE, &mut page).await {
        return replace_outage(response);
    }
    tokio::select! {
        biased;
        response = page => replace_outage(response),
        () = outage(&db) => service_unavailable(),
    }
}

/// Waits for an outage.
async fn outage(db: &Db) {
    while db.check_reachable().await.is_ok() {
        sleep(PATIENCE).await;
    }
}

/// Replaces an internal error that an outage of the database has caused.
fn replace_outage(response: Response) -> Response {
    let error = response.extensions().get::<InternalError>();
    let Some(error) = error.filter(|error| is_outage(error.cause())) else { return response };
    tracing::error!(%error, "the database is unavailable");
    service_unavailable()
}

fn service_unavailable() -> Response {
    Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "database_unavailable", MESSAGE)
        .with_retry_after(RETRY_AFTER)
        .into_response()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::db::DbError;
    use crate::error::Error;

    #[test]
    fn an_outage_is_a_503_and_a_fault_a_500() {
        for (error, status) in [(sqlx::Error::PoolTimedOut, 503), (sqlx::Error::RowNotFound, 500)] {
            let response = replace_outage(Error::from(DbError::Query(error)).into_response());
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key("retry-after"), status == 503);
        }
    }
}
