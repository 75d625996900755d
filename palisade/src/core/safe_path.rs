//! A path on this site, and the rule for it.
//!
//! ```
//! # use palisade::redirect::{SafePath, SafePathError};
//! assert_eq!("/a b?c=é".parse::<SafePath>()?.as_str(), "/a%20b?c=%C3%A9");
//! assert_eq!("//evil.example".parse::<SafePath>(), Err(SafePathError::TwoSlashes));
//! # Ok::<(), SafePathError>(())
//! ```
//!
//! Redirects and sanitized HTML both use it; the page of `redirect` explains the rule.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::Uri;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// The length that every browser and proxy accepts; Django's limit too.
const MOST_BYTES: usize = 2_048;

/// A path on this site, with its query and fragment, percent-encoded as `Location` needs it.
///
/// A browser that follows it from any page of this site stays on this site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SafePath(Cow<'static, str>);

impl SafePath {
    /// Makes a path from a literal, such as `/articles`; in a `const` the compiler checks it.
    ///
    /// # Panics
    /// If the path is not safe, or needs percent-encoding.
    pub const fn of(path: &'static str) -> Self {
        match check(path.as_bytes()) {
            Ok(Written::Plainly) if path.len() <= MOST_BYTES => Self(Cow::Borrowed(path)),
            _ => panic!("not a path on this site: write one that begins with one slash, percent-encoded"),
        }
    }

    /// Returns the path with `name=value` added to its query, both percent-encoded.
    ///
    /// ```
    /// # use palisade::redirect::SafePath;
    /// let log_in = SafePath::of("/login").query("next", "/articles?page=2")?;
    /// assert_eq!(log_in.as_str(), "/login?next=%2Farticles%3Fpage%3D2");
    /// # Ok::<(), palisade::redirect::SafePathError>(())
    /// ```
    ///
    /// # Errors
    /// If the path becomes longer than 2,048 bytes.
    pub fn query(&self, name: &str, value: &str) -> Result<Self, SafePathError> {
        let (before, fragment) = self.0.split_at(self.0.find('#').unwrap_or(self.0.len()));
        let mut text = before.to_owned();
        text.push(if before.contains('?') { '&' } else { '?' });
        text.extend(utf8_percent_encode(name, UNRESERVED_ONLY));
        text.push('=');
        text.extend(utf8_percent_encode(value, UNRESERVED_ONLY));
        text.push_str(fragment);
        Self::fitting(text)
    }

    /// Returns the path with one more segment, percent-encoded. A query and a fragment stay behind
    /// it.
    ///
    /// ```
    /// # use palisade::redirect::{SafePath, SafePathError};
    /// const NOTES: SafePath = SafePath::of("/notes");
    /// assert_eq!(NOTES.join(17)?.as_str(), "/notes/17");
    /// assert_eq!(NOTES.join("AC/DC?")?.join("edit")?.as_str(), "/notes/AC%2FDC%3F/edit");
    /// assert_eq!(NOTES.join(".."), Err(SafePathError::DotSegment));
    /// # Ok::<(), SafePathError>(())
    /// ```
    ///
    /// # Errors
    /// If the segment is empty, is `.` or `..`, or contains a backslash or a control character, and
    /// if the path becomes longer than 2,048 bytes. Numbers and UUIDs are always accepted.
    pub fn join(&self, segment: impl fmt::Display) -> Result<Self, SafePathError> {
        let segment = segment.to_string();
        if segment.is_empty() {
            return Err(SafePathError::EmptySegment);
        }
        let (path, rest) = self.0.split_at(self.0.find(['?', '#']).unwrap_or(self.0.len()));
        let mut text = path.strip_suffix('/').unwrap_or(path).to_owned();
        text.push('/');
        text.extend(utf8_percent_encode(&segment, UNRESERVED_ONLY));
        text.push_str(rest);
        check(text.as_bytes())?;
        Self::fitting(text)
    }

    /// The path for `Location`: printable ASCII.
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
        // Checked before copying: encoding makes nothing shorter.
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

/// The path and query of a request, to come back to after a sign-in. Under a nested axum router, take it
/// from `OriginalUri`.
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

/// The reason why a text is not a path on this site.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SafePathError {
    /// The text does not begin with a slash.
    #[error("not a path on this site: write one that begins with a slash, such as `/articles?page=2`")]
    NotAbsolute,
    /// The text begins with two slashes, or with their percent-encoding.
    #[error("a path that begins with two slashes names another site: write one slash")]
    TwoSlashes,
    /// The path contains a backslash.
    #[error("browsers read a backslash in a path as a slash: write `/`")]
    Backslash,
    /// The text contains a control character.
    #[error("a path may not contain control characters, line breaks or tabs: remove them")]
    Control,
    /// The path contains a segment `.` or `..`.
    #[error("a path may not contain the segments `.` and `..`: write the path that they lead to")]
    DotSegment,
    /// The segment to join is empty.
    #[error("a path cannot be joined with an empty segment: write an id or a name")]
    EmptySegment,
    /// The text is longer than 2,048 bytes once it is percent-encoded.
    #[error("a path to redirect to has at most 2,048 bytes once it is percent-encoded")]
    TooLong,
}

/// The form of a safe text: ready for `Location`, or to be percent-encoded.
enum Written {
    Plainly,
    ToEncode,
}

/// The rule. It is a `const fn`, for [`SafePath::of`].
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
        plain &= is_plain(byte) && !(byte == b'%' && decoded.is_none()) && !(in_fragment && byte == b'#');
        if in_path {
            // The byte after decoding, as a server reads it that decodes once more.
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

/// The content of the current path segment so far.
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

/// Decodes `%` and two hexadecimal digits at this position.
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

/// Returns `true` for characters that need no percent-encoding in a path, query or fragment (RFC 3986).
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'[' | b']')
}

/// The characters that are encoded in a segment, and in a query's name and value: all but RFC
/// 3986's unreserved ones.
const UNRESERVED_ONLY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The opposite of [`is_plain`], for `percent_encoding`.
const NEEDS_ENCODING: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'[')
    .add(b']');

/// Percent-encodes invalid characters, and a `%` that begins no code; keeps valid codes.
fn encode_rest(encoded: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        encoded.extend(utf8_percent_encode(&rest[..at], NEEDS_ENCODING));
        encoded.push_str(if percent_decoded(rest.as_bytes(), at).is_some() { "%" } else { "%25" });
        rest = &rest[at + 1..];
    }
    encoded.extend(utf8_percent_encode(rest, NEEDS_ENCODING));
}

crate::core::error_text::debug_is_text!(SafePathError);
