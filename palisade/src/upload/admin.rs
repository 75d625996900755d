//! Access to stored files by id, for backups and consistency checks.

use std::fmt;
use std::fs::File;
use std::future::poll_fn;

use bytes::Bytes;

use super::error::UploadRejection;
use super::record::UploadId;
use super::store::{Chunks, StoredEntry};
use super::temp_file::TempFile;
use super::{Uploads, store_down};

/// Access to stored files by id, for backups and consistency checks: [`Uploads::admin`]. Cheap to
/// clone. The [module page](crate::upload) has an example.
///
/// # Security
/// It does not check permissions, and reads quarantined files too. Don't serve what it returns.
#[derive(Clone, Debug)]
#[doc(alias = "backup")]
pub struct UploadAdmin(Uploads);

/// A stored file, read from its first byte to its last.
pub struct StoredFile {
    bytes: u64,
    quarantined: bool,
    chunks: Chunks,
}

impl StoredFile {
    /// Returns the file's size.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns `true` if the file is in quarantine.
    pub fn is_quarantined(&self) -> bool {
        self.quarantined
    }

    /// Reads the next bytes; returns `None` at the end.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`] if the store fails.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, UploadRejection> {
        poll_fn(|cx| self.chunks.as_mut().poll_next(cx)).await.transpose().map_err(store_down)
    }
}

impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredFile").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Uploads {
    /// Returns access to stored files by id, for backups and consistency checks.
    pub fn admin(&self) -> UploadAdmin {
        UploadAdmin(self.clone())
    }
}

impl UploadAdmin {
    /// Lists all stored files, sorted by id.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn list(&self) -> Result<Vec<StoredEntry>, UploadRejection> {
        self.0.0.store.list().await.map_err(store_down)
    }

    /// Opens a file, in quarantine or not. Returns `None` if it does not exist.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn read(&self, id: UploadId) -> Result<Option<StoredFile>, UploadRejection> {
        // A rescan may release the file between the first two lookups.
        for quarantined in [false, true, false] {
            if let Some((bytes, chunks)) =
                self.0.0.store.get_whole(id, quarantined).await.map_err(store_down)?
            {
                return Ok(Some(StoredFile { bytes, quarantined, chunks }));
            }
        }
        Ok(None)
    }

    /// Stores a copy under the id that the file had, and replaces a file that is there. A second
    /// file with this id, in or out of quarantine, stays.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn restore(&self, id: UploadId, quarantined: bool, copy: File) -> Result<(), UploadRejection> {
        let mut content = TempFile::from_file(copy).await.map_err(store_down)?;
        self.0.0.store.delete(id, quarantined).await.map_err(store_down)?;
        self.0.0.store.put(id, quarantined, &mut content).await.map_err(store_down)
    }

    /// Deletes the file of this entry. A second file with the same id, in or out of quarantine,
    /// stays. A missing file is not an error.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn delete(&self, entry: &StoredEntry) -> Result<(), UploadRejection> {
        self.0.0.store.delete(entry.id, entry.quarantined).await.map_err(store_down)
    }
}
