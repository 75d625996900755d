//! The report as SARIF 2.1.0, which code-scanning pages read.

use palisade::csp::Severity;
use serde_json::{Value, json};

use super::report::{Found, Report};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(report: &Report) -> anyhow::Result<String> {
    let all: Vec<&Found> = report.sites.iter().flat_map(|site| &site.findings).collect();
    let mut rules: Vec<&Found> = Vec::new();
    for found in &all {
        if !rules.iter().any(|known| known.finding.id == found.finding.id) {
            rules.push(found);
        }
    }
    let place = |found: &Found| rules.iter().position(|known| known.finding.id == found.finding.id);
    let results: Vec<Value> = all.iter().map(|found| result(found, place(found))).collect();
    let notes: Vec<Value> = report
        .unchecked
        .iter()
        .map(|failed| json!({ "level": "error", "message": { "text": format!("{}: {}", failed.target, failed.why) } }))
        .collect();
    let sarif = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "palisade audit",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|found| rule(found)).collect::<Vec<_>>(),
            } },
            "invocations": [{ "executionSuccessful": report.unchecked.is_empty(), "toolExecutionNotifications": notes }],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&sarif)? + "\n")
}

fn rule(found: &Found) -> Value {
    let finding = &found.finding;
    json!({
        "id": finding.id,
        "shortDescription": { "text": finding.what },
        "helpUri": finding.link,
        "help": { "text": format!("Write: {}", finding.fix.line) },
        "defaultConfiguration": { "level": level(finding.severity) },
        "properties": { "security-severity": points(finding.severity), "tags": ["security"] },
    })
}

fn result(found: &Found, place: Option<usize>) -> Value {
    let finding = &found.finding;
    json!({
        "ruleId": finding.id,
        "ruleIndex": place,
        "level": level(finding.severity),
        "message": { "text": format!("{} Saw: {}. Write: {}", finding.what, finding.saw, finding.fix.line) },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": finding.url } } }],
        "partialFingerprints": { "palisade/v1": format!("{}|{}|{}", finding.id, finding.url, finding.subject) },
        "baselineState": if found.known { "unchanged" } else { "new" },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// On the scale of CVSS, as code-scanning pages sort by.
fn points(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}
