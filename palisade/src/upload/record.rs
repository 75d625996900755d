//! The record of a stored file, which the application saves.

use std::fmt;
use std::str::FromStr;

use super::error::UploadParseError;
use super::file_type::FileType;
use super::safe_name::SafeName;

/// The record of a stored file. Save it: [`Uploads`](super::Uploads) stores the bytes only.
///
/// Its text is JSON, for one column of a table; serde's traits write the same fields.
///
/// ```
/// use palisade::upload::{Digest, FileType, Upload, UploadId};
///
/// // From a column for each field:
/// let id: UploadId = "00112233445566778899aabbccddeeff".parse()?;
/// let digest: Digest = "0123456789abcdef".repeat(4).parse()?;
/// let upload = Upload::from_parts(id, "a.png", FileType::Png, 640, digest, false);
/// assert_eq!(upload.id.to_string(), "00112233445566778899aabbccddeeff");
/// assert_eq!(upload.name.as_str(), "a.png");
///
/// // From one column:
/// assert_eq!(upload.to_string().parse::<Upload>()?, upload);
/// # Ok::<(), palisade::upload::UploadParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Upload {
    /// The key of the file in the store.
    pub id: UploadId,
    /// The sender's name of the file, made safe; the name of a download.
    pub name: SafeName,
    /// The detected type.
    pub file_type: FileType,
    /// The size.
    pub bytes: u64,
    /// The SHA-256 of the bytes.
    pub digest: Digest,
    /// `true` if no scanner has passed the file. It is not served until
    /// [`Uploads::rescan`](super::Uploads::rescan) has passed it.
    pub quarantined: bool,
}

impl Upload {
    /// Makes the record from its saved fields. The name is made safe again.
    pub fn from_parts(
        id: UploadId,
        name: &str,
        file_type: FileType,
        bytes: u64,
        digest: Digest,
        quarantined: bool,
    ) -> Self {
        Self { id, name: SafeName::new(name), file_type, bytes, digest, quarantined }
    }
}

/// The id of a stored file: 128 random bits, written as 32 lower-case hexadecimal digits.
///
/// ```
/// use palisade::upload::{UploadId, UploadParseError};
///
/// assert!("00112233445566778899aabbccddeeff".parse::<UploadId>().is_ok());
/// assert_eq!("../../etc/passwd".parse::<UploadId>(), Err(UploadParseError::Id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UploadId([u8; 16]);

impl UploadId {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, &mut [0; 32], f)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UploadId({self})")
    }
}

impl FromStr for UploadId {
    type Err = UploadParseError;

    fn from_str(text: &str) -> Result<Self, UploadParseError> {
        parse_hex(text).map(Self).ok_or(UploadParseError::Id)
    }
}

/// The SHA-256 of a file's bytes, written as 64 lower-case hexadecimal digits.
///
/// ```
/// use palisade::upload::{Digest, UploadParseError};
///
/// let text = "0123456789abcdef".repeat(4);
/// let digest: Digest = text.parse()?;
/// assert_eq!(digest.to_string(), text);
/// assert_eq!("abc".parse::<Digest>(), Err(UploadParseError::Digest));
/// # Ok::<(), UploadParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias("SHA-256", "hash", "checksum"))]
pub struct Digest(pub(super) [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, &mut [0; 64], f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = UploadParseError;

    fn from_str(text: &str) -> Result<Self, UploadParseError> {
        parse_hex(text).map(Self).ok_or(UploadParseError::Digest)
    }
}

/// Writes bytes as hexadecimal digits, without an allocation.
fn write_hex(bytes: &[u8], buffer: &mut [u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    hex::encode_to_slice(bytes, buffer).map_err(|_| fmt::Error)?;
    f.write_str(str::from_utf8(buffer).map_err(|_| fmt::Error)?)
}

/// Parses lower-case digits only, so that each value has one text.
fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let is_lower_case = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (is_lower_case && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text() {
        let id = UploadId::random().unwrap();
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "../../etc/passwd", &"A".repeat(32), &"0".repeat(31), &"0".repeat(33), "é"] {
            assert_eq!(wrong.parse::<UploadId>(), Err(UploadParseError::Id), "{wrong}");
        }
    }
}
