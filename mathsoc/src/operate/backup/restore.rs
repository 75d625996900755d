//! Restores a backup.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use palisade::Uploads;
use palisade::upload::UploadId;
use tokio::sync::mpsc;
use tokio::task;

use super::files::{self, Copied, FileRestore};
use super::manifest::{Manifest, SavedTable};
use super::{BackupError, EXCLUDED_TABLES, FILES, TABLES, archive, now, rows};
use crate::db::tx::{Tx, within};
use crate::db::{Db, DbError};
use crate::operate::dump::{self, Row};
use crate::operate::schema::{Column, Schema, Table};

/// The handling of existing rows and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Change nothing if there are any.
    Refuse,
    /// Delete them.
    Replace,
}

/// Reads the whole archive, and compares it with its manifest.
pub fn verify(file: &Path) -> Result<Manifest, BackupError> {
    archive::verify(file)
}

/// A restored backup.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// The files whose bytes differ from the size or the digest in their rows. They were damaged
    /// before the backup was made.
    pub damaged: Vec<UploadId>,
}

/// Restores the rows and the files. All sessions end. On an error, nothing is changed.
pub async fn restore(
    db: &Db,
    uploads: &Uploads,
    file: &Path,
    existing: Existing,
) -> Result<Restored, BackupError> {
    let path = file.to_owned();
    let manifest = task::spawn_blocking(move || archive::verify(&path)).await??;
    let mut file_restore = FileRestore::begin(uploads).await?;
    if existing == Existing::Refuse && file_restore.before() > 0 {
        return Err(BackupError::HasFiles { files: file_restore.before() });
    }
    fit_tables(db, &manifest, existing).await?;

    let mut tx = Tx::writing(db).await?;
    let filled = fill(&mut tx, &manifest, file, existing, &mut file_restore).await;
    let committed = match filled {
        Ok(referenced) => tx.commit().await.map(|()| referenced).map_err(BackupError::from),
        Err(error) => Err(error),
    };
    let damaged = match committed {
        Ok(referenced) => file_restore.finish(referenced).await,
        Err(error) => {
            file_restore.undo().await;
            return Err(error);
        }
    };
    db.migrate().await?;
    Ok(Restored { manifest, damaged })
}

/// Replaces all rows, restores the files, and returns the ids of the files that the rows refer to.
async fn fill(
    tx: &mut Tx,
    manifest: &Manifest,
    file: &Path,
    existing: Existing,
    file_restore: &mut FileRestore<'_>,
) -> Result<BTreeSet<String>, BackupError> {
    let schema = Schema::read(tx).await?;
    let tables = manifest.tables.iter().map(|table| Saved::find(table, &schema));
    let tables = tables.collect::<Result<Vec<_>, _>>()?;
    if existing == Existing::Refuse {
        reject_rows(tx, &schema).await?;
    }
    for table in schema.tables.iter().rev() {
        dump::clear(tx, table).await?;
    }
    let (send, parts) = mpsc::channel(2);
    let reader = ArchiveReader { file: file.to_owned(), parts: send };
    let reading = task::spawn_blocking(move || reader.run());
    let written = write(tx, &tables, parts, file_restore).await;
    // If writing failed, the channel is closed and the reader stops.
    let read = reading.await?;
    written?;
    read?;
    for saved in &tables {
        let rows = dump::count(tx, saved.table).await?;
        if u64::try_from(rows) != Ok(saved.listed.rows) {
            return Err(BackupError::Changed { path: format!("{TABLES}{}", saved.table.name) });
        }
        if saved.table.has_id_counter {
            dump::continue_after(tx, &saved.table.name, saved.listed.last_id).await?;
        }
    }
    end_sessions(tx).await?;
    let has_files = schema.table("files").is_some();
    Ok(if has_files { file_restore.referenced(tx).await? } else { BTreeSet::new() })
}

/// Writes the rows and the files as they arrive.
async fn write(
    tx: &mut Tx,
    tables: &[Saved<'_>],
    mut parts: mpsc::Receiver<Part>,
    file_restore: &mut FileRestore<'_>,
) -> Result<(), BackupError> {
    while let Some(part) = parts.recv().await {
        let (path, rows) = match part {
            Part::Rows(path, rows) => (path, rows),
            Part::File(id, copy) => {
                file_restore.put(tx, id, copy).await?;
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

/// Migrates an older or empty database to the backup's migration; rejects a newer one.
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
        reject_rows(&mut tx, &schema).await?;
    }
    Ok(db.migrate_to(manifest.migration).await?)
}

async fn reject_rows(tx: &mut Tx, schema: &Schema) -> Result<(), BackupError> {
    for table in &schema.tables {
        if !EXCLUDED_TABLES.contains(&table.name.as_str()) && dump::count(tx, table).await? > 0 {
            return Err(BackupError::NotEmpty { table: table.name.clone() });
        }
    }
    Ok(())
}

/// Sessions, remember tokens and links of before the restore may carry an epoch that the backup
/// restores. Raising the epoch to the present time invalidates all of them.
async fn end_sessions(tx: &mut Tx) -> Result<(), DbError> {
    const RAISE: &str = "UPDATE users SET epoch = CASE WHEN epoch < $1 THEN $1 ELSE epoch + 1 END";
    within!(tx, link => {
        sqlx::query(RAISE).bind(now()).execute(&mut **link).await?;
    });
    Ok(())
}

/// A part of the archive.
enum Part {
    /// Rows, and the path of their entry.
    Rows(String, Vec<Row>),
    /// A copy of an uploaded file.
    File(UploadId, Copied),
}

/// The second pass over the archive, on a blocking thread.
struct ArchiveReader {
    file: PathBuf,
    parts: mpsc::Sender<Part>,
}

impl ArchiveReader {
    /// Sends the rows, and then the files.
    fn run(self) -> Result<(), BackupError> {
        let send = |part| {
            let sent = self.parts.blocking_send(part);
            sent.map_err(|_| BackupError::damaged(io::Error::other("the restore stopped")))
        };
        archive::read(&self.file, |path, content| {
            if let Some(name) = path.strip_prefix(FILES) {
                send(Part::File(files::id_of(name)?, files::copy(content)?))
            } else if path.starts_with(TABLES) {
                rows::read(content, |rows| send(Part::Rows(path.to_owned(), rows)))
            } else {
                Ok(())
            }
        })
    }
}

/// A table of the backup, with its counterpart in the database.
struct Saved<'a> {
    listed: &'a SavedTable,
    table: &'a Table,
    columns: Vec<&'a Column>,
}

impl<'a> Saved<'a> {
    fn find(listed: &'a SavedTable, schema: &'a Schema) -> Result<Self, BackupError> {
        let table = schema.table(&listed.name);
        let unknown = || BackupError::Unknown { what: format!("the table {}", listed.name) };
        let table = table.ok_or_else(unknown)?;
        let column = |name: &String| {
            let unknown = || BackupError::Unknown { what: format!("the column {}.{name}", listed.name) };
            table.column(name).ok_or_else(unknown)
        };
        let columns = listed.columns.iter().map(column).collect::<Result<_, _>>()?;
        Ok(Self { listed, table, columns })
    }
}
