//! `mathsoc restore`: restores a backup into SQLite or PostgreSQL.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use mathsoc::config::Config;
use mathsoc::db::Db;
use mathsoc::operate::backup::{self, Existing, Manifest};

use crate::print;

#[derive(Args)]
pub(crate) struct RestoreCommand {
    /// An archive created by `mathsoc backup`.
    file: PathBuf,
    /// Delete the present rows and uploaded files.
    #[arg(long)]
    replace: bool,
    /// Read the whole archive, print its contents, and change nothing.
    #[arg(long, conflicts_with = "replace")]
    dry_run: bool,
}

impl RestoreCommand {
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        if self.dry_run {
            let manifest = backup::verify(&self.file)?;
            let done = "The backup is intact. This was a dry run: nothing was changed.\n";
            return print(&(listed(&manifest) + done));
        }
        if config.uploads.are_in_memory() {
            bail!(
                "uploads in memory end with this command: set UPLOAD_FOLDER or UPLOAD_STORE_URI to permanent storage"
            );
        }
        let db = Db::connect(&config.database_url).await?;
        let existing = if self.replace { Existing::Replace } else { Existing::Refuse };
        let uploads = config.uploads.open().context("UPLOAD_FOLDER or UPLOAD_STORE_URI")?;
        let restored = backup::restore(&db, &uploads, &self.file, existing).await?;
        db.close().await;
        let done = format!("They are in {} now. Everyone has to log in again.\n", config.database_url);
        print(&(listed(&restored.manifest) + &done))?;
        if !restored.damaged.is_empty() {
            let ids: Vec<String> = restored.damaged.iter().map(ToString::to_string).collect();
            bail!(
                "{} of the files were damaged before the backup was made: {}. All else is restored; \
                 `mathsoc check` tells where they are used",
                ids.len(),
                ids.join(", ")
            );
        }
        Ok(())
    }
}

fn listed(manifest: &Manifest) -> String {
    let line = |table: &backup::SavedTable| format!("{:>9} rows of {}\n", table.rows, table.name);
    let tables: String = manifest.tables.iter().filter(|table| table.rows > 0).map(line).collect();
    format!("{tables}{:>9} files\n", manifest.files())
}
