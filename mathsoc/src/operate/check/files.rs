//! Compares the stored files with their rows in the database.
//!
//! The storage is listed before the rows are read, so that a file that arrives during the check is
//! not a stray. Each suspect is checked again on its own, since it may have arrived, gone or left
//! quarantine since.

use palisade::upload::UploadRejection;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use palisade::Uploads;
use palisade::upload::{StoredEntry, StoredFile, UploadId};
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;

use super::Finding;
use crate::db::tx::{Tx, within};
use crate::db::{Db, DbError, files};
use crate::domain::clock::now;
use crate::operate::schema::Schema;

/// The age in seconds below which nothing counts as unused: an article may be in progress, or a
/// file may be arriving.
const UNUSED_GRACE: u64 = 24 * 60 * 60;

/// The depth of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Compares presence and size.
    Sizes,
    /// Also reads every file, and compares its digest.
    Bytes,
}

/// The result of [`remove_unused`](super::remove_unused), or of its dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The number of files with a row that nothing refers to.
    pub unused: usize,
    /// The number of stored files without a row.
    pub strays: usize,
    /// The size of all of them, in bytes.
    pub bytes: u64,
    /// The number of unused files that stay because they are younger than a day.
    pub young: usize,
}

/// A reason why files cannot be checked or removed.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A query failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The storage does not answer.
    #[error("the storage of the uploaded files does not answer; the log says why")]
    Storage(UploadRejection),
}

impl From<UploadRejection> for FilesError {
    fn from(rejection: UploadRejection) -> Self {
        Self::Storage(rejection)
    }
}

impl From<sqlx::Error> for FilesError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// The row of a file.
#[derive(sqlx::FromRow)]
struct FileRow {
    id: String,
    name: String,
    size: i64,
    sha256: String,
    quarantined: bool,
    uploaded_at: i64,
    is_used: bool,
}

/// The rows, and the files in storage.
struct Inventory {
    rows: BTreeMap<String, FileRow>,
    listed: Vec<StoredEntry>,
}

impl Inventory {
    async fn read(db: &Db, uploads: &Uploads) -> Result<Self, FilesError> {
        let listed = uploads.admin().list().await?;
        let mut tx = Tx::snapshot(db).await?;
        let select = format!(
            "SELECT id, name, size, sha256, quarantined_at IS NOT NULL AS quarantined, uploaded_at, {} AS is_used FROM files",
            is_used(&mut tx).await?
        );
        let rows: Vec<FileRow> =
            within!(&mut tx, link => sqlx::query_as(AssertSqlSafe(select)).fetch_all(&mut **link).await?);
        tx.rollback().await?;
        Ok(Self { rows: rows.into_iter().map(|row| (row.id.clone(), row)).collect(), listed })
    }

    /// Returns the stored files without a row, and second copies in or out of quarantine.
    fn strays(&self) -> impl Iterator<Item = &StoredEntry> {
        let there: BTreeSet<_> = self.listed.iter().map(|it| (it.id, it.quarantined)).collect();
        self.listed.iter().filter(move |it| match self.rows.get(&it.id.to_string()) {
            None => true,
            Some(row) => row.quarantined != it.quarantined && there.contains(&(it.id, row.quarantined)),
        })
    }

    fn unused(&self) -> impl Iterator<Item = &FileRow> {
        self.rows.values().filter(|row| !row.is_used)
    }
}

/// Returns an SQL condition that is true for files that a row of any table refers to.
async fn is_used(tx: &mut Tx) -> Result<String, DbError> {
    let mut any = String::from("(1 = 0");
    for table in Schema::read(tx).await?.tables {
        for reference in table.references.iter().filter(|it| it.table == "files") {
            let (name, from) = (&table.name, &reference.from);
            // Writing to a String cannot fail.
            let _ = write!(any, " OR EXISTS (SELECT 1 FROM \"{name}\" r WHERE r.\"{from}\" = files.id)");
        }
    }
    Ok(any + ")")
}

/// Returns `true` if the time is at least [`UNUSED_GRACE`] ago.
fn is_old(since: SystemTime) -> bool {
    since.elapsed().is_ok_and(|age| age.as_secs() >= UNUSED_GRACE)
}

