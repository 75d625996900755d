//! GIF: a screen descriptor, then blocks of sub-blocks until the trailer.

use super::StrippedImage;
use super::reader::Reader;
use crate::upload::error::UploadError;

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
/// The memory for a pixel: the screen before and after a frame and the frame itself in RGBA, and
/// the palette indexes that are encoded.
const BYTES_PER_PIXEL: u64 = 3 * 4 + 2;
/// The applications whose block has the loop count, with the lengths of the name and of the one
/// sub-block.
const LOOP_COUNT: &[&[u8]] = &[b"\x0bNETSCAPE2.0\x03", b"\x0bANIMEXTS1.0\x03"];

pub(super) fn strip(
    reader: &mut Reader<'_>,
    stripped: &mut StrippedImage,
    max_pixels: u64,
) -> Result<(), UploadError> {
    stripped.bytes.extend(reader.take(6)?);
    let mut screen = *reader;
    let (width, height, packed) = (screen.le16()?, screen.le16()?, screen.byte()?);
    stripped.frame(width.into(), height.into(), max_pixels)?;
    let screen_pixels = stripped.largest_frame;
    stripped.bytes_per_pixel = BYTES_PER_PIXEL;
    stripped.bytes.extend(reader.take(7)?);
    stripped.bytes.extend(reader.take(colour_table_length(packed))?);
    let mut has_pixels = false;
    loop {
        let start = *reader;
        let is_kept = match reader.byte()? {
            EXTENSION => extension(reader)?,
            IMAGE => {
                reader.take(4)?;
                let (width, height, packed) = (reader.le16()?, reader.le16()?, reader.byte()?);
                stripped.frame(width.into(), height.into(), max_pixels)?;
                let pixels = u64::from(width) * u64::from(height);
                stripped.decoded_pixels = stripped.decoded_pixels.saturating_add(pixels.max(screen_pixels));
                reader.take(colour_table_length(packed))?;
                reader.byte()?;
                skip_sub_blocks(reader)?;
                has_pixels = true;
                true
            }
            TRAILER if has_pixels => {
                stripped.bytes.push(TRAILER);
                return Ok(());
            }
            _ => return Err(UploadError::Damaged),
        };
        if is_kept {
            stripped.bytes.extend(&start.rest()[..start.rest().len() - reader.rest().len()]);
        }
    }
}

/// Skips an extension. Returns `true` if it is kept.
fn extension(reader: &mut Reader<'_>) -> Result<bool, UploadError> {
    let label = reader.byte()?;
    let start = *reader;
    skip_sub_blocks(reader)?;
    let length = start.rest().len() - reader.rest().len();
    Ok(match label {
        GRAPHIC_CONTROL => length == 6,
        // The name, one sub-block of three bytes, and the terminator.
        APPLICATION => length == 17 && LOOP_COUNT.iter().any(|name| start.rest().starts_with(name)),
        _ => false,
    })
}

fn skip_sub_blocks(reader: &mut Reader<'_>) -> Result<(), UploadError> {
    loop {
        match reader.byte()? {
            0 => return Ok(()),
            length => drop(reader.take(length.into())?),
        }
    }
}

/// Returns the length of the colour table that these flags announce.
fn colour_table_length(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}
