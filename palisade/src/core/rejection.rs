//! Rejections: the reason why a layer answered instead of the application, as a value in the
//! response.
//!
//! A rejection is a response with a status, an empty body and a [`Rejection`] in its extensions.
//! [`ErrorPages`](crate::ErrorPages) writes the body; logs and metrics read [`Rejection::code`].
//!
//! ```
//! use palisade::Rejection;
//! use palisade::host::HostRejection;
//!
//! let response: http::Response<String> = Rejection::from(HostRejection::Unknown).into_response();
//! assert_eq!(response.status(), 421);
//! let rejection = response.extensions().get::<Rejection>().expect("it carries its reason");
//! assert_eq!(rejection.code(), "host_unknown");
//! assert_eq!(*rejection, HostRejection::Unknown);
//! ```
//!
//! Each protection owns an enum of its reasons, which converts into a `Rejection` with `?` or
//! `.into()`:
//!
//! | module | reasons | status |
//! |---|---|---|
//! | [`host`](crate::host) | [`HostRejection`](crate::host::HostRejection) | 400, 421 |
//! | [`https`](crate::https) | [`HttpsRequired`](crate::https::HttpsRequired) | 301, 302, 307, 308 |
//! | [`csrf`](crate::csrf) | [`CsrfRejection`](crate::csrf::CsrfRejection) | 403 |
//! | [`body_limit`](crate::body_limit) | [`BodyRejection`](crate::body_limit::BodyRejection) | 400, 408, 413 |
//! | [`concurrency`](crate::concurrency) | [`ConcurrencyRejection`](crate::concurrency::ConcurrencyRejection) | 429, 503 |
//! | [`deadline`](crate::deadline) | [`DeadlinePassed`](crate::deadline::DeadlinePassed) | 503 |
//! | [`rate_limit`](crate::rate_limit) | [`RateLimitRejection`](crate::rate_limit::RateLimitRejection) | 400, 429, 503 |
//! | [`session`](crate::session) | [`SessionRejection`](crate::session::SessionRejection) | 303, 401, 403, 500, 503 |
//! | [`password`](crate::password) | [`HashingError`](crate::password::HashingError) | 503 |
//! | [`upload`](crate::upload) | [`UploadRejection`](crate::upload::UploadRejection) | 400, 408, 413, 415, 422, 503 |
//! | here | [`MissingLayer`] | 500 |
//!
//! [`CsrfTokens`](crate::CsrfTokens) reads the body of a form, and rejects a body that it cannot
//! read with a [`BodyRejection`](crate::body_limit::BodyRejection).
//!
//! An application can make rejections of its own with [`Rejection::new`]; they get the same
//! pages, log lines and `problem+json` bodies. [`InternalError`] is the other value that travels
//! with a response: the cause of a 500, for the log and never for the page.
//!
//! # What happens, in order
//!
//! 1. A layer decides not to call the application, and makes a rejection.
//! 2. [`Rejection::into_response`] makes the response: status, `Location`, `Retry-After`, an
//!    empty body.
//! 3. Layers further out complete it like any other response, for example with security headers.
//! 4. [`ErrorPages`](crate::ErrorPages) logs the code at level `info`, and writes the body. A
//!    redirect gets no body, and is logged at level `debug`.
//!
//! # What it does not do
//!
//! - A rejection is never an `Err` of the service: error types stay those of the application.
//! - The message does not name the rejected value. It is written for visitors.
//!
//! # See also
//!
//! [`error_page`](crate::error_page) for the text on the page; [`guard`](crate::guard) for layers
//! that reject.
//!
//! # References
//!
//! RFC 9110 §15 (status codes) and §10.2.3 (`Retry-After`); RFC 9457 (problem details).

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::{LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

pub use super::internal_error::InternalError;

/// The reason why a layer answered instead of the application: status, code, message for people,
/// and the time after which the same request may pass.
///
/// ```
/// use std::time::Duration;
///
/// use http::StatusCode;
/// use palisade::Rejection;
///
/// let closed = Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "closed", "The shop opens soon.")
///     .with_retry_after(Duration::from_millis(89_500));
/// let response: http::Response<String> = closed.into_response();
/// assert_eq!(response.status(), 503);
/// assert_eq!(response.headers()["retry-after"], "90");
/// ```
#[doc(alias = "refusal")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(Box<Reason>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reason {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    /// `Retry-After` in another form than whole seconds.
    retry_after_header: Option<HeaderValue>,
    /// The message ends in "Please try again in 2 minutes."
    message_says_when: bool,
    location: Option<HeaderValue>,
    /// The value of `WWW-Authenticate`.
    challenge: Option<HeaderValue>,
    /// The target of the redirect is a page to sign in at.
    asks_to_sign_in: bool,
}

