//! `mathsoc check`: whether what the site keeps goes together.
//!
//! Exit codes of its own: 0 nothing found, 1 findings, 2 it could not be checked.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use mathsoc::config::Config;
use mathsoc::db::Db;
use mathsoc::db::check::{self, Finding};

use crate::print;

#[derive(Args)]
pub(crate) struct CheckCommand {
    /// Mend what follows from other rows, and list what is left.
    #[arg(long)]
    repair: bool,
}

impl CheckCommand {
    /// Prints the findings.
    pub(crate) fn run(self, config: &Config) -> ExitCode {
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime");
        let found = runtime.and_then(|runtime| runtime.block_on(self.find(config)));
        let printed = found.and_then(|findings| print(&listed(&findings)).map(|()| findings.is_empty()));
        match printed {
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
        let findings = check::run(&db).await?;
        db.close().await;
        Ok(findings)
    }
}

fn listed(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "Nothing found: everything goes together.\n".to_owned();
    }
    (1..).zip(findings).map(|(number, finding)| format!("{number:>4}. {finding}\n")).collect()
}
