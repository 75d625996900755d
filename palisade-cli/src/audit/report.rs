//! The contents of a report, which each format writes in its own way.

use palisade_audit::{Finding, Observation, ObservedResponse, Score, Tls, findings, score};

/// The report of all targets.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) sites: Vec<SiteReport>,
    pub(super) unchecked: Vec<UncheckedTarget>,
}

/// A target that could not be checked.
#[derive(Debug)]
pub(super) struct UncheckedTarget {
    pub(super) target: String,
    pub(super) error: String,
}

/// The report of one site.
#[derive(Debug)]
pub(super) struct SiteReport {
    pub(super) target: String,
    /// URL and status of each redirect and of the page.
    pub(super) redirect_chain: Vec<(String, u16)>,
    /// The chain from `http://` on; empty if it equals `redirect_chain`.
    pub(super) plain_http_chain: Vec<(String, u16)>,
    pub(super) pages: usize,
    pub(super) tls: Option<Tls>,
    pub(super) days_left: Option<i64>,
    pub(super) score: Option<Score>,
    pub(super) findings: Vec<ReportedFinding>,
}

#[derive(Debug)]
pub(super) struct ReportedFinding {
    pub(super) finding: Finding,
    /// Set if the baseline has the finding.
    pub(super) known: bool,
}

impl SiteReport {
    pub(super) fn new(target: &str, observation: &Observation) -> Self {
        let step = |response: &ObservedResponse| (response.url().to_owned(), response.status().as_u16());
        let redirect_chain: Vec<_> = observation.redirect_chain().map(step).collect();
        let plain_http_chain: Vec<_> = observation.plain_http_chain().map(step).collect();
        let findings = findings(observation).into_iter();
        Self {
            target: target.to_owned(),
            plain_http_chain: if plain_http_chain == redirect_chain { Vec::new() } else { plain_http_chain },
            redirect_chain,
            pages: observation.pages().count(),
            tls: observation.tls_connection().cloned(),
            days_left: observation.certificate_days_left(),
            score: score(observation),
            findings: findings.map(|finding| ReportedFinding { finding, known: false }).collect(),
        }
    }

    /// Returns the URL of the page.
    pub(super) fn page_url(&self) -> &str {
        self.redirect_chain.last().map_or(&self.target, |(url, _)| url)
    }

    /// Groups the findings by rule and message, in the order of the first finding of each group.
    pub(super) fn groups(&self) -> Vec<Vec<&ReportedFinding>> {
        let mut groups: Vec<Vec<&ReportedFinding>> = Vec::new();
        for reported in &self.findings {
            let is_same = |group: &&mut Vec<&ReportedFinding>| {
                let first = &group[0];
                (first.finding.id, &first.finding.message, first.known)
                    == (reported.finding.id, &reported.finding.message, reported.known)
            };
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(reported),
                None => groups.push(vec![reported]),
            }
        }
        groups
    }
}
