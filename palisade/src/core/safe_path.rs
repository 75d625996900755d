//! A path on this very site, and the rule that says so.
//!
//! ```
//! # use palisade::redirect::{SafePath, SafePathError};
//! assert_eq!("/a b?c=é".parse::<SafePath>()?.as_str(), "/a%20b?c=%C3%A9");
//! assert_eq!("//evil.example".parse::<SafePath>(), Err(SafePathError::TwoSlashes));
//! # Ok::<(), SafePathError>(())
//! ```
//!
//! On the floor, since redirects and pictures in articles both want it; `redirect` says what passes, and why.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::str::FromStr;

use http::Uri;

/// What browsers and proxies surely take, and what Django takes.
const MOST_BYTES: usize = 2_048;

/// A path on this very site, with its query and fragment if it has them, written as `Location` takes it.
///
/// Wherever a page of this site sends a browser to it, the browser stays on this site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SafePath(Cow<'static, str>);

impl SafePath {
    /// A path that stands in the program, such as `/articles`; in a `const` it is checked by the compiler.
    ///
    /// # Panics
    /// When it is not safe, or has something that must be percent-encoded.
    pub const fn of(path: &'static str) -> Self {
        match check(path.as_bytes()) {
            Ok(Written::Plainly) if path.len() <= MOST_BYTES => Self(Cow::Borrowed(path)),
            _ => panic!("not a path on this site: write one that begins with one slash, percent-encoded"),
        }
    }

    /// The same path with `name=value` added to its query, both encoded as a form does.
    ///
    /// ```
    /// # use palisade::redirect::SafePath;
    /// let log_in = SafePath::of("/login").query("next", "/articles?page=2")?;
    /// assert_eq!(log_in.as_str(), "/login?next=%2Farticles%3Fpage%3D2");
    /// # Ok::<(), palisade::redirect::SafePathError>(())
    /// ```
    ///
    /// # Errors
    /// When it becomes too long.
    pub fn query(&self, name: &str, value: &str) -> Result<Self, SafePathError> {
        let (before, fragment) = self.0.split_at(self.0.find('#').unwrap_or(self.0.len()));
        let mut text = before.to_owned();
        text.push(if before.contains('?') { '&' } else { '?' });
        let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        percent_encode(&mut text, name, keep);
        text.push('=');
        percent_encode(&mut text, value, keep);
        text.push_str(fragment);
        Self::fitting(text)
    }

    /// The path as `Location` has it: printable ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[cfg(feature = "redirect")]
    pub(crate) fn into_text(self) -> Cow<'static, str> {
        self.0
    }

    fn fitting(text: String) -> Result<Self, SafePathError> {
        if text.len() > MOST_BYTES { Err(SafePathError::TooLong) } else { Ok(Self(Cow::Owned(text))) }
    }
}

impl FromStr for SafePath {
    type Err = SafePathError;

    fn from_str(text: &str) -> Result<Self, SafePathError> {
        // Before it is copied: encoding makes nothing shorter.
        if text.len() > MOST_BYTES {
            return Err(SafePathError::TooLong);
        }
        match check(text.as_bytes())? {
            Written::Plainly => Self::fitting(text.to_owned()),
            Written::ToEncode => {
                let mut encoded = String::with_capacity(text.len() * 2);
                let (before, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
                encode_rest(&mut encoded, before);
                if let Some(fragment) = fragment.strip_prefix('#') {
                    encoded.push('#');
                    encode_rest(&mut encoded, &fragment.replace('#', "%23"));
                }
                Self::fitting(encoded)
            }
        }
    }
}

impl TryFrom<&str> for SafePath {
    type Error = SafePathError;

    fn try_from(text: &str) -> Result<Self, SafePathError> {
        text.parse()
    }
}

/// The path and query that a request asked for: where to come back to after a log-in. Under a nested router of axum
/// take it from `OriginalUri`.
impl TryFrom<&Uri> for SafePath {
    type Error = SafePathError;

