//! `mathsoc import`: imports the database of the Flask site.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use mathsoc::config::Config;
use mathsoc::db::{Db, Url};
use mathsoc::operate::import::{self, Files, Offset, Options, Progress};

use crate::print;

#[derive(Args)]
pub(crate) struct ImportCommand {
    /// The database of the Flask site: sqlite:///srv/site/app.db or
    /// postgres://name@server/database. It is only read. Put a password into PGPASSWORD, because
    /// every user of the machine can read arguments.
    #[arg(long, value_name = "URL")]
    from: Url,
    /// Print what would be imported, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// A name for the source, if several sites are imported.
    #[arg(long = "as", value_name = "NAME", default_value = "flask")]
    name: String,
    /// The UTC offset of the source's clock, such as +01:00.
    #[arg(long, value_name = "OFFSET", default_value = "Z", allow_hyphen_values = true)]
    utc_offset: Offset,
    /// The folder of its uploads, such as /srv/site/app/static/uploads. Newsletters need it for
    /// their PDFs.
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,
}

impl ImportCommand {
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        if self.dry_run && config.database_url.missing_file().is_some() {
            bail!("there is no database at {} yet: run `mathsoc migrate` first", config.database_url);
        }
        let files = match self.files {
            Some(from) if !from.is_dir() => bail!("--files: there is no folder {}", from.display()),
            Some(from) => Some(Files { from, uploads: config.uploads.open()? }),
            None => None,
        };
        let db = Db::connect(&config.database_url).await?;
        if self.dry_run && db.migration().await? != Some(Db::newest_migration()) {
            bail!("the tables of {} are not up to date: run `mathsoc migrate` first", config.database_url);
        }
        if !self.dry_run {
            db.migrate().await?;
        }
        let options = Options { name: self.name, dry_run: self.dry_run, offset: self.utc_offset, files };
        let mut bar = ProgressBar::new();
        let report = import::run(&db, &self.from, &options, &mut |progress| bar.show(progress)).await;
        bar.clear();
        db.close().await;
        let report = report.with_context(|| format!("nothing was imported from {}", self.from))?;
        let done = match self.dry_run {
            true => "This was a dry run: nothing was changed.\n",
            false => "",
        };
        print(&format!("{report}{done}"))
    }
}

/// A progress bar on standard error; hidden if that is not a terminal.
struct ProgressBar {
    shown: Option<Instant>,
    is_terminal: bool,
}

impl ProgressBar {
    const WIDTH: usize = 30;

    fn new() -> Self {
        Self { shown: None, is_terminal: io::stderr().is_terminal() }
    }

    fn show(&mut self, Progress { what, done, of }: Progress) {
        let is_soon = self.shown.is_some_and(|at| at.elapsed() < Duration::from_millis(50));
        if !self.is_terminal || of == 0 || (is_soon && done < of) {
            return;
        }
        self.shown = Some(Instant::now());
        let full = Self::WIDTH * done.min(of) / of;
        let bar = "█".repeat(full) + &"░".repeat(Self::WIDTH - full);
        self.write(&format!("{bar} {done} of {of} {what}"));
    }

    fn clear(&mut self) {
        if self.is_terminal && self.shown.is_some() {
            self.write("");
        }
    }

    /// Redraws the line. Errors are ignored: the import goes on without a bar.
    fn write(&self, text: &str) {
        let mut out = io::stderr().lock();
        let _ = write!(out, "\r\x1b[K{text}").and_then(|()| out.flush());
    }
}
