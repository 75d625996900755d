//! The report for people.

use std::fmt::Write;

use palisade::csp::Severity;

use super::report::{Found, Report, Site, grouped};
use crate::style::{Style, tame};

/// Of how many findings of a kind it says where they are.
const PLACES: usize = 3;

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

fn write_site(text: &mut String, site: &Site, style: Style) -> std::fmt::Result {
    writeln!(text, "{}", style.bold(&tame(site.page())))?;
    for way in [&site.clear, &site.way] {
        if way.len() > 1 {
            let steps: Vec<String> =
                way.iter().map(|(url, status)| format!("{} {status}", tame(url))).collect();
            writeln!(text, "  {}", style.dim(&steps.join(" → ")))?;
        }
    }
    if let Some(tls) = &site.tls {
        let days = match site.days_left {
            Some(days @ 0..) => format!(", its certificate for {days} more days"),
            Some(days) => format!(", its certificate over for {} days", -days),
            None => String::new(),
        };
        writeln!(text, "  {}{days}", tls.version)?;
    }
    write_score(text, site, style)?;
    if site.pages > 1 {
        writeln!(text, "  {} pages looked at", site.pages)?;
    }
    for group in grouped(site) {
        write_group(text, &group, style)?;
    }
    writeln!(text, "\n  {}", summary(site))
}

fn write_score(text: &mut String, site: &Site, style: Style) -> std::fmt::Result {
    match &site.score {
        None => writeln!(text, "  no grade: the MDN HTTP Observatory takes no page with this status"),
        Some(score) => {
            let grade = style.bold(score.grade);
            writeln!(text, "  {grade}  {} points, as the MDN HTTP Observatory counts", score.points)?;
            let counted = score.outcomes.iter().filter(|outcome| outcome.points != 0);
            let parts: Vec<String> =
                counted.map(|outcome| format!("{} {:+}", outcome.test, outcome.points)).collect();
            if parts.is_empty() { Ok(()) } else { writeln!(text, "     {}", style.dim(&parts.join(", "))) }
        }
    }
}

fn write_group(text: &mut String, group: &[&Found], style: Style) -> std::fmt::Result {
    let Found { finding, known } = group[0];
    let label = style.severity(finding.severity, &format!("{:<6}", finding.severity.name()));
    let known = if *known { " (known)" } else { "" };
    writeln!(text, "\n  {label}  {}{known}", style.bold(finding.id))?;
    writeln!(text, "          {}", tame(&finding.what))?;
    for found in group.iter().take(PLACES) {
        writeln!(text, "  saw     {}  {}", tame(&found.finding.saw), style.dim(&tame(&found.finding.url)))?;
    }
    if group.len() > PLACES {
        writeln!(text, "          and {} more", group.len() - PLACES)?;
    }
    let fix = &finding.fix;
    // What is only worth knowing takes less room here; the other formats have all of it.
    let (code, nginx) = if finding.severity == Severity::Info { ("", "") } else { (fix.palisade, fix.nginx) };
    for (label, line) in [("write", fix.line), ("code", code), ("nginx", nginx)] {
        let again = label == "nginx" && line == fix.line;
        if !line.is_empty() && !again {
            writeln!(text, "  {label:<6}  {line}")?;
        }
    }
    if finding.severity > Severity::Info {
        writeln!(text, "  read    {}", style.dim(finding.link))?;
    }
    Ok(())
}

fn summary(site: &Site) -> String {
    let known = site.findings.iter().filter(|found| found.known).count();
    let count = |severity: Severity| {
        let new = site.findings.iter().filter(|found| !found.known && found.finding.severity == severity);
        (severity, new.count())
    };
    let counts = Severity::ALL.into_iter().rev().map(count).filter(|(_, many)| *many > 0);
    let mut parts: Vec<String> = counts.map(|(severity, many)| format!("{many} {severity}")).collect();
    if known > 0 {
        parts.push(format!("{known} known"));
    }
    if parts.is_empty() { "Nothing to mend.".to_owned() } else { parts.join(", ") }
}