impl Rejection {
    /// Makes a rejection. The code is stable and lower case, such as `host_unknown`; the message
    /// is a sentence for visitors, without HTML.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Reason {
            status,
            code,
            message: message.into(),
            retry_after: None,
            retry_after_header: None,
            message_says_when: false,
            location: None,
            challenge: None,
            asks_to_sign_in: false,
        }))
    }

    /// Adds the time after which the same request may pass; sent as `Retry-After` in seconds,
    /// rounded up.
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        self.0.retry_after = Some(time);
        self
    }

    /// Adds the target of a redirect, for a status of 3xx.
    #[must_use]
    pub fn with_location(mut self, location: HeaderValue) -> Self {
        self.0.location = Some(location);
        self
    }

    /// Adds the value of `WWW-Authenticate`, for a status of 401, such as `Bearer`.
    #[must_use]
    pub fn with_challenge(mut self, challenge: HeaderValue) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// Makes the rejection of a request that needs a sign-in: a redirect to this location, or 401.
    /// `ErrorPages` makes the redirect a 401 for clients that are not people.
    #[cfg(feature = "session")]
    pub(crate) fn sign_in(location: Option<HeaderValue>, code: &'static str, message: &'static str) -> Self {
        let Some(location) = location else { return Self::new(StatusCode::UNAUTHORIZED, code, message) };
        let mut rejection = Self::new(StatusCode::SEE_OTHER, code, message).with_location(location);
        rejection.0.asks_to_sign_in = true;
        rejection
    }

    #[cfg(feature = "error-page")]
    pub(crate) fn asks_to_sign_in(&self) -> bool {
        self.0.asks_to_sign_in
    }

    /// Writes `Retry-After` in this form, and the time at the end of the message.
    #[cfg(feature = "rate-limit")]
    pub(crate) fn says_when(mut self, header: Option<HeaderValue>) -> Self {
        (self.0.retry_after_header, self.0.message_says_when) = (header, true);
        self
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable name of the reason for logs, metrics and programs, such as `host_unknown`.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// A sentence for the visitor. The message of a [`MissingLayer`] is for the developer.
    pub fn message(&self) -> Cow<'_, str> {
        let message = &*self.0.message;
        match self.0.retry_after {
            Some(time) if self.0.message_says_when => {
                Cow::Owned([message, " Please try again in ", &in_words(time), "."].concat())
            }
            _ => Cow::Borrowed(message),
        }
    }

    /// The time after which the same request may pass, if it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Makes the response: status, headers, an empty body, and this value in the extensions.
    pub fn into_response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status();
        if let Some(location) = &self.0.location {
            response.headers_mut().insert(LOCATION, location.clone());
        }
        if let Some(challenge) = &self.0.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge.clone());
        }
        if let Some(time) = self.0.retry_after {
            let header = self.0.retry_after_header.clone();
            let header = header.unwrap_or_else(|| HeaderValue::from(whole_seconds(time)));
            response.headers_mut().insert(RETRY_AFTER, header);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The reason for a 500: a layer is missing, or in the wrong place. The text names the line to
/// write.
///
/// ```
/// use palisade::Rejection;
/// use palisade::rejection::MissingLayer;
///
/// let rejection = Rejection::from(MissingLayer("add `Proxies` around the routes"));
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (500, MissingLayer::CODE));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingLayer(pub &'static str);

impl MissingLayer {
    /// The code of the rejection.
    pub const CODE: &'static str = "missing_layer";
}

comparable_rejection!(MissingLayer);

impl MissingLayer {
    /// Makes the rejection, and logs the text with a detail of this request, such as the peer's
    /// address. The same text is logged at most once in ten seconds.
    pub(crate) fn rejection(self, detail: impl fmt::Display) -> Rejection {
        if is_due(self.0) {
            tracing::error!(%detail, "wiring error: {}", self.0);
        }
        Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, Self::CODE, self.0)
    }
}

