//! Storing a file, scanning it again, and removing it.

use std::future::poll_fn;

use tokio::sync::oneshot;

use super::error::UploadRejection;
use super::form::PendingFile;
use super::record::{Upload, UploadId};
use super::temp_file::TempFile;
use super::{Uploads, store_down};

impl Uploads {
    /// Stores a file and returns its record. Save all fields of the record: it is needed to serve
    /// the file.
    ///
    /// If the caller is cancelled, the file is written to the end and then removed.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn keep(&self, mut file: PendingFile) -> Result<Upload, UploadRejection> {
        let store = self.0.store.clone();
        let (sender, receiver) = oneshot::channel();
        // A task of its own: a cancelled caller would leave a partial upload in S3.
        tokio::spawn(async move {
            let stored = async {
                let id = UploadId::random().map_err(store_down)?;
                if let Err(error) = store.put(id, file.quarantined, &mut file.content).await {
                    // A failed write may leave a part of the file.
                    drop(store.remove(id).await);
                    return Err(store_down(error));
                }
                Ok(id)
            };
            let stored = stored.await.map(|id| Upload {
                id,
                bytes: file.content.bytes(),
                name: file.name,
                file_type: file.file_type,
                digest: file.digest,
                quarantined: file.quarantined,
            });
            if let Err(Ok(unclaimed)) = sender.send(stored)
                && let Err(error) = store.remove(unclaimed.id).await
            {
                tracing::error!(%error, id = %unclaimed.id, "a file of a cancelled upload could not be removed");
            }
        });
        receiver.await.map_err(store_down)?
    }

    /// Scans a quarantined file again, and releases it if it is clean. Malware is deleted.
    ///
    /// A file that is not quarantined is returned unchanged.
    ///
    /// # Errors
    /// [`UploadRejection::File`] with [`UploadError::Infected`](super::UploadError::Infected)
    /// after the file is deleted; [`UploadRejection::ScannerDown`], also if there is no scanner;
    /// [`UploadRejection::StoreDown`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// #     example(palisade::Uploads::open("memory://").unwrap()).await.unwrap();
    /// # }
    /// # async fn example(uploads: palisade::Uploads) -> Result<(), palisade::upload::UploadRejection> {
    /// let upload = uploads.keep(uploads.take_file("a.pdf", b"%PDF-1.7\n%%EOF").await?).await?;
    /// assert!(!upload.quarantined);
    /// assert_eq!(uploads.rescan(&upload).await?, upload);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rescan(&self, upload: &Upload) -> Result<Upload, UploadRejection> {
        if !upload.quarantined {
            return Ok(upload.clone());
        }
        let Some(scanner) = &self.0.scanner else { return Err(UploadRejection::ScannerDown) };
        let mut copy = self.copy_from_quarantine(upload).await?;
        match self.check_scan(scanner.scan(copy.reader()).await, &upload.name) {
            Ok(()) => {
                self.0.store.release(upload.id).await.map_err(store_down)?;
                Ok(Upload { quarantined: false, ..upload.clone() })
            }
            Err(rejection) => {
                if matches!(rejection, UploadRejection::File { .. }) {
                    self.remove(upload.id).await?;
                }
                Err(rejection)
            }
        }
    }

    /// Deletes a file, in quarantine or not. A missing file is not an error.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn remove(&self, id: UploadId) -> Result<(), UploadRejection> {
        self.0.store.remove(id).await.map_err(store_down)
    }

    async fn copy_from_quarantine(&self, upload: &Upload) -> Result<TempFile, UploadRejection> {
        let found = self.0.store.get(upload.id, true, 0..upload.bytes).await.map_err(store_down)?;
        let (_, mut chunks) = found.ok_or_else(|| store_down("the file is not in quarantine"))?;
        let mut copy = TempFile::new(self.0.staging()).await.map_err(store_down)?;
        while let Some(chunk) = poll_fn(|cx| chunks.as_mut().poll_next(cx)).await {
            copy.write(&chunk.map_err(store_down)?).await.map_err(store_down)?;
        }
        copy.rewind().await.map_err(store_down)?;
        Ok(copy)
    }
}
