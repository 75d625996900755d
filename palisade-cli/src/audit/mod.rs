//! `palisade audit`: asks sites, or reads what somebody else was answered, and writes what the rules say.

mod baseline;
mod crawl;
mod head;
mod html;
mod json;
mod report;
mod sarif;
mod text;
mod visit;

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use palisade_audit::Seen;
use url::Url;

use crate::Verdict;
use crate::args::{AuditOptions, Format, Threshold};
use crate::fetch::{Client, Trust};
use crate::style::Style;
use baseline::Baseline;
use report::{Report, Site, Unchecked};

/// How much of a file is read.
const MOST_FILE: u64 = 4 << 20;

/// Audits everything that the command line names.
pub(crate) fn run(options: &AuditOptions) -> anyhow::Result<Verdict> {
    let baseline = options.baseline.as_deref().map(Baseline::read).transpose()?.unwrap_or_default();
    let client = Client::new(Trust::new(options.ca.as_deref())?, Duration::from_secs(options.timeout));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    for target in &options.targets {
        match check(target, options, &client, &runtime) {
            Ok(site) => report.sites.push(site),
            Err(error) => {
                let _ = writeln!(io::stderr(), "palisade: {target}: {error:#}");
                report.unchecked.push(Unchecked { target: target.clone(), why: format!("{error:#}") });
            }
        }
    }
    report.sites.iter_mut().for_each(|site| baseline.mark(site));
    let text = match options.format {
        Format::Text => text::write(&report, Style::stdout()),
        Format::Json => json::write(&report)?,
        Format::Sarif => sarif::write(&report)?,
        Format::Html => html::write(&report),
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(verdict(&report, options.fail_on))
}

fn verdict(report: &Report, fail_on: Threshold) -> Verdict {
    let counts = |severity| fail_on.0.is_some_and(|least| severity >= least);
    let mut new = report.sites.iter().flat_map(|site| &site.findings).filter(|finding| !finding.known);
    if !report.unchecked.is_empty() {
        Verdict::Unknown
    } else if new.any(|finding| counts(finding.finding.severity)) {
        Verdict::Findings
    } else {
        Verdict::Clean
    }
}

fn check(
    target: &str,
    options: &AuditOptions,
    client: &Client,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<Site> {
    if target.contains("://") {
        let url = Url::parse(target).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.context("is no address of a site: write one such as https://example.org/")?;
        let seen = runtime.block_on(visit::visit(client, url, options))?;
        return Ok(Site::of(target, &seen));
    }
    let text = if target == "-" { read(io::stdin().lock())? } else { file(Path::new(target))? };
    let (page, hops) = head::read(&text, &options.url)?;
    Ok(Site::of(target, &Seen::new(page, SystemTime::now()).hops(hops)))
}

fn file(path: &Path) -> anyhow::Result<String> {
    match fs::File::open(path) {
        Ok(file) => read(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("there is no such file; an address begins with https:// or http://")
        }
        Err(error) => Err(error.into()),
    }
}

fn read(from: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    from.take(MOST_FILE).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