/// Logs the text at level `error`, at most once in ten seconds.
impl From<MissingLayer> for Rejection {
    fn from(missing: MissingLayer) -> Self {
        if is_due(missing.0) {
            tracing::error!("wiring error: {}", missing.0);
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, MissingLayer::CODE, missing.0)
    }
}

/// The time in which the same text is logged once.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Returns `true` if this text was not logged within the interval. The texts are those of this
/// program, so the list is short.
pub(crate) fn is_due(text: &'static str) -> bool {
    static LOGGED: Mutex<Vec<(&'static str, Instant)>> = Mutex::new(Vec::new());
    let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    match logged.iter_mut().find(|(known, _)| *known == text) {
        Some((_, time)) if now.duration_since(*time) < LOG_INTERVAL => return false,
        Some((_, time)) => *time = now,
        None => logged.push((text, now)),
    }
    true
}

/// Compares a [`Rejection`] with a reason, for tests and for handlers that tell reasons apart.
macro_rules! comparable_rejection {
    ($reason:ty) => {
        impl PartialEq<$reason> for $crate::rejection::Rejection {
            fn eq(&self, reason: &$reason) -> bool {
                let rejection = Self::from(reason.clone());
                *self == rejection
            }
        }
    };
}
pub(crate) use comparable_rejection;

/// Writes an enum of reasons without data, with its conversion into a [`Rejection`].
macro_rules! rejection_reasons {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$doc:meta])* $reason:ident => ($status:ident, $code:literal, $message:literal $(,)?),)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $reason,)+
        }

        impl From<$name> for $crate::rejection::Rejection {
            fn from(reason: $name) -> Self {
                match reason {
                    $($name::$reason => Self::new(http::StatusCode::$status, $code, $message),)+
                }
            }
        }

        $crate::core::rejection::comparable_rejection!($name);
    };
}
pub(crate) use rejection_reasons;

/// Rounds up to whole seconds, at least one: a client that comes back at that second is not too
/// early.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

/// Writes a time in words, rounded up: seconds up to a minute and a half, then minutes, hours,
/// days.
fn in_words(time: Duration) -> String {
    let seconds = whole_seconds(time);
    let (length, unit) = match seconds {
        0..=90 => (1, "second"),
        91..=5_400 => (60, "minute"),
        5_401..=129_600 => (3_600, "hour"),
        _ => (86_400, "day"),
    };
    match seconds.div_ceil(length) {
        1 => format!("1 {unit}"),
        many => format!("{many} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words_are_rounded_up() {
        for (millis, words) in [
            (0, "1 second"),
            (1, "1 second"),
            (1_001, "2 seconds"),
            (90_000, "90 seconds"),
            (90_001, "2 minutes"),
            (120_001, "3 minutes"),
            (3_600_000, "60 minutes"),
            (5_400_001, "2 hours"),
            (86_400_000, "24 hours"),
            (129_600_001, "2 days"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), words, "{millis} ms");
        }
    }

    #[test]
    fn retry_after_is_rounded_up() {
        let rejection = Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "down", "Try later.")
            .with_retry_after(Duration::from_millis(1_200));
        let response: Response<String> = rejection.into_response();
        assert_eq!(response.headers()["retry-after"], "2");
    }
}