/// Converts unix seconds.
fn at(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

pub(super) async fn find(db: &Db, uploads: &Uploads, depth: Depth) -> Result<Vec<Finding>, FilesError> {
    let inventory = Inventory::read(db, uploads).await?;
    let mut findings = Vec::new();
    let sizes: BTreeMap<_, _> =
        inventory.listed.iter().map(|it| ((it.id.to_string(), it.quarantined), it.bytes)).collect();
    for row in inventory.rows.values() {
        let is_intact =
            sizes.get(&(row.id.clone(), row.quarantined)).is_some_and(|bytes| row.has_size(*bytes));
        if is_intact && depth == Depth::Sizes {
            continue;
        }
        if let Some(what) = row.compare(db, uploads, depth).await? {
            findings.push(Finding::new("M11", format!("file {} ({:?}) {what}", row.id, row.name)));
        }
    }
    for it in inventory.strays().filter(|it| is_old(it.last_modified)) {
        let place = if it.quarantined { " in quarantine" } else { "" };
        let what = match inventory.rows.contains_key(&it.id.to_string()) {
            true => format!("file {} is stored a second time{place}", it.id),
            false => format!("file {} is stored{place}, but has no row", it.id),
        };
        findings.push(Finding::new("M12", format!("{what}: {} bytes", it.bytes)).unused());
    }
    for row in inventory.unused().filter(|row| is_old(at(row.uploaded_at))) {
        let text = format!("file {} ({:?}) is unused: {} bytes", row.id, row.name, row.size);
        findings.push(Finding::new("M13", text).unused());
    }
    Ok(findings)
}

impl FileRow {
    fn has_size(&self, bytes: u64) -> bool {
        u64::try_from(self.size) == Ok(bytes)
    }

    /// Returns the mismatch between the row and its file, if there is one.
    async fn compare(&self, db: &Db, uploads: &Uploads, depth: Depth) -> Result<Option<String>, FilesError> {
        let Ok(id) = self.id.parse::<UploadId>() else {
            return Ok(Some("has a malformed id, so no file can be stored under it".to_owned()));
        };
        let Some(mut stored) = uploads.admin().read(id).await? else {
            // The row may have been deleted together with the file.
            let row_exists = files::any(db, id).await?.is_some();
            return Ok(row_exists.then(|| "is missing from the storage: restore it from a backup".to_owned()));
        };
        if !self.has_size(stored.bytes()) {
            return Ok(Some(format!("has {} bytes instead of {}", stored.bytes(), self.size)));
        }
        let quarantined = files::any(db, id).await?.is_some_and(|file| file.quarantined);
        if quarantined != stored.is_quarantined() {
            let (stored, row) = if quarantined { ("out of", "waits") } else { ("in", "does not wait") };
            return Ok(Some(format!("is stored {stored} quarantine, but {row} for the virus scanner")));
        }
        if depth == Depth::Bytes && digest(&mut stored).await? != self.sha256 {
            return Ok(Some("has other content than when it was uploaded".to_owned()));
        }
        Ok(None)
    }
}

async fn digest(stored: &mut StoredFile) -> Result<String, UploadRejection> {
    let mut hash = Sha256::new();
    while let Some(chunk) = stored.chunk().await? {
        hash.update(&chunk);
    }
    Ok(hex::encode(hash.finalize()))
}

/// Removes unused files and files without a row, if they are at least a day old.
pub(super) async fn remove_unused(db: &Db, uploads: &Uploads, dry_run: bool) -> Result<Removed, FilesError> {
    let inventory = Inventory::read(db, uploads).await?;
    let mut removed = Removed::default();
    for row in inventory.unused() {
        if !is_old(at(row.uploaded_at)) {
            removed.young += 1;
            continue;
        }
        if !dry_run {
            // The row goes first: a file without a row is found again, but a row without its file
            // breaks a page.
            if !delete_row(db, &row.id).await? {
                continue;
            }
            if let Ok(id) = row.id.parse() {
                uploads.remove(id).await?;
            }
        }
        removed.unused += 1;
        removed.bytes += u64::try_from(row.size).unwrap_or(0);
    }
    for stray in inventory.strays() {
        if !is_old(stray.last_modified) {
            removed.young += 1;
            continue;
        }
        if !dry_run {
            let row = files::any(db, stray.id).await?;
            if row.is_some_and(|row| row.quarantined == stray.quarantined) {
                continue;
            }
            uploads.admin().delete(stray).await?;
        }
        removed.strays += 1;
        removed.bytes += stray.bytes;
    }
    Ok(removed)
}

/// Deletes a row if it is still unused, and returns whether it did.
async fn delete_row(db: &Db, id: &str) -> Result<bool, DbError> {
    // PostgreSQL: a transaction that refers to the file locks its row. Once this one has the lock,
    // the next statement sees the reference.
    const LOCK: &str = "SELECT id FROM files WHERE id = $1 FOR UPDATE";
    let before = now() - i64::try_from(UNUSED_GRACE).unwrap_or(i64::MAX);
    let mut tx = Tx::writing(db).await?;
    if let Tx::Postgres(link) = &mut tx {
        sqlx::query(LOCK).bind(id).execute(&mut **link).await?;
    }
    let delete =
        format!("DELETE FROM files WHERE id = $1 AND uploaded_at <= $2 AND NOT {}", is_used(&mut tx).await?);
    let gone = within!(&mut tx, link => {
        sqlx::query(AssertSqlSafe(delete)).bind(id).bind(before).execute(&mut **link).await?.rows_affected()
    });
    tx.commit().await?;
    Ok(gone > 0)
}
