//! PDF documents: that they are nothing else as well.
//!
//! Readers look for a document's mark in its first kilobyte and for its end in the last, which leaves room for a web page at
//! the head and for an archive at the tail. Here the mark stands first, the beginning has nothing of a page in it, and
//! nothing but white space stands behind the last `%%EOF`.
//!
//! It does not look for scripts and actions inside: they can be packed where only a reader finds them. Viewers in browsers run
//! none of them against the site, and a scanner knows those that attack programs.

use super::sniff::mentions_page;
use crate::upload::error::UploadError;

const END: &[u8] = b"%%EOF";
/// How far from the end the end may stand, as Acrobat has it.
const TAIL: usize = 1_024;

pub(super) fn check(bytes: &[u8]) -> Result<(), UploadError> {
    if mentions_page(bytes) {
        return Err(UploadError::Hides);
    }
    let tail = bytes.len().saturating_sub(TAIL);
    match bytes[tail..].windows(END.len()).rposition(|window| window == END) {
        Some(at) if bytes[tail + at + END.len()..].iter().all(|byte| b"\r\n\t \0".contains(byte)) => Ok(()),
        Some(_) => Err(UploadError::Hides),
        None if bytes.windows(END.len()).any(|window| window == END) => Err(UploadError::Hides),
        None => Err(UploadError::Broken),
    }
}
