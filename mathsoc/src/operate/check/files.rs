//! Files and the rows that were written down of them.
//!
//! The place is looked at before the rows are, so that a file which comes meanwhile is no stray; and what seems to be missing is
//! looked for once more, since it may have come, gone, or left quarantine meanwhile.

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

/// How old something has to be before it counts as unused, in seconds: an article is written meanwhile, or a file arrives.
const UNUSED_GRACE: u64 = 24 * 60 * 60;

/// How closely files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Whether they are there, and how long they are.
    Sizes,
    /// All of every file is read and compared with its digest.
    Bytes,
}

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many files were written down and used by nothing.
    pub unused: usize,
    /// How many lay there without being written down.
    pub strays: usize,
    /// How many bytes they had.
    pub bytes: u64,
    /// How many stay because they are younger than a day.
    pub young: usize,
}

/// Why files could not be looked at or removed.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The database gives no answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Their place gives none.
    #[error("the place of the files gives no answer; the log says why")]
    Place(UploadRejection),
}

impl From<UploadRejection> for FilesError {
    fn from(rejection: UploadRejection) -> Self {
        Self::Place(rejection)
    }
}

impl From<sqlx::Error> for FilesError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// What is written down of a file.
#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    size: i64,
    sha256: String,
    quarantined: bool,
    uploaded_at: i64,
    is_used: bool,
}

/// Both sides, as they were found.
struct Found {
    rows: BTreeMap<String, Row>,
    listed: Vec<StoredEntry>,
}

impl Found {
    async fn look(db: &Db, uploads: &Uploads) -> Result<Self, FilesError> {
        let listed = uploads.admin().list().await?;
        let mut tx = Tx::snapshot(db).await?;
        let select = format!(
            "SELECT id, name, size, sha256, quarantined_at IS NOT NULL AS quarantined, uploaded_at, {} AS is_used FROM files",
            used(&mut tx).await?
        );
        let rows: Vec<Row> =
            within!(&mut tx, link => sqlx::query_as(AssertSqlSafe(select)).fetch_all(&mut **link).await?);
        tx.rollback().await?;
        Ok(Self { rows: rows.into_iter().map(|row| (row.id.clone(), row)).collect(), listed })
    }

    /// What lies there and is not written down, or a second time.
    fn strays(&self) -> impl Iterator<Item = &StoredEntry> {
        let there: BTreeSet<_> = self.listed.iter().map(|it| (it.id, it.quarantined)).collect();
        self.listed.iter().filter(move |it| match self.rows.get(&it.id.to_string()) {
            None => true,
            Some(row) => row.quarantined != it.quarantined && there.contains(&(it.id, row.quarantined)),
        })
    }

    fn unused(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().filter(|row| !row.is_used)
    }
}

/// A condition that holds for what some row refers to, whatever its table.
async fn used(tx: &mut Tx) -> Result<String, DbError> {
    let mut any = String::from("(1 = 0");
    for table in Schema::read(tx).await?.tables {
        for reference in table.references.iter().filter(|it| it.table == "files") {
            let (name, from) = (&table.name, &reference.from);
            let _ = write!(any, " OR EXISTS (SELECT 1 FROM \"{name}\" r WHERE r.\"{from}\" = files.id)"); // into a text
        }
    }
    Ok(any + ")")
}

/// Whether it has been there for long enough.
fn is_old(since: SystemTime) -> bool {
    since.elapsed().is_ok_and(|age| age.as_secs() >= UNUSED_GRACE)
}

