//! `mathsoc check`: checks the data for consistency, or the installation for production.
//!
//! Exit codes: 0 nothing found, 1 findings, 2 the check failed. Findings of level info do not
//! count.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use mathsoc::config::Config;
use mathsoc::db::Db;
use mathsoc::observe::logging;
use mathsoc::operate::check::{self, Depth, Finding, Removed};
use mathsoc::operate::checklist::{self, Facts, Severity};

use crate::print;

#[derive(Args)]
pub(crate) struct CheckCommand {
    /// Repair data that follow from other rows, then list the remaining findings.
    #[arg(long)]
    repair: bool,
    /// Also read every file and compare its digest. This takes as long as reading all of them.
    #[arg(long)]
    read_files: bool,
    /// Remove files unused for a day and files without a row, then list the remaining findings.
    #[arg(long)]
    remove_unused: bool,
    /// Print what --remove-unused would do, and change nothing.
    #[arg(long, requires = "remove_unused")]
    dry_run: bool,
    /// Instead run the deployment checklist: settings, files, backups, admins, clock.
    #[arg(long, conflicts_with_all = ["repair", "read_files", "remove_unused"])]
    deploy: bool,
}

impl CheckCommand {
    /// Prints the findings, and returns the exit code.
    pub(crate) fn run(self, config: &Config, env_file: &Path) -> ExitCode {
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime");
        let passes = runtime.and_then(|runtime| {
            if self.deploy {
                runtime.block_on(run_checklist(config, env_file))
            } else {
                let findings = runtime.block_on(self.find(config))?;
                print(&numbered(&findings)).map(|()| findings.is_empty())
            }
        });
        match passes {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                logging::tell(format_args!("mathsoc: {error:#}"));
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

    /// Returns the findings about files, after removing unused ones if asked to.
    async fn find_files(&self, db: &Db, config: &Config) -> anyhow::Result<Vec<Finding>> {
        if config.uploads.are_in_memory() {
            logging::tell(format_args!(
                "mathsoc: uploads are in the memory of the site process, so files are not checked"
            ));
            return Ok(Vec::new());
        }
        let uploads = config.uploads.open_read_only().context("UPLOAD_FOLDER or UPLOAD_STORE_URI")?;
        if self.remove_unused {
            let removed = check::remove_unused(db, &uploads, self.dry_run).await?;
            print(&removal_report(&removed, self.dry_run))?;
        }
        let depth = if self.read_files { Depth::Bytes } else { Depth::Sizes };
        Ok(check::files(db, &uploads, depth).await?)
    }
}

fn removal_report(removed: &Removed, dry_run: bool) -> String {
    let Removed { unused, strays, bytes, young } = removed;
    let done = if dry_run { "Would be removed" } else { "Removed" };
    let young = match young {
        0 => String::new(),
        young => format!("{young} files younger than a day stay: an unfinished article may use them.\n"),
    };
    let dry_run = if dry_run { "This was a dry run: nothing was changed.\n" } else { "" };
    format!("{done}: {unused} unused files, {strays} files without a row, {bytes} bytes.\n{young}{dry_run}")
}

/// Prints the checklist. If the database does not answer, prints the findings about settings.
async fn run_checklist(config: &Config, env_file: &Path) -> anyhow::Result<bool> {
    let mut findings = checklist::of_settings(config);
    let facts = Facts::look_up(config, env_file).await;
    if let Ok(facts) = &facts {
        findings.extend(checklist::of_facts(config, facts));
    }
    print(&numbered(&findings))?;
    facts.with_context(|| format!("cannot read the database at {}", config.database_url))?;
    Ok(findings.iter().all(|finding| finding.severity == Severity::Info))
}

fn numbered<T: std::fmt::Display>(findings: &[T]) -> String {
    if findings.is_empty() {
        return "Nothing found.\n".to_owned();
    }
    (1..).zip(findings).map(|(number, finding)| format!("{number:>4}. {finding}\n")).collect()
}
