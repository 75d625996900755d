//! A rule of the audit as data: a stable id, a severity, a message, and a fix.
//!
//! ```
//! use palisade_audit::{Fix, Rule, Severity, rules};
//!
//! let rule: &Rule = rules().find(|rule| rule.id == "nosniff-missing").expect("the rule exists");
//! assert_eq!(rule.severity, Severity::Low);
//! let fix: Fix = rule.fix;
//! assert_eq!(fix.line, "X-Content-Type-Options: nosniff");
//! ```
//!
//! # What happens, in order
//! 1. A rule checks a site once, or each of its pages, or each of its responses.
//! 2. Each match becomes a [`Finding`](crate::Finding) with the rule's message, fix and link.
//! 3. Matches with the same subject in one response are reported once.
//!
//! # Defaults
//! A rule reports at most 50 subjects in one response.
//!
//! # What it does not do
//! You cannot add a rule of your own: check the headers and the page of an [`ObservedResponse`]
//! instead.
//!
//! # References
//! Each rule names its own in [`Rule::link`].

use palisade::csp::Severity;

use crate::observation::{Observation, ObservedResponse};

/// One rule of the audit.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The stable id, such as `nosniff-missing`.
    pub id: &'static str,
    /// The severity of each of its findings.
    pub severity: Severity,
    /// The fault, in a sentence.
    pub message: &'static str,
    /// The lines that fix it.
    pub fix: Fix,
    /// The URL of a page that explains it.
    pub link: &'static str,
    pub(crate) check: Check,
}

/// Lines to paste. A field is empty if the fault cannot be fixed in that place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fix {
    /// The header, the markup or the command.
    pub line: &'static str,
    /// Rust code with the crate `palisade`.
    pub palisade: &'static str,
    /// Configuration of nginx.
    pub nginx: &'static str,
}

/// The part of an observation that a rule checks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    Site(fn(&Observation) -> Vec<Detection>),
    Page(fn(&ObservedResponse) -> Vec<Detection>),
    Response(fn(&ObservedResponse, &Observation) -> Vec<Detection>),
}

/// A match of a rule: see [`Finding`](crate::Finding) for the fields.
#[derive(Clone, Debug)]
pub(crate) struct Detection {
    pub(crate) subject: String,
    pub(crate) evidence: String,
}

/// Returns one match without a subject.
pub(crate) fn detected(evidence: impl Into<String>) -> Vec<Detection> {
    vec![Detection { subject: String::new(), evidence: evidence.into() }]
}

/// Returns one match without a subject if `wrong`.
pub(crate) fn detected_if(wrong: bool, evidence: impl Into<String>) -> Vec<Detection> {
    if wrong { detected(evidence) } else { Vec::new() }
}

/// The number of subjects that a rule reports in one response.
const MAX_SUBJECTS: usize = 50;

/// Returns a match for each different subject, up to [`MAX_SUBJECTS`].
pub(crate) fn detected_each(subjects: impl IntoIterator<Item = String>) -> Vec<Detection> {
    let mut detections: Vec<Detection> = Vec::new();
    for subject in subjects {
        if detections.len() == MAX_SUBJECTS {
            break;
        }
        if !detections.iter().any(|detection| detection.subject == subject) {
            detections.push(Detection { evidence: subject.clone(), subject });
        }
    }
    detections
}

pub(crate) const fn fix(line: &'static str, palisade: &'static str, nginx: &'static str) -> Fix {
    Fix { line, palisade, nginx }
}

pub(crate) const fn page_rule(
    id: &'static str,
    severity: Severity,
    message: &'static str,
    fix: Fix,
    link: &'static str,
    check: fn(&ObservedResponse) -> Vec<Detection>,
) -> Rule {
    Rule { id, severity, message, fix, link, check: Check::Page(check) }
}

pub(crate) const fn response_rule(
    id: &'static str,
    severity: Severity,
    message: &'static str,
    fix: Fix,
    link: &'static str,
    check: fn(&ObservedResponse, &Observation) -> Vec<Detection>,
) -> Rule {
    Rule { id, severity, message, fix, link, check: Check::Response(check) }
}

pub(crate) const fn site_rule(
    id: &'static str,
    severity: Severity,
    message: &'static str,
    fix: Fix,
    link: &'static str,
    check: fn(&Observation) -> Vec<Detection>,
) -> Rule {
    Rule { id, severity, message, fix, link, check: Check::Site(check) }
}
