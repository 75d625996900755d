//! The field of a form, looked for in the beginning of a body while it arrives.
//!
//! Each byte is looked at about once, however small the pieces are in which the body comes, and nothing is kept but where
//! the search stands. Where we read a body otherwise than the handler does, nothing is lost: whatever we take for the
//! token must be one.

mod multipart;
#[cfg(test)]
mod tests;
mod urlencoded;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use self::multipart::Parts;
use self::urlencoded::Fields;
use super::params;

/// A search for one field.
#[derive(Debug)]
pub(super) enum Scan {
    Fields(Fields),
    Parts(Parts),
}

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The field, cut off where no token is as long.
    Value(Vec<u8>),
    /// The form does not have it, or is none.
    Absent,
    /// The rest of the body may have it.
    Later,
}

/// No token is as long.
const LONGEST: usize = super::token::CHARS + 1;

impl Scan {
    /// How to look through the body that these headers announce; nothing where it is no form that can be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
        if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return None;
        }
        let mut lines = headers.get_all(CONTENT_TYPE).iter();
        let (Some(kind), None) = (lines.next(), lines.next()) else { return None };
        let (kind, params) = params::split(kind.as_bytes());
        if kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            return Some(Self::Fields(Fields::default()));
        }
        if kind.eq_ignore_ascii_case(b"multipart/form-data") {
            return Parts::between(&params.named(b"boundary")?).map(Self::Parts);
        }
        None
    }

    /// Looks on. `seen` is the body from its beginning and only grows from one look to the next; `ended` says that it is
    /// whole.
    pub(super) fn look(&mut self, seen: &[u8], field: &str, ended: bool) -> Found {
        let found = match self {
            Self::Fields(fields) => fields.look(seen, field, ended),
            Self::Parts(parts) => parts.look(seen, field),
        };
        if ended && found == Found::Later { Found::Absent } else { found }
    }
}

/// Where the needle is, or how far on the next look may begin.
fn find(seen: &[u8], from: &mut usize, needle: &[u8]) -> Option<usize> {
    let rest = seen.get(*from..).unwrap_or_default();
    match rest.windows(needle.len()).position(|window| window == needle) {
        Some(at) => Some(*from + at),
        None => {
            *from = (*from).max((seen.len() + 1).saturating_sub(needle.len()));
            None
        }
    }
}
