//! The report as SARIF 2.1.0, for code scanning.

use palisade::csp::Severity;
use palisade_audit::Finding;
use serde_json::{Value, json};

use super::report::{Report, ReportedFinding};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(report: &Report) -> anyhow::Result<String> {
    let all: Vec<&ReportedFinding> = report.sites.iter().flat_map(|site| &site.findings).collect();
    let mut rules: Vec<&ReportedFinding> = Vec::new();
    for reported in &all {
        if !rules.iter().any(|rule| rule.finding.id == reported.finding.id) {
            rules.push(reported);
        }
    }
    let index =
        |reported: &ReportedFinding| rules.iter().position(|rule| rule.finding.id == reported.finding.id);
    let results: Vec<Value> = all.iter().map(|reported| result(reported, index(reported))).collect();
    let notes: Vec<Value> = report
        .unchecked
        .iter()
        .map(|target| format!("{}: {}", target.target, target.error))
        .map(|text| json!({ "level": "error", "message": { "text": text } }))
        .collect();
    let sarif = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "palisade audit",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|reported| rule(reported)).collect::<Vec<_>>(),
            } },
            "invocations": [{ "executionSuccessful": report.unchecked.is_empty(), "toolExecutionNotifications": notes }],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&sarif)? + "\n")
}

fn rule(reported: &ReportedFinding) -> Value {
    let finding = &reported.finding;
    json!({
        "id": finding.id,
        "shortDescription": { "text": finding.message },
        "helpUri": finding.link,
        "help": { "text": format!("Write: {}", finding.fix.line) },
        "defaultConfiguration": { "level": level(finding.severity) },
        "properties": { "security-severity": cvss_score(finding.severity), "tags": ["security"] },
    })
}

fn result(reported: &ReportedFinding, index: Option<usize>) -> Value {
    let finding = &reported.finding;
    json!({
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": message(finding) },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": finding.url } } }],
        "partialFingerprints": { "palisade/v1": format!("{}|{}|{}", finding.id, finding.url, finding.subject) },
        "baselineState": if reported.known { "unchanged" } else { "new" },
    })
}

fn message(finding: &Finding) -> String {
    format!("{} Evidence: {}. Write: {}", finding.message, finding.evidence, finding.fix.line)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// Returns a CVSS score, by which code scanning sorts.
fn cvss_score(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}
