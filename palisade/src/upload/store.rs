//! The file store: a folder, memory, or S3.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_core::Stream;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, WriteMultipart,
};
use url::Url;

use super::error::UploadsError;
use super::record::UploadId;
use super::temp_file::TempFile;

/// S3's minimum size of a part. Larger files are sent in parts.
const PART: usize = 5 << 20;
/// The folder of unscanned files.
const QUARANTINE: &str = "quarantine";

pub(super) type Chunks = Pin<Box<dyn Stream<Item = object_store::Result<Bytes>> + Send>>;

#[derive(Clone)]
pub(super) struct UploadStore {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The folder of temporary files; on the same disk if the store is a folder.
    pub(super) staging: PathBuf,
}

/// An entry in the list of stored files: [`UploadAdmin::list`](super::UploadAdmin::list).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEntry {
    /// The file's id.
    pub id: UploadId,
    /// The file's size.
    pub bytes: u64,
    /// `true` if the file is in quarantine.
    pub quarantined: bool,
    /// The time of the last write, by the store's clock.
    pub last_modified: SystemTime,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AccessMode {
    /// Creates a missing folder, and checks that it is writable.
    ReadWrite,
    /// Creates and checks nothing.
    ReadOnly,
}

impl UploadStore {
    pub(super) fn open(location: &str, mode: AccessMode) -> Result<Self, UploadsError> {
        let invalid = || UploadsError::InvalidLocation(location.to_owned());
        if location.is_empty() {
            return Err(invalid());
        }
        let Some((scheme, _)) = location.split_once("://") else {
            return Self::folder(location.into(), mode);
        };
        let url = Url::parse(location).map_err(|_| invalid())?;
        match scheme {
            "file" => Self::folder(url.to_file_path().map_err(|()| invalid())?, mode),
            "memory" => Ok(Self::memory()),
            "s3" => Self::s3(&url),
            _ => Err(invalid()),
        }
    }

    fn memory() -> Self {
        Self { store: Arc::new(InMemory::new()), prefix: Path::default(), staging: std::env::temp_dir() }
    }

