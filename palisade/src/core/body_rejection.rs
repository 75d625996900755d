//! The reasons why a request's body is rejected; several layers read bodies.

use super::rejection::rejection_reasons;

rejection_reasons! {
    /// The reason why a request's body is rejected.
    pub enum BodyRejection {
        /// The body is larger than the route accepts.
        TooLarge => (PAYLOAD_TOO_LARGE, "body_too_large", "What you sent is larger than this page takes."),
        /// The body did not arrive in time.
        TooSlow => (REQUEST_TIMEOUT, "body_too_slow", "What you sent took too long to arrive. Please try again."),
        /// The body broke off, or is malformed.
        Broken => (BAD_REQUEST, "body_broken", "What you sent did not arrive whole. Please try again."),
    }
}
