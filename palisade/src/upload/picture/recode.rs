//! Pictures made anew: decoded and encoded, so that nothing is left but what shows.

use std::io::Cursor;

use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::{LoopCount, Orientation};
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageFormat, ImageResult, Limits};

use super::Walked;
use crate::upload::error::UploadError;
use crate::upload::kind::FileType;

/// What eyes take for the same picture.
const JPEG_QUALITY: u8 = 88;
/// What a decoder may use besides the pixels.
const ROOM: u64 = 16 << 20;

/// Makes a walked picture anew. An animated PNG or WebP becomes its first frame; of a GIF all frames together have at most so
/// many pixels.
pub(in crate::upload) fn recode(
    kind: FileType,
    walked: &Walked,
    most_pixels: u64,
) -> Result<Walked, UploadError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(most_pixels.saturating_mul(8).saturating_add(ROOM));
    let source = Cursor::new(&walked.bytes[..]);
    let mut bytes = Cursor::new(Vec::new());
    let made = match kind {
        FileType::Png => still(PngDecoder::with_limits(source, limits.clone()), limits)
            .and_then(|picture| picture.write_to(&mut bytes, ImageFormat::Png).map(|()| picture)),
        FileType::Webp => still(WebPDecoder::new(source), limits)
            .and_then(|picture| picture.write_to(&mut bytes, ImageFormat::WebP).map(|()| picture)),
        FileType::Jpeg => still(JpegDecoder::new(source), limits).and_then(|picture| {
            picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
            Ok(picture)
        }),
        FileType::Gif => return animation(source, walked, limits, most_pixels),
        FileType::Pdf => return Err(UploadError::Broken),
    };
    let picture = made.map_err(|_| UploadError::Broken)?;
    Ok(Walked { bytes: bytes.into_inner(), width: picture.width(), height: picture.height(), more: false })
}

/// The first frame, the right way up.
fn still(decoder: ImageResult<impl ImageDecoder>, limits: Limits) -> ImageResult<DynamicImage> {
    let mut decoder = decoder?;
    decoder.set_limits(limits)?;
    let way = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(way);
    Ok(picture)
}

fn animation(
    source: Cursor<&[u8]>,
    walked: &Walked,
    limits: Limits,
    most_pixels: u64,
) -> Result<Walked, UploadError> {
    let broken = |_| UploadError::Broken;
    let mut decoder = GifDecoder::new(source).map_err(broken)?;
    decoder.set_limits(limits).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let repeat = match decoder.loop_count() {
        LoopCount::Infinite => Repeat::Infinite,
        LoopCount::Finite(times) => Repeat::Finite(u16::try_from(times.get()).unwrap_or(u16::MAX)),
    };
    let mut bytes = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
        encoder.set_repeat(repeat).map_err(broken)?;
        let mut left = most_pixels;
        for frame in decoder.into_frames() {
            let pixels = u64::from(width) * u64::from(height);
            left = left.checked_sub(pixels).ok_or(UploadError::TooManyPixels { most: most_pixels })?;
            encoder.encode_frame(frame.map_err(broken)?).map_err(broken)?;
        }
    }
    Ok(Walked { bytes, width: walked.width, height: walked.height, more: false })
}
