//! JPEG: segments with markers, and the entropy-coded data of the scans between them.

use super::StrippedImage;
use super::reader::Reader;
use crate::upload::error::UploadError;

const BEGIN: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// A decoded pixel: red, green and blue.
const PIXEL: u64 = 3;

pub(super) fn strip(
    reader: &mut Reader<'_>,
    stripped: &mut StrippedImage,
    max_pixels: u64,
) -> Result<(), UploadError> {
    if reader.take(2)? != [0xff, BEGIN] {
        return Err(UploadError::Damaged);
    }
    stripped.bytes.extend([0xff, BEGIN]);
    let (mut orientation, mut scans, mut coefficients) = (None, 0_u32, 0);
    loop {
        let marker = marker(reader)?;
        match marker {
            END if scans > 0 => {
                // All coefficients are in memory if there are several scans, and rows that are made
                // larger. Later there is a copy in the other orientation, or the encoded file, which is
                // smaller.
                let coefficients = if scans > 1 { coefficients + 1 } else { 0 };
                stripped.bytes_per_pixel = PIXEL + PIXEL.max(coefficients);
                stripped.bytes.extend([0xff, END]);
                if orientation.is_some_and(|value| value >= 5) {
                    std::mem::swap(&mut stripped.width, &mut stripped.height);
                }
                return Ok(());
            }
            0x01 | 0xd0..=0xd9 => return Err(UploadError::Damaged),
            _ => {}
        }
        let length = usize::from(reader.be16()?).checked_sub(2).ok_or(UploadError::Damaged)?;
        let data = reader.take(length)?;
        match marker {
            0xc4 | 0xc8 | 0xcc | 0xdb | 0xdd => keep(stripped, marker, data),
            0xc0..=0xcf => {
                let mut frame = Reader::new(data);
                frame.byte()?;
                let (height, width) = (frame.be16()?, frame.be16()?);
                stripped.frame(width.into(), height.into(), max_pixels)?;
                coefficients = coefficients.max(2 * u64::from(frame.byte()?));
                keep(stripped, marker, data);
            }
            SCAN if stripped.width == 0 => return Err(UploadError::Damaged),
            SCAN => {
                keep(stripped, marker, data);
                stripped.bytes.extend(scan(reader)?);
                scans = scans.saturating_add(1);
            }
            // JFIF, without its thumbnail.
            0xe0 if data.starts_with(b"JFIF\0") && data.len() >= 14 => {
                keep(stripped, marker, &[&data[..12], &[0, 0]].concat());
            }
            0xe1 if orientation.is_none() && data.starts_with(b"Exif\0\0") => {
                orientation = read_orientation(&data[6..]);
                if let Some(value) = orientation {
                    keep(stripped, marker, &orientation_only(value));
                }
            }
            0xe2 if data.starts_with(b"ICC_PROFILE\0") => keep(stripped, marker, data),
            0xee if data.starts_with(b"Adobe") => keep(stripped, marker, data),
            _ => {}
        }
    }
}

/// Reads a marker, after any number of fill bytes.
fn marker(reader: &mut Reader<'_>) -> Result<u8, UploadError> {
    if reader.byte()? != 0xff {
        return Err(UploadError::Damaged);
    }
    loop {
        match reader.byte()? {
            0xff => {}
            0 => return Err(UploadError::Damaged),
            marker => return Ok(marker),
        }
    }
}

/// Reads the data of a scan, up to the next marker that is neither a stuffed byte nor a restart.
fn scan<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], UploadError> {
    let rest = reader.rest();
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    let length = rest.windows(2).position(ends).ok_or(UploadError::Damaged)?;
    reader.take(length)
}

fn keep(stripped: &mut StrippedImage, marker: u8, data: &[u8]) {
    let length = u16::try_from(data.len() + 2).unwrap_or(u16::MAX);
    stripped.bytes.extend([0xff, marker]);
    stripped.bytes.extend(length.to_be_bytes());
    stripped.bytes.extend(data);
}

/// Reads the orientation from Exif data: 2 to 8. Returns `None` for 1, which is upright.
fn read_orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |bytes: &[u8]| {
        let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    };
    let entries = number(tiff.get(4..8)?);
    let count = number(tiff.get(entries..entries.checked_add(2)?)?);
    let entry = (0..count).map_while(|place| tiff.get(entries + 2 + place * 12..entries + 14 + place * 12));
    let value =
        entry.filter(|entry| number(&entry[..2]) == 0x0112).map(|entry| number(&entry[8..10])).next()?;
    u8::try_from(value).ok().filter(|value| (2..=8).contains(value))
}

/// Makes Exif data with the orientation only.
fn orientation_only(value: u8) -> [u8; 32] {
    let mut exif = *b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    exif[25] = value;
    exif
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_only_the_orientation() {
        let exif = orientation_only(6);
        assert_eq!(read_orientation(&exif[6..]), Some(6));
        let little =
            b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x04\0\0\0ABC\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0";
        assert_eq!(read_orientation(little), Some(8));
        for missing in [&b""[..], b"II*\0", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"] {
            assert_eq!(read_orientation(missing), None);
        }
    }
}
