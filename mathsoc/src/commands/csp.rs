//! `mathsoc csp …`: shows browser reports of the Content-Security-Policy, and how to allow them.

use std::fmt::Write;

use clap::Subcommand;
use mathsoc::config::Config;
use mathsoc::db::{Db, reports};
use mathsoc::web::policy;
use palisade::reporting::{Disposition, ReportGroup};

use crate::print;

#[derive(Subcommand)]
pub(crate) enum CspCommand {
    /// Print each reported violation, what to do about it, and the directive before and after the
    /// change.
    Suggest,
}

impl CspCommand {
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let Self::Suggest = self;
        let db = Db::connect(&config.database_url).await?;
        db.migrate().await?;
        let reported = reports::most(&db).await?;
        db.close().await;
        let text = reported.iter().map(|it| shown(&it.group, config)).collect::<Vec<_>>().join("\n");
        print(if text.is_empty() { "There are no reports.\n" } else { &text })
    }
}

fn shown(group: &ReportGroup, config: &Config) -> String {
    let reports = if group.count == 1 { "report" } else { "reports" };
    let mut text =
        format!("{} ({} {reports})\n  What to do: {}\n", group.description(), group.count, group.advice());
    if let Some((suggestion, setting)) = policy::suggestion(config, group) {
        let (directive, source) = (suggestion.directive, &suggestion.source);
        let how = match group.disposition {
            Disposition::Enforced => format!("add {directive} {source} to {setting}"),
            Disposition::Reported => format!("write {} into {setting}", suggestion.after),
        };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "  Now:        {}\n  With it:    {}\n  To allow:   {how}\n",
            suggestion.before, suggestion.after
        );
        if suggestion.findings.is_empty() {
            text.push_str("  The lint has no objections.\n");
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
