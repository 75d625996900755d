//! Pictures, taken apart by their containers: what shows stays, what tells or hides goes.
//!
//! A container is walked from its first byte to its end, without decoding a pixel, so that it costs what copying costs. What
//! is left out: places and cameras (Exif, but for which way is up), comments, editors' histories (XMP), thumbnails, blocks
//! that no viewer needs, and whatever stands behind the end.
//!
//! | kind | stays |
//! |---|---|
//! | PNG | `IHDR` `PLTE` `IDAT` `IEND`, transparency, colour, resolution, animation |
//! | JPEG | tables, frames, scans, JFIF without its thumbnail, Adobe's colour transform, ICC profiles, which way is up |
//! | GIF | screen, colour tables, pictures with their delays, how often it repeats |
//! | WebP | `VP8 ` `VP8L` `VP8X` `ALPH` `ANIM` `ANMF` `ICCP` |
//!
//! References: PNG (3rd edition) §5, §11; ITU-T T.81 annex B; GIF89a; RFC 9649 (WebP); Exif 2.32 §4.6.

mod gif;
mod jpeg;
mod png;
mod reader;
mod recode;
mod webp;

use reader::Reader;
pub(super) use recode::recode;

use super::kind::FileType;
use crate::upload::error::UploadError;

/// A picture that was walked through.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// What stays of it.
    pub(super) bytes: Vec<u8>,
    /// As it is shown.
    pub(super) width: u32,
    pub(super) height: u32,
    /// Whether something stood behind its end.
    pub(super) more: bool,
}

impl Walked {
    /// Notes a frame of this size, which also has to be paid for by who shows it.
    fn frame(&mut self, width: u32, height: u32, most: u64) -> Result<(), UploadError> {
        if width == 0 || height == 0 {
            return Err(UploadError::Broken);
        }
        if u64::from(width) * u64::from(height) > most {
            return Err(UploadError::TooManyPixels { most });
        }
        self.width = self.width.max(width);
        self.height = self.height.max(height);
        Ok(())
    }
}

/// What stays of a picture of at most so many pixels.
pub(super) fn walk(kind: FileType, bytes: &[u8], most_pixels: u64) -> Result<Walked, UploadError> {
    let mut walked = Walked { bytes: Vec::with_capacity(bytes.len()), ..Walked::default() };
    let mut reader = Reader::new(bytes);
    match kind {
        FileType::Png => png::walk(&mut reader, &mut walked, most_pixels)?,
        FileType::Jpeg => jpeg::walk(&mut reader, &mut walked, most_pixels)?,
        FileType::Gif => gif::walk(&mut reader, &mut walked, most_pixels)?,
        FileType::Webp => webp::walk(&mut reader, &mut walked, most_pixels)?,
        FileType::Pdf => return Err(UploadError::Broken),
    }
    if walked.width == 0 {
        return Err(UploadError::Broken);
    }
    walked.more = !reader.is_done();
    Ok(walked)
}
