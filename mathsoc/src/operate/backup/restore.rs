//! Takes a backup back.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use palisade::Uploads;
use palisade::upload::UploadId;
use tokio::sync::mpsc;
use tokio::task;

use super::files::{self, Returning};
use super::manifest::{Manifest, SavedTable};
use super::{BackupError, FILES, PASSING, TABLES, archive, now};
use crate::db::tx::{Tx, within};
use crate::db::{Db, DbError};
use crate::operate::dump::{self, Row};
use crate::operate::schema::{Column, Schema, Table};

/// What to do about rows and files that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Change nothing if there are any.
    Refuse,
    /// They are lost.
    Replace,
}

/// Reads all of a backup, and compares it with its manifest.
///
/// # Errors
/// When it is damaged, or none.
pub fn verify(file: &Path) -> Result<Manifest, BackupError> {
    archive::verify(file)
}

/// Puts a backup into the database, and its files into their place. Everybody has to log in again.
///
/// # Errors
/// When the backup is damaged or not for this database, there are rows or files that must not be lost, or the database or the
/// place of the files gives no answer. Nothing is changed then.
pub async fn restore(
    db: &Db,
    uploads: &Uploads,
    file: &Path,
    existing: Existing,
) -> Result<Manifest, BackupError> {
    let path = file.to_owned();
    let manifest = task::spawn_blocking(move || archive::verify(&path)).await??;
    let mut returning = Returning::begin(uploads).await?;
    if existing == Existing::Refuse && returning.before() > 0 {
        return Err(BackupError::HasFiles { files: returning.before() });
    }
    fit_tables(db, &manifest, existing).await?;

    let mut tx = Tx::writing(db).await?;
    let filled = fill(&mut tx, &manifest, file, existing, &mut returning).await;
    let committed = match filled {
        Ok(wanted) => tx.commit().await.map(|()| wanted).map_err(BackupError::from),
        Err(error) => Err(error),
    };
    match committed {
        Ok(wanted) => returning.end(wanted).await,
        Err(error) => {
            returning.undo().await;
            return Err(error);
        }
    }
    db.migrate().await?;
    Ok(manifest)
}

/// Puts rows and files in the place of those that are there; which files the rows know.
async fn fill(
    tx: &mut Tx,
    manifest: &Manifest,
    file: &Path,
    existing: Existing,
    returning: &mut Returning<'_>,
) -> Result<BTreeSet<String>, BackupError> {
    let schema = Schema::read(tx).await?;
    let tables = manifest.tables.iter().map(|table| Saved::find(table, &schema));
    let tables = tables.collect::<Result<Vec<_>, _>>()?;
    if existing == Existing::Refuse {
        refuse_rows(tx, &schema).await?;
    }
    for table in schema.tables.iter().rev() {
        dump::clear(tx, table).await?;
    }
    let (send, parts) = mpsc::channel(2);
    let reading = Reading { file: file.to_owned(), parts: send };
    let reading = task::spawn_blocking(move || reading.run());
    let written = write(tx, &tables, parts, returning).await;
    // It ends soon where the rows were refused.
    let read = reading.await?;
    written?;
    read?;
    for saved in &tables {
        let rows = dump::count(tx, saved.table).await?;
        if u64::try_from(rows) != Ok(saved.said.rows) {
            return Err(BackupError::Changed { path: format!("{TABLES}{}", saved.table.name) });
        }
        if saved.table.counts {
            dump::continue_after(tx, &saved.table.name, saved.said.last_id).await?;
        }
    }
    end_sessions(tx).await?;
    let has_files = schema.table("files").is_some();
    Ok(if has_files { returning.wanted(tx).await? } else { BTreeSet::new() })
}

