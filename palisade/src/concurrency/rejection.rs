//! The reasons why a concurrency limit rejects a request.

use std::time::Duration;

use http::StatusCode;

use crate::core::rejection::{Rejection, comparable_rejection};

/// The time after which a client may try again: one of its own requests may end at once.
const RETRY_CLIENT: Duration = Duration::from_secs(1);
/// The time after which to try a full server again.
const RETRY_SERVER: Duration = Duration::from_secs(5);

/// The reason why a [`ConcurrencyLimit`](super::ConcurrencyLimit) rejects a request. It converts
/// into a [`Rejection`].
///
/// | reason | status | code | `Retry-After` |
/// |---|---|---|---|
/// | `ClientBusy` | 429 | `client_busy` | 1 s |
/// | `ServerBusy` | 503 | `server_busy` | 5 s |
///
/// ```
/// use palisade::Rejection;
/// use palisade::concurrency::ConcurrencyRejection;
///
/// let rejection = Rejection::from(ConcurrencyRejection::ServerBusy);
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (503, "server_busy"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConcurrencyRejection {
    /// The client has too many requests or streams underway: 429.
    ClientBusy,
    /// Every place is taken: 503.
    ServerBusy,
}

comparable_rejection!(ConcurrencyRejection);

impl From<ConcurrencyRejection> for Rejection {
    fn from(reason: ConcurrencyRejection) -> Self {
        match reason {
            ConcurrencyRejection::ClientBusy => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "client_busy",
                "Too many requests of yours are still underway. Please try again in a moment.",
            )
            .with_retry_after(RETRY_CLIENT),
            ConcurrencyRejection::ServerBusy => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "server_busy",
                "The site is very busy. Please try again in a moment.",
            )
            .with_retry_after(RETRY_SERVER),
        }
    }
}
