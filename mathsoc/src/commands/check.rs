//! `mathsoc check`: whether what the site keeps goes together, or whether it is ready for the world.
//!
//! Exit codes of its own: 0 nothing found, 1 findings, 2 it could not be checked. What is only worth knowing about the way a
//! site is set up does not count.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use mathsoc::config::Config;
use mathsoc::db::Db;
use mathsoc::operate::check::{self, Depth, Finding, Removed};
use mathsoc::operate::checklist::{self, Facts, Severity};

use crate::print;

#[derive(Args)]
pub(crate) struct CheckCommand {
    /// Mend what follows from other rows, and list what is left.
    #[arg(long)]
    repair: bool,
    /// Also read every file, and compare it with its digest: that takes as long as reading all of them.
    #[arg(long)]
    read_files: bool,
    /// Remove files that nothing has used for a day, and files that are not written down; then list what is left.
    #[arg(long)]
    remove_unused: bool,
    /// Say what --remove-unused would do, and change nothing.
    #[arg(long, requires = "remove_unused")]
    dry_run: bool,
    /// Instead go through the checklist before the site is shown to the world: settings, files, backups, admins, clock.
    #[arg(long, conflicts_with_all = ["repair", "read_files", "remove_unused"])]
    deploy: bool,
}

impl CheckCommand {
    /// Prints the findings.
    pub(crate) fn run(self, config: &Config, env_file: &Path) -> ExitCode {
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime");
        let is_well = runtime.and_then(|runtime| {
            if self.deploy {
                runtime.block_on(ready_for_the_world(config, env_file))
            } else {
                let findings = runtime.block_on(self.find(config))?;
                print(&listed(&findings)).map(|()| findings.is_empty())
            }
        });
        match is_well {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("mathsoc: {error:#}");
                ExitCode::from(2)
            }
        }
    }

    async fn find(self, config: &Config) -> anyhow::Result<Vec<Finding>> {
        if config.database_url.missing_file().is_some() {
            bail!("there is no database at {}: see DATABASE_URL and DATA_DIR", config.database_url);
        }
        let db = Db::connect(&config.database_url).await?;
        if db.migration().await? != Some(Db::newest_migration()) {
            bail!("the tables of {} are not up to date: run `mathsoc migrate` first", config.database_url);
        }
        if self.repair {
            check::repair(&db).await?;
        }
        let files = self.find_files(&db, config).await?;
        let mut findings = check::run(&db).await?;
        findings.extend(files);
        db.close().await;
        Ok(findings)
    }

    /// What does not match of the files, after what nothing uses is gone.
    async fn find_files(&self, db: &Db, config: &Config) -> anyhow::Result<Vec<Finding>> {
        if config.uploads.are_in_memory() {
            eprintln!("mathsoc: files are in the memory of the site itself, so they are not looked at");
            return Ok(Vec::new());
        }
        let uploads = config.uploads.open_read_only().context("UPLOAD_FOLDER or UPLOAD_STORE_URI")?;
        if self.remove_unused {
            let removed = check::remove_unused(db, &uploads, self.dry_run).await?;
            print(&said(&removed, self.dry_run))?;
        }
        let depth = if self.read_files { Depth::Bytes } else { Depth::Sizes };
        Ok(check::files(db, &uploads, depth).await?)
    }
}

fn said(removed: &Removed, dry_run: bool) -> String {
    let Removed { unused, strays, bytes, young } = removed;
    let done = if dry_run { "Would be removed" } else { "Removed" };
    let young = match young {
        0 => String::new(),
        young => format!("{young} younger than a day stay: somebody may be about to use them.\n"),
    };
    let dry_run = if dry_run { "This was a dry run: nothing was changed.\n" } else { "" };
    format!(
        "{done}: {unused} files that nothing used, {strays} that were not written down, {bytes} bytes.\n{young}{dry_run}"
    )
}

/// Prints the checklist; what the settings say also where the database does not answer.
async fn ready_for_the_world(config: &Config, env_file: &Path) -> anyhow::Result<bool> {
    let mut findings = checklist::of_settings(config);
    let facts = Facts::look_up(config, env_file).await;
    if let Ok(facts) = &facts {
        findings.extend(checklist::of_facts(config, facts));
    }
    print(&listed(&findings))?;
    facts.with_context(|| format!("of the database at {} nothing is known", config.database_url))?;
    Ok(findings.iter().all(|finding| finding.severity == Severity::Info))
}

fn listed<T: std::fmt::Display>(findings: &[T]) -> String {
    if findings.is_empty() {
        return "Nothing found: everything goes together.\n".to_owned();
    }
    (1..).zip(findings).map(|(number, finding)| format!("{number:>4}. {finding}\n")).collect()
}
