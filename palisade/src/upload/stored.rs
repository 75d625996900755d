//! A file that is kept: what an application writes down of it.

use std::fmt;
use std::str::FromStr;

use super::kind::FileType;
use crate::upload::safe_name::SafeName;

/// A file that is kept. Write down all of it: [`Uploads`](super::Uploads) remembers nothing but the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upload {
    /// What it is kept as.
    pub id: UploadId,
    /// What it was called, for whoever downloads it.
    pub name: SafeName,
    /// What it is.
    pub kind: FileType,
    /// How many bytes it has.
    pub bytes: u64,
    /// What its bytes are, in short.
    pub digest: Digest,
    /// Whether it was taken in scan_failure, and is not served before [`Uploads::rescan`](super::Uploads::rescan) has
    /// passed it.
    pub quarantined: bool,
}

impl Upload {
    /// A file as it was written down. The name is made safe again.
    pub fn recall(
        id: UploadId,
        name: &str,
        kind: FileType,
        bytes: u64,
        digest: Digest,
        quarantined: bool,
    ) -> Self {
        Self { id, name: SafeName::new(name), kind, bytes, digest, quarantined }
    }
}

/// What a file is kept as: 128 random bits, as 32 hexadecimal digits. Nobody guesses it, and no two files share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UploadId([u8; 16]);

impl UploadId {
    /// A new one.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
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
        unhex(text).map(Self).ok_or(UploadParseError::Id)
    }
}

impl<'de> serde::Deserialize<'de> for UploadId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The SHA-256 of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub(super) [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
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
        unhex(text).map(Self).ok_or(UploadParseError::Digest)
    }
}

/// A text that is no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UploadParseError {
    /// No id.
    #[error("write the id of a file as 32 digits of 0-9 and a-f")]
    Id,
    /// No digest.
    #[error("write a SHA-256 as 64 digits of 0-9 and a-f")]
    Digest,
    /// No kind.
    #[error("write png, jpg, gif, webp or pdf")]
    FileType,
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// One text for each value: capital letters are none of ours.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text() {
        let id = UploadId::random().unwrap();
        assert_eq!(id.to_string().parse(), Ok(id));
        for no_id in ["", "../../etc/passwd", &"A".repeat(32), &"0".repeat(31), &"0".repeat(33), "é"] {
            assert_eq!(no_id.parse::<UploadId>(), Err(UploadParseError::Id), "{no_id}");
        }
    }
}
