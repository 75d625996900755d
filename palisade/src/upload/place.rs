//! Where files are kept: a folder, memory, or S3.

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

use super::staged::Staged;
use super::stored::UploadId;

/// Larger files go to the store in parts, of the least size that S3 takes.
const PART: usize = 5 << 20;
/// Where files wait that no scanner has seen.
const QUARANTINE: &str = "quarantine";

pub(super) type Chunks = Pin<Box<dyn Stream<Item = object_store::Result<Bytes>> + Send>>;

#[derive(Clone)]
pub(super) struct Place {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Where files are written until they are kept: on the same disk, where there is one.
    pub(super) staging: PathBuf,
}

/// A file that is kept, without what the application knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEntry {
    /// What it is kept as.
    pub id: UploadId,
    /// How many bytes it has.
    pub bytes: u64,
    /// Whether it waits for the scanner.
    pub quarantined: bool,
    /// Since when it lies there, by the clock of the place.
    pub since: SystemTime,
}

/// What is to be done with a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// A folder is made where there is none, and tried out.
    Write,
    /// Nothing is made or tried.
    Read,
}

impl Place {
    pub(super) fn open(at: &str, access: Access) -> Result<Self, UploadsError> {
        let unreadable = || UploadsError::Unreadable(at.to_owned());
        if at.is_empty() {
            return Err(unreadable());
        }
        let Some((scheme, _)) = at.split_once("://") else { return Self::folder(at.into(), access) };
        let url = Url::parse(at).map_err(|_| unreadable())?;
        match scheme {
            "file" => Self::folder(url.to_file_path().map_err(|()| unreadable())?, access),
            "memory" => Ok(Self::memory()),
            "s3" => Self::s3(&url),
            _ => Err(unreadable()),
        }
    }

    fn memory() -> Self {
        Self { store: Arc::new(InMemory::new()), prefix: Path::default(), staging: std::env::temp_dir() }
    }

