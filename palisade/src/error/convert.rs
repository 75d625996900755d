//! The conversions into an [`Error`].

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

use super::{Error, Reason};
#[cfg(any(feature = "axum", feature = "redirect"))]
use crate::core::handler_error::HandlerMessage;
use crate::core::internal_error::InternalError;
use crate::core::rejection::{MissingLayer, Rejection};

/// Converts any error. Errors that the request has caused keep their status; any other is a 500
/// whose cause is logged.
impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let recognized = Self::recognized(&error);
        #[cfg(feature = "upload")]
        let recognized = recognized.or_else(|| Self::multipart(error.source()?));
        recognized.unwrap_or_else(|| Self::internal(error))
    }
}

/// Converts for `main` and tests, which return `Box<dyn Error>`.
impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

/// Converts for `main` and tests, which return `Box<dyn Error>`.
impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

/// An [`Error`] that implements `std::error::Error`.
#[derive(thiserror::Error)]
#[error("{0}")]
struct Boxed(Error);

/// What `main` prints.
impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::of(Reason::Rejection(rejection))
    }
}

impl From<InternalError> for Error {
    fn from(cause: InternalError) -> Self {
        Self::server(StatusCode::INTERNAL_SERVER_ERROR, cause)
    }
}

/// Converts the reasons that each protection owns. None of them implements `std::error::Error`.
macro_rules! from_reasons {
    ($($(#[$feature:meta])* $reason:ty),+ $(,)?) => {$(
        $(#[$feature])*
        impl From<$reason> for Error {
            fn from(reason: $reason) -> Self {
                Rejection::from(reason).into()
            }
        }
    )+};
}

from_reasons! {
    MissingLayer,
    crate::host::HostRejection,
    crate::https::HttpsRequired,
    crate::csrf::CsrfRejection,
    #[cfg(any(feature = "serve", feature = "csrf", feature = "reporting", feature = "upload"))]
    crate::core::body_rejection::BodyRejection,
    #[cfg(feature = "bearer")]
    crate::bearer::BearerRejection,
    #[cfg(feature = "keyring")]
    crate::keyring::SignedLinkRejection,
    #[cfg(feature = "serve")]
    crate::concurrency::ConcurrencyRejection,
    #[cfg(feature = "serve")]
    crate::deadline::DeadlinePassed,
    #[cfg(feature = "rate-limit")]
    crate::rate_limit::RateLimitRejection,
    #[cfg(feature = "session")]
    crate::session::SessionRejection,
    #[cfg(feature = "upload")]
    crate::upload::UploadRejection,
    #[cfg(feature = "webhook")]
    crate::webhook::WebhookRejection,
}

impl Error {
    /// Makes an error whose text names types or fields of the program.
    #[cfg(any(feature = "axum", feature = "redirect"))]
    fn technical(status: StatusCode, text: String) -> Self {
        if status.is_client_error() {
            Self::client(status, Some(HandlerMessage { text: text.into(), is_technical: true }))
        } else {
            Self::server(status, InternalError::new(text))
        }
    }

    /// Converts the source of axum's `MultipartError`: a form that is malformed, too large or too slow.
    #[cfg(feature = "upload")]
    fn multipart(source: &(dyn StdError + 'static)) -> Option<Self> {
        source.downcast_ref().map(|error| crate::upload::multipart_rejection(error).into())
    }

    /// Converts an error that is not the program's fault.
    fn recognized(error: &dyn Any) -> Option<Self> {
        #[cfg(feature = "axum")]
        if let Some((status, text)) = crate::core::axum_compat::rejection(error) {
            return Some(Self::technical(status, text));
        }
        #[cfg(feature = "password")]
        if let Some(error) = error.downcast_ref::<crate::password::HashingError>() {
            return Some(Rejection::from(*error).into());
        }
        #[cfg(feature = "password")]
        if let Some(error) = error.downcast_ref::<crate::password::PasswordRejected>() {
            return Some(Self::unprocessable(error.to_string()));
        }
        #[cfg(feature = "redirect")]
        if let Some(error) = error.downcast_ref::<crate::redirect::SafePathError>() {
            return Some(Self::technical(StatusCode::BAD_REQUEST, error.to_string()));
        }
        #[cfg(feature = "redirect")]
        if let Some(error) = error.downcast_ref::<crate::redirect::SafeRedirectError>() {
            return Some(Self::technical(StatusCode::BAD_REQUEST, error.to_string()));
        }
        #[cfg(feature = "sanitize")]
        if let Some(error) = error.downcast_ref::<crate::sanitize::SanitizeError>() {
            return Some(Self::unprocessable(error.to_string()));
        }
        let _ = error;
        None
    }
}
