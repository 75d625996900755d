//! PNG: chunks of length, name, data and checksum.

use super::StrippedImage;
use super::reader::{Reader, index};
use crate::upload::error::UploadError;

/// The chunks that a viewer needs, and those that define colours and resolution.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// Returns the memory for a pixel: decoded, compressed, compressed once more if that did not shrink
/// it, and the new file. Samples of 16 bits are also copied in the file's byte order.
fn bytes_per_pixel(depth: u8, colour_type: u8) -> u64 {
    // With an alpha channel, which a `tRNS` chunk adds to any type.
    let channels = if colour_type & 0b11 == 0 { 2 } else { 4 };
    if depth == 16 { channels * 2 * 5 } else { channels * 4 }
}

pub(super) fn strip(
    reader: &mut Reader<'_>,
    stripped: &mut StrippedImage,
    max_pixels: u64,
) -> Result<(), UploadError> {
    stripped.bytes.extend(reader.take(8)?);
    let mut first = true;
    let mut has_pixels = false;
    loop {
        let start = *reader;
        let length = index(reader.be32()?);
        let name: [u8; 4] = reader.array()?;
        let mut data = Reader::new(reader.take(length)?);
        reader.take(4)?;
        match &name {
            b"IHDR" if !first => return Err(UploadError::Damaged),
            b"IHDR" => {
                stripped.frame(data.be32()?, data.be32()?, max_pixels)?;
                stripped.bytes_per_pixel = bytes_per_pixel(data.byte()?, data.byte()?);
            }
            _ if first => return Err(UploadError::Damaged),
            b"IDAT" => has_pixels = true,
            // The sequence number precedes the frame's size.
            b"fcTL" => {
                data.take(4)?;
                stripped.frame(data.be32()?, data.be32()?, max_pixels)?;
            }
            _ => {}
        }
        first = false;
        if KEPT.contains(&&name) {
            stripped.bytes.extend(&start.rest()[..start.rest().len() - reader.rest().len()]);
        }
        if &name == b"IEND" {
            return if has_pixels { Ok(()) } else { Err(UploadError::Damaged) };
        }
    }
}
