//! The id of one request: on the error page for the visitor, and in the log for the operator.

use std::fmt;

/// The id of one request: 64 random bits, written as 16 hexadecimal digits.
///
/// [`ErrorPages`](crate::ErrorPages) uses the id in the request's extensions, or makes one.
///
/// ```
/// use palisade::request::RequestId;
///
/// assert_eq!(RequestId::random().to_string().len(), 16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// Makes a new id from the operating system's random generator.
    pub fn random() -> Self {
        Self(getrandom::u64().expect("the operating system's random generator works"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
