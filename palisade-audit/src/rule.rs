//! A rule as data: a stable id, how bad it is, what is wrong, what to write, and the function that looks.

use super::seen::{Answer, Seen};
use palisade::csp::Severity;

/// One rule of the audit.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub what: &'static str,
    /// What to write.
    pub fix: Fix,
    /// Where to read more.
    pub link: &'static str,
    pub(super) looks: Looks,
}

/// What to write, as lines to paste; empty where that place cannot mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fix {
    /// The header, or the markup.
    pub line: &'static str,
    /// Code with this library.
    pub palisade: &'static str,
    /// For nginx.
    pub nginx: &'static str,
}

/// At what a rule looks: once at the site, at each of its pages, or at redirects too.
#[derive(Clone, Copy, Debug)]
pub(super) enum Looks {
    Site(fn(&Seen) -> Vec<Evidence>),
    Page(fn(&Answer, &Seen) -> Vec<Evidence>),
    Answer(fn(&Answer) -> Vec<Evidence>),
}

/// What a rule found.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// What stays the same from one audit to the next: a cookie's name, an address.
    pub(super) subject: String,
    /// What stands there.
    pub(super) saw: String,
}

/// One finding, about the whole.
pub(super) fn saw(what: impl Into<String>) -> Vec<Evidence> {
    vec![Evidence { subject: String::new(), saw: what.into() }]
}

/// One finding, about the whole, if it is so.
pub(super) fn saw_if(wrong: bool, what: impl Into<String>) -> Vec<Evidence> {
    if wrong { saw(what) } else { Vec::new() }
}

/// Of how many things of a kind on one page a rule speaks.
const MOST: usize = 50;

/// A finding for each of these, once; for the first [`MOST`] of them.
pub(super) fn each(subjects: impl IntoIterator<Item = String>) -> Vec<Evidence> {
    let mut found: Vec<Evidence> = Vec::new();
    for subject in subjects {
        if found.len() == MOST {
            break;
        }
        if !found.iter().any(|known| known.subject == subject) {
            found.push(Evidence { saw: subject.clone(), subject });
        }
    }
    found
}

pub(super) const fn fix(line: &'static str, palisade: &'static str, nginx: &'static str) -> Fix {
    Fix { line, palisade, nginx }
}

pub(super) const fn at_page(
    id: &'static str,
    severity: Severity,
    what: &'static str,
    fix: Fix,
    link: &'static str,
    looks: fn(&Answer, &Seen) -> Vec<Evidence>,
) -> Rule {
    Rule { id, severity, what, fix, link, looks: Looks::Page(looks) }
}

pub(super) const fn at_answer(
    id: &'static str,
    severity: Severity,
    what: &'static str,
    fix: Fix,
    link: &'static str,
    looks: fn(&Answer) -> Vec<Evidence>,
) -> Rule {
    Rule { id, severity, what, fix, link, looks: Looks::Answer(looks) }
}

pub(super) const fn at_site(
    id: &'static str,
    severity: Severity,
    what: &'static str,
    fix: Fix,
    link: &'static str,
    looks: fn(&Seen) -> Vec<Evidence>,
) -> Rule {
    Rule { id, severity, what, fix, link, looks: Looks::Site(looks) }
}
