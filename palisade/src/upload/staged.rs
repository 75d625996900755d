//! A file on its way: written where nobody can name it, gone when nobody holds it.
//!
//! It has no name in any folder (`O_TMPFILE`, or removed as soon as it is open), so whatever ends the work, a visitor who
//! leaves or a power cut, the system frees it.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::task::spawn_blocking;

/// As much as one reading hands on.
const CHUNK: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Staged {
    file: File,
    bytes: u64,
}

impl Staged {
    /// An empty one on the disk of this folder.
    pub(super) async fn new(folder: PathBuf) -> io::Result<Self> {
        let file =
            spawn_blocking(move || tempfile::tempfile_in(folder)).await.map_err(io::Error::other)??;
        Ok(Self { file: File::from_std(file), bytes: 0 })
    }

    /// What is in a file already.
    pub(super) async fn of(file: std::fs::File) -> io::Result<Self> {
        let file = File::from_std(file);
        let bytes = file.metadata().await?.len();
        Ok(Self { file, bytes })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.bytes += chunk.len() as u64;
        self.file.write_all(chunk).await
    }

    /// Back to the beginning, to be read.
    pub(super) async fn rewind(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.seek(SeekFrom::Start(0)).await.map(drop)
    }

    /// What can be read from it.
    pub(super) fn reader(&mut self) -> &mut File {
        &mut self.file
    }

    /// The next bytes, or nothing at the end.
    pub(super) async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        match self.file.read_buf(&mut chunk).await? {
            0 => Ok(None),
            _ => Ok(Some(chunk.freeze())),
        }
    }

    /// The same for a thread that may block.
    pub(super) async fn into_blocking(self) -> Blocking {
        Blocking(self.file.into_std().await)
    }
}

/// A file on its way, in the hands of a thread that may block.
pub(super) struct Blocking(std::fs::File);

impl Blocking {
    pub(super) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.seek(SeekFrom::Start(0))?;
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Puts these bytes in place of all that it holds.
    pub(super) fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(bytes)?;
        self.0.set_len(bytes.len() as u64)
    }

    pub(super) fn into_staged(self, bytes: usize) -> Staged {
        Staged { file: File::from_std(self.0), bytes: bytes as u64 }
    }
}
