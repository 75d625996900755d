//! `palisade audit`: requests sites, or reads saved responses, and writes a report.

mod baseline;
mod crawl;
mod html;
mod json;
mod observe;
mod observed;
mod report;
mod response_text;
mod sarif;
mod text;

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use palisade_audit::Observation;
use url::Url;

use crate::ExitStatus;
use crate::args::{AuditOptions, Format, Threshold};
use crate::fetch::{Client, Trust};
use crate::style::Style;
use baseline::Baseline;
use report::{Report, SiteReport, UncheckedTarget};

/// The part of a file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Audits all targets of the command line.
pub(crate) fn run(options: &AuditOptions) -> anyhow::Result<ExitStatus> {
    let baseline = options.baseline.as_deref().map(Baseline::read).transpose()?.unwrap_or_default();
    let client = Client::new(Trust::new(options.ca.as_deref())?, Duration::from_secs(options.timeout));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    for target in &options.targets {
        match check(target, options, &client, &runtime) {
            Ok(site) => report.sites.push(site),
            Err(error) => {
                let _ = writeln!(io::stderr(), "palisade: {target}: {error:#}");
                let target = target.clone();
                report.unchecked.push(UncheckedTarget { target, error: format!("{error:#}") });
            }
        }
    }
    report.sites.iter_mut().for_each(|site| baseline.mark(site));
    let text = match options.format {
        Format::Text => text::write(&report, Style::stdout()),
        Format::Json => json::write(&report)?,
        Format::Sarif => sarif::write(&report)?,
        Format::Html => html::write(&report)?,
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(exit_status(&report, options.fail_on))
}

fn exit_status(report: &Report, fail_on: Threshold) -> ExitStatus {
    let fails = |severity| fail_on.0.is_some_and(|lowest| severity >= lowest);
    let mut new = report.sites.iter().flat_map(|site| &site.findings).filter(|finding| !finding.known);
    if !report.unchecked.is_empty() {
        ExitStatus::Error
    } else if new.any(|finding| fails(finding.finding.severity)) {
        ExitStatus::Findings
    } else {
        ExitStatus::Clean
    }
}

fn check(
    target: &str,
    options: &AuditOptions,
    client: &Client,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<SiteReport> {
    if target.contains("://") {
        let url = Url::parse(target).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.context("not an http or https URL: write one such as https://example.org/")?;
        let observation = runtime.block_on(observe::observe(client, url, options))?;
        return Ok(SiteReport::new(target, &observation));
    }
    let text = if target == "-" { read(io::stdin().lock())? } else { file(Path::new(target))? };
    let (page, redirects) = response_text::parse(&text, &options.url)?;
    let observation = Observation::new(page, SystemTime::now()).redirects(redirects);
    Ok(SiteReport::new(target, &observation))
}

fn file(path: &Path) -> anyhow::Result<String> {
    match fs::File::open(path) {
        Ok(file) => read(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("no such file; a URL begins with https:// or http://")
        }
        Err(error) => Err(error.into()),
    }
}

fn read(from: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    from.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
