//! The search for the token's field at the start of a form, while the body arrives.
//!
//! The scan reads each byte about once, even if the body arrives in small pieces. It stores only
//! its position. If the scan and the handler parse a body differently, that is harmless: the found
//! value must be a valid token in any case.

mod multipart;
#[cfg(test)]
mod tests;
mod urlencoded;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use self::multipart::MultipartScan;
use self::urlencoded::UrlencodedScan;
use super::{params, signer};

/// A search for one field of a form.
#[derive(Debug)]
pub(super) enum TokenScan {
    Urlencoded(UrlencodedScan),
    Multipart(MultipartScan),
}

/// The result of one step of the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ScanResult {
    /// The field's value, cut off at `MAX_VALUE_LEN`.
    Value(Vec<u8>),
    /// The form has no such field, or the body is not a form.
    Absent,
    /// The field may be in the rest of the body.
    Incomplete,
}

/// One more than the length of a token: a longer value cannot be one.
const MAX_VALUE_LEN: usize = signer::TOKEN_CHARS + 1;

impl TokenScan {
    /// Returns the scan for a body with these headers, or `None` if it is not a readable form.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
        if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return None;
        }
        let mut lines = headers.get_all(CONTENT_TYPE).iter();
        let (Some(content_type), None) = (lines.next(), lines.next()) else { return None };
        let (media_type, params) = params::split(content_type.as_bytes());
        if media_type.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            return Some(Self::Urlencoded(UrlencodedScan::default()));
        }
        if media_type.eq_ignore_ascii_case(b"multipart/form-data") {
            return MultipartScan::new(&params.named(b"boundary")?).map(Self::Multipart);
        }
        None
    }

    /// Continues the scan. `body` is the body from its start, which only grows between calls.
    /// `ended` means that it is complete.
    pub(super) fn advance(&mut self, body: &[u8], field: &str, ended: bool) -> ScanResult {
        let result = match self {
            Self::Urlencoded(scan) => scan.advance(body, field, ended),
            Self::Multipart(scan) => scan.advance(body, field),
        };
        if ended && result == ScanResult::Incomplete { ScanResult::Absent } else { result }
    }
}

/// Returns the position of the needle. If it is absent, moves `from` to where the next search may
/// start.
fn find(body: &[u8], from: &mut usize, needle: &[u8]) -> Option<usize> {
    let rest = body.get(*from..).unwrap_or_default();
    match rest.windows(needle.len()).position(|window| window == needle) {
        Some(at) => Some(*from + at),
        None => {
            *from = (*from).max((body.len() + 1).saturating_sub(needle.len()));
            None
        }
    }
}
