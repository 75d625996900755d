//! JPEG: segments behind markers, and between them the bits of the scans.

use super::Walked;
use super::reader::Reader;
use crate::upload::error::UploadError;

const BEGIN: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

pub(super) fn walk(reader: &mut Reader<'_>, walked: &mut Walked, most: u64) -> Result<(), UploadError> {
    if reader.take(2)? != [0xff, BEGIN] {
        return Err(UploadError::Broken);
    }
    walked.bytes.extend([0xff, BEGIN]);
    let (mut turned, mut shows) = (None, false);
    loop {
        let marker = marker(reader)?;
        match marker {
            END if shows => {
                walked.bytes.extend([0xff, END]);
                if turned.is_some_and(|way| way >= 5) {
                    std::mem::swap(&mut walked.width, &mut walked.height);
                }
                return Ok(());
            }
            0x01 | 0xd0..=0xd9 => return Err(UploadError::Broken),
            _ => {}
        }
        let length = usize::from(reader.be16()?).checked_sub(2).ok_or(UploadError::Broken)?;
        let data = reader.take(length)?;
        match marker {
            0xc4 | 0xc8 | 0xcc | 0xdb | 0xdd => keep(walked, marker, data),
            0xc0..=0xcf => {
                let mut frame = Reader::new(data);
                frame.byte()?;
                let (height, width) = (frame.be16()?, frame.be16()?);
                walked.frame(width.into(), height.into(), most)?;
                keep(walked, marker, data);
            }
            SCAN if walked.width == 0 => return Err(UploadError::Broken),
            SCAN => {
                keep(walked, marker, data);
                walked.bytes.extend(scan(reader)?);
                shows = true;
            }
            // JFIF: without the thumbnail.
            0xe0 if data.starts_with(b"JFIF\0") && data.len() >= 14 => {
                keep(walked, marker, &[&data[..12], &[0, 0]].concat());
            }
            0xe1 if turned.is_none() && data.starts_with(b"Exif\0\0") => {
                turned = way_up(&data[6..]);
                if let Some(way) = turned {
                    keep(walked, marker, &only_way_up(way));
                }
            }
            0xe2 if data.starts_with(b"ICC_PROFILE\0") => keep(walked, marker, data),
            0xee if data.starts_with(b"Adobe") => keep(walked, marker, data),
            _ => {}
        }
    }
}

/// A marker, behind any number of filling bytes.
fn marker(reader: &mut Reader<'_>) -> Result<u8, UploadError> {
    if reader.byte()? != 0xff {
        return Err(UploadError::Broken);
    }
    loop {
        match reader.byte()? {
            0xff => {}
            0 => return Err(UploadError::Broken),
            marker => return Ok(marker),
        }
    }
}

/// The bits of a scan: up to the next marker that is neither a stuffed byte nor a restart.
fn scan<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], UploadError> {
    let rest = reader.rest();
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    let length = rest.windows(2).position(ends).ok_or(UploadError::Broken)?;
    reader.take(length)
}

fn keep(walked: &mut Walked, marker: u8, data: &[u8]) {
    let length = u16::try_from(data.len() + 2).unwrap_or(u16::MAX);
    walked.bytes.extend([0xff, marker]);
    walked.bytes.extend(length.to_be_bytes());
    walked.bytes.extend(data);
}

/// Which way is up, from 2 to 8, where the Exif data say that it is not simply up.
fn way_up(tiff: &[u8]) -> Option<u8> {
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
    let way =
        entry.filter(|entry| number(&entry[..2]) == 0x0112).map(|entry| number(&entry[8..10])).next()?;
    u8::try_from(way).ok().filter(|way| (2..=8).contains(way))
}

/// Exif data that say nothing else.
fn only_way_up(way: u8) -> [u8; 32] {
    let mut exif = *b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    exif[25] = way;
    exif
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_way_is_up_survives_alone() {
        let exif = only_way_up(6);
        assert_eq!(way_up(&exif[6..]), Some(6));
        let little =
            b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x04\0\0\0ABC\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0";
        assert_eq!(way_up(little), Some(8));
        for nothing in [&b""[..], b"II*\0", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"] {
            assert_eq!(way_up(nothing), None);
        }
    }
}
