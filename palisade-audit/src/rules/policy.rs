//! The Content-Security-Policy: whether there is one, what it does not stop, and its nonces.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};

use super::add_header;
use crate::rule::{Rule, at_page, at_site, each, fix, saw, saw_if};
use crate::seen::Answer;
use crate::{Finding, short};
use palisade::csp::Severity::{High, Low, Medium};
use palisade::csp::{self, Csp, CspError, Directive};

const GUIDE: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP";
const STRICT: &str = "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const HERE: &str = "Palisade::new().headers(SecurityHeaders::strict().csp(Csp::strict()))";
const NGINX: &str = add_header!(
    "Content-Security-Policy",
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
);
/// As long as 128 bits are in base64.
const LONG_ENOUGH: usize = 22;

pub(super) const RULES: &[Rule] = &[
    at_page(
        "csp-missing",
        High,
        "There is no Content-Security-Policy: any script that somebody gets into the page runs.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page, _| {
            let none = page.page().is_some() && texts(page).is_empty();
            saw_if(none && page.header(&CONTENT_SECURITY_POLICY_REPORT_ONLY).is_none(), "no such header")
        },
    ),
    at_page(
        "csp-report-only",
        Medium,
        "The policy only reports; nothing is stopped.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page, _| match page.header(&CONTENT_SECURITY_POLICY_REPORT_ONLY) {
            Some(text) if texts(page).is_empty() => saw(text),
            _ => Vec::new(),
        },
    ),
    at_page(
        "csp-invalid",
        Medium,
        "Browsers do not read the policy as it is written.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page, _| {
            let errors = texts(page).into_iter().filter_map(|text| read(&text).err());
            each(errors.map(|error| error.to_string()))
        },
    ),
    at_page(
        "csp-meta-alone",
        Low,
        "The policy stands in the page only: there it cannot say who may frame it, and what stands before it is free.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page, _| {
            let html = page.page().map_or(&[][..], |html| &html.policies);
            let alone = !html.is_empty() && page.header(&CONTENT_SECURITY_POLICY).is_none();
            saw_if(alone, html.join(", "))
        },
    ),
    at_site(
        "nonce-reused",
        High,
        "Two answers have the same nonce, so whoever has read one can write scripts for the next.",
        fix(
            "script-src 'nonce-…' 'strict-dynamic', new in each answer",
            "async fn page(nonce: CspNonce)",
            "",
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP#nonces",
        |seen| {
            let again = seen.again.as_ref().map(nonces).unwrap_or_default();
            each(nonces(&seen.page).into_iter().filter(|nonce| again.contains(nonce)).take(1))
        },
    ),
    at_page(
        "nonce-short",
        Medium,
        "The nonce has less than 128 bits, and can be guessed.",
        fix("script-src 'nonce-…' of 16 random bytes in base64", "async fn page(nonce: CspNonce)", ""),
        "https://www.w3.org/TR/CSP3/#security-nonces",
        |page, _| {
            let short =
                nonces(page).into_iter().filter(|nonce| nonce.trim_end_matches('=').len() < LONG_ENOUGH);
            short.take(1).flat_map(saw).collect()
        },
    ),
    at_page(
        "nonce-stray",
        Low,
        "A nonce in the page is not the one in the policy, so what has it does not run.",
        fix("<script nonce=\"…\"> with the nonce of this answer", "async fn page(nonce: CspNonce)", ""),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP#nonces",
        |page, _| {
            let policy = in_policy(page);
            let html = page.page().map_or(&[][..], |html| &html.nonces);
            let stray = html.iter().filter(|nonce| !policy.is_empty() && !policy.contains(nonce));
            stray.take(1).flat_map(saw).collect()
        },
    ),
];

/// What the lint finds in one of the page's policies that no other of them stops: browsers enforce them all.
///
/// What is no page runs nothing. Without a script in it, a page may do without the nonce that `'strict-dynamic'` stands on.
pub(crate) fn lint(page: &Answer) -> Vec<Finding> {
    let Some(html) = page.page() else { return Vec::new() };
    let idle = !html.scripts.iter().any(|script| script.runs);
    let texts = texts(page);
    let linted: Vec<_> =
        texts.iter().filter_map(|text| read(text).ok()).map(|policy| policy.lint()).collect();
    let mut found: Vec<csp::Finding> = Vec::new();
    for finding in linted.iter().flatten() {
        let as_bad = |other: &csp::Finding| {
            about(other.directive) == about(finding.directive) && other.severity >= finding.severity
        };
        let nobody_stops_it = linted.iter().all(|policy| policy.iter().any(as_bad));
        let harmless = idle && finding.id == "csp-strict-dynamic-alone";
        if nobody_stops_it && !harmless && !found.contains(finding) {
            found.push(finding.clone());
        }
    }
    let finding = |found: csp::Finding| Finding {
        id: found.id,
        severity: found.severity,
        url: page.url().to_owned(),
        subject: found.directive.to_string(),
        saw: short(texts.join(", ")),
        what: short(found.message),
        fix: fix(found.fix, HERE, "add_header Content-Security-Policy \"…\" always;"),
        link: GUIDE,
    };
    found.into_iter().map(finding).collect()
}

/// The scripts' directives are about the same.
fn about(directive: Directive) -> Directive {
    match directive {
        Directive::DefaultSrc | Directive::ScriptSrcElem | Directive::ScriptSrcAttr => Directive::ScriptSrc,
        other => other,
    }
}

/// Whether a policy says who may frame the page; one in the page itself cannot.
pub(super) fn limits_frames(page: &Answer) -> bool {
    let texts = page.values(&CONTENT_SECURITY_POLICY).collect::<Vec<_>>().join(",");
    let policies = texts.split(',').filter_map(|text| read(text).ok());
    policies
        .filter_map(|policy| policy.get(Directive::FrameAncestors))
        .any(|sources| !sources.split(' ').any(|source| matches!(source, "*" | "http:" | "https:")))
}

/// Whether scripts of this page are trusted by what they say.
pub(super) fn has_hashes(page: &Answer) -> bool {
    texts(page).iter().any(|text| text.contains("'sha"))
}

/// The enforced policies, those in the page last.
fn texts(page: &Answer) -> Vec<String> {
    let html = page.page().map_or(&[][..], |html| &html.policies);
    let all = page.values(&CONTENT_SECURITY_POLICY).chain(html.iter().cloned());
    let split = |text: String| text.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>();
    all.flat_map(split).filter(|text| !text.is_empty()).collect()
}

/// A policy as it was sent, its nonces as `'nonce'`.
fn read(text: &str) -> Result<Csp, CspError> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, nonce)) = rest.split_once("'nonce-") {
        plain.push_str(before);
        plain.push_str("'nonce'");
        rest = nonce.split_once('\'').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain.parse()
}

fn in_policy(page: &Answer) -> Vec<String> {
    let mut nonces = Vec::new();
    for text in texts(page) {
        nonces.extend(
            text.split("'nonce-")
                .skip(1)
                .filter_map(|rest| rest.split_once('\''))
                .map(|(nonce, _)| nonce.to_owned()),
        );
    }
    nonces
}

/// Every nonce in policy and page.
fn nonces(page: &Answer) -> Vec<String> {
    let html = page.page().map_or(&[][..], |html| &html.nonces);
    in_policy(page).into_iter().chain(html.iter().cloned()).collect()
}
