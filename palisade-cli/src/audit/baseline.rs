//! What was known before: a report in JSON, by rule, page and subject.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::report::Site;

/// The findings of a report from before.
#[derive(Debug, Default)]
pub(super) struct Baseline(HashSet<(String, String, String)>);

#[derive(Deserialize)]
struct Old {
    sites: Vec<OldSite>,
}

#[derive(Deserialize)]
struct OldSite {
    findings: Vec<OldFinding>,
}

#[derive(Deserialize)]
struct OldFinding {
    id: String,
    url: String,
    subject: String,
}

impl Baseline {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let wrong = || format!("{}: not a baseline; make one with --format json", path.display());
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let old: Old = serde_json::from_str(&text).with_context(wrong)?;
        let findings = old.sites.into_iter().flat_map(|site| site.findings);
        Ok(Self(findings.map(|old| (old.id, old.url, old.subject)).collect()))
    }

    pub(super) fn mark(&self, site: &mut Site) {
        for found in &mut site.findings {
            let finding = &found.finding;
            let key = (finding.id.to_owned(), finding.url.clone(), finding.subject.clone());
            found.known = self.0.contains(&key);
        }
    }
}