/// Writes the rows and the files as they come.
async fn write(
    tx: &mut Tx,
    tables: &[Saved<'_>],
    mut parts: mpsc::Receiver<Part>,
    returning: &mut Returning<'_>,
) -> Result<(), BackupError> {
    while let Some(part) = parts.recv().await {
        let (path, rows) = match part {
            Part::Rows(path, rows) => (path, rows),
            Part::File(id, copy) => {
                returning.put(tx, id, copy).await?;
                continue;
            }
        };
        let name = path.split('/').nth(1).unwrap_or_default();
        let unknown = || BackupError::Unknown { what: format!("rows of the table {name}") };
        let saved = tables.iter().find(|saved| saved.table.name == name).ok_or_else(unknown)?;
        dump::write(tx, saved.table, &saved.columns, rows).await?;
    }
    Ok(())
}

/// Sees to it that the tables are those of the backup.
async fn fit_tables(db: &Db, manifest: &Manifest, existing: Existing) -> Result<(), BackupError> {
    if manifest.migration > Db::newest_migration() {
        return Err(BackupError::Newer { program: manifest.program.clone() });
    }
    let database = db.migration().await?;
    if let Some(database) = database.filter(|database| *database > manifest.migration) {
        return Err(BackupError::Older { backup: manifest.migration, database });
    }
    if database.is_some() && existing == Existing::Refuse {
        // Before anything is changed.
        let mut tx = Tx::snapshot(db).await?;
        let schema = Schema::read(&mut tx).await?;
        refuse_rows(&mut tx, &schema).await?;
    }
    Ok(db.migrate_to(manifest.migration).await?)
}

async fn refuse_rows(tx: &mut Tx, schema: &Schema) -> Result<(), BackupError> {
    for table in &schema.tables {
        if !PASSING.contains(&table.name.as_str()) && dump::count(tx, table).await? > 0 {
            return Err(BackupError::NotEmpty { table: table.name.clone() });
        }
    }
    Ok(())
}

/// Sessions, remembered browsers and links from before believe in an epoch that the backup may have again: none is as high
/// as the present.
async fn end_sessions(tx: &mut Tx) -> Result<(), DbError> {
    const RAISE: &str = "UPDATE users SET epoch = CASE WHEN epoch < $1 THEN $1 ELSE epoch + 1 END";
    within!(tx, link => {
        sqlx::query(RAISE).bind(now()).execute(&mut **link).await?;
    });
    Ok(())
}

/// A part of the archive.
enum Part {
    /// Rows, and where they were.
    Rows(String, Vec<Row>),
    /// A copy of an uploaded file.
    File(UploadId, File),
}

/// Reads the archive again, on a thread where it may wait for the disk.
struct Reading {
    file: PathBuf,
    parts: mpsc::Sender<Part>,
}

impl Reading {
    /// Sends on the rows, and then the files.
    fn run(self) -> Result<(), BackupError> {
        archive::read(&self.file, |path, content| {
            let part = if let Some(name) = path.strip_prefix(FILES) {
                Part::File(files::id_of(name)?, files::copy(content)?)
            } else if path.starts_with(TABLES) {
                let text = io::read_to_string(content).map_err(BackupError::damaged)?;
                let rows: Result<Vec<Row>, _> = text.lines().map(serde_json::from_str).collect();
                Part::Rows(path.to_owned(), rows.map_err(|error| BackupError::damaged(error.into()))?)
            } else {
                return Ok(());
            };
            let sent = self.parts.blocking_send(part);
            sent.map_err(|_| BackupError::damaged(io::Error::other("a part of it was refused")))
        })
    }
}

/// A table of the backup, and what it is here.
struct Saved<'a> {
    said: &'a SavedTable,
    table: &'a Table,
    columns: Vec<&'a Column>,
}

impl<'a> Saved<'a> {
    fn find(said: &'a SavedTable, schema: &'a Schema) -> Result<Self, BackupError> {
        let table = schema.table(&said.name);
        let unknown = || BackupError::Unknown { what: format!("the table {}", said.name) };
        let table = table.ok_or_else(unknown)?;
        let column = |name: &String| {
            let unknown = || BackupError::Unknown { what: format!("the column {}.{name}", said.name) };
            table.column(name).ok_or_else(unknown)
        };
        let columns = said.columns.iter().map(column).collect::<Result<_, _>>()?;
        Ok(Self { said, table, columns })
    }
}
