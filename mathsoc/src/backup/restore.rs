//! Takes a backup back.

use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use tokio::task;

use super::files::{self, Staged};
use super::manifest::{Manifest, SavedTable};
use super::{BackupError, FILES, PASSING, TABLES, archive, now};
use crate::db::dump::{self, Row};
use crate::db::schema::{Column, Schema, Table};
use crate::db::tx::{Tx, within};
use crate::db::{Db, DbError};

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

/// Puts a backup into the database, and its files under `data_dir`. Everybody has to log in again.
///
/// # Errors
/// When the backup is damaged or not for this database, there are rows or files that must not be lost, or the database gives
/// no answer. Nothing is changed then.
pub async fn restore(
    db: &Db,
    data_dir: &Path,
    file: &Path,
    existing: Existing,
) -> Result<Manifest, BackupError> {
    let path = file.to_owned();
    let manifest = task::spawn_blocking(move || archive::verify(&path)).await??;
    let folder = files::folder(data_dir);
    let has_files = folder.read_dir().is_ok_and(|mut files| files.next().is_some());
    if existing == Existing::Refuse && has_files {
        return Err(BackupError::HasFiles { path: folder });
    }
    fit_tables(db, &manifest, existing).await?;

    let mut tx = Tx::writing(db).await?;
    let schema = Schema::read(&mut tx).await?;
    let tables = manifest.tables.iter().map(|table| Saved::find(table, &schema));
    let tables = tables.collect::<Result<Vec<_>, _>>()?;
    if existing == Existing::Refuse {
        refuse_rows(&mut tx, &schema).await?;
    }
    for table in schema.tables.iter().rev() {
        dump::clear(&mut tx, table).await?;
    }
    let (send, parts) = mpsc::channel(2);
    let reading = Reading { file: file.to_owned(), data_dir: data_dir.to_owned(), parts: send };
    let reading = task::spawn_blocking(move || reading.run());
    let written = write(&mut tx, &tables, parts).await;
    // It ends soon where the rows were refused; nothing may be left beside the files when this returns.
    let staged = reading.await?;
    written?;
    let staged = staged?;
    for saved in &tables {
        let rows = dump::count(&mut tx, saved.table).await?;
        if u64::try_from(rows) != Ok(saved.said.rows) {
            return Err(BackupError::Changed { path: format!("{TABLES}{}", saved.table.name) });
        }
        if saved.table.counts {
            dump::continue_after(&mut tx, &saved.table.name, saved.said.last_id).await?;
        }
    }
    end_sessions(&mut tx).await?;

    let moved = |source| BackupError::File { path: folder.clone(), source };
    staged.swap().map_err(moved)?;
    if let Err(error) = tx.commit().await {
        staged.undo().map_err(moved)?;
        return Err(error.into());
    }
    staged.keep().map_err(moved)?;
    db.migrate().await?;
    Ok(manifest)
}

/// Writes the rows as they come.
async fn write(
    tx: &mut Tx,
    tables: &[Saved<'_>],
    mut parts: mpsc::Receiver<(String, Vec<Row>)>,
) -> Result<(), BackupError> {
    while let Some((path, rows)) = parts.recv().await {
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

/// Reads the archive again, on a thread where it may wait for the disk.
struct Reading {
    file: PathBuf,
    data_dir: PathBuf,
    parts: mpsc::Sender<(String, Vec<Row>)>,
}

impl Reading {
    /// Sends on the rows, and lays the files beside their place.
    fn run(self) -> Result<Staged, BackupError> {
        let staged = Staged::new(&self.data_dir);
        let staged = staged.map_err(|source| BackupError::File { path: self.data_dir.clone(), source })?;
        archive::read(&self.file, |path, content| {
            if let Some(name) = path.strip_prefix(FILES) {
                return staged.write(name, content);
            }
            if !path.starts_with(TABLES) {
                return Ok(());
            }
            let text = io::read_to_string(content).map_err(BackupError::damaged)?;
            let rows: Result<Vec<Row>, _> = text.lines().map(serde_json::from_str).collect();
            let rows = rows.map_err(|error| BackupError::damaged(error.into()))?;
            let sent = self.parts.blocking_send((path.to_owned(), rows));
            sent.map_err(|_| BackupError::damaged(io::Error::other("its rows were refused")))
        })?;
        Ok(staged)
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
