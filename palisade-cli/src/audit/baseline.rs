//! The baseline: findings of an earlier JSON report, by rule, URL and subject.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::report::SiteReport;

/// The keys of the findings of an earlier report.
#[derive(Debug, Default)]
pub(super) struct Baseline(HashSet<(String, String, String)>);

#[derive(Deserialize)]
struct JsonReport {
    sites: Vec<JsonSite>,
}

#[derive(Deserialize)]
struct JsonSite {
    findings: Vec<JsonFinding>,
}

#[derive(Deserialize)]
struct JsonFinding {
    id: String,
    url: String,
    subject: String,
}

impl Baseline {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let invalid = || format!("{}: not a JSON report; create one with --format json", path.display());
        let report: JsonReport = serde_json::from_str(&text).with_context(invalid)?;
        let findings = report.sites.into_iter().flat_map(|site| site.findings);
        Ok(Self(findings.map(|finding| (finding.id, finding.url, finding.subject)).collect()))
    }

    /// Marks the findings of a site that the baseline has as known.
    pub(super) fn mark(&self, site: &mut SiteReport) {
        for reported in &mut site.findings {
            let finding = &reported.finding;
            let key = (finding.id.to_owned(), finding.url.clone(), finding.subject.clone());
            reported.known = self.0.contains(&key);
        }
    }
}