    /// Opens a folder. A missing one is created with mode 0700.
    fn folder(folder: PathBuf, mode: AccessMode) -> Result<Self, UploadsError> {
        let failed = |source| UploadsError::Folder { folder: folder.clone(), source };
        if mode == AccessMode::ReadWrite {
            let mut builder = std::fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.recursive(true).create(&folder).map_err(failed)?;
            // Fails at startup, and not with the first file.
            tempfile::tempfile_in(&folder).map_err(failed)?;
        } else if !folder.exists() {
            // A missing folder reads as empty, like a bucket without files.
            return Ok(Self::memory());
        }
        let store =
            LocalFileSystem::new_with_prefix(&folder).map_err(|error| failed(io::Error::other(error)))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), prefix: Path::default(), staging: folder })
    }

    #[cfg(feature = "upload-s3")]
    fn s3(url: &Url) -> Result<Self, UploadsError> {
        use object_store::aws::AmazonS3Builder;

        let invalid = || UploadsError::InvalidLocation(url.to_string());
        let failed = |error: Error| UploadsError::S3(Box::new(error));
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(url.host_str().ok_or_else(invalid)?);
        for (name, value) in url.query_pairs() {
            builder = match &*name {
                "region" => builder.with_region(value),
                "endpoint" => builder.with_allow_http(value.starts_with("http://")).with_endpoint(value),
                _ => return Err(invalid()),
            };
        }
        if !url.username().is_empty() || url.password().is_some() || url.port().is_some() {
            return Err(invalid());
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let prefix = Path::from_url_path(url.path()).map_err(|_| invalid())?;
        let store = Arc::new(builder.build().map_err(failed)?);
        Ok(Self { store, prefix, staging: std::env::temp_dir() })
    }

    #[cfg(not(feature = "upload-s3"))]
    fn s3(_: &Url) -> Result<Self, UploadsError> {
        Err(UploadsError::WithoutS3)
    }

    /// Writes a file in one atomic step: it appears whole or not at all. Up to 5 MiB it never
    /// replaces another; larger files rely on their random id.
    pub(super) async fn put(
        &self,
        id: UploadId,
        quarantined: bool,
        content: &mut TempFile,
    ) -> Result<(), StoreError> {
        let path = self.path(id, quarantined);
        content.rewind().await?;
        if content.bytes() <= PART as u64 {
            let mut chunks = Vec::new();
            while let Some(chunk) = content.chunk().await? {
                chunks.push(chunk);
            }
            let options = PutOptions::from(PutMode::Create);
            return Ok(self.store.put_opts(&path, PutPayload::from_iter(chunks), options).await.map(drop)?);
        }
        let mut parts = WriteMultipart::new_with_chunk_size(self.store.put_multipart(&path).await?, PART);
        loop {
            match content.chunk().await {
                Ok(Some(chunk)) => {
                    parts.wait_for_capacity(2).await?;
                    parts.put(chunk);
                }
                Ok(None) => return Ok(parts.finish().await.map(drop)?),
                Err(error) => {
                    parts.abort().await?;
                    return Err(error.into());
                }
            }
        }
    }

    /// Returns the size of a file that is not in quarantine.
    pub(super) async fn size(&self, id: UploadId) -> Result<Option<u64>, StoreError> {
        match self.store.head(&self.path(id, false)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the size of the whole file, and the bytes of a part.
    pub(super) async fn get(
        &self,
        id: UploadId,
        quarantined: bool,
        part: Range<u64>,
    ) -> Result<Option<(u64, Chunks)>, StoreError> {
        let options = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
        match self.store.get_opts(&self.path(id, quarantined), options).await {
            Ok(found) => Ok(Some((found.meta.size, found.into_stream()))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the size and all bytes of a file.
    pub(super) async fn get_whole(
        &self,
        id: UploadId,
        quarantined: bool,
    ) -> Result<Option<(u64, Chunks)>, StoreError> {
        match self.store.get(&self.path(id, quarantined)).await {
            Ok(found) => Ok(Some((found.meta.size, found.into_stream()))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves a file out of quarantine.
    pub(super) async fn release(&self, id: UploadId) -> Result<(), StoreError> {
        Ok(self.store.rename(&self.path(id, true), &self.path(id, false)).await?)
    }

    /// Deletes a file, in quarantine and out of it. A missing file is not an error.
    pub(super) async fn remove(&self, id: UploadId) -> Result<(), StoreError> {
        self.delete(id, false).await?;
        self.delete(id, true).await
    }

    /// Deletes a file either in quarantine or out of it. A missing file is not an error.
    pub(super) async fn delete(&self, id: UploadId, quarantined: bool) -> Result<(), StoreError> {
        match self.store.delete(&self.path(id, quarantined)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<StoredEntry>, StoreError> {
        let mut found = self.store.list(Some(&self.prefix));
        let mut entries = Vec::new();
        while let Some(meta) = std::future::poll_fn(|cx| found.as_mut().poll_next(cx)).await {
            let meta = meta?;
            let Some(parts) = meta.location.prefix_match(&self.prefix) else { continue };
            let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
            let (quarantined, id) = match &parts[..] {
                [id] => (false, id),
                [folder, id] if folder == QUARANTINE => (true, id),
                _ => continue,
            };
            // Other files in the folder are not uploads.
            if let Ok(id) = id.parse() {
                let last_modified = meta.last_modified.into();
                entries.push(StoredEntry { id, bytes: meta.size, quarantined, last_modified });
            }
        }
        entries.sort_unstable_by_key(|entry| entry.id);
        Ok(entries)
    }

    fn path(&self, id: UploadId, quarantined: bool) -> Path {
        let folder = if quarantined { self.prefix.clone().join(QUARANTINE) } else { self.prefix.clone() };
        folder.join(id.to_string())
    }
}

impl fmt::Debug for UploadStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.prefix)
    }
}

/// The cause of a failed read or write, for the log.
#[derive(thiserror::Error)]
pub(super) enum StoreError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] Error),
}

crate::core::error_text::debug_is_text!(StoreError);
