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
#[cfg(test)]
mod tests;
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
    /// The pixels of the largest frame, in the way it is decoded.
    largest_frame: u64,
    /// The pixels of all frames together.
    all_frames: u64,
    /// The pixels that decoding all frames writes: a GIF's frame costs at least its screen.
    decoded_pixels: u64,
    /// The memory for decoding and encoding one pixel of the largest frame.
    bytes_per_pixel: u64,
}

/// The pixels of all frames of an animation together, in multiples of those of one frame. With 40
/// million pixels per frame they are 430 frames of 1280 × 720, or 15 s of a viewer's processor.
const MAX_ANIMATION: u64 = 10;
/// The memory of a decoder besides the pixels: tables, rows, and the state of a compressor.
const DECODER_BYTES: u64 = 2 << 20;

impl StrippedImage {
    /// Returns an upper bound of the memory for decoding and encoding this image again, in bytes:
    /// the pixels in the width of their samples, and the file before and after.
    pub(super) fn decoder_bytes(&self) -> u64 {
        self.largest_frame
            .saturating_mul(self.bytes_per_pixel)
            .saturating_add(self.decoded_pixels.saturating_mul(self.file_bytes_per_pixel()))
            .saturating_add(DECODER_BYTES + 3 * self.bytes.len() as u64)
    }

    /// Only an animation has more decoded pixels than its largest frame. LZW makes 1.5 bytes of a
    /// pixel at most, in a vector that grows.
    fn file_bytes_per_pixel(&self) -> u64 {
        if self.decoded_pixels > self.largest_frame { 2 } else { 0 }
    }

    /// Rejects an image that takes more memory than this to decode, or an animation of more pixels.
    pub(super) fn check_decoder(&self, memory: u64, max_pixels: u64) -> Result<(), UploadError> {
        if self.decoded_pixels > max_pixels {
            return Err(UploadError::TooManyPixels { max: max_pixels });
        }
        let needed = self.decoder_bytes();
        if needed <= memory {
            return Ok(());
        }
        // The part of the pixels that fits, as the other parts shrink with it.
        let pixels = u128::from(self.decoded_pixels.max(self.largest_frame));
        let max = pixels * u128::from(memory) / u128::from(needed.max(1));
        Err(UploadError::TooManyPixels { max: u64::try_from(max).unwrap_or(u64::MAX) })
    }

    /// Records the size of a frame. Every frame is checked, since a viewer allocates each.
    fn frame(&mut self, width: u32, height: u32, max_pixels: u64) -> Result<(), UploadError> {
        if width == 0 || height == 0 {
            return Err(UploadError::Damaged);
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > max_pixels {
            return Err(UploadError::TooManyPixels { max: max_pixels });
        }
        self.all_frames = self.all_frames.saturating_add(pixels);
        let most = max_pixels.saturating_mul(MAX_ANIMATION);
        if self.all_frames > most {
            return Err(UploadError::TooManyPixels { max: most });
        }
        self.largest_frame = self.largest_frame.max(pixels);
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
    // Of an image that is no GIF, one frame is decoded.
    stripped.decoded_pixels = stripped.decoded_pixels.max(stripped.largest_frame);
    stripped.has_trailing_data = !reader.is_done();
    Ok(stripped)
}
