//! Temporary files without a name.
//!
//! The file is opened with `O_TMPFILE`, or unlinked as soon as it is open. The system frees it
//! when it is closed, even after a crash.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::task::spawn_blocking;

/// The size of one read.
const CHUNK: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct TempFile {
    file: File,
    bytes: u64,
}

impl TempFile {
    /// Creates an empty file on the disk of this folder.
    pub(super) async fn new(folder: PathBuf) -> io::Result<Self> {
        let file =
            spawn_blocking(move || tempfile::tempfile_in(folder)).await.map_err(io::Error::other)??;
        Ok(Self { file: File::from_std(file), bytes: 0 })
    }

    /// Takes over an open file with its content.
    pub(super) async fn from_file(file: std::fs::File) -> io::Result<Self> {
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

    /// Seeks to the beginning.
    pub(super) async fn rewind(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.seek(SeekFrom::Start(0)).await.map(drop)
    }

    pub(super) fn reader(&mut self) -> &mut File {
        &mut self.file
    }

    /// Reads the next bytes; returns `None` at the end.
    pub(super) async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        match self.file.read_buf(&mut chunk).await? {
            0 => Ok(None),
            _ => Ok(Some(chunk.freeze())),
        }
    }

    /// Converts the file for a thread that may block.
    pub(super) async fn into_blocking(self) -> BlockingTempFile {
        BlockingTempFile(self.file.into_std().await)
    }
}

/// A temporary file for a thread that may block.
pub(super) struct BlockingTempFile(std::fs::File);

impl BlockingTempFile {
    pub(super) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.seek(SeekFrom::Start(0))?;
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Replaces the whole content.
    pub(super) fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(bytes)?;
        self.0.set_len(bytes.len() as u64)
    }

    pub(super) fn into_temp_file(self, bytes: usize) -> TempFile {
        TempFile { file: File::from_std(self.0), bytes: bytes as u64 }
    }
}
