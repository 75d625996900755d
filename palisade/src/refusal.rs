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

use http::header::LOCATION;
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
            Self::Miswired(_) => "miswired",
        }
    }

    /// A sentence for the visitor. [`Miswired`](Self::Miswired) speaks to the developer: nobody else has seen the
    /// site work.
    pub fn message(&self) -> &'static str {
        match self {
            Self::HostMalformed => "The request does not say clearly which site it is for.",
            Self::HostUnknown => "This server does not answer for the site that the request names.",
            Self::HttpsRequired { .. } => "This site is served over https only.",
            Self::BodyTooLarge => "What you sent is larger than this page takes.",
            Self::BodyTooSlow => "What you sent took too long to arrive. Please try again.",
            Self::DeadlinePassed => "The answer took too long. Please try again in a moment.",
            Self::Miswired(missing) => missing,
        }
    }

    /// The response that says it: status, headers, and this value in the extensions.
    pub fn into_response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status();
        if let Self::HttpsRequired { location, .. } = &self {
            response.headers_mut().insert(LOCATION, location.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}
