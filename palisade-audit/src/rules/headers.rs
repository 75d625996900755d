//! Headers: framing, sniffing, referrers, isolation, permissions, banners.

use http::header::{
    CONTENT_TYPE, REFERRER_POLICY, SERVER, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};

use super::{add_header, policy};
use crate::rule::{Evidence, Rule, at_page, each, fix, saw, saw_if};
use crate::seen::Answer;
use palisade::csp::Severity::{Info, Low, Medium};

const STRICT: &str = "SecurityHeaders::strict() // in Palisade::new()";
const BANNER: &str = "SecurityHeaders removes Server and X-Powered-By";
const OWASP: &str = "https://owasp.org/www-project-secure-headers/";

/// What used to be sent, and what came of it.
const OUTDATED: [&str; 6] =
    ["expect-ct", "public-key-pins", "feature-policy", "pragma", "x-webkit-csp", "x-content-security-policy"];
/// Headers of which browsers want one.
const ONCE: [&str; 6] = [
    "x-frame-options",
    "x-content-type-options",
    "strict-transport-security",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "content-type",
];
/// Headers that name what runs behind.
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
    at_page(
        "framing-allowed",
        Medium,
        "Any site may put this page into a frame, and have visitors click on it unknowingly.",
        fix(
            "Content-Security-Policy: frame-ancestors 'none'",
            "Csp::strict().frame_ancestors(none())",
            add_header!("Content-Security-Policy", "frame-ancestors 'none'"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/Clickjacking",
        |page, _| {
            let framed = page.page().is_some() && !frame_options_hold(page) && !policy::limits_frames(page);
            saw_if(framed, "no frame-ancestors, no X-Frame-Options")
        },
    ),
    at_page(
        "frame-options-invalid",
        Low,
        "Browsers ignore this X-Frame-Options.",
        fix("X-Frame-Options: DENY", STRICT, add_header!("X-Frame-Options", "DENY")),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Frame-Options",
        |page, _| match page.header(&X_FRAME_OPTIONS) {
            Some(text) if !frame_options_hold(page) => saw(text),
            _ => Vec::new(),
        },
    ),
    at_page(
        "nosniff-missing",
        Low,
        "Browsers may take a file for what it is not: a picture that somebody uploaded, for a page.",
        fix("X-Content-Type-Options: nosniff", STRICT, add_header!("X-Content-Type-Options", "nosniff")),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options",
        |page, _| {
            let text = page.header(&X_CONTENT_TYPE_OPTIONS);
            let holds = text.as_deref().is_some_and(|text| {
                text.split(',').next().is_some_and(|first| first.trim().eq_ignore_ascii_case("nosniff"))
            });
            saw_if(!holds, text.unwrap_or_else(|| "no such header".to_owned()))
        },
    ),
    at_page(
        "content-type-missing",
        Medium,
        "The answer does not say what it is, so browsers guess.",
        fix("Content-Type: text/html; charset=utf-8", "Html(page)", "default_type text/html;"),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Type",
        |page, _| saw_if(page.status.is_success() && page.header(&CONTENT_TYPE).is_none(), "no Content-Type"),
    ),
    at_page(
        "charset-missing",
        Low,
        "The page does not say how its text is encoded, so browsers guess, and UTF-7 and its like come in by guessing.",
        fix("Content-Type: text/html; charset=utf-8", "Html(page)", "charset utf-8;"),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Type",
        |page, _| {
            let text = page.header(&CONTENT_TYPE).unwrap_or_default();
            let html = text.to_ascii_lowercase().starts_with("text/html");
            let said = text.to_ascii_lowercase().contains("charset")
                || page.page().is_some_and(|html| html.charset.is_some());
            saw_if(html && !said, text)
        },
    ),
    at_page(
        "referrer-missing",
        Info,
        "No Referrer-Policy: old browsers tell other sites the whole address that a visitor comes from.",
        fix(
            "Referrer-Policy: strict-origin-when-cross-origin",
            STRICT,
            add_header!("Referrer-Policy", "strict-origin-when-cross-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy",
        |page, _| saw_if(page.page().is_some() && referrer(page).is_none(), "no such header"),
    ),
    at_page(
        "referrer-leaky",
        Low,
        "Other sites learn more than the origin that a visitor comes from, or those in the clear learn it.",
        fix(
            "Referrer-Policy: strict-origin-when-cross-origin",
            STRICT,
            add_header!("Referrer-Policy", "strict-origin-when-cross-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy",
        |page, _| match referrer(page) {
            Some(text) if !last_known(&text).is_some_and(|word| PRIVATE.contains(&&*word)) => saw(text),
            _ => Vec::new(),
        },
    ),
    at_page(
        "opener-missing",
        Info,
        "A site that opens this page, or is opened by it, keeps a hold of its window.",
        fix(
            "Cross-Origin-Opener-Policy: same-origin",
            STRICT,
            add_header!("Cross-Origin-Opener-Policy", "same-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cross-Origin-Opener-Policy",
        |page, _| missing_on_html(page, "cross-origin-opener-policy"),
    ),
    at_page(
        "resource-policy-missing",
        Info,
        "Any site may load this answer into a page of its own, where Spectre and its like can read it.",
        fix(
            "Cross-Origin-Resource-Policy: same-origin",
            STRICT,
            add_header!("Cross-Origin-Resource-Policy", "same-origin"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cross-Origin-Resource-Policy",
        |page, _| missing_on_html(page, "cross-origin-resource-policy"),
    ),
    at_page(
        "permissions-missing",
        Info,
        "Scripts and frames on this page may ask for camera, microphone and place.",
        fix(
            "Permissions-Policy: camera=(), geolocation=(), microphone=()",
            STRICT,
            add_header!("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Permissions-Policy",
        |page, _| missing_on_html(page, "permissions-policy"),
    ),
    at_page(
        "xss-filter-on",
        Low,
        "X-XSS-Protection switches a filter on that old browsers have, and that can be made to cut pieces out of a page.",
        fix("X-XSS-Protection: 0", STRICT, add_header!("X-XSS-Protection", "0")),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-XSS-Protection",
        |page, _| match page.header(&X_XSS_PROTECTION) {
            // With mode=block it can only stop a page, in browsers that are hardly there any more.
            Some(text) if text.trim_start().starts_with('1') && !text.contains("block") => saw(text),
            _ => Vec::new(),
        },
    ),
    at_page(
        "header-outdated",
        Info,
        "Browsers no longer read this header.",
        fix("leave it out", "SecurityHeaders::strict().remove([name])", "proxy_hide_header Feature-Policy;"),
        OWASP,
        |page, _| {
            let filter = page.header(&X_XSS_PROTECTION).is_some_and(|text| text.trim() != "0");
            each(present(page, &OUTDATED).into_iter().chain(filter.then(|| "x-xss-protection".to_owned())))
        },
    ),
    at_page(
        "header-twice",
        Low,
        "The header is there more than once, and browsers differ in which one they believe.",
        fix(
            "send it from one place",
            "SecurityHeaders::strict().replace()",
            "proxy_hide_header X-Frame-Options;",
        ),
        OWASP,
        |page, _| {
            let twice = |name: &&str| page.headers.get_all(*name).iter().nth(1).is_some();
            each(ONCE.iter().filter(|name| twice(name)).map(|name| (*name).to_owned()))
        },
    ),
    at_page(
        "banner-version",
        Low,
        "The answer says which version of which server runs, and so which holes to try.",
        fix("Server:", BANNER, "server_tokens off;"),
        OWASP,
        |page, _| match page.header(&SERVER) {
            Some(text) if text.contains(|c: char| c.is_ascii_digit()) => saw(text),
            _ => Vec::new(),
        },
    ),
    at_page(
        "banner-powered-by",
        Low,
        "The answer says what the site is built with.",
        fix("X-Powered-By:", BANNER, "proxy_hide_header X-Powered-By;"),
        OWASP,
        |page, _| {
            let lines = present(page, &BANNERS);
            let line = |name: String| Evidence {
                saw: format!(
                    "{name}: {}",
                    page.headers.get(&name).map_or("", |value| value.to_str().unwrap_or("?"))
                ),
                subject: name,
            };
            lines.into_iter().map(line).collect()
        },
    ),
];

fn present(page: &Answer, names: &[&str]) -> Vec<String> {
    names.iter().filter(|name| page.headers.contains_key(**name)).map(|name| (*name).to_owned()).collect()
}

fn missing_on_html(page: &Answer, name: &'static str) -> Vec<Evidence> {
    saw_if(page.page().is_some() && page.named(name).is_none(), "no such header")
}

fn frame_options_hold(page: &Answer) -> bool {
    let text = page.header(&X_FRAME_OPTIONS).unwrap_or_default();
    matches!(&*text.trim().to_ascii_lowercase(), "deny" | "sameorigin")
}

/// Header and meta element in one; the last word that a browser knows counts.
fn referrer(page: &Answer) -> Option<String> {
    let meta = page.page().and_then(|html| html.referrer.clone());
    let all: Vec<String> = page.values(&REFERRER_POLICY).chain(meta).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn last_known(text: &str) -> Option<String> {
    let mut words = text.split(',').map(|word| word.trim().to_lowercase());
    words.rfind(|word| PRIVATE.contains(&&**word) || LEAKY.contains(&&**word))
}
