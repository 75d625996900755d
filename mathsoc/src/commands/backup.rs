//! `mathsoc backup`: saves the database and the uploaded files into one archive, while the site
//! runs.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use mathsoc::config::Config;
use mathsoc::db::Db;
use mathsoc::observe::logging;
use mathsoc::operate::backup;

use crate::print;

#[derive(Args)]
pub(crate) struct BackupCommand {
    /// The file to create, such as maths-2026-11-21.tar.gz. An existing file is never overwritten.
    file: PathBuf,
}

impl BackupCommand {
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        if config.database_url.missing_file().is_some() {
            bail!("there is no database at {}: see DATABASE_URL and DATA_DIR", config.database_url);
        }
        let db = Db::connect(&config.database_url).await?;
        let uploads = config.uploads.open_read_only().context("UPLOAD_FOLDER or UPLOAD_STORE_URI")?;
        let saved = backup::create(&db, &uploads, &self.file).await?;
        db.close().await;
        let (rows, files, file) = (saved.rows(), saved.files(), self.file.display());
        if !saved.missing.is_empty() {
            logging::tell(format_args!(
                "mathsoc: {} files of the database are missing from the storage, and are not in the backup: {}. \
                         `mathsoc check` says whether they are lost, or were deleted during the backup.",
                saved.missing.len(),
                saved.missing.join(", ")
            ));
        }
        print(&format!(
            "{rows} rows and {files} files are in {file}.\n\
             The secret key is not: keep SECRET_KEY or DATA_DIR/secret_key in another safe place.\n"
        ))
    }
}
