//! Backups: all that the site keeps, in one file that restores into SQLite and into PostgreSQL.
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
//! What is in it: a gzipped tar, readable without this program:
//!
//! | entry | what it is |
//! |---|---|
//! | `tables/NAME/N.jsonl` | the rows of a table, one JSON object a line, some megabyte to a part; bytes as base64 |
//! | `files/ID` | the uploaded files, whichever place they are kept in |
//! | `manifest.json` | last: version, migration, tables with columns and counts, length and SHA-256 of every entry |
//!
//! How it is made:
//! 1. everything of the database is read in one transaction that sees one moment, while the site goes on to write;
//! 2. then the files are copied that these rows know: a file never changes, so each is what it was at that moment. One that is
//!    not there any more is named in the manifest;
//! 3. into `FILE.partial`, which becomes `FILE` when all of it is on the disk. An existing file is never overwritten.
//!
//! How it is restored:
//! 1. all of it is read and compared with the manifest, before anything is changed;
//! 2. its migration has to be the database's; a database without tables gets those of the backup, and is brought up to date after;
//! 3. a database with rows is refused, unless they are to be replaced;
//! 4. so is a place that has files;
//! 5. files are put back under their ids before the rows are there, and taken away again if the rows do not come to be; what
//!    was there before, and nothing knows any more, goes after. Rows and counters of ids change together, or nothing does.
//!
//! | default | why |
//! |---|---|
//! | sessions are not saved | one that was ended since would be alive again |
//! | a restore raises every account's epoch to the present | so would sessions and links that lie elsewhere, in cookies or letters |
//! | file 0600 | it has addresses and the hashes of passwords |
//!
//! What it does not do: the secret key (`DATA_DIR/secret_key` or `SECRET_KEY`) is not in it. Second factors are sealed with that
//! key: keep it somewhere else. Neither is the file encrypted. While a restore is going on, the site must not be.

mod archive;
mod files;
mod manifest;
mod restore;

use palisade::upload::UploadRejection;
use std::io;
use std::path::{Path, PathBuf};

pub use self::manifest::{Entry, Manifest, SavedTable};
pub use self::restore::{Existing, restore, verify};
use palisade::Uploads;

use crate::db::tx::Tx;
use crate::db::{Db, DbError};
use crate::domain::clock::now;
use crate::operate::dump::{self, Row};
use crate::operate::schema::{Schema, Table};
use crate::private_files;

/// Where uploaded files are in the archive.
const FILES: &str = "files/";
/// Where rows are in the archive.
const TABLES: &str = "tables/";
/// Whose rows are not saved.
const PASSING: [&str; 1] = ["sessions"];
/// How long a part of a table becomes.
const PART: usize = 1 << 20;

/// Saves the database and the files that were uploaded.
///
/// # Errors
/// When the file is there already or cannot be written, the database has no tables, or it or the place of the files gives
/// no answer. Nothing is left behind.
pub async fn create(db: &Db, uploads: &Uploads, file: &Path) -> Result<Manifest, BackupError> {
    if file.exists() {
        return Err(BackupError::Exists { path: file.to_owned() });
    }
    let migration = db.migration().await?.ok_or(BackupError::NoTables)?;
    let partial = Partial::new(file);
    let made = partial.make().map_err(|source| BackupError::File { path: partial.0.clone(), source })?;
    let failed = |source| BackupError::File { path: file.to_owned(), source };

    let mut writer = archive::Writer::new(made);
    let mut manifest = Manifest::new(now(), migration);
    let mut tx = Tx::snapshot(db).await?;
    let schema = Schema::read(&mut tx).await?;
    // Tables of an early form have none.
    let has_files = schema.table("files").is_some();
    for table in &schema.tables {
        if !PASSING.contains(&table.name.as_str()) {
            manifest.tables.push(save(&mut tx, table, &mut writer).await?);
        }
    }
    let known = if has_files { files::known(&mut tx).await? } else { Vec::new() };
    tx.rollback().await?;
    manifest.missing = files::save(&mut writer, uploads, known).await?;
    writer.finish(&mut manifest).map_err(failed)?;
    std::fs::rename(&partial.0, file).map_err(failed)?;
    Ok(manifest)
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
        if part.len() < PART { Ok(()) } else { flush(&mut part) }
    })
    .await?;
    if !part.is_empty() {
        flush(&mut part)?;
    }
    let last_id = if table.counts { dump::last_id(tx, &table.name).await? } else { None };
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    Ok(SavedTable { name: table.name.clone(), columns, rows, last_id })
}

/// What is written until all is there; gone when it is dropped.
struct Partial(PathBuf);

impl Partial {
    fn new(file: &Path) -> Self {
        let mut name = file.as_os_str().to_owned();
        name.push(".partial");
        Self(name.into())
    }

    fn make(&self) -> io::Result<std::fs::File> {
        let _ = std::fs::remove_file(&self.0); // left by one that was killed
        private_files::new_file(&self.0)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Why a backup is not made, or not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The file is there.
    #[error("{} is there already: give the backup another name, with the date in it", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened.
    #[error("cannot open {}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is nothing to save.
    #[error("the database has no tables yet: start the site once, or run `mathsoc migrate`")]
    NoTables,
    /// The archive breaks off, or is none.
    #[error("the backup is damaged, or is none: nothing was changed")]
    Damaged(#[source] io::Error),
    /// The archive is none of ours.
    #[error("the file is no backup that this program can read: nothing was changed")]
    Foreign,
    /// An entry is not what the manifest says.
    #[error("{path} in the backup is not what was saved: nothing was changed")]
    Changed {
        /// The entry.
        path: String,
    },
    /// The database has rows.
    #[error(
        "the database is not empty ({table} has rows): add --replace to lose what is in it, or take an empty one"
    )]
    NotEmpty {
        /// The first table that has some.
        table: String,
    },
    /// There are uploaded files.
    #[error(
        "there are {files} uploaded files already: add --replace to lose them, or set UPLOAD_FOLDER or UPLOAD_STORE_URI to \
         another place"
    )]
    HasFiles {
        /// How many.
        files: usize,
    },
    /// The place of the files gives no answer.
    #[error("the place of the files gives no answer; the log says why")]
    Place(UploadRejection),
    /// A newer program made it.
    #[error("a newer version of this program made the backup ({program}): restore it with that version")]
    Newer {
        /// The version.
        program: String,
    },
    /// The database is newer than the backup.
    #[error(
        "the backup has the tables of migration {backup}, the database those of {database}: restore it into a database \
         without tables, which is brought up to date after"
    )]
    Older {
        /// The backup's migration.
        backup: i64,
        /// The database's.
        database: i64,
    },
    /// A table or a column is not there.
    #[error("the backup has {what}, which the database does not: nothing was changed")]
    Unknown {
        /// The name.
        what: String,
    },
    /// Reading broke off.
    #[error("the backup could not be read to its end")]
    Broken(#[from] tokio::task::JoinError),
    /// The database gives no answer, or does not take the rows.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl BackupError {
    fn damaged(error: io::Error) -> Self {
        Self::Damaged(error)
    }
}
