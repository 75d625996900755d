//! The reasons why a rate limit rejects a request.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderValue, StatusCode};

use crate::core::rejection::{Rejection, comparable_rejection};

/// The reason why a rate limit rejects a request. It converts into a [`Rejection`].
///
/// | reason | status | code |
/// |---|---|---|
/// | `LimitExceeded` | 429 | `too_many_requests` |
/// | `MissingKey` | 400 | `caller_unknown` |
/// | `StoreDown` | 503 | `cannot_count` |
///
/// ```
/// use palisade::Rejection;
/// use palisade::rate_limit::RateLimitRejection;
///
/// let rejection = Rejection::from(RateLimitRejection::MissingKey);
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (400, "caller_unknown"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitRejection {
    /// The caller has used up a quota: 429.
    LimitExceeded {
        /// The time after which the same request passes.
        retry_after: Duration,
        /// The value of `Retry-After`, if its form is not seconds.
        header: Option<HeaderValue>,
        /// The sentence for the visitor, before the time to wait.
        message: Option<Cow<'static, str>>,
    },
    /// The request lacks the key that the limit counts by, such as a header: 400.
    MissingKey,
    /// The store is down, and the limit rejects requests that it cannot count: 503.
    StoreDown {
        /// The time after which to try again.
        retry_after: Duration,
    },
}

comparable_rejection!(RateLimitRejection);

impl From<RateLimitRejection> for Rejection {
    fn from(reason: RateLimitRejection) -> Self {
        match reason {
            RateLimitRejection::LimitExceeded { retry_after, header, message } => {
                let message =
                    message.unwrap_or_else(|| "That was more than we can take in this time.".into());
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
                    .with_retry_after(retry_after)
                    .says_when(header)
            }
            RateLimitRejection::MissingKey => Self::new(
                StatusCode::BAD_REQUEST,
                "caller_unknown",
                "The request does not say who is asking, which this page needs to know.",
            ),
            RateLimitRejection::StoreDown { retry_after } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "cannot_count",
                "We cannot take this just now. Please try again in a moment.",
            )
            .with_retry_after(retry_after),
        }
    }
}
