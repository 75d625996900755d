//! The name of one request: what the visitor reads on the error page and the operator finds in the log.

use std::fmt;

/// 64 random bits, shown as 16 hexadecimal digits. Put one into the request's extensions to choose it yourself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// A new one, from the operating system's generator.
    pub fn random() -> Self {
        Self(getrandom::u64().expect("the operating system's random generator works"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
