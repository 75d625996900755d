//! `palisade csp`: checks, explains, compares and generates policies.

mod diff;
mod explain;
mod har;

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Context;
use palisade::csp::{Csp, Severity};

use crate::ExitStatus;
use crate::args::CspCommand;
use crate::style::{Style, printable};

/// The bytes of a policy that are read.
const MAX_POLICY_BYTES: u64 = 64 << 10;
/// The bytes of a HAR file that are read.
const MAX_HAR_BYTES: u64 = 256 << 20;

pub(crate) fn run(command: CspCommand) -> anyhow::Result<ExitStatus> {
    match command {
        CspCommand::Lint { policy } => lint(&argument_or_stdin(policy)?),
        CspCommand::Explain { policy } => explain(&argument_or_stdin(policy)?),
        CspCommand::Diff { old, new } => {
            let text = diff::diff(&parse(&old)?, &parse(&new)?);
            let is_same = text.is_empty();
            io::stdout().write_all(text.as_bytes())?;
            Ok(if is_same { ExitStatus::Clean } else { ExitStatus::Findings })
        }
        CspCommand::FromHar { file } => {
            let text =
                if file == Path::new("-") { read(io::stdin().lock(), MAX_HAR_BYTES)? } else { open(&file)? };
            writeln!(io::stdout(), "{}", har::policy(&text)?)?;
            Ok(ExitStatus::Clean)
        }
    }
}

fn open(path: &Path) -> anyhow::Result<String> {
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    read(file, MAX_HAR_BYTES)
}

fn read(from: impl Read, limit: u64) -> anyhow::Result<String> {
    let mut text = String::new();
    from.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

fn argument_or_stdin(policy: Option<String>) -> anyhow::Result<Csp> {
    match policy {
        Some(text) => parse(&text),
        None => parse(&read(io::stdin().lock(), MAX_POLICY_BYTES)?),
    }
}

/// Parses a policy, with or without the name of the header; each nonce becomes `'nonce'`.
fn parse(text: &str) -> anyhow::Result<Csp> {
    let text = text.trim();
    let header =
        text.split_once(':').filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-security-policy"));
    let text = header.map_or(text, |(_, value)| value.trim());
    let words = text.split(' ').map(|word| match word.strip_prefix("'nonce-") {
        Some(rest) => format!("'nonce'{}", rest.split_once('\'').map_or("", |(_, after)| after)),
        None => word.to_owned(),
    });
    Ok(words.collect::<Vec<_>>().join(" ").parse()?)
}

fn lint(policy: &Csp) -> anyhow::Result<ExitStatus> {
    let style = Style::stdout();
    let mut findings = policy.lint();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut stdout = io::stdout().lock();
    for finding in &findings {
        let severity = style.severity(finding.severity, &format!("{:<6}", finding.severity.name()));
        writeln!(stdout, "{severity}  {}  {}", style.bold(finding.id), finding.directive)?;
        writeln!(stdout, "        {}", printable(&finding.message))?;
        writeln!(stdout, "write   {}\n", finding.fix)?;
    }
    let has_faults = findings.iter().any(|finding| finding.severity > Severity::Info);
    if findings.is_empty() {
        writeln!(stdout, "No findings.")?;
    }
    Ok(if has_faults { ExitStatus::Findings } else { ExitStatus::Clean })
}

fn explain(policy: &Csp) -> anyhow::Result<ExitStatus> {
    let style = Style::stdout();
    let mut stdout = io::stdout().lock();
    for (directive, sources) in entries(policy) {
        writeln!(stdout, "{}", style.bold(&directive))?;
        writeln!(stdout, "  {}", explain::directive(&directive))?;
        for source in sources {
            writeln!(stdout, "  {:<22} {}", printable(&source), explain::source(&directive, &source))?;
        }
    }
    let unrestricted = explain::unrestricted(policy);
    if !unrestricted.is_empty() {
        writeln!(stdout, "\n{}", style.bold("Not restricted"))?;
        for line in unrestricted {
            writeln!(stdout, "  {line}")?;
        }
    }
    Ok(ExitStatus::Clean)
}

/// Returns each directive with its sources.
fn entries(policy: &Csp) -> Vec<(String, Vec<String>)> {
    let text = policy.to_string();
    let parts = text.split("; ").filter(|part| !part.is_empty());
    let entry = |part: &str| {
        let mut words = part.split(' ').map(str::to_owned);
        (words.next().unwrap_or_default(), words.collect())
    };
    parts.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_a_header_with_nonces() {
        let parse = |text| parse(text).unwrap().to_string();
        assert_eq!(
            parse("Content-Security-Policy: script-src 'nonce-abc' 'self'; img-src *\n"),
            "script-src 'nonce' 'self'; img-src *"
        );
        assert_eq!(parse("script-src 'nonce-abc'; img-src *"), "script-src 'nonce'; img-src *");
    }
}
