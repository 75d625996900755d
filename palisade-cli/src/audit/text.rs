//! The report as text for people.

use std::fmt::Write;

use palisade::csp::Severity;

use super::report::{Report, ReportedFinding, SiteReport};
use crate::style::{Style, printable};

/// The number of findings of a group that are listed.
const MAX_LISTED: usize = 3;

pub(super) fn write(report: &Report, style: Style) -> String {
    let mut text = String::new();
    for (position, site) in report.sites.iter().enumerate() {
        if position > 0 {
            text.push('\n');
        }
        // Writing to a string does not fail.
        let _ = write_site(&mut text, site, style);
    }
    text
}

fn write_site(text: &mut String, site: &SiteReport, style: Style) -> std::fmt::Result {
    writeln!(text, "{}", style.bold(&printable(site.page_url())))?;
    for chain in [&site.plain_http_chain, &site.redirect_chain] {
        if chain.len() > 1 {
            let steps: Vec<String> =
                chain.iter().map(|(url, status)| format!("{} {status}", printable(url))).collect();
            writeln!(text, "  {}", style.dim(&steps.join(" → ")))?;
        }
    }
    if let Some(tls) = &site.tls {
        let days = match site.days_left {
            Some(days @ 0..) => format!(", certificate expires in {days} days"),
            Some(days) => format!(", certificate expired {} days ago", -days),
            None => String::new(),
        };
        writeln!(text, "  {}{days}", tls.version)?;
    }
    write_score(text, site, style)?;
    if site.pages > 1 {
        writeln!(text, "  {} pages checked", site.pages)?;
    }
    for group in site.groups() {
        write_group(text, &group, style)?;
    }
    writeln!(text, "\n  {}", summary(site))
}

fn write_score(text: &mut String, site: &SiteReport, style: Style) -> std::fmt::Result {
    let Some(score) = &site.score else {
        return writeln!(text, "  no grade: the MDN HTTP Observatory rejects this status");
    };
    let grade = style.bold(score.grade);
    writeln!(text, "  {grade}  {} points by the MDN HTTP Observatory's algorithm", score.points)?;
    let counted = score.outcomes.iter().filter(|outcome| outcome.points != 0);
    let parts: Vec<String> =
        counted.map(|outcome| format!("{} {:+}", outcome.test, outcome.points)).collect();
    if parts.is_empty() { Ok(()) } else { writeln!(text, "      {}", style.dim(&parts.join(", "))) }
}

fn write_group(text: &mut String, group: &[&ReportedFinding], style: Style) -> std::fmt::Result {
    let ReportedFinding { finding, known } = group[0];
    let label = style.severity(finding.severity, &format!("{:<8}", finding.severity.name()));
    let known = if *known { " (known)" } else { "" };
    writeln!(text, "\n  {label}  {}{known}", style.bold(finding.id))?;
    writeln!(text, "            {}", printable(&finding.message))?;
    for ReportedFinding { finding, .. } in group.iter().take(MAX_LISTED) {
        let url = printable(&finding.url);
        writeln!(text, "  evidence  {}  {}", printable(&finding.evidence), style.dim(&url))?;
    }
    if group.len() > MAX_LISTED {
        writeln!(text, "            and {} more", group.len() - MAX_LISTED)?;
    }
    let fix = &finding.fix;
    // Findings of severity info are kept short here; the other formats have the whole fix.
    let (code, nginx) = if finding.severity == Severity::Info { ("", "") } else { (fix.palisade, fix.nginx) };
    for (label, line) in [("write", fix.line), ("code", code), ("nginx", nginx)] {
        let is_repeated = label == "nginx" && line == fix.line;
        if !line.is_empty() && !is_repeated {
            writeln!(text, "  {label:<8}  {line}")?;
        }
    }
    if finding.severity > Severity::Info {
        writeln!(text, "  {:<8}  {}", "read", style.dim(finding.link))?;
    }
    Ok(())
}

fn summary(site: &SiteReport) -> String {
    let known = site.findings.iter().filter(|reported| reported.known).count();
    let count = |severity: Severity| {
        let new = site.findings.iter().filter(|reported| !reported.known);
        (severity, new.filter(|reported| reported.finding.severity == severity).count())
    };
    let counts = Severity::ALL.into_iter().rev().map(count).filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(severity, count)| format!("{count} {severity}")).collect();
    if known > 0 {
        parts.push(format!("{known} known"));
    }
    if parts.is_empty() { "No findings.".to_owned() } else { parts.join(", ") }
}
