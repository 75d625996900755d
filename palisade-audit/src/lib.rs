//! Rules that audit the responses of a website, with a fix for each finding, and its MDN HTTP
//! Observatory score.
//!
//! ```
//! # use std::time::SystemTime;
//! # use http::{HeaderMap, StatusCode};
//! use palisade_audit::{Observation, ObservedResponse, Severity, findings, score};
//!
//! let url = "https://example.org/";
//! let response =
//!     ObservedResponse::new(url, StatusCode::OK, HeaderMap::new())?.body("<h1>Hello</h1>");
//! let observation = Observation::new(response, SystemTime::now());
//!
//! let worst = &findings(&observation)[0];
//! assert_eq!((worst.id, worst.severity), ("csp-missing", Severity::High));
//! assert!(worst.fix.line.starts_with("Content-Security-Policy: default-src 'self';"));
//!
//! let score = score(&observation).expect("the Observatory grades a page with status 200");
//! assert_eq!((score.points, score.grade), (30, "D"));
//! # Ok::<(), palisade_audit::AddressError>(())
//! ```
//!
//! # What happens, in order
//! 1. Your code requests the site, and records its responses in an [`Observation`].
//! 2. [`findings`] applies each [`Rule`]: to the site, to each page, or to each response including
//!    redirects. [`rules`] lists them.
//! 3. Each page's policy passes through [`Csp::lint`](palisade::csp::Csp::lint).
//! 4. The findings are sorted by severity, the highest first.
//! 5. [`score`] computes the result of the MDN HTTP Observatory for the same observation.
//!
//! # Rules
//!
//! | subject | ids |
//! |---|---|
//! | TLS, redirects, HSTS, security.txt | `https-…`, `tls-…`, `redirect-…`, `hsts-…`, … |
//! | headers | `framing-allowed`, `nosniff-missing`, `referrer-…`, `banner-…`, … |
//! | Content-Security-Policy | `csp-…`, `nonce-…` |
//! | cookies, caching, CORS | `cookie-…`, `cache-personal`, `cors-…` |
//! | HTML | `mixed-…`, `form-in-clear`, `sri-…`, `script-…` |
//!
//! # Defaults
//!
//! | limit | value | reason |
//! |---|---|---|
//! | findings of one rule on one page | 50 | a page can repeat a fault thousands of times |
//! | characters of a site's text in a finding | 500 | the text comes from a stranger |
//! | elements of a kind that are read from a page | 5,000 | see [`page`] |
//!
//! # What it does not do
//! - It sends no request. The `palisade audit` command of the crate `palisade-cli` does, or a test
//!   of your own hands it the responses of your router.
//! - It sees nothing behind a sign-in, and nothing that a script loads later.
//! - A part of an [`Observation`] that you leave out is not judged: no preflight, no CORS finding.
//!
//! # References
//! OWASP Secure Headers Project; MDN HTTP Observatory; RFC 6797 (HSTS); RFC 9116 (security.txt);
//! hstspreload.org.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod cookie;
pub mod observation;
pub mod observatory;
pub mod page;
pub mod rule;
mod rules;

use std::cmp::Reverse;

use rule::{Check, Detection};

pub use observation::{AddressError, Observation, ObservedResponse, Tls};
pub use observatory::{ALGORITHM, ObservatoryOutcome, Score, score};
pub use page::{Page, Script, Subresource};
pub use palisade::csp::Severity;
pub use rule::{Fix, Rule};

/// A fault of a website.
///
/// ```
/// # use std::time::SystemTime;
/// # use http::{HeaderMap, HeaderValue, StatusCode, header};
/// use palisade_audit::{Finding, Observation, ObservedResponse, findings};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(header::SET_COOKIE, HeaderValue::from_static("session=1; Secure; SameSite=Lax"));
/// let response = ObservedResponse::new("https://example.org/", StatusCode::OK, headers)?;
/// let findings: Vec<Finding> = findings(&Observation::new(response, SystemTime::now()));
/// let finding = findings.iter().find(|finding| finding.id == "cookie-session-readable");
/// assert_eq!(finding.map(|finding| &*finding.subject), Some("session"));
/// # Ok::<(), palisade_audit::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The id of the rule, such as `csp-missing`. It does not change between versions.
    pub id: &'static str,
    /// The severity of the rule.
    pub severity: Severity,
    /// The URL of the response with the fault.
    pub url: String,
    /// The cookie, URL or element with the fault; empty if the whole response has it.
    ///
    /// The subject is stable: `(id, url, subject)` identifies a finding from one audit to the next.
    pub subject: String,
    /// The text of the site that shows the fault.
    ///
    /// # Security
    /// A stranger wrote it: escape it before you print it.
    pub evidence: String,
    /// The fault, in a sentence.
    pub message: String,
    /// The lines that fix it.
    pub fix: Fix,
    /// The URL of a page that explains it.
    pub link: &'static str,
}

/// Returns every rule, except those of [`Csp::lint`](palisade::csp::Csp::lint).
///
/// ```
/// assert!(palisade_audit::rules().any(|rule| rule.id == "hsts-missing"));
/// ```
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::ALL.iter().flat_map(|rules| rules.iter())
}

/// Returns the faults of a site, the most severe first.
///
/// Findings of one severity are sorted by rule, then by URL. The [crate] page has an example.
pub fn findings(observation: &Observation) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |rule: &Rule, response: &ObservedResponse, detections: Vec<Detection>| {
        findings.extend(detections.into_iter().map(|detection| finding(rule, response, detection)));
    };
    for rule in rules() {
        match rule.check {
            Check::Site(check) => add(rule, &observation.page, check(observation)),
            Check::Response(check) => {
                for response in observation.responses() {
                    add(rule, response, check(response, observation));
                }
            }
            Check::Page(check) => {
                for page in observation.pages() {
                    add(rule, page, check(page));
                }
            }
        }
    }
    for page in observation.pages() {
        findings.extend(rules::lint(page));
    }
    findings.sort_by(|one, other| {
        (Reverse(one.severity), one.id, &one.url).cmp(&(Reverse(other.severity), other.id, &other.url))
    });
    findings
}

fn finding(rule: &Rule, response: &ObservedResponse, detection: Detection) -> Finding {
    Finding {
        id: rule.id,
        severity: rule.severity,
        url: response.url().to_owned(),
        subject: shortened(detection.subject),
        evidence: shortened(detection.evidence),
        message: rule.message.to_owned(),
        fix: rule.fix,
        link: rule.link,
    }
}

/// The number of characters of a site's text that a finding carries.
const MAX_CHARS: usize = 500;

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}
