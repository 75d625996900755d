//! The uploaded files: into a backup, and out of one, wherever they are kept.
//!
//! A file is never changed, and lies under a number that no other ever has. So files are saved after the rows that know them, and
//! put back before the rows that know them are there for others to see.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek};

use palisade::Uploads;
use palisade::upload::{StoredEntry, UploadId};
use sha2::{Digest as _, Sha256};

use super::archive::Writer;
use super::{BackupError, FILES};
use crate::db::DbError;
use crate::db::tx::{Tx, within};

/// Where files were that waited for the scanner, in backups of the folder itself.
const QUARANTINE: &str = "quarantine/";

/// What the database knows of, at the moment of the backup.
pub(super) async fn known(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    const ALL: &str = "SELECT id FROM files ORDER BY id";
    Ok(within!(tx, link => sqlx::query_scalar(ALL).fetch_all(&mut **link).await?))
}

/// Adds these files; which of them were not there.
pub(super) async fn save(
    writer: &mut Writer,
    uploads: &Uploads,
    known: Vec<String>,
) -> Result<Vec<String>, BackupError> {
    let mut missing = Vec::new();
    for id in known {
        let kept = match id.parse() {
            Ok(id) => uploads.admin().read(id).await.map_err(BackupError::Place)?,
            Err(_) => None, // the database holds such a number, but nothing lies under one
        };
        let Some(mut kept) = kept else {
            missing.push(id);
            continue;
        };
        let path = format!("{FILES}{id}");
        let failed = |source| BackupError::File { path: path.clone().into(), source };
        let mut entry = writer.begin(&path, kept.bytes()).map_err(failed)?;
        while let Some(chunk) = kept.chunk().await.map_err(BackupError::Place)? {
            entry.write(&chunk).map_err(failed)?;
        }
        entry.finish().map_err(failed)?;
    }
    Ok(missing)
}

/// Which file an entry is, whose path in the archive begins with [`FILES`].
pub(super) fn id_of(name: &str) -> Result<UploadId, BackupError> {
    name.strip_prefix(QUARANTINE).unwrap_or(name).parse().map_err(|_| BackupError::Foreign)
}

/// A copy of an entry, on the disk and without a name.
pub(super) fn copy(content: &mut dyn Read) -> Result<File, BackupError> {
    let copied = tempfile::tempfile().and_then(|mut file| {
        io::copy(content, &mut file)?;
        file.rewind()?;
        Ok(file)
    });
    copied.map_err(|source| BackupError::File { path: std::env::temp_dir(), source })
}

/// Files that are being put back.
pub(super) struct Returning<'a> {
    uploads: &'a Uploads,
    /// What was there before.
    before: Vec<StoredEntry>,
    /// What is there because of the backup.
    back: BTreeSet<(UploadId, bool)>,
}

impl<'a> Returning<'a> {
    pub(super) async fn begin(uploads: &'a Uploads) -> Result<Self, BackupError> {
        let before = uploads.admin().list().await.map_err(BackupError::Place)?;
        Ok(Self { uploads, before, back: BTreeSet::new() })
    }

    /// How many files there were.
    pub(super) fn before(&self) -> usize {
        self.before.len()
    }

    /// Puts one back, if the rows that were restored know it.
    pub(super) async fn put(&mut self, tx: &mut Tx, id: UploadId, copy: File) -> Result<(), BackupError> {
        const ROW: &str = "SELECT sha256, quarantined_at IS NOT NULL FROM files WHERE id = $1";
        let row: Option<(String, bool)> = within!(tx, link => {
            sqlx::query_as(ROW).bind(id.to_string()).fetch_optional(&mut **link).await.map_err(DbError::from)?
        });
        let Some((sha256, quarantined)) = row else { return Ok(()) };
        let is_there = self.before.iter().any(|it| (it.id, it.quarantined) == (id, quarantined));
        self.back.insert((id, quarantined));
        // What is whole stays as it is: the backup may have been made of a damaged one.
        if is_there && self.is_whole(id, quarantined, &sha256).await? {
            return Ok(());
        }
        self.uploads.admin().restore(id, quarantined, copy).await.map_err(BackupError::Place)
    }

    async fn is_whole(&self, id: UploadId, quarantined: bool, sha256: &str) -> Result<bool, BackupError> {
        let kept = self.uploads.admin().read(id).await.map_err(BackupError::Place)?;
        let Some(mut kept) = kept.filter(|kept| kept.is_quarantined() == quarantined) else {
            return Ok(false);
        };
        let mut hash = Sha256::new();
        while let Some(chunk) = kept.chunk().await.map_err(BackupError::Place)? {
            hash.update(&chunk);
        }
        Ok(hex::encode(hash.finalize()) == sha256)
    }

    /// Which files the rows know now.
    pub(super) async fn wanted(&self, tx: &mut Tx) -> Result<BTreeSet<String>, DbError> {
        Ok(known(tx).await?.into_iter().collect())
    }

    /// Takes away what was not there before. What cannot be is in the log, and `mathsoc check` finds it.
    pub(super) async fn undo(self) {
        let before: BTreeSet<_> = self.before.iter().map(|it| (it.id, it.quarantined)).collect();
        let all = self.uploads.admin().list().await.unwrap_or_default();
        let is_new = |it: &&StoredEntry| {
            let it = (it.id, it.quarantined);
            self.back.contains(&it) && !before.contains(&it)
        };
        for new in all.iter().filter(is_new) {
            let _ = self.uploads.admin().delete(new).await;
        }
    }

    /// Takes away what was there before and nothing knows any more. What cannot be is in the log, and `mathsoc check` finds it.
    pub(super) async fn end(self, wanted: BTreeSet<String>) {
        let is_lost = |it: &&StoredEntry| {
            !wanted.contains(&it.id.to_string()) || self.back.contains(&(it.id, !it.quarantined))
        };
        for old in self.before.iter().filter(is_lost) {
            let _ = self.uploads.admin().delete(old).await;
        }
    }
}
