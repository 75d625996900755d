//! The archive: a gzipped tar with the SHA-256 of every entry, the manifest last.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use super::BackupError;
use super::manifest::{Entry, Manifest, NAME};

/// The largest manifest that is read; it would name some 500,000 files.
const MAX_MANIFEST_BYTES: u64 = 128 << 20;

pub(super) struct Writer {
    tar: Builder<GzEncoder<BufWriter<File>>>,
    entries: Vec<Entry>,
}

impl Writer {
    pub(super) fn new(file: File) -> Self {
        let gzip = GzEncoder::new(BufWriter::new(file), Compression::default());
        Self { tar: Builder::new(gzip), entries: Vec::new() }
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, path: &str, content: impl Read, bytes: u64) -> io::Result<()> {
        let mut content = Hashed::new(content.take(bytes));
        self.append(path, &mut content, bytes)?;
        let (read, sha256) = content.finish();
        if read != bytes {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file shrank while it was read"));
        }
        self.entries.push(Entry { path: path.to_owned(), bytes, sha256 });
        Ok(())
    }

    /// Starts an entry that is written in chunks.
    pub(super) fn begin(&mut self, path: &str, bytes: u64) -> io::Result<EntryWriter<'_>> {
        let mut header = header(bytes);
        header.set_path(path)?;
        header.set_cksum();
        self.tar.get_mut().write_all(header.as_bytes())?;
        Ok(EntryWriter { writer: self, path: path.to_owned(), hash: Sha256::new(), bytes, left: bytes })
    }

    /// Adds the manifest and closes the archive.
    pub(super) fn finish(mut self, manifest: &mut Manifest) -> io::Result<()> {
        manifest.entries = std::mem::take(&mut self.entries);
        let text = serde_json::to_vec_pretty(manifest)?;
        self.append(NAME, &text[..], text.len() as u64)?;
        let file = self.tar.into_inner()?.finish()?;
        file.into_inner()?.sync_all()
    }

    fn append(&mut self, path: &str, content: impl Read, bytes: u64) -> io::Result<()> {
        self.tar.append_data(&mut header(bytes), path, content)
    }
}

/// The header of a regular file, without its name.
fn header(bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_entry_type(EntryType::Regular);
    header
}

/// An entry that is written in chunks. Dropping it before [`finish`](Self::finish) corrupts the
/// archive.
pub(super) struct EntryWriter<'a> {
    writer: &'a mut Writer,
    path: String,
    hash: Sha256,
    bytes: u64,
    left: u64,
}

impl EntryWriter<'_> {
    /// Writes a chunk.
    pub(super) fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        let left = self.left.checked_sub(chunk.len() as u64);
        self.left = left.ok_or_else(|| io::Error::other("the file grew while it was read"))?;
        self.hash.update(chunk);
        self.writer.tar.get_mut().write_all(chunk)
    }

    /// Ends the entry and returns its SHA-256 in hexadecimal.
    pub(super) fn finish(self) -> io::Result<String> {
        let Self { writer, path, hash, bytes, left } = self;
        if left > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file shrank while it was read"));
        }
        // A tar pads each entry to blocks of 512 bytes.
        let over = usize::try_from(bytes % 512).unwrap_or(0);
        writer.tar.get_mut().write_all(&[0; 512][..(512 - over) % 512])?;
        let sha256 = hex::encode(hash.finalize());
        writer.entries.push(Entry { path, bytes, sha256: sha256.clone() });
        Ok(sha256)
    }
}

/// Calls `each` with every entry of an archive in order, the manifest included.
pub(super) fn read(
    file: &Path,
    mut each: impl FnMut(&str, &mut dyn Read) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let opened = File::open(file).map_err(|source| BackupError::Open { path: file.to_owned(), source })?;
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(opened)));
    for entry in archive.entries().map_err(BackupError::damaged)? {
        let mut entry = entry.map_err(BackupError::damaged)?;
        let path = entry.path().map_err(BackupError::damaged)?;
        let path = path.to_str().ok_or(BackupError::Foreign)?.to_owned();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(BackupError::Foreign);
        }
        each(&path, &mut entry)?;
    }
    Ok(())
}

/// Reads the whole archive, and compares it with its manifest.
pub(super) fn verify(file: &Path) -> Result<Manifest, BackupError> {
    let (mut entries, mut manifest) = (Vec::new(), None);
    read(file, |path, content| {
        if manifest.is_some() {
            return Err(BackupError::Foreign); // The manifest must be the last entry.
        }
        if path == NAME {
            let text = io::read_to_string(content.take(MAX_MANIFEST_BYTES)).map_err(BackupError::damaged)?;
            manifest = Some(serde_json::from_str::<Manifest>(&text).map_err(|_| BackupError::Foreign)?);
        } else {
            let mut content = Hashed::new(content);
            io::copy(&mut content, &mut io::sink()).map_err(BackupError::damaged)?;
            let (bytes, sha256) = content.finish();
            entries.push(Entry { path: path.to_owned(), bytes, sha256 });
        }
        Ok(())
    })?;
    let manifest = manifest.filter(Manifest::is_known).ok_or(BackupError::Foreign)?;
    if let Some((found, _)) = entries.iter().zip(&manifest.entries).find(|(found, listed)| found != listed) {
        return Err(BackupError::Changed { path: found.path.clone() });
    }
    match entries.len() == manifest.entries.len() {
        true => Ok(manifest),
        false => Err(BackupError::Foreign),
    }
}

/// A reader that hashes what passes through it.
pub(super) struct Hashed<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// Returns the number of bytes read, and their SHA-256 in hexadecimal.
    pub(super) fn finish(self) -> (u64, String) {
        (self.bytes, hex::encode(self.hash.finalize()))
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}
