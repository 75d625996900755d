//! PNG: chunks of length, name, data and checksum.

use super::Walked;
use super::reader::{Reader, index};
use crate::upload::error::UploadError;

/// What a viewer needs, and what says how colours and sizes are meant.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

pub(super) fn walk(reader: &mut Reader<'_>, walked: &mut Walked, most: u64) -> Result<(), UploadError> {
    walked.bytes.extend(reader.take(8)?);
    let mut first = true;
    let mut shows = false;
    loop {
        let whole = *reader;
        let length = index(reader.be32()?);
        let name: [u8; 4] = reader.array()?;
        let mut data = Reader::new(reader.take(length)?);
        reader.take(4)?;
        match &name {
            b"IHDR" if !first => return Err(UploadError::Broken),
            b"IHDR" => walked.frame(data.be32()?, data.be32()?, most)?,
            _ if first => return Err(UploadError::Broken),
            b"IDAT" => shows = true,
            // Its frame's size stands behind a number.
            b"fcTL" => {
                data.take(4)?;
                walked.frame(data.be32()?, data.be32()?, most)?;
            }
            _ => {}
        }
        first = false;
        if KEPT.contains(&&name) {
            walked.bytes.extend(&whole.rest()[..whole.rest().len() - reader.rest().len()]);
        }
        if &name == b"IEND" {
            return if shows { Ok(()) } else { Err(UploadError::Broken) };
        }
    }
}
