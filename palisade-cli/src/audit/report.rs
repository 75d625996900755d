//! What is known of each site at the end, whichever way it is written.

use palisade_audit::{Answer, Finding, Score, Seen, Tls, findings, score};

/// Everything that the command line named.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) sites: Vec<Site>,
    pub(super) unchecked: Vec<Unchecked>,
}

/// What could not be checked.
#[derive(Debug)]
pub(super) struct Unchecked {
    pub(super) target: String,
    pub(super) why: String,
}

/// One site.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) target: String,
    /// The redirects and the page, each with its status.
    pub(super) way: Vec<(String, u16)>,
    /// The same from `http://`, where that is another way.
    pub(super) clear: Vec<(String, u16)>,
    pub(super) pages: usize,
    pub(super) tls: Option<Tls>,
    pub(super) days_left: Option<i64>,
    pub(super) score: Option<Score>,
    pub(super) findings: Vec<Found>,
}

/// A finding, and whether a baseline has it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) finding: Finding,
    pub(super) known: bool,
}

impl Site {
    pub(super) fn of(target: &str, seen: &Seen) -> Self {
        let step = |answer: &Answer| (answer.url().to_owned(), answer.status().as_u16());
        let way: Vec<_> = seen.way().map(step).collect();
        let clear: Vec<_> = seen.clear_way().map(step).collect();
        Self {
            target: target.to_owned(),
            clear: if clear == way { Vec::new() } else { clear },
            way,
            pages: seen.pages().count(),
            tls: seen.tls_facts().cloned(),
            days_left: seen.days_left(),
            score: score(seen),
            findings: findings(seen).into_iter().map(|finding| Found { finding, known: false }).collect(),
        }
    }

    /// The address of its page.
    pub(super) fn page(&self) -> &str {
        self.way.last().map_or(&self.target, |(url, _)| url)
    }
}

/// Findings of one rule and of one sentence, in the order of the first of them.
pub(super) fn grouped(site: &Site) -> Vec<Vec<&Found>> {
    let mut groups: Vec<Vec<&Found>> = Vec::new();
    for found in &site.findings {
        let same = |group: &&mut Vec<&Found>| {
            let first = &group[0];
            (first.finding.id, &first.finding.what, first.known)
                == (found.finding.id, &found.finding.what, found.known)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(found),
            None => groups.push(vec![found]),
        }
    }
    groups
}