    /// A folder, made for its owner alone where there is none.
    fn folder(folder: PathBuf, access: Access) -> Result<Self, UploadsError> {
        let failed = |source| UploadsError::Folder { folder: folder.clone(), source };
        if access == Access::Write {
            let mut make = std::fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
            make.recursive(true).create(&folder).map_err(failed)?;
            // Found out now and not with the first file.
            tempfile::tempfile_in(&folder).map_err(failed)?;
        } else if !folder.exists() {
            // As empty as a bucket without files.
            return Ok(Self::memory());
        }
        let store =
            LocalFileSystem::new_with_prefix(&folder).map_err(|error| failed(io::Error::other(error)))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), prefix: Path::default(), staging: folder })
    }

    #[cfg(feature = "upload-s3")]
    fn s3(url: &Url) -> Result<Self, UploadsError> {
        use object_store::aws::AmazonS3Builder;

        let unreadable = || UploadsError::Unreadable(url.to_string());
        let failed = |error: Error| UploadsError::S3(Box::new(error));
        let mut builder =
            AmazonS3Builder::from_env().with_bucket_name(url.host_str().ok_or_else(unreadable)?);
        for (name, value) in url.query_pairs() {
            builder = match &*name {
                "region" => builder.with_region(value),
                "endpoint" => builder.with_allow_http(value.starts_with("http://")).with_endpoint(value),
                _ => return Err(unreadable()),
            };
        }
        if !url.username().is_empty() || url.password().is_some() || url.port().is_some() {
            return Err(unreadable());
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let prefix = Path::from_url_path(url.path()).map_err(|_| unreadable())?;
        let store = Arc::new(builder.build().map_err(failed)?);
        Ok(Self { store, prefix, staging: std::env::temp_dir() })
    }

    #[cfg(not(feature = "upload-s3"))]
    fn s3(_: &Url) -> Result<Self, UploadsError> {
        Err(UploadsError::WithoutS3)
    }

    /// Writes a file that shows in its place when all of it is there, and not before. It never replaces another.
    pub(super) async fn put(
        &self,
        id: UploadId,
        quarantined: bool,
        staged: &mut Staged,
    ) -> Result<(), Failed> {
        let path = self.path(id, quarantined);
        staged.rewind().await?;
        if staged.bytes() <= PART as u64 {
            let mut chunks = Vec::new();
            while let Some(chunk) = staged.chunk().await? {
                chunks.push(chunk);
            }
            let options = PutOptions::from(PutMode::Create);
            return Ok(self.store.put_opts(&path, PutPayload::from_iter(chunks), options).await.map(drop)?);
        }
        let mut parts = WriteMultipart::new_with_chunk_size(self.store.put_multipart(&path).await?, PART);
        loop {
            match staged.chunk().await {
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

    /// How many bytes a file has; nothing where there is none.
    pub(super) async fn size(&self, id: UploadId) -> Result<Option<u64>, Failed> {
        match self.store.head(&self.path(id, false)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A part of a file, with how many bytes all of it has; nothing where there is none.
    pub(super) async fn get(
        &self,
        id: UploadId,
        quarantined: bool,
        part: Range<u64>,
    ) -> Result<Option<(u64, Chunks)>, Failed> {
        let options = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
        match self.store.get_opts(&self.path(id, quarantined), options).await {
            Ok(found) => Ok(Some((found.meta.size, found.into_stream()))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// All of a file, with how many bytes it has; nothing where there is none.
    pub(super) async fn whole(
        &self,
        id: UploadId,
        quarantined: bool,
    ) -> Result<Option<(u64, Chunks)>, Failed> {
        match self.store.get(&self.path(id, quarantined)).await {
            Ok(found) => Ok(Some((found.meta.size, found.into_stream()))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets a file out of quarantine.
    pub(super) async fn release(&self, id: UploadId) -> Result<(), Failed> {
        Ok(self.store.rename(&self.path(id, true), &self.path(id, false)).await?)
    }

    /// Removes a file, wherever it is; one that is not there is removed.
    pub(super) async fn remove(&self, id: UploadId) -> Result<(), Failed> {
        self.discard(id, false).await?;
        self.discard(id, true).await
    }

    /// Removes a file from one of the two places; one that is not there is removed.
    pub(super) async fn discard(&self, id: UploadId, quarantined: bool) -> Result<(), Failed> {
        match self.store.delete(&self.path(id, quarantined)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<StoredEntry>, Failed> {
        let mut found = self.store.list(Some(&self.prefix));
        let mut listed = Vec::new();
        while let Some(meta) = std::future::poll_fn(|cx| found.as_mut().poll_next(cx)).await {
            let meta = meta?;
            let Some(parts) = meta.location.prefix_match(&self.prefix) else { continue };
            let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
            let (quarantined, id) = match &parts[..] {
                [id] => (false, id),
                [folder, id] if folder == QUARANTINE => (true, id),
                _ => continue,
            };
            // What is not ours is none of our business.
            if let Ok(id) = id.parse() {
                listed.push(StoredEntry {
                    id,
                    bytes: meta.size,
                    quarantined,
                    since: meta.last_modified.into(),
                });
            }
        }
        listed.sort_unstable_by_key(|it| it.id);
        Ok(listed)
    }

    fn path(&self, id: UploadId, quarantined: bool) -> Path {
        let place = if quarantined { self.prefix.clone().join(QUARANTINE) } else { self.prefix.clone() };
        place.join(id.to_string())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.prefix)
    }
}

/// Why files cannot be kept there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadsError {
    /// Nothing that names a place.
    #[error(
        "{0:?} names no place for files: write the path of a folder, file:///srv/uploads, memory:// or \
         s3://bucket/folder (with ?region=… and ?endpoint=… where they are not in the environment)"
    )]
    Unreadable(String),
    /// The folder cannot be made, or not be written to.
    #[error("no files can be kept in {}; make it a folder that this program may write to", .folder.display())]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// S3 does not take these settings.
    #[error("S3 cannot be used so; look at the AWS_… variables")]
    S3(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// S3 is not built in.
    #[error(
        "this program was built without S3: build it with palisade's feature `upload-s3`, or use a folder"
    )]
    WithoutS3,
}

/// Why a file could not be kept or read, for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] Error),
}
