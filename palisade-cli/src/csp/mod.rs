//! `palisade csp`: what a policy does not stop, what it says in words, what changes, and what a page would need.

mod diff;
mod har;
mod words;

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Context;
use palisade::csp::{Csp, Severity};

use crate::Verdict;
use crate::args::CspCommand;
use crate::style::{Style, tame};

/// How much text is read as a policy.
const MOST_POLICY: u64 = 64 << 10;
/// How large a HAR file may be.
const MOST_HAR: u64 = 256 << 20;

pub(crate) fn run(command: CspCommand) -> anyhow::Result<Verdict> {
    match command {
        CspCommand::Lint { policy } => lint(&given(policy)?),
        CspCommand::Explain { policy } => explain(&given(policy)?),
        CspCommand::Diff { old, new } => {
            let text = diff::diff(&read(&old)?, &read(&new)?);
            let same = text.is_empty();
            io::stdout().write_all(text.as_bytes())?;
            Ok(if same { Verdict::Clean } else { Verdict::Findings })
        }
        CspCommand::FromHar { file } => {
            let text =
                if file == Path::new("-") { whole(io::stdin().lock(), MOST_HAR)? } else { open(&file)? };
            writeln!(io::stdout(), "{}", har::policy(&text)?)?;
            Ok(Verdict::Clean)
        }
    }
}

fn open(path: &Path) -> anyhow::Result<String> {
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    whole(file, MOST_HAR)
}

fn whole(from: impl Read, most: u64) -> anyhow::Result<String> {
    let mut text = String::new();
    from.take(most).read_to_string(&mut text)?;
    Ok(text)
}

fn given(policy: Option<String>) -> anyhow::Result<Csp> {
    match policy {
        Some(text) => read(&text),
        None => read(&whole(io::stdin().lock(), MOST_POLICY)?),
    }
}

/// A policy as it is sent, with the name of the header before it or without; its nonces count as `'nonce'`.
fn read(text: &str) -> anyhow::Result<Csp> {
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

fn lint(policy: &Csp) -> anyhow::Result<Verdict> {
    let style = Style::stdout();
    let mut findings = policy.lint();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut stdout = io::stdout().lock();
    for finding in &findings {
        let severity = style.severity(finding.severity, &format!("{:<6}", finding.severity.name()));
        writeln!(stdout, "{severity}  {}  {}", style.bold(finding.id), finding.directive)?;
        writeln!(stdout, "        {}", tame(&finding.message))?;
        writeln!(stdout, "write   {}\n", finding.fix)?;
    }
    let bad = findings.iter().any(|finding| finding.severity > Severity::Info);
    if findings.is_empty() {
        writeln!(stdout, "Nothing to mend.")?;
    }
    Ok(if bad { Verdict::Findings } else { Verdict::Clean })
}

fn explain(policy: &Csp) -> anyhow::Result<Verdict> {
    let style = Style::stdout();
    let mut stdout = io::stdout().lock();
    for (directive, sources) in entries(policy) {
        writeln!(stdout, "{}", style.bold(&directive))?;
        writeln!(stdout, "  {}", words::of_directive(&directive))?;
        for source in sources {
            writeln!(stdout, "  {:<22} {}", tame(&source), words::of_source(&directive, &source))?;
        }
    }
    let silent = words::silent(policy);
    if !silent.is_empty() {
        writeln!(stdout, "\n{}", style.bold("Nothing is said of"))?;
        for line in silent {
            writeln!(stdout, "  {line}")?;
        }
    }
    Ok(Verdict::Clean)
}

/// The directives with what stands behind each.
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
    fn policies_are_read_as_they_are_sent() {
        let read = |text| read(text).unwrap().to_string();
        assert_eq!(
            read("Content-Security-Policy: script-src 'nonce-abc' 'self'; img-src *\n"),
            "script-src 'nonce' 'self'; img-src *"
        );
        assert_eq!(read("script-src 'nonce-abc'; img-src *"), "script-src 'nonce'; img-src *");
    }
}
