//! Decodes and encodes an image again, so that only its pixels remain.

use std::io::Cursor;

use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::{LoopCount, Orientation};
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageFormat, ImageResult, Limits};

use super::StrippedImage;
use crate::upload::error::UploadError;
use crate::upload::file_type::FileType;

/// Visually the same as the original.
const JPEG_QUALITY: u8 = 88;
/// Encodes an image again, within the memory of [`StrippedImage::decoder_bytes`]. Of an animated PNG
/// or WebP the first frame stays.
pub(in crate::upload) fn recode(
    file_type: FileType,
    stripped: &StrippedImage,
) -> Result<StrippedImage, UploadError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(stripped.decoder_bytes());
    let source = Cursor::new(&stripped.bytes[..]);
    let mut bytes = Cursor::new(Vec::new());
    let encoded = match file_type {
        FileType::Png => still(PngDecoder::with_limits(source, limits.clone()), limits)
            .and_then(|image| image.write_to(&mut bytes, ImageFormat::Png).map(|()| image)),
        FileType::Webp => still(WebPDecoder::new(source), limits)
            .and_then(|image| image.write_to(&mut bytes, ImageFormat::WebP).map(|()| image)),
        FileType::Jpeg => still(JpegDecoder::new(source), limits).and_then(|image| {
            image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
            Ok(image)
        }),
        FileType::Gif => return animation(source, limits),
        FileType::Pdf => return Err(UploadError::Damaged),
    };
    let image = encoded.map_err(|_| UploadError::Damaged)?;
    Ok(StrippedImage {
        bytes: bytes.into_inner(),
        width: image.width(),
        height: image.height(),
        ..StrippedImage::default()
    })
}

/// Decodes the first frame, in its orientation.
fn still(decoder: ImageResult<impl ImageDecoder>, limits: Limits) -> ImageResult<DynamicImage> {
    let mut decoder = decoder?;
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn animation(source: Cursor<&[u8]>, limits: Limits) -> Result<StrippedImage, UploadError> {
    let damaged = |_| UploadError::Damaged;
    let mut decoder = GifDecoder::new(source).map_err(damaged)?;
    decoder.set_limits(limits).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let repeat = match decoder.loop_count() {
        LoopCount::Infinite => Repeat::Infinite,
        LoopCount::Finite(times) => Repeat::Finite(u16::try_from(times.get()).unwrap_or(u16::MAX)),
    };
    let mut bytes = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
        encoder.set_repeat(repeat).map_err(damaged)?;
        for frame in decoder.into_frames() {
            encoder.encode_frame(frame.map_err(damaged)?).map_err(damaged)?;
        }
    }
    Ok(StrippedImage { bytes, width, height, ..StrippedImage::default() })
}
