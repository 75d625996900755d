//! The id of one request: on the error page for the visitor, and in the log for the operator.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::io::Write;
use std::str::FromStr;

/// The id of one request: 16 random hexadecimal digits, or an id that a proxy has sent.
///
/// All layers of a request share one id: [`ErrorPages`](crate::ErrorPages) shows and logs it, and
/// [`RequestIds`](crate::request_id::RequestIds) sends it. With the feature `axum` it is an
/// extractor.
///
/// A text of 1 to 64 letters, digits and the characters `-_.=:/+` is an id: safe in a header, in
/// HTML, in JSON and in a log line.
///
/// ```
/// use palisade::request::{RequestContext, RequestId, RequestIdError};
///
/// let random = RequestId::random();
/// assert_eq!(random.to_string().len(), 16);
///
/// let uuid: RequestId = "1b671a64-40d5-491e-99b0-da01ff1f3341".parse()?;
/// assert_eq!(uuid.as_str(), "1b671a64-40d5-491e-99b0-da01ff1f3341");
/// assert_eq!("<script>".parse::<RequestId>(), Err(RequestIdError));
///
/// let mut extensions = http::Extensions::new();
/// assert_eq!(RequestId::of(&extensions), None, "no layer has begun this request");
/// RequestContext::begin(&mut extensions).set_request_id(uuid);
/// assert_eq!(RequestId::of(&extensions), Some(uuid));
/// # Ok::<(), RequestIdError>(())
/// ```
#[doc(alias = "correlation id")]
#[doc(alias = "trace id")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    /// The unused bytes are zero.
    text: [u8; MAX_LENGTH],
    length: u8,
}

const MAX_LENGTH: usize = 64;

impl RequestId {
    /// Makes a new id of 64 bits that cannot be predicted from outside of the process. It is no
    /// secret: use another source for a token.
    pub fn random() -> Self {
        // A keyed hash: the operating system gives each thread a key, and every `RandomState` has
        // another one. Asking for 8 bytes would be a system call with each error.
        let number = RandomState::new().build_hasher().finish();
        let mut text = [0; MAX_LENGTH];
        write!(&mut text[..], "{number:016x}").expect("16 digits have room");
        Self { text, length: 16 }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        let text = &self.text[..usize::from(self.length)];
        std::str::from_utf8(text).expect("an id is ASCII")
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(id: &str) -> Result<Self, RequestIdError> {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=:/+".contains(&byte);
        if !(1..=MAX_LENGTH).contains(&id.len()) || !id.bytes().all(is_safe) {
            return Err(RequestIdError);
        }
        let mut text = [0; MAX_LENGTH];
        text[..id.len()].copy_from_slice(id.as_bytes());
        Ok(Self { text, length: u8::try_from(id.len()).map_err(|_| RequestIdError)? })
    }
}

impl Hash for RequestId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

/// The error of a text that is not a request id.
///
/// ```
/// use palisade::request::{RequestId, RequestIdError};
///
/// let error: RequestIdError = "a b".parse::<RequestId>().unwrap_err();
/// assert!(error.to_string().contains("1 to 64 letters, digits"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to 64 letters, digits and characters of `-_.=:/+`")]
pub struct RequestIdError;

crate::core::error_text::debug_is_text!(RequestIdError);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn random_ids_never_repeat() {
        let ids = || (0..20_000).map(|_| RequestId::random()).collect::<HashSet<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(ids)).collect();
        let all: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.len(), 80_000);
        // Each of the 64 bits is set in about half of them.
        for bit in 0..64 {
            let set = all.iter().filter(|id| u64::from_str_radix(id.as_str(), 16).unwrap() >> bit & 1 == 1);
            assert!((38_000..42_000).contains(&set.count()), "bit {bit}");
        }
    }
}
