//! Rules for the Content-Security-Policy and its nonces.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};
use palisade::csp::Severity::{High, Low, Medium};
use palisade::csp::{self, Csp, CspError, Directive};

use super::add_header;
use crate::observation::ObservedResponse;
use crate::rule::{Rule, detected, detected_each, detected_if, fix, page_rule, site_rule};
use crate::{Finding, shortened};

const GUIDE: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP";
const STRICT: &str = "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const HERE: &str = "Palisade::for_hosts(hosts)?.headers(SecurityHeaders::strict().csp(Csp::strict()))";
const NGINX: &str = add_header!(
    "Content-Security-Policy",
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
);
/// The length of 128 bits in base64, without padding.
const MIN_NONCE_CHARS: usize = 22;

pub(super) const RULES: &[Rule] = &[
    page_rule(
        "csp-missing",
        High,
        "There is no Content-Security-Policy: any injected script runs.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page| {
            let is_missing = page.page().is_some() && texts(page).is_empty();
            detected_if(
                is_missing && page.header(&CONTENT_SECURITY_POLICY_REPORT_ONLY).is_none(),
                "header missing",
            )
        },
    ),
    page_rule(
        "csp-report-only",
        Medium,
        "The policy is report-only: it blocks nothing.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page| match page.header(&CONTENT_SECURITY_POLICY_REPORT_ONLY) {
            Some(text) if texts(page).is_empty() => detected(text),
            _ => Vec::new(),
        },
    ),
    page_rule(
        "csp-invalid",
        Medium,
        "The Content-Security-Policy is not valid: browsers do not enforce it as written.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page| {
            let errors = texts(page).into_iter().filter_map(|text| parse(&text).err());
            detected_each(errors.map(|error| error.to_string()))
        },
    ),
    page_rule(
        "csp-meta-alone",
        Low,
        "The policy is only in a <meta> element: it cannot restrict framing, and does not cover markup before it.",
        fix(STRICT, HERE, NGINX),
        GUIDE,
        |page| {
            let html = page.page().map_or(&[][..], |html| &html.policies);
            let alone = !html.is_empty() && page.header(&CONTENT_SECURITY_POLICY).is_none();
            detected_if(alone, html.join(", "))
        },
    ),
    site_rule(
        "nonce-reused",
        High,
        "Two responses have the same nonce: an attacker who reads one can inject scripts into the next.",
        fix(
            "script-src 'nonce-…' 'strict-dynamic', a new nonce in each response",
            "async fn page(nonce: CspNonce)",
            "",
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP#nonces",
        |observation| {
            let second = observation.second_response.as_ref().map(nonces).unwrap_or_default();
            detected_each(
                nonces(&observation.page).into_iter().filter(|nonce| second.contains(nonce)).take(1),
            )
        },
    ),
    page_rule(
        "nonce-short",
        Medium,
        "The nonce has fewer than 128 bits: an attacker may guess it.",
        fix("script-src 'nonce-…' of 16 random bytes in base64", "async fn page(nonce: CspNonce)", ""),
        "https://www.w3.org/TR/CSP3/#security-nonces",
        |page| {
            let short =
                nonces(page).into_iter().filter(|nonce| nonce.trim_end_matches('=').len() < MIN_NONCE_CHARS);
            short.take(1).flat_map(detected).collect()
        },
    ),
    page_rule(
        "nonce-stray",
        Low,
        "A nonce in the page differs from the one in the policy: browsers block the element.",
        fix("<script nonce=\"…\"> with the nonce of this response", "async fn page(nonce: CspNonce)", ""),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP#nonces",
        |page| {
            let policy = in_policy(page);
            let html = page.page().map_or(&[][..], |html| &html.nonces);
            let stray = html.iter().filter(|nonce| !policy.is_empty() && !policy.contains(nonce));
            stray.take(1).flat_map(detected).collect()
        },
    ),
];

/// Returns the lint findings that each policy of the page has: browsers enforce all policies, so a
/// fault of one counts only if no other policy blocks it.
///
/// A response without HTML has no findings. A page without scripts needs no nonce beside
/// `'strict-dynamic'`.
pub(crate) fn lint(page: &ObservedResponse) -> Vec<Finding> {
    let Some(html) = page.page() else { return Vec::new() };
    let no_scripts = !html.scripts.iter().any(|script| script.runs);
    let texts = texts(page);
    let linted: Vec<_> =
        texts.iter().filter_map(|text| parse(text).ok()).map(|policy| policy.lint()).collect();
    let mut remaining: Vec<csp::PolicyFinding> = Vec::new();
    for finding in linted.iter().flatten() {
        let is_as_severe = |other: &csp::PolicyFinding| {
            group(other.directive) == group(finding.directive) && other.severity >= finding.severity
        };
        let in_each_policy = linted.iter().all(|policy| policy.iter().any(is_as_severe));
        let harmless = no_scripts && finding.id == "csp-strict-dynamic-alone";
        if in_each_policy && !harmless && !remaining.contains(finding) {
            remaining.push(finding.clone());
        }
    }
    let finding = |lint: csp::PolicyFinding| Finding {
        id: lint.id,
        severity: lint.severity,
        url: page.url().to_owned(),
        subject: lint.directive.to_string(),
        evidence: shortened(texts.join(", ")),
        message: shortened(lint.message),
        fix: fix(lint.fix, HERE, "add_header Content-Security-Policy \"…\" always;"),
        link: GUIDE,
    };
    remaining.into_iter().map(finding).collect()
}

/// Treats the directives that control scripts as one.
fn group(directive: Directive) -> Directive {
    match directive {
        Directive::DefaultSrc | Directive::ScriptSrcElem | Directive::ScriptSrcAttr => Directive::ScriptSrc,
        other => other,
    }
}

/// Returns `true` if a policy in the headers restricts framing; one in a `<meta>` cannot.
pub(super) fn limits_frames(page: &ObservedResponse) -> bool {
    let texts = page.values(&CONTENT_SECURITY_POLICY).collect::<Vec<_>>().join(",");
    let policies = texts.split(',').filter_map(|text| parse(text).ok());
    policies
        .filter_map(|policy| policy.get(Directive::FrameAncestors))
        .any(|sources| !sources.split(' ').any(|source| matches!(source, "*" | "http:" | "https:")))
}

/// Returns `true` if a policy allows scripts by hash.
pub(super) fn has_hashes(page: &ObservedResponse) -> bool {
    texts(page).iter().any(|text| text.contains("'sha"))
}

/// Returns the enforced policies: those of the headers, then those of the page.
fn texts(page: &ObservedResponse) -> Vec<String> {
    let html = page.page().map_or(&[][..], |html| &html.policies);
    let all = page.values(&CONTENT_SECURITY_POLICY).chain(html.iter().cloned());
    let split = |text: String| text.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>();
    all.flat_map(split).filter(|text| !text.is_empty()).collect()
}

/// Parses a policy with its nonces replaced by `'nonce'`, as [`Csp`] writes them.
fn parse(text: &str) -> Result<Csp, CspError> {
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

fn in_policy(page: &ObservedResponse) -> Vec<String> {
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

/// Returns the nonces of the policies and of the page.
fn nonces(page: &ObservedResponse) -> Vec<String> {
    let html = page.page().map_or(&[][..], |html| &html.nonces);
    in_policy(page).into_iter().chain(html.iter().cloned()).collect()
}
