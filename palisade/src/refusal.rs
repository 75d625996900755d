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
use std::time::Duration;

use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::file_fault::FileFault;

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
    /// The caller has used up what a limit lets through.
    TooManyRequests {
        /// When the same request passes again, from now.
        retry_after: Duration,
        /// The same moment as `Retry-After` shall write it; nothing for whole seconds, rounded up.
        header: Option<HeaderValue>,
        /// What the visitor is told, before when to try again.
        message: Option<Cow<'static, str>>,
    },
    /// The request lacks what a limit counts by, such as a header.
    CallerUnknown,
    /// What a limit counts by cannot be counted just now, and the limit does not pass what it cannot count.
    CannotCount {
        /// When to try again, from now.
        retry_after: Duration,
    },
    /// The page is for who is signed in.
    SignInRequired {
        /// Where people sign in; nothing for programs.
        location: Option<HeaderValue>,
    },
    /// The page is for who has proved a short time ago who they are.
    ProofRequired {
        /// Where people prove it again; nothing for programs.
        location: Option<HeaderValue>,
    },
    /// The page is for others than the one who is signed in.
    NotAllowed,
    /// Too many wait for something that takes a while, such as checking passwords.
    Busy {
        /// When to try again, from now.
        retry_after: Duration,
    },
    /// Sessions cannot be read or written just now.
    SessionsDown,
    /// A page of another site made the request.
    CrossSite,
    /// The request has no token of one of our pages.
    CsrfToken(TokenFault),
    /// The request's body broke off, or could not be read.
    BodyBroken,
    /// A file in the request is none that the page takes.
    File {
        /// What the file is called; empty where it is about none of them.
        name: Box<str>,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// Files cannot be scanned for malware just now, and are not taken without.
    ScannerDown,
    /// Files cannot be kept or read just now.
    FilesDown,
    /// The application is put together wrongly; the text names the missing line.
    Miswired(&'static str),
}

/// What is wrong with the token by which a form shows that a page of ours made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFault {
    /// There is none, or it is further into the body than is looked.
    Missing,
    /// The visitor has no session, for which it could have been made.
    NoSession,
    /// It was made too long ago.
    Expired,
    /// It is not ours, or was made for another session: for one before a login, say.
    Invalid,
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
            Self::CannotCount { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::SignInRequired { location } | Self::ProofRequired { location } => match location {
                Some(_) => StatusCode::SEE_OTHER,
                None => StatusCode::UNAUTHORIZED,
            },
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::Busy { .. } | Self::SessionsDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::CrossSite | Self::CsrfToken(_) => StatusCode::FORBIDDEN,
            Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::File { fault, .. } => fault.status(),
            Self::ScannerDown | Self::FilesDown => StatusCode::SERVICE_UNAVAILABLE,
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
            Self::CannotCount { .. } => "cannot_count",
            Self::SignInRequired { .. } => "sign_in_required",
            Self::ProofRequired { .. } => "proof_required",
            Self::NotAllowed => "not_allowed",
            Self::Busy { .. } => "busy",
            Self::SessionsDown => "sessions_down",
            Self::CrossSite => "cross_site",
            Self::CsrfToken(TokenFault::Missing) => "csrf_token_missing",
            Self::CsrfToken(TokenFault::NoSession) => "csrf_token_without_session",
            Self::CsrfToken(TokenFault::Expired) => "csrf_token_expired",
            Self::CsrfToken(TokenFault::Invalid) => "csrf_token_invalid",
            Self::BodyBroken => "body_broken",
            Self::File { fault, .. } => fault.reason(),
            Self::ScannerDown => "scanner_down",
            Self::FilesDown => "files_down",
            Self::Miswired(_) => "miswired",
        }
    }

    /// A sentence for the visitor. [`Miswired`](Self::Miswired) speaks to the developer: nobody else has seen the
    /// site work.
    pub fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::HostMalformed => "The request does not say clearly which site it is for.",
            Self::HostUnknown => "This server does not answer for the site that the request names.",
            Self::HttpsRequired { .. } => "This site is served over https only.",
            Self::BodyTooLarge => "What you sent is larger than this page takes.",
            Self::BodyTooSlow => "What you sent took too long to arrive. Please try again.",
            Self::DeadlinePassed => "The answer took too long. Please try again in a moment.",
            Self::TooManyRequests { retry_after, message, .. } => {
                let said = message.as_deref().unwrap_or("That was more than we can take in this time.");
                return Cow::Owned(format!("{said} Please try again in {}.", in_words(*retry_after)));
            }
            Self::CallerUnknown => "The request does not say who is asking, which this page needs to know.",
            Self::CannotCount { .. } => "We cannot take this just now. Please try again in a moment.",
            Self::SignInRequired { .. } => "Please sign in to see this page.",
            Self::ProofRequired { .. } => "Please give your password again before you do this.",
            Self::NotAllowed => "Your account may not see this page.",
            Self::Busy { .. } => "Many people are signing in just now. Please try again in a moment.",
            Self::SessionsDown => "We cannot tell just now who is signed in. Please try again in a moment.",
            Self::CrossSite => {
                "The request came from a page of another site. Please open the page here and send it again."
            }
            Self::CsrfToken(fault) => fault.message(),
            Self::BodyBroken => "What you sent did not arrive whole. Please try again.",
            Self::File { name, fault } if name.is_empty() => return fault.message(),
            Self::File { name, fault } => return Cow::Owned(format!("{name}: {}", fault.message())),
            Self::ScannerDown => {
                "Files cannot be checked for viruses just now, so none are taken. Please try again in a minute."
            }
            Self::FilesDown => "Files cannot be reached just now. Please try again in a moment.",
            Self::Miswired(missing) => missing,
        })
    }

    /// When to try again, where the refusal knows.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after, .. }
            | Self::CannotCount { retry_after }
            | Self::Busy { retry_after } => Some(*retry_after),
            Self::SessionsDown | Self::FilesDown => Some(Duration::from_secs(5)),
            Self::ScannerDown => Some(Duration::from_secs(60)),
            _ => None,
        }
    }

    /// The response that says it: status, headers, and this value in the extensions.
    pub fn into_response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = self.status();
        if let Self::HttpsRequired { location, .. }
        | Self::SignInRequired { location: Some(location) }
        | Self::ProofRequired { location: Some(location) } = &self
        {
            response.headers_mut().insert(LOCATION, location.clone());
        }
        if let Some(retry_after) = self.retry_after() {
            let said = match &self {
                Self::TooManyRequests { header: Some(header), .. } => header.clone(),
                _ => HeaderValue::from(whole_seconds(retry_after)),
            };
            response.headers_mut().insert(RETRY_AFTER, said);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl TokenFault {
    fn message(self) -> &'static str {
        match self {
            Self::Missing => {
                "The form was sent without the mark of our own page. Please go back, reload the page and send it again."
            }
            Self::NoSession => {
                "Your browser did not send our cookie, without which we cannot take the form. Please allow cookies for this site, go back, reload the page and send it again."
            }
            Self::Expired => "The page was open for too long. Please go back, reload it and send it again.",
            Self::Invalid => {
                "The page is from before you signed in or out, or not from here. Please go back, reload it and send it again."
            }
        }
    }
}

/// Rounded up, and never none: who comes back at that second is not too early.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

/// A time as one says it, rounded up: seconds up to a minute and a half, then minutes, hours and days.
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
    fn a_time_is_said_in_words_and_never_too_short() {
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
        let refusal = Refusal::CannotCount { retry_after: Duration::from_millis(1_200) };
        let response: Response<String> = refusal.into_response();
        assert_eq!(response.headers()["retry-after"], "2");
    }
}
