//! Reads numbers and slices from the front of an image. A missing byte means a damaged image.

use crate::upload::error::UploadError;

#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], UploadError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(UploadError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], UploadError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(UploadError::Damaged)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, UploadError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn be16(&mut self) -> Result<u16, UploadError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn be32(&mut self) -> Result<u32, UploadError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn le16(&mut self) -> Result<u16, UploadError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn le24(&mut self) -> Result<u32, UploadError> {
        self.array().map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
    }

    pub(super) fn le32(&mut self) -> Result<u32, UploadError> {
        self.array().map(u32::from_le_bytes)
    }
}

/// Converts a length to an index. A length that does not fit exceeds the file anyway.
pub(super) fn index(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