    fn try_from(uri: &Uri) -> Result<Self, SafePathError> {
        uri.path_and_query().map_or("", |target| target.as_str()).parse()
    }
}

impl AsRef<str> for SafePath {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a text is no path on this site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SafePathError {
    /// It does not begin with a slash.
    #[error("not a path on this site: write one that begins with a slash, such as `/articles?page=2`")]
    NotAbsolute,
    /// It begins with two slashes, or with what becomes two.
    #[error("a path that begins with two slashes names another site: write one slash")]
    TwoSlashes,
    /// It has a backslash in its path.
    #[error("browsers read a backslash in a path as a slash: write `/`")]
    Backslash,
    /// It has a control character.
    #[error("a path has no control characters, line breaks or tabs: leave them out")]
    Control,
    /// It has a segment `.` or `..`.
    #[error("write the path without `.` and `..`, as the browser would ask for it")]
    DotSegment,
    /// It is longer than 2,048 bytes.
    #[error("a path to redirect to has at most 2,048 bytes once it is percent-encoded")]
    TooLong,
}

/// Whether a safe text can stand in `Location` as it is.
enum Written {
    Plainly,
    ToEncode,
}

/// The rule. Nothing but loops and comparisons, so that the compiler can follow it for [`SafePath::of`].
const fn check(text: &[u8]) -> Result<Written, SafePathError> {
    use SafePathError as No;
    if text.is_empty() || text[0] != b'/' {
        return Err(No::NotAbsolute);
    }
    let mut segment = Segment::Empty;
    let mut first = true;
    let mut in_path = true;
    let mut in_fragment = false;
    let mut plain = true;
    let mut at = 1;
    while at < text.len() {
        let byte = text[at];
        if byte.is_ascii_control() {
            return Err(No::Control);
        }
        let decoded = percent_decoded(text, at);
        plain &= has_a_place(byte) && !(byte == b'%' && decoded.is_none()) && !(in_fragment && byte == b'#');
        if in_path {
            // The path as a browser reads it, and as a server that decodes it once more does.
            let read = match decoded {
                Some(decoded) => decoded,
                None => byte,
            };
            match read {
                b'?' | b'#' if decoded.is_none() => {
                    if segment.is_dots() {
                        return Err(No::DotSegment);
                    }
                    in_path = false;
                }
                b'/' if first && matches!(segment, Segment::Empty) => return Err(No::TwoSlashes),
                b'/' if segment.is_dots() => return Err(No::DotSegment),
                b'/' => {
                    segment = Segment::Empty;
                    first = false;
                }
                b'\\' => return Err(No::Backslash),
                read if read.is_ascii_control() => return Err(No::Control),
                b'.' => segment = segment.and_a_dot(),
                _ => segment = Segment::Word,
            }
        }
        in_fragment |= byte == b'#';
        at += if decoded.is_some() { 3 } else { 1 };
    }
    if in_path && segment.is_dots() {
        return Err(No::DotSegment);
    }
    Ok(if plain { Written::Plainly } else { Written::ToEncode })
}

/// What a path's current segment has so far.
#[derive(Clone, Copy)]
enum Segment {
    Empty,
    Dot,
    TwoDots,
    Word,
}

impl Segment {
    const fn is_dots(self) -> bool {
        matches!(self, Self::Dot | Self::TwoDots)
    }

    const fn and_a_dot(self) -> Self {
        match self {
            Self::Empty => Self::Dot,
            Self::Dot => Self::TwoDots,
            Self::TwoDots | Self::Word => Self::Word,
        }
    }
}

/// What `%` and two hexadecimal digits at this place stand for.
const fn percent_decoded(text: &[u8], at: usize) -> Option<u8> {
    if text[at] != b'%' || at + 2 >= text.len() {
        return None;
    }
    match (hex(text[at + 1]), hex(text[at + 2])) {
        (Some(high), Some(low)) => Some(high * 16 + low),
        _ => None,
    }
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Whether a character stands for itself in a path, a query or a fragment: RFC 3986.
const fn has_a_place(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'[' | b']')
}

/// Encodes what has no place, and a `%` that begins no code; leaves the codes that are there.
fn encode_rest(encoded: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        percent_encode(encoded, &rest[..at], has_a_place);
        encoded.push_str(if percent_decoded(rest.as_bytes(), at).is_some() { "%" } else { "%25" });
        rest = &rest[at + 1..];
    }
    percent_encode(encoded, rest, has_a_place);
}

fn percent_encode(encoded: &mut String, text: &str, keep: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        if keep(byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
}
