//! `mathsoc csp …`: what browsers report of the policy, and what would let it through.

use std::fmt::Write;

use clap::Subcommand;
use mathsoc::config::Config;
use mathsoc::db::{Db, reports};
use mathsoc::web::policy;
use palisade::reporting::{Disposition, ReportGroup};

use crate::print;

#[derive(Subcommand)]
pub(crate) enum CspCommand {
    /// Print what browsers stopped, what to do about it, and the policy's line with and without it.
    Suggest,
}

impl CspCommand {
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let Self::Suggest = self;
        let db = Db::connect(&config.database_url).await?;
        db.migrate().await?;
        let known = reports::most(&db).await?;
        db.close().await;
        let text = known.iter().map(|known| said(&known.group, config)).collect::<Vec<_>>().join("\n");
        print(if text.is_empty() { "Nothing was reported.\n" } else { &text })
    }
}

fn said(group: &ReportGroup, config: &Config) -> String {
    let reports = if group.count == 1 { "report" } else { "reports" };
    let mut text =
        format!("{} ({} {reports})\n  What to do: {}\n", group.description(), group.count, group.advice());
    if let Some((suggestion, setting)) = policy::suggestion(config, group) {
        let (directive, source) = (suggestion.directive, &suggestion.source);
        let how = match group.disposition {
            Disposition::Enforced => format!("add {directive} {source} to {setting}"),
            Disposition::Reported => format!("write {} into {setting}", suggestion.after),
        };
        let _ = write!(
            text,
            "  Now:        {}\n  With it:    {}\n  To allow:   {how}\n",
            suggestion.before, suggestion.after
        );
        if suggestion.findings.is_empty() {
            text.push_str("  The lint has nothing to say against it.\n");
        }
        for finding in &suggestion.findings {
            let _ = writeln!(
                text,
                "  The lint:   {}: {} Better: {}.",
                finding.severity, finding.message, finding.fix
            );
        }
    }
    text
}
