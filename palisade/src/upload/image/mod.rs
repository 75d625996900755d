//! Images: checks the container, and removes metadata and hidden data.
//!
//! A container is parsed from its first byte to its end, without decoding pixels, so it costs as
//! much as a copy. Removed: locations and camera data (Exif, except the orientation), comments,
//! editing histories (XMP), thumbnails, blocks that no viewer needs, and data after the end.
//!
//! | type | kept |
//! |---|---|
//! | PNG | `IHDR` `PLTE` `IDAT` `IEND`, transparency, colour, resolution, animation |
//! | JPEG | tables, frames, scans, JFIF without its thumbnail, Adobe's segment, ICC, orientation |
//! | GIF | screen, colour tables, frames with their delays, the loop count |
//! | WebP | `VP8 ` `VP8L` `VP8X` `ALPH` `ANIM` `ANMF` `ICCP` |
//!
//! References: PNG (3rd edition) sections 5 and 11; ITU-T T.81 annex B; GIF89a; RFC 9649 (WebP);
//! Exif 2.32 section 4.6.

mod gif;
mod jpeg;
mod png;
mod reader;
mod recode;
mod webp;

use reader::Reader;
pub(super) use recode::recode;

use super::error::UploadError;
use super::file_type::FileType;

/// An image whose container was parsed to the end.
#[derive(Debug, Default)]
pub(super) struct StrippedImage {
    /// The image without metadata.
    pub(super) bytes: Vec<u8>,
    /// The width as it is displayed.
    pub(super) width: u32,
    /// The height as it is displayed.
    pub(super) height: u32,
    pub(super) has_trailing_data: bool,
}

impl StrippedImage {
    /// Records the size of a frame. Every frame is checked, since a viewer allocates each.
    fn frame(&mut self, width: u32, height: u32, max_pixels: u64) -> Result<(), UploadError> {
        if width == 0 || height == 0 {
            return Err(UploadError::Damaged);
        }
        if u64::from(width) * u64::from(height) > max_pixels {
            return Err(UploadError::TooManyPixels { max: max_pixels });
        }
        self.width = self.width.max(width);
        self.height = self.height.max(height);
        Ok(())
    }
}

/// Parses an image, and removes its metadata.
pub(super) fn strip(
    file_type: FileType,
    bytes: &[u8],
    max_pixels: u64,
) -> Result<StrippedImage, UploadError> {
    let mut stripped = StrippedImage { bytes: Vec::with_capacity(bytes.len()), ..StrippedImage::default() };
    let mut reader = Reader::new(bytes);
    match file_type {
        FileType::Png => png::strip(&mut reader, &mut stripped, max_pixels)?,
        FileType::Jpeg => jpeg::strip(&mut reader, &mut stripped, max_pixels)?,
        FileType::Gif => gif::strip(&mut reader, &mut stripped, max_pixels)?,
        FileType::Webp => webp::strip(&mut reader, &mut stripped, max_pixels)?,
        FileType::Pdf => return Err(UploadError::Damaged),
    }
    if stripped.width == 0 {
        return Err(UploadError::Damaged);
    }
    stripped.has_trailing_data = !reader.is_done();
    Ok(stripped)
}
