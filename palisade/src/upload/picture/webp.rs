//! WebP: chunks of name, length and data in a RIFF container.

use super::Walked;
use super::reader::{Reader, index};
use crate::upload::error::UploadError;

/// The flags of `VP8X` that announce Exif and XMP.
const METADATA: u8 = 0x0c;
/// What stands before the chunks of a frame: its place, size and delay.
const FRAME: usize = 16;

pub(super) fn walk(reader: &mut Reader<'_>, walked: &mut Walked, most: u64) -> Result<(), UploadError> {
    reader.take(4)?;
    let length = index(reader.le32()?);
    let mut riff = Reader::new(reader.take(length)?);
    riff.take(4)?;
    let mut kept = b"WEBP".to_vec();
    chunks(&mut riff, &mut kept, walked, most, true)?;
    walked.bytes.extend(b"RIFF");
    walked.bytes.extend(u32::try_from(kept.len()).map_err(|_| UploadError::Broken)?.to_le_bytes());
    walked.bytes.extend(kept);
    Ok(())
}

fn chunks(
    reader: &mut Reader<'_>,
    kept: &mut Vec<u8>,
    walked: &mut Walked,
    most: u64,
    outside: bool,
) -> Result<(), UploadError> {
    let mut shows = false;
    while !reader.is_done() {
        let name: [u8; 4] = reader.array()?;
        let length = index(reader.le32()?);
        let data = reader.take(length)?;
        if length % 2 == 1 && !reader.is_done() {
            reader.byte()?;
        }
        match &name {
            b"VP8 " | b"VP8L" => {
                let (width, height) = if &name == b"VP8 " { lossy(data)? } else { lossless(data)? };
                walked.frame(width, height, most)?;
                shows = true;
                keep(kept, &name, data);
            }
            b"ALPH" => keep(kept, &name, data),
            b"VP8X" if outside => {
                let mut canvas = Reader::new(data);
                let flags = canvas.byte()?;
                canvas.take(3)?;
                walked.frame(canvas.le24()? + 1, canvas.le24()? + 1, most)?;
                keep(kept, &name, &[&[flags & !METADATA], &data[1..]].concat());
            }
            b"ICCP" | b"ANIM" if outside => keep(kept, &name, data),
            b"ANMF" if outside => {
                let mut frame = Reader::new(data);
                let mut inside = frame.take(FRAME)?.to_vec();
                chunks(&mut frame, &mut inside, walked, most, false)?;
                shows = true;
                keep(kept, &name, &inside);
            }
            _ => {}
        }
    }
    if shows { Ok(()) } else { Err(UploadError::Broken) }
}

fn keep(kept: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    kept.extend(name);
    kept.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    kept.extend(data);
    if data.len() % 2 == 1 {
        kept.push(0);
    }
}

fn lossy(data: &[u8]) -> Result<(u32, u32), UploadError> {
    let mut reader = Reader::new(data);
    reader.take(3)?;
    if reader.take(3)? != b"\x9d\x01\x2a" {
        return Err(UploadError::Broken);
    }
    let (width, height) = (reader.le16()? & 0x3fff, reader.le16()? & 0x3fff);
    Ok((width.into(), height.into()))
}

fn lossless(data: &[u8]) -> Result<(u32, u32), UploadError> {
    let mut reader = Reader::new(data);
    if reader.byte()? != 0x2f {
        return Err(UploadError::Broken);
    }
    let sizes = reader.le32()?;
    Ok(((sizes & 0x3fff) + 1, (sizes >> 14 & 0x3fff) + 1))
}
