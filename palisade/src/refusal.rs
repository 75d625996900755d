//! Why a layer said no: a value that travels with the response.
//!
//! A refusal is a response with a status, an empty body and a `Refusal` in its extensions.
//! [`ErrorPages`](crate::ErrorPages) writes the body; logs and metrics read [`Refusal::reason`].
//!
//! ```
//! # use palisade::Refusal;
//! let response: http::Response<String> = Refusal::HostUnknown.into_response();
//! assert_eq!(response.status(), 421);
//! assert_eq!(response.extensions().get(), Some(&Refusal::HostUnknown));
//! ```

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

/// Why a layer said no.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The request names no host, several, or one that no host can be.
    HostMalformed,
    /// The request is for a host that we do not answer for.
    HostUnknown,
    /// The request came in the clear.
    HttpsRequired {
        /// 301, 302, 307 or 308.
        status: StatusCode,
        /// The same target over https.
        location: HeaderValue,
    },
    /// The request's body is larger than this route takes.
    BodyTooLarge,
    /// The request's body did not arrive in time.
    BodyTooSlow,
    /// The answer was not ready in time.
    DeadlinePassed,
    /// The caller has asked more often than a limit allows.
    TooManyRequests {
        /// When to come back; shown in whole seconds, rounded up.
        retry_after: Duration,
        /// What the limit has to say about it.
        message: Option<Arc<str>>,
    },
    /// A limit cannot tell who is asking.
    CallerUnknown,
    /// A limit's store does not answer.
    LimiterDown,
    /// The application is put together wrongly; the text names the missing line.
    Miswired(&'static str),
}

impl Refusal {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::HostMalformed => StatusCode::BAD_REQUEST,
            Self::HostUnknown => StatusCode::MISDIRECTED_REQUEST,
            Self::HttpsRequired { status, .. } => *status,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::DeadlinePassed => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::CallerUnknown => StatusCode::BAD_REQUEST,
            Self::LimiterDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Miswired(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A short stable name for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::HostMalformed => "host_malformed",
            Self::HostUnknown => "host_unknown",
            Self::HttpsRequired { .. } => "https_required",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTooSlow => "body_too_slow",
            Self::DeadlinePassed => "deadline_passed",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::CallerUnknown => "caller_unknown",
            Self::LimiterDown => "limiter_down",
            Self::Miswired(_) => "miswired",
        }
    }

    /// A sentence for the visitor. [`Miswired`](Self::Miswired) speaks to the developer: nobody else has seen the
    /// site work.
    pub fn message(&self) -> Cow<'static, str> {
        let text = match self {
            Self::HostMalformed => "The request does not say clearly which site it is for.",
            Self::HostUnknown => "This server does not answer for the site that the request names.",
            Self::HttpsRequired { .. } => "This site is served over https only.",
            Self::BodyTooLarge => "What you sent is larger than this page takes.",
            Self::BodyTooSlow => "What you sent took too long to arrive. Please try again.",
            Self::DeadlinePassed => "The answer took too long. Please try again in a moment.",
            Self::TooManyRequests { retry_after, message } => {
                let message = message.as_deref().unwrap_or("That was more often than we can take.");
                return Cow::Owned(format!("{message} Please try again in {}.", spoken(*retry_after)));
            }
            Self::CallerUnknown => "The request does not say who is asking, which this page needs to know.",
            Self::LimiterDown => "We cannot take this request just now. Please try again in a moment.",
            Self::Miswired(missing) => missing,
        };
        Cow::Borrowed(text)
    }

    /// The response that says it: status, headers, and this value in the extensions.
    pub fn into_response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status();
        if let Self::HttpsRequired { location, .. } = &self {
            response.headers_mut().insert(LOCATION, location.clone());
        }
        if let Self::TooManyRequests { retry_after, .. } = &self {
            response.headers_mut().insert(RETRY_AFTER, seconds_up(*retry_after).max(1).into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Whole seconds, rounded up: who comes back then is not early.
pub(crate) fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// The time in words, in the largest unit that it fills; rounded up.
fn spoken(duration: Duration) -> String {
    let seconds = seconds_up(duration).max(1);
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds >= *length).unwrap_or((1, "second"));
    match seconds.div_ceil(length) {
        1 => format!("1 {unit}"),
        many => format!("{many} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_come_back_is_said_in_words_and_never_early() {
        for (milliseconds, words) in [
            (0, "1 second"),
            (1_001, "2 seconds"),
            (59_000, "59 seconds"),
            (60_000, "1 minute"),
            (61_000, "2 minutes"),
            (3_600_000, "1 hour"),
            (90_000_000, "2 days"),
        ] {
            assert_eq!(spoken(Duration::from_millis(milliseconds)), words);
        }
    }
}
