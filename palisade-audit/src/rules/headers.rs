//! Rules for headers: framing, sniffing, referrers, isolation, permissions, banners.

use http::header::{
    CONTENT_TYPE, REFERRER_POLICY, SERVER, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use palisade::csp::Severity::{Info, Low, Medium};

use super::{add_header, policy};
use crate::observation::ObservedResponse;
use crate::rule::{Detection, Rule, detected, detected_each, detected_if, fix, page_rule};

const STRICT: &str = "SecurityHeaders::strict() // Palisade::for_hosts(hosts)? includes it";
const BANNER: &str = "SecurityHeaders removes Server and X-Powered-By";
const OWASP: &str = "https://owasp.org/www-project-secure-headers/";

/// Obsolete headers.
const OUTDATED: [&str; 6] =
    ["expect-ct", "public-key-pins", "feature-policy", "pragma", "x-webkit-csp", "x-content-security-policy"];
/// Headers that must not be repeated.
const ONCE: [&str; 6] = [
    "x-frame-options",
    "x-content-type-options",
    "strict-transport-security",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "content-type",
];
/// Headers that reveal the software behind a site.
const BANNERS: [&str; 7] = [
    "x-powered-by",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-generator",
    "x-drupal-cache",
    "x-runtime",
    "x-php-version",
];
const PRIVATE: [&str; 4] = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const LEAKY: [&str; 4] = ["origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"];

pub(super) const RULES: &[Rule] = &[
    page_rule(
        "framing-allowed",
        Medium,
        "Any site can put this page in a frame and trick visitors into clicking on it (clickjacking).",
        fix(
            "Content-Security-Policy: frame-ancestors 'none'",
            "Csp::strict().frame_ancestors(none())",
            add_header!("Content-Security-Policy", "frame-ancestors 'none'"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/Clickjacking",
        |page| {
            let can_be_framed =
                page.page().is_some() && !frame_options_hold(page) && !policy::limits_frames(page);
            detected_if(can_be_framed, "no frame-ancestors, no X-Frame-Options")
        },
    ),
    page_rule(
        "frame-options-invalid",
        Low,
        "Browsers ignore this value of X-Frame-Options.",
        fix("X-Frame-Options: DENY", STRICT, add_header!("X-Frame-Options", "DENY")),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Frame-Options",
        |page| match page.header(&X_FRAME_OPTIONS) {
            Some(text) if !frame_options_hold(page) => detected(text),
            _ => Vec::new(),
        },
    ),
    page_rule(
        "nosniff-missing",
        Low,
        "Browsers may guess another type for a file (MIME sniffing): an uploaded image can run as a page.",
        fix("X-Content-Type-Options: nosniff", STRICT, add_header!("X-Content-Type-Options", "nosniff")),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options",
        |page| {
            let text = page.header(&X_CONTENT_TYPE_OPTIONS);
            let holds = text.as_deref().is_some_and(|text| {
                text.split(',').next().is_some_and(|first| first.trim().eq_ignore_ascii_case("nosniff"))
            });
            detected_if(!holds, text.unwrap_or_else(|| "header missing".to_owned()))
        },
    ),
    page_rule(
        "content-type-missing",
        Medium,
        "The response has no Content-Type, so browsers guess it.",
        fix("Content-Type: text/html; charset=utf-8", "Html(page)", "default_type text/html;"),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Type",
        |page| {
            detected_if(page.status.is_success() && page.header(&CONTENT_TYPE).is_none(), "no Content-Type")
        },
    ),
    page_rule(
        "charset-missing",
        Low,
        "The page declares no character encoding, so browsers guess it, and an attacker can exploit the guess (UTF-7).",
        fix("Content-Type: text/html; charset=utf-8", "Html(page)", "charset utf-8;"),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Type",
        |page| {
            let text = page.header(&CONTENT_TYPE).unwrap_or_default();
            let html = text.to_ascii_lowercase().starts_with("text/html");
            let is_declared = text.to_ascii_lowercase().contains("charset")
                || page.page().is_some_and(|html| html.charset.is_some());
            detected_if(html && !is_declared, text)
        },
    ),
    page_rule(
        "referrer-missing",
        Info,
        "There is no Referrer-Policy: old browsers send the full URL of the page to other sites.",
        fix(
            "Referrer-Policy: strict-origin-when-cross-origin",
            STRICT,
            add_header!("Referrer-Policy", "strict-origin-when-cross-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy",
        |page| detected_if(page.page().is_some() && referrer(page).is_none(), "header missing"),
    ),
    page_rule(
        "referrer-leaky",
        Low,
        "Referrer-Policy sends other sites more than the origin, or sends the origin over plain HTTP.",
        fix(
            "Referrer-Policy: strict-origin-when-cross-origin",
            STRICT,
            add_header!("Referrer-Policy", "strict-origin-when-cross-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy",
        |page| match referrer(page) {
            Some(text) if !effective_policy(&text).is_some_and(|word| PRIVATE.contains(&&*word)) => {
                detected(text)
            }
            _ => Vec::new(),
        },
    ),
    page_rule(
        "opener-missing",
        Info,
        "A site that opens this page, or that this page opens, keeps a reference to its window.",
        fix(
            "Cross-Origin-Opener-Policy: same-origin",
            STRICT,
            add_header!("Cross-Origin-Opener-Policy", "same-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cross-Origin-Opener-Policy",
        |page| missing_on_html(page, "cross-origin-opener-policy"),
    ),
    page_rule(
        "resource-policy-missing",
        Info,
        "Any site can embed this response in its own pages, where side channels such as Spectre can read it.",
        fix(
            "Cross-Origin-Resource-Policy: same-origin",
            STRICT,
            add_header!("Cross-Origin-Resource-Policy", "same-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cross-Origin-Resource-Policy",
        |page| missing_on_html(page, "cross-origin-resource-policy"),
    ),
    page_rule(
        "permissions-missing",
        Info,
        "Scripts and frames on this page can ask for the camera, microphone and location.",
        fix(
            "Permissions-Policy: camera=(), geolocation=(), microphone=()",
            STRICT,
            add_header!("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Permissions-Policy",
        |page| missing_on_html(page, "permissions-policy"),
    ),
    page_rule(
        "xss-filter-on",
        Low,
        "X-XSS-Protection turns on a filter of old browsers that attackers can use to remove parts of a page.",
        fix("X-XSS-Protection: 0", STRICT, add_header!("X-XSS-Protection", "0")),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-XSS-Protection",
        |page| match page.header(&X_XSS_PROTECTION) {
            // With mode=block the filter can only block a whole page, in a few old browsers.
            Some(text) if text.trim_start().starts_with('1') && !text.contains("block") => detected(text),
            _ => Vec::new(),
        },
    ),
    page_rule(
        "header-outdated",
        Info,
        "Browsers no longer support this header.",
        fix(
            "remove the header",
            "SecurityHeaders::strict().remove([name])",
            "proxy_hide_header Feature-Policy;",
        ),
        OWASP,
        |page| {
            let filter = page.header(&X_XSS_PROTECTION).is_some_and(|text| text.trim() != "0");
            detected_each(
                present(page, &OUTDATED).into_iter().chain(filter.then(|| "x-xss-protection".to_owned())),
            )
        },
    ),
    page_rule(
        "header-twice",
        Low,
        "The response repeats the header, and browsers disagree on which value counts.",
        fix(
            "send it from one place",
            "SecurityHeaders::strict().replace()",
            "proxy_hide_header X-Frame-Options;",
        ),
        OWASP,
        |page| {
            let twice = |name: &&str| page.headers.get_all(*name).iter().nth(1).is_some();
            detected_each(ONCE.iter().filter(|name| twice(name)).map(|name| (*name).to_owned()))
        },
    ),
    page_rule(
        "banner-version",
        Low,
        "The Server header reveals the version of the server, and so its known vulnerabilities.",
        fix("Server:", BANNER, "server_tokens off;"),
        OWASP,
        |page| match page.header(&SERVER) {
            Some(text) if text.contains(|c: char| c.is_ascii_digit()) => detected(text),
            _ => Vec::new(),
        },
    ),
    page_rule(
        "banner-powered-by",
        Low,
        "The response reveals the software behind the site.",
        fix("X-Powered-By:", BANNER, "proxy_hide_header X-Powered-By;"),
        OWASP,
        |page| {
            let lines = present(page, &BANNERS);
            let line = |name: String| Detection {
                evidence: format!(
                    "{name}: {}",
                    page.headers.get(&name).map_or("", |value| value.to_str().unwrap_or("?"))
                ),
                subject: name,
            };
            lines.into_iter().map(line).collect()
        },
    ),
];

fn present(page: &ObservedResponse, names: &[&str]) -> Vec<String> {
    names.iter().filter(|name| page.headers.contains_key(**name)).map(|name| (*name).to_owned()).collect()
}

fn missing_on_html(page: &ObservedResponse, name: &'static str) -> Vec<Detection> {
    detected_if(page.page().is_some() && page.named(name).is_none(), "header missing")
}

fn frame_options_hold(page: &ObservedResponse) -> bool {
    let text = page.header(&X_FRAME_OPTIONS).unwrap_or_default();
    matches!(&*text.trim().to_ascii_lowercase(), "deny" | "sameorigin")
}

/// Returns the values of the header and of the meta element, which comes last.
fn referrer(page: &ObservedResponse) -> Option<String> {
    let meta = page.page().and_then(|html| html.referrer.clone());
    let all: Vec<String> = page.values(&REFERRER_POLICY).chain(meta).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Returns the last keyword that browsers know.
fn effective_policy(text: &str) -> Option<String> {
    let mut words = text.split(',').map(|word| word.trim().to_lowercase());
    words.rfind(|word| PRIVATE.contains(&&**word) || LEAKY.contains(&&**word))
}