/// The same of unix seconds.
fn at(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

pub(super) async fn find(db: &Db, uploads: &Uploads, depth: Depth) -> Result<Vec<Finding>, FilesError> {
    let found = Found::look(db, uploads).await?;
    let mut findings = Vec::new();
    let sizes: BTreeMap<_, _> =
        found.listed.iter().map(|it| ((it.id.to_string(), it.quarantined), it.bytes)).collect();
    for row in found.rows.values() {
        let is_well = sizes.get(&(row.id.clone(), row.quarantined)).is_some_and(|bytes| row.has(*bytes));
        if is_well && depth == Depth::Sizes {
            continue;
        }
        if let Some(what) = row.compare(db, uploads, depth).await? {
            findings.push(Finding::new("M11", format!("file {} ({:?}) {what}", row.id, row.name)));
        }
    }
    for it in found.strays().filter(|it| is_old(it.last_modified)) {
        let place = if it.quarantined { " in quarantine" } else { "" };
        let what = match found.rows.contains_key(&it.id.to_string()) {
            true => format!("file {} lies there a second time{place}", it.id),
            false => format!("file {} lies there{place} and is not written down", it.id),
        };
        findings.push(Finding::new("M12", format!("{what}: {} bytes", it.bytes)).unused());
    }
    for row in found.unused().filter(|row| is_old(at(row.uploaded_at))) {
        let text = format!("file {} ({:?}) is used by nothing: {} bytes", row.id, row.name, row.size);
        findings.push(Finding::new("M13", text).unused());
    }
    Ok(findings)
}

impl Row {
    fn has(&self, bytes: u64) -> bool {
        u64::try_from(self.size) == Ok(bytes)
    }

    /// What is wrong with its file, if something is.
    async fn compare(&self, db: &Db, uploads: &Uploads, depth: Depth) -> Result<Option<String>, FilesError> {
        let Ok(id) = self.id.parse::<UploadId>() else {
            return Ok(Some("has a number under which no file lies".to_owned()));
        };
        let Some(mut kept) = uploads.admin().read(id).await? else {
            // Unless both went at once.
            let is_known = files::any(db, id).await?.is_some();
            return Ok(is_known.then(|| "is not in its place: put it back from a backup".to_owned()));
        };
        if !self.has(kept.bytes()) {
            return Ok(Some(format!("has {} bytes instead of {}", kept.bytes(), self.size)));
        }
        let quarantined = files::any(db, id).await?.is_some_and(|file| file.quarantined);
        if quarantined != kept.is_quarantined() {
            let (lies, said) = if quarantined { ("out of", "waits") } else { ("in", "does not wait") };
            return Ok(Some(format!("lies {lies} quarantine, but {said} for the scanner")));
        }
        if depth == Depth::Bytes && digest(&mut kept).await? != self.sha256 {
            return Ok(Some("has other bytes than when it was kept".to_owned()));
        }
        Ok(None)
    }
}

async fn digest(kept: &mut StoredFile) -> Result<String, UploadRejection> {
    let mut hash = Sha256::new();
    while let Some(chunk) = kept.chunk().await? {
        hash.update(&chunk);
    }
    Ok(hex::encode(hash.finalize()))
}

/// Removes what nothing uses and what is not written down, but nothing that is younger than a day.
pub(super) async fn remove_unused(db: &Db, uploads: &Uploads, dry_run: bool) -> Result<Removed, FilesError> {
    let found = Found::look(db, uploads).await?;
    let mut removed = Removed::default();
    for row in found.unused() {
        if !is_old(at(row.uploaded_at)) {
            removed.young += 1;
            continue;
        }
        if !dry_run {
            // First the row: a file without one is found again, but a row without its file is a hole in a page.
            if !forget(db, &row.id).await? {
                continue;
            }
            if let Ok(id) = row.id.parse() {
                uploads.remove(id).await?;
            }
        }
        removed.unused += 1;
        removed.bytes += u64::try_from(row.size).unwrap_or(0);
    }
    for stray in found.strays() {
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

/// Removes a row that is still used by nothing; whether it was.
async fn forget(db: &Db, id: &str) -> Result<bool, DbError> {
    // PostgreSQL: whoever notes a use holds the row; once it is ours, the next statement sees what was noted.
    const HOLD: &str = "SELECT id FROM files WHERE id = $1 FOR UPDATE";
    let before = now() - i64::try_from(UNUSED_GRACE).unwrap_or(i64::MAX);
    let mut tx = Tx::writing(db).await?;
    if let Tx::Postgres(link) = &mut tx {
        sqlx::query(HOLD).bind(id).execute(&mut **link).await?;
    }
    let delete =
        format!("DELETE FROM files WHERE id = $1 AND uploaded_at <= $2 AND NOT {}", used(&mut tx).await?);
    let gone = within!(&mut tx, link => {
        sqlx::query(AssertSqlSafe(delete)).bind(id).bind(before).execute(&mut **link).await?.rows_affected()
    });
    tx.commit().await?;
    Ok(gone > 0)
}
