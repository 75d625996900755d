//! The reasons for rejecting a request's body, shared by the layers that read bodies.

#[cfg(any(feature = "serve", feature = "csrf"))]
use std::error::Error;

use super::rejection::rejection_reasons;

rejection_reasons! {
    /// The reason for rejecting a request's body.
    ///
    /// ```
    /// use palisade::Rejection;
    /// use palisade::body_limit::BodyRejection;
    ///
    /// let rejection = Rejection::from(BodyRejection::TooLarge);
    /// assert_eq!((rejection.status().as_u16(), rejection.code()), (413, "body_too_large"));
    /// ```
    pub enum BodyRejection {
        /// The body is larger than the route accepts.
        TooLarge => (PAYLOAD_TOO_LARGE, "body_too_large", "What you sent is larger than this page takes."),
        /// The body did not arrive in time.
        TooSlow => (REQUEST_TIMEOUT, "body_too_slow", "What you sent took too long to arrive. Please try again."),
        /// The body broke off, or is malformed.
        Broken => (BAD_REQUEST, "body_broken", "What you sent did not arrive whole. Please try again."),
    }
}

/// Returns the error of a body without the wrapper of axum's body: axum adds it again, and its
/// extractors search only one level deep for a body that is too large.
#[cfg(any(feature = "serve", feature = "csrf"))]
pub(crate) fn without_axum_wrapper(
    error: impl Into<Box<dyn Error + Send + Sync>>,
) -> Box<dyn Error + Send + Sync> {
    let error = error.into();
    #[cfg(feature = "axum")]
    let error = super::axum_compat::unwrapped(error);
    error
}
