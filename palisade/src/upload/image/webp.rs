//! WebP: chunks of name, length and data in a RIFF container.

use super::StrippedImage;
use super::reader::{Reader, index};
use crate::upload::error::UploadError;

/// The flags of `VP8X` for Exif and XMP.
const METADATA: u8 = 0x0c;
/// The length of a frame's header: position, size and delay.
const FRAME_HEADER: usize = 16;

/// The memory for a pixel, in RGBA each: decoded, the copy that the encoder makes, and the encoded
/// file in a vector that grows.
const BYTES_PER_PIXEL: u64 = 4 * 4;

pub(super) fn strip(
    reader: &mut Reader<'_>,
    stripped: &mut StrippedImage,
    max_pixels: u64,
) -> Result<(), UploadError> {
    reader.take(4)?;
    let length = index(reader.le32()?);
    let mut riff = Reader::new(reader.take(length)?);
    riff.take(4)?;
    let mut kept = b"WEBP".to_vec();
    stripped.bytes_per_pixel = BYTES_PER_PIXEL;
    chunks(&mut riff, &mut kept, stripped, max_pixels, true)?;
    stripped.bytes.extend(b"RIFF");
    stripped.bytes.extend(u32::try_from(kept.len()).map_err(|_| UploadError::Damaged)?.to_le_bytes());
    stripped.bytes.extend(kept);
    Ok(())
}

fn chunks(
    reader: &mut Reader<'_>,
    kept: &mut Vec<u8>,
    stripped: &mut StrippedImage,
    max_pixels: u64,
    is_top_level: bool,
) -> Result<(), UploadError> {
    let mut has_pixels = false;
    while !reader.is_done() {
        let name: [u8; 4] = reader.array()?;
        let length = index(reader.le32()?);
        let data = reader.take(length)?;
        if length % 2 == 1 && !reader.is_done() {
            reader.byte()?;
        }
        match &name {
            b"VP8 " | b"VP8L" => {
                let (width, height) = if &name == b"VP8 " { lossy_size(data)? } else { lossless_size(data)? };
                stripped.frame(width, height, max_pixels)?;
                has_pixels = true;
                keep(kept, &name, data);
            }
            b"ALPH" => keep(kept, &name, data),
            b"VP8X" if is_top_level => {
                let mut canvas = Reader::new(data);
                let flags = canvas.byte()?;
                canvas.take(3)?;
                stripped.frame(canvas.le24()? + 1, canvas.le24()? + 1, max_pixels)?;
                keep(kept, &name, &[&[flags & !METADATA], &data[1..]].concat());
            }
            b"ICCP" | b"ANIM" if is_top_level => keep(kept, &name, data),
            b"ANMF" if is_top_level => {
                let mut frame = Reader::new(data);
                let mut stripped_frame = frame.take(FRAME_HEADER)?.to_vec();
                chunks(&mut frame, &mut stripped_frame, stripped, max_pixels, false)?;
                has_pixels = true;
                keep(kept, &name, &stripped_frame);
            }
            _ => {}
        }
    }
    if has_pixels { Ok(()) } else { Err(UploadError::Damaged) }
}

fn keep(kept: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    kept.extend(name);
    kept.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    kept.extend(data);
    if data.len() % 2 == 1 {
        kept.push(0);
    }
}

fn lossy_size(data: &[u8]) -> Result<(u32, u32), UploadError> {
    let mut reader = Reader::new(data);
    reader.take(3)?;
    if reader.take(3)? != b"\x9d\x01\x2a" {
        return Err(UploadError::Damaged);
    }
    let (width, height) = (reader.le16()? & 0x3fff, reader.le16()? & 0x3fff);
    Ok((width.into(), height.into()))
}

fn lossless_size(data: &[u8]) -> Result<(u32, u32), UploadError> {
    let mut reader = Reader::new(data);
    if reader.byte()? != 0x2f {
        return Err(UploadError::Damaged);
    }
    let sizes = reader.le32()?;
    Ok(((sizes & 0x3fff) + 1, (sizes >> 14 & 0x3fff) + 1))
}
