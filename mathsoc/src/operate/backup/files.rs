//! Saves and restores the uploaded files, from and to any storage.
//!
//! A file never changes, and its id is never reused. So files are saved after the rows that refer
//! to them, and restored before those rows are committed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek};

use palisade::Uploads;
use palisade::upload::{StoredEntry, UploadId};
use sha2::{Digest as _, Sha256};

use super::archive::{Hashed, Writer};
use super::{BackupError, FILES};
use crate::db::DbError;
use crate::db::tx::{Tx, within};

/// The prefix of quarantined files, in old backups of the folder itself.
const QUARANTINE: &str = "quarantine/";

/// The ids of all files in the database, at the time of the backup.
pub(super) async fn known(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    const ALL: &str = "SELECT id FROM files ORDER BY id";
    Ok(within!(tx, link => sqlx::query_scalar(ALL).fetch_all(&mut **link).await?))
}

/// Adds these files to the archive, and returns the ids of missing ones.
pub(super) async fn save(
    writer: &mut Writer,
    uploads: &Uploads,
    known: Vec<String>,
) -> Result<Vec<String>, BackupError> {
    let mut missing = Vec::new();
    for id in known {
        let stored = match id.parse() {
            Ok(id) => uploads.admin().read(id).await.map_err(BackupError::Storage)?,
            Err(_) => None, // The id in the database is malformed, so no file can be stored under it.
        };
        let Some(mut stored) = stored else {
            missing.push(id);
            continue;
        };
        let path = format!("{FILES}{id}");
        let failed = |source| BackupError::File { path: path.clone().into(), source };
        let mut entry = writer.begin(&path, stored.bytes()).map_err(failed)?;
        while let Some(chunk) = stored.chunk().await.map_err(BackupError::Storage)? {
            entry.write(&chunk).map_err(failed)?;
        }
        entry.finish().map_err(failed)?;
    }
    Ok(missing)
}

/// Parses the id of a file from the part of its path after [`FILES`].
pub(super) fn id_of(name: &str) -> Result<UploadId, BackupError> {
    name.strip_prefix(QUARANTINE).unwrap_or(name).parse().map_err(|_| BackupError::Foreign)
}

/// A copy of an entry, with its SHA-256 in hexadecimal.
pub(super) struct Copied {
    file: File,
    sha256: String,
}

/// Copies an entry into an unnamed temporary file.
pub(super) fn copy(content: &mut dyn Read) -> Result<Copied, BackupError> {
    let copied = tempfile::tempfile().and_then(|mut file| {
        let mut content = Hashed::new(content);
        io::copy(&mut content, &mut file)?;
        file.rewind()?;
        Ok(Copied { file, sha256: content.finish().1 })
    });
    copied.map_err(|source| BackupError::File { path: std::env::temp_dir(), source })
}

/// Uploaded files that are being restored.
pub(super) struct FileRestore<'a> {
    uploads: &'a Uploads,
    /// The stored files before the restore.
    before: Vec<StoredEntry>,
    /// The files of the backup: id, and `true` if quarantined.
    restored: BTreeSet<(UploadId, bool)>,
    /// The restored files that differ from their rows.
    damaged: Vec<UploadId>,
}

impl<'a> FileRestore<'a> {
    pub(super) async fn begin(uploads: &'a Uploads) -> Result<Self, BackupError> {
        let before = uploads.admin().list().await.map_err(BackupError::Storage)?;
        Ok(Self { uploads, before, restored: BTreeSet::new(), damaged: Vec::new() })
    }

    /// Returns the number of files before the restore.
    pub(super) fn before(&self) -> usize {
        self.before.len()
    }

    /// Restores a file, if the restored rows refer to it.
    pub(super) async fn put(&mut self, tx: &mut Tx, id: UploadId, copy: Copied) -> Result<(), BackupError> {
        const ROW: &str = "SELECT sha256, quarantined_at IS NOT NULL FROM files WHERE id = $1";
        let row: Option<(String, bool)> = within!(tx, link => {
            sqlx::query_as(ROW).bind(id.to_string()).fetch_optional(&mut **link).await.map_err(DbError::from)?
        });
        let Some((sha256, quarantined)) = row else { return Ok(()) };
        let is_there = self.before.iter().any(|it| (it.id, it.quarantined) == (id, quarantined));
        self.restored.insert((id, quarantined));
        // An intact file stays: the backup may contain a damaged copy.
        if is_there && self.is_intact(id, quarantined, &sha256).await? {
            return Ok(());
        }
        if copy.sha256 != sha256 {
            self.damaged.push(id);
        }
        self.uploads.admin().restore(id, quarantined, copy.file).await.map_err(BackupError::Storage)
    }

    async fn is_intact(&self, id: UploadId, quarantined: bool, sha256: &str) -> Result<bool, BackupError> {
        let stored = self.uploads.admin().read(id).await.map_err(BackupError::Storage)?;
        let Some(mut stored) = stored.filter(|stored| stored.is_quarantined() == quarantined) else {
            return Ok(false);
        };
        let mut hash = Sha256::new();
        while let Some(chunk) = stored.chunk().await.map_err(BackupError::Storage)? {
            hash.update(&chunk);
        }
        Ok(hex::encode(hash.finalize()) == sha256)
    }

    /// Returns the ids of the files that the restored rows refer to.
    pub(super) async fn referenced(&self, tx: &mut Tx) -> Result<BTreeSet<String>, DbError> {
        Ok(known(tx).await?.into_iter().collect())
    }

    /// Removes the files that this restore added. A failure is logged, and `mathsoc check` finds
    /// the file.
    pub(super) async fn undo(self) {
        let before: BTreeSet<_> = self.before.iter().map(|it| (it.id, it.quarantined)).collect();
        let all = self.uploads.admin().list().await.unwrap_or_default();
        let is_new = |it: &&StoredEntry| {
            let it = (it.id, it.quarantined);
            self.restored.contains(&it) && !before.contains(&it)
        };
        for new in all.iter().filter(is_new) {
            let _ = self.uploads.admin().delete(new).await;
        }
    }

    /// Removes earlier files that no row refers to any more, and returns the ids of damaged ones.
    /// A failure is logged, and `mathsoc check` finds the file.
    pub(super) async fn finish(self, referenced: BTreeSet<String>) -> Vec<UploadId> {
        let is_unreferenced = |it: &&StoredEntry| {
            !referenced.contains(&it.id.to_string()) || self.restored.contains(&(it.id, !it.quarantined))
        };
        for old in self.before.iter().filter(is_unreferenced) {
            let _ = self.uploads.admin().delete(old).await;
        }
        self.damaged
    }
}
