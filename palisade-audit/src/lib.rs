//! How a site stands: what is wrong, how bad it is, and the line to write.
//!
//! ```
//! # use std::time::SystemTime;
//! # use http::{HeaderMap, StatusCode};
//! use palisade_audit::{Answer, Seen, findings, score};
//! use palisade::csp::Severity;
//!
//! let bare = Answer::new("https://example.org/", StatusCode::OK, HeaderMap::new())?.body("<h1>Hello</h1>");
//! let seen = Seen::new(bare, SystemTime::now());
//! let worst = &findings(&seen)[0];
//! assert_eq!((worst.id, worst.severity), ("csp-missing", Severity::High));
//! assert!(worst.fix.line.starts_with("Content-Security-Policy: default-src 'self';"));
//! assert_eq!(score(&seen).map(|score| (score.points, score.grade)), Some((30, "D")));
//! # Ok::<(), palisade_audit::AddressError>(())
//! ```
//!
//! What happens, in this order:
//! 1. somebody asks the site, and says what was seen: [`Seen`] has the page and its redirects; whatever else was not asked
//!    for is not judged;
//! 2. every [`Rule`] looks, once at the site or at each of its pages, those about cookies at redirects too; the policy goes through [`Csp::lint`];
//! 3. [`findings`] are sorted, the worst first; [`score`] computes what the MDN HTTP Observatory would say.
//!
//! | rules about | where they are |
//! |---|---|
//! | TLS, redirects, HSTS, security.txt | `rules/transport.rs` |
//! | headers | `rules/headers.rs` |
//! | the policy, nonces | `rules/policy.rs`, and [`Csp::lint`] |
//! | cookies, caches, other origins | `rules/cookies.rs` |
//! | scripts, forms, mixed content | `rules/content.rs` |
//!
//! It sends nothing, and knows only what it was shown: a page behind a log-in, and what a script loads later, it has not
//! seen. The `palisade audit` command does the asking.
//!
//! References: OWASP Secure Headers Project; MDN HTTP Observatory; RFC 6797, RFC 9116; hstspreload.org.
//!
//! [`Csp::lint`]: palisade::csp::Csp::lint

mod cookie;
mod observatory;
mod page;
mod rule;
mod rules;
mod seen;

use std::cmp::Reverse;

use palisade::csp::Severity;
use rule::{Evidence, Looks};

pub use observatory::{ALGORITHM, Outcome, Score, score};
pub use page::{Load, Page, Script};
pub use rule::{Fix, Rule};
pub use seen::{AddressError, Answer, Seen, Tls};

/// Something that is wrong with a site.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The stable name of the rule.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The page it is about.
    pub url: String,
    /// What on that page: the name of a cookie, an address; or nothing. It stays the same from one audit to the next.
    pub subject: String,
    /// What stands there, as a stranger wrote it: escape it.
    pub saw: String,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to write.
    pub fix: Fix,
    /// Where to read more.
    pub link: &'static str,
}

/// Every rule but those of [`Csp::lint`](palisade::csp::Csp::lint).
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::ALL.iter().flat_map(|rules| rules.iter())
}

/// What is wrong, the worst first.
pub fn findings(seen: &Seen) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules() {
        match rule.looks {
            Looks::Site(look) => {
                findings.extend(look(seen).into_iter().map(|evidence| found(rule, &seen.page, evidence)));
            }
            Looks::Answer(look) => {
                for answer in seen.answers() {
                    findings.extend(look(answer).into_iter().map(|evidence| found(rule, answer, evidence)));
                }
            }
            Looks::Page(look) => {
                for page in seen.pages() {
                    findings.extend(look(page, seen).into_iter().map(|evidence| found(rule, page, evidence)));
                }
            }
        }
    }
    for page in seen.pages() {
        findings.extend(rules::lint(page));
    }
    findings.sort_by(|one, other| {
        (Reverse(one.severity), one.id, &one.url).cmp(&(Reverse(other.severity), other.id, &other.url))
    });
    findings
}

fn found(rule: &Rule, page: &Answer, evidence: Evidence) -> Finding {
    Finding {
        id: rule.id,
        severity: rule.severity,
        url: page.url().to_owned(),
        subject: short(evidence.subject),
        saw: short(evidence.saw),
        what: rule.what.to_owned(),
        fix: rule.fix,
        link: rule.link,
    }
}

/// How many characters of a stranger's text a finding carries.
const SHOWN: usize = 500;

fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}
