//! Files as they lie in their place: to be saved somewhere else, compared with what was written down, put back.

use std::fmt;
use std::fs::File;
use std::future::poll_fn;

use bytes::Bytes;

use super::error::UploadRejection;
use super::place::{Chunks, StoredEntry};
use super::staged::Staged;
use super::stored::UploadId;
use super::{Uploads, down};

/// A file as it is kept, to be read from its first byte to its last. Nobody was asked who may see it.
pub struct StoredFile {
    bytes: u64,
    quarantined: bool,
    chunks: Chunks,
}

impl StoredFile {
    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether it waits for the scanner.
    pub fn is_quarantined(&self) -> bool {
        self.quarantined
    }

    /// The next bytes, or nothing at the end.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`] when it breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, UploadRejection> {
        poll_fn(|cx| self.chunks.as_mut().poll_next(cx)).await.transpose().map_err(down)
    }
}

impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Uploads {
    /// A file as it is kept, in quarantine or not; nothing where there is none.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn kept(&self, id: UploadId) -> Result<Option<StoredFile>, UploadRejection> {
        // It may be let out of quarantine between two looks, and is then where the first one was.
        for quarantined in [false, true, false] {
            if let Some((bytes, chunks)) = self.0.place.whole(id, quarantined).await.map_err(down)? {
                return Ok(Some(StoredFile { bytes, quarantined, chunks }));
            }
        }
        Ok(None)
    }

    /// Puts a file back under the id that it had, from a copy on this machine. What lies there is replaced; a copy in the other
    /// place, with those in quarantine or without, is left alone.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn restore(&self, id: UploadId, quarantined: bool, copy: File) -> Result<(), UploadRejection> {
        let mut staged = Staged::of(copy).await.map_err(down)?;
        self.0.place.discard(id, quarantined).await.map_err(down)?;
        self.0.place.put(id, quarantined, &mut staged).await.map_err(down)
    }

    /// Removes a file from where it was found, and from nowhere else; one that is not there is removed.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn discard(&self, listed: &StoredEntry) -> Result<(), UploadRejection> {
        self.0.place.discard(listed.id, listed.quarantined).await.map_err(down)
    }
}
