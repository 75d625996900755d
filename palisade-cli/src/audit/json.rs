//! The report as JSON. Members are only ever added.

use palisade_audit::{ALGORITHM, ObservatoryOutcome};
use serde_json::{Value, json};

use super::report::{Report, ReportedFinding, SiteReport};

pub(super) fn write(report: &Report) -> anyhow::Result<String> {
    let unchecked =
        report.unchecked.iter().map(|target| json!({ "target": target.target, "why": target.error }));
    let report = json!({
        "version": 1,
        "sites": report.sites.iter().map(site).collect::<Vec<_>>(),
        "unchecked": unchecked.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn site(site: &SiteReport) -> Value {
    let steps = |chain: &[(String, u16)]| {
        chain.iter().map(|(url, status)| json!({ "url": url, "status": status })).collect::<Vec<_>>()
    };
    let score = site.score.as_ref().map(|score| {
        let outcome = |outcome: &ObservatoryOutcome| {
            json!({ "test": outcome.test, "result": outcome.result, "points": outcome.points })
        };
        let outcomes: Vec<_> = score.outcomes.iter().map(outcome).collect();
        json!({ "algorithm": ALGORITHM, "points": score.points, "grade": score.grade, "outcomes": outcomes })
    });
    let tls = site.tls.as_ref().map(|tls| {
        json!({ "version": tls.version, "distrust": tls.certificate_error, "not_after": tls.not_after, "days_left": site.days_left })
    });
    json!({
        "target": site.target,
        "way": steps(&site.redirect_chain),
        "clear": steps(&site.plain_http_chain),
        "pages": site.pages,
        "tls": tls,
        "observatory": score,
        "findings": site.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(reported: &ReportedFinding) -> Value {
    let finding = &reported.finding;
    json!({
        "id": finding.id,
        "severity": finding.severity.name(),
        "url": finding.url,
        "subject": finding.subject,
        "evidence": finding.evidence,
        "what": finding.message,
        "fix": { "line": finding.fix.line, "palisade": finding.fix.palisade, "nginx": finding.fix.nginx },
        "link": finding.link,
        "known": reported.known,
    })
}
