//! Backups: the database and the uploaded files in one archive, for SQLite and PostgreSQL alike.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::path::Path;
//! use mathsoc::operate::backup::{self, Existing};
//! use mathsoc::db::{Db, Url};
//! use palisade::Uploads;
//!
//! let db = Db::connect(&Url::file(Path::new("data/mathsoc.db"))).await?;
//! let files = Uploads::open_read_only("data/uploads")?;
//! let saved = backup::create(&db, &files, Path::new("monday.tar.gz")).await?;
//! println!("{} rows, {} files", saved.rows(), saved.files());
//!
//! let other = Db::connect(&"postgres://db/society".parse()?).await?;
//! let files = Uploads::open("s3://society-files?region=eu-west-2")?;
//! backup::restore(&other, &files, Path::new("monday.tar.gz"), Existing::Refuse).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The archive is a gzipped tar, readable without this program:
//!
//! | entry | content |
//! |---|---|
//! | `tables/NAME/N.jsonl` | rows, one JSON object a line, about 1 MiB per part; bytes as base64 |
//! | `files/ID` | an uploaded file |
//! | `manifest.json` | last: version, migration, tables, and length and SHA-256 of every entry |
//!
//! A backup, in order:
//! 1. reads the database in one transaction with a consistent snapshot, while the site goes on
//!    writing;
//! 2. copies the files that these rows refer to. Files never change, so each copy matches the
//!    snapshot. The manifest lists files that are missing;
//! 3. writes to a file of its own beside `FILE`, and renames it to `FILE` once all of it is on
//!    disk. An existing file is never overwritten, also not if two backups run at once.
//!
//! A restore, in order:
//! 1. reads the whole archive and compares it with the manifest, before it changes anything;
//! 2. requires that the database is at the backup's migration. A database without tables is
//!    migrated to it;
//! 3. rejects a database with rows and a storage with files, unless they are to be replaced;
//! 4. restores the files under their ids, and in one transaction the rows and the counters of ids.
//!    If the transaction fails, the restored files are removed again;
//! 5. after the commit, removes earlier files that no row refers to, and applies newer migrations.
//!
//! | default | why |
//! |---|---|
//! | sessions are not saved | a restore would revive sessions that ended since |
//! | a restore raises every account's epoch to the present | invalidates old cookies and links |
//! | file mode 0600 | it contains addresses and password hashes |
//!
//! It does not save the secret key (`DATA_DIR/secret_key` or `SECRET_KEY`), which seals
//! the second factors. Keep the key in another place. It does not encrypt the archive. Stop the
//! site during a restore.

mod archive;
mod files;
mod manifest;
mod restore;
mod rows;

use palisade::upload::UploadRejection;
use std::io;
use std::path::{Path, PathBuf};

pub use self::manifest::{Entry, Manifest, SavedTable};
pub use self::restore::{Existing, Restored, restore, verify};
use palisade::Uploads;
use tempfile::NamedTempFile;

use crate::db::tx::Tx;
use crate::db::{Db, DbError};
use crate::domain::clock::now;
use crate::operate::dump::{self, Row};
use crate::operate::schema::{Schema, Table};

/// The prefix of uploaded files in the archive.
const FILES: &str = "files/";
/// The prefix of rows in the archive.
const TABLES: &str = "tables/";
/// Tables whose rows are not saved.
const EXCLUDED_TABLES: [&str; 1] = ["sessions"];
/// The size at which a part of a table is written, in bytes.
const PART_BYTES: usize = 1 << 20;

/// Saves the database and the uploaded files. On an error it leaves no file behind.
pub async fn create(db: &Db, uploads: &Uploads, file: &Path) -> Result<Manifest, BackupError> {
    let failed = |source| BackupError::File { path: file.to_owned(), source };
    if file.exists() {
        return Err(BackupError::Exists { path: file.to_owned() });
    }
    let migration = db.migration().await?.ok_or(BackupError::NoTables)?;
    let partial = partial(file).map_err(failed)?;

    let mut writer = archive::Writer::new(partial.reopen().map_err(failed)?);
    let mut manifest = Manifest::new(now(), migration);
    let mut tx = Tx::snapshot(db).await?;
    let schema = Schema::read(&mut tx).await?;
    // Early migrations have no table of files.
    let has_files = schema.table("files").is_some();
    for table in &schema.tables {
        if !EXCLUDED_TABLES.contains(&table.name.as_str()) {
            manifest.tables.push(save(&mut tx, table, &mut writer).await?);
        }
    }
    let known = if has_files { files::known(&mut tx).await? } else { Vec::new() };
    tx.rollback().await?;
    manifest.missing = files::save(&mut writer, uploads, known).await?;
    writer.finish(&mut manifest).map_err(failed)?;
    match partial.persist_noclobber(file) {
        Ok(_) => Ok(manifest),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(BackupError::Exists { path: file.to_owned() })
        }
        Err(error) => Err(failed(error.error)),
    }
}

