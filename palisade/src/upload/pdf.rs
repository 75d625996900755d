//! PDF: rejects polyglots.
//!
//! Viewers look for the header in the first kilobyte and for `%%EOF` in the last. That leaves room
//! for a web page at the beginning and for an archive at the end. Here the header is the first
//! bytes (checked by `sniff`), the first kilobyte contains no HTML, and only white space follows
//! the last `%%EOF`.
//!
//! It does not look for scripts and actions inside: they can be compressed. Viewers in browsers
//! don't run them against the site, and a scanner detects those that attack programs.

use super::error::UploadError;
use super::sniff::contains_html;

const END: &[u8] = b"%%EOF";
/// The distance from the end within which Acrobat accepts `%%EOF`.
const TAIL: usize = 1_024;

pub(super) fn check(bytes: &[u8]) -> Result<(), UploadError> {
    if contains_html(bytes) {
        return Err(UploadError::HiddenContent);
    }
    let tail = bytes.len().saturating_sub(TAIL);
    match bytes[tail..].windows(END.len()).rposition(|window| window == END) {
        Some(at) if bytes[tail + at + END.len()..].iter().all(|byte| b"\r\n\t \0".contains(byte)) => Ok(()),
        Some(_) => Err(UploadError::HiddenContent),
        None if bytes.windows(END.len()).any(|window| window == END) => Err(UploadError::HiddenContent),
        None => Err(UploadError::Damaged),
    }
}
