//! GIF: a screen, then blocks of chunks until the trailer.

use super::Walked;
use super::reader::Reader;
use crate::upload::error::UploadError;

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const DELAY: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
/// What says how often an animation repeats, with the length of its one chunk.
const REPEATS: &[&[u8]] = &[b"\x0bNETSCAPE2.0\x03", b"\x0bANIMEXTS1.0\x03"];

pub(super) fn walk(reader: &mut Reader<'_>, walked: &mut Walked, most: u64) -> Result<(), UploadError> {
    walked.bytes.extend(reader.take(6)?);
    let mut screen = *reader;
    let (width, height, packed) = (screen.le16()?, screen.le16()?, screen.byte()?);
    walked.frame(width.into(), height.into(), most)?;
    walked.bytes.extend(reader.take(7)?);
    walked.bytes.extend(reader.take(colours(packed))?);
    let mut shows = false;
    loop {
        let begun = *reader;
        let kept = match reader.byte()? {
            EXTENSION => extension(reader)?,
            PICTURE => {
                reader.take(4)?;
                let (width, height, packed) = (reader.le16()?, reader.le16()?, reader.byte()?);
                walked.frame(width.into(), height.into(), most)?;
                reader.take(colours(packed))?;
                reader.byte()?;
                skip_chunks(reader)?;
                shows = true;
                true
            }
            TRAILER if shows => {
                walked.bytes.push(TRAILER);
                return Ok(());
            }
            _ => return Err(UploadError::Broken),
        };
        if kept {
            walked.bytes.extend(&begun.rest()[..begun.rest().len() - reader.rest().len()]);
        }
    }
}

/// Skips an extension, and says whether it stays.
fn extension(reader: &mut Reader<'_>) -> Result<bool, UploadError> {
    let label = reader.byte()?;
    let begun = *reader;
    skip_chunks(reader)?;
    let length = begun.rest().len() - reader.rest().len();
    Ok(match label {
        DELAY => length == 6,
        // The name, one chunk of three bytes, and the end.
        APPLICATION => length == 17 && REPEATS.iter().any(|name| begun.rest().starts_with(name)),
        _ => false,
    })
}

fn skip_chunks(reader: &mut Reader<'_>) -> Result<(), UploadError> {
    loop {
        match reader.byte()? {
            0 => return Ok(()),
            length => drop(reader.take(length.into())?),
        }
    }
}

/// The bytes of the colour table that these flags announce.
fn colours(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}