async fn save(tx: &mut Tx, table: &Table, writer: &mut archive::Writer) -> Result<SavedTable, BackupError> {
    let (mut rows, mut parts, mut part) = (0, 0, Vec::new());
    let mut flush = |part: &mut Vec<u8>| {
        parts += 1;
        let path = format!("{TABLES}{}/{parts}.jsonl", table.name);
        let added = writer.add(&path, &part[..], part.len() as u64);
        part.clear();
        added.map_err(|source| BackupError::File { path: path.into(), source })
    };
    dump::read(tx, table, |row: Row| {
        serde_json::to_writer(&mut part, &row).map_err(|error| BackupError::damaged(error.into()))?;
        part.push(b'\n');
        rows += 1;
        if part.len() < PART_BYTES { Ok(()) } else { flush(&mut part) }
    })
    .await?;
    if !part.is_empty() {
        flush(&mut part)?;
    }
    let last_id = if table.has_id_counter { dump::last_id(tx, &table.name).await? } else { None };
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    Ok(SavedTable { name: table.name.clone(), columns, rows, last_id })
}

/// Creates the unfinished archive beside `file`, under a name of its own and with mode 0600.
/// Dropping it deletes the file.
fn partial(file: &Path) -> io::Result<NamedTempFile> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    tempfile::Builder::new().prefix(&name).suffix(".partial").tempfile_in(folder.unwrap_or(Path::new(".")))
}

/// A reason why a backup is not created or not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The file of the new backup exists.
    #[error("{} exists: give the backup another name, such as one with the date", .path.display())]
    Exists { path: PathBuf },
    /// The archive cannot be opened.
    #[error("cannot open {}", .path.display())]
    Open { path: PathBuf, source: io::Error },
    /// A file cannot be read or written.
    #[error("cannot read or write {}", .path.display())]
    File { path: PathBuf, source: io::Error },
    /// The database has no tables.
    #[error("the database has no tables yet: start the site once, or run `mathsoc migrate`")]
    NoTables,
    /// The archive is truncated, or not a gzipped tar.
    #[error("the backup is damaged, or is not a backup: nothing was changed")]
    Damaged(#[source] io::Error),
    /// The archive has another format.
    #[error("this program cannot read the file as a backup: nothing was changed")]
    Foreign,
    /// An entry differs from the manifest.
    #[error("{path} in the backup does not match its manifest: nothing was changed")]
    Changed { path: String },
    /// The database has rows.
    #[error(
        "the database is not empty ({table} has rows): add --replace to lose them, or use an empty database"
    )]
    NotEmpty { table: String },
    /// The storage has uploaded files.
    #[error(
        "there are {files} uploaded files already: add --replace to lose them, or set UPLOAD_FOLDER or UPLOAD_STORE_URI to \
         another place"
    )]
    HasFiles { files: usize },
    /// The storage of the files does not answer.
    #[error("the storage of the uploaded files does not answer; the log says why")]
    Storage(UploadRejection),
    /// A newer version of the program made the backup.
    #[error("the backup is of version {program}: restore it with that version or a newer one")]
    Newer { program: String },
    /// The database is newer than the backup.
    #[error(
        "the backup is at migration {backup}, the database at {database}: restore it into a database \
         without tables; they are then brought up to date"
    )]
    Older { backup: i64, database: i64 },
    /// The database lacks a table or a column of the backup.
    #[error("the backup has {what}, which the database does not: nothing was changed")]
    Unknown { what: String },
    /// The task that reads the archive panicked.
    #[error("the task that reads the backup failed")]
    Broken(#[from] tokio::task::JoinError),
    /// The database does not answer, or rejects the rows.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl BackupError {
    fn damaged(error: io::Error) -> Self {
        Self::Damaged(error)
    }
}
