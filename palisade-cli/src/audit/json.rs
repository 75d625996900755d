//! The report for programs. What stands here stays: members are only added.

use palisade_audit::ALGORITHM;
use serde_json::{Value, json};

use super::report::{Found, Report, Site};

pub(super) fn write(report: &Report) -> anyhow::Result<String> {
    let unchecked =
        report.unchecked.iter().map(|failed| json!({ "target": failed.target, "why": failed.why }));
    let report = json!({
        "version": 1,
        "sites": report.sites.iter().map(site).collect::<Vec<_>>(),
        "unchecked": unchecked.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn site(site: &Site) -> Value {
    let steps = |way: &[(String, u16)]| {
        way.iter().map(|(url, status)| json!({ "url": url, "status": status })).collect::<Vec<_>>()
    };
    let score = site.score.as_ref().map(|score| {
        let outcome = |outcome: &palisade_audit::Outcome| {
            json!({ "test": outcome.test, "result": outcome.result, "points": outcome.points })
        };
        let outcomes: Vec<_> = score.outcomes.iter().map(outcome).collect();
        json!({ "algorithm": ALGORITHM, "points": score.points, "grade": score.grade, "outcomes": outcomes })
    });
    let tls = site.tls.as_ref().map(|tls| {
        json!({ "version": tls.version, "distrust": tls.distrust, "not_after": tls.not_after, "days_left": site.days_left })
    });
    json!({
        "target": site.target,
        "way": steps(&site.way),
        "clear": steps(&site.clear),
        "pages": site.pages,
        "tls": tls,
        "observatory": score,
        "findings": site.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(found: &Found) -> Value {
    let finding = &found.finding;
    json!({
        "id": finding.id,
        "severity": finding.severity.name(),
        "url": finding.url,
        "subject": finding.subject,
        "saw": finding.saw,
        "what": finding.what,
        "fix": { "line": finding.fix.line, "palisade": finding.fix.palisade, "nginx": finding.fix.nginx },
        "link": finding.link,
        "known": found.known,
    })
}
