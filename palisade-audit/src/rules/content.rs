//! Rules for the HTML of a page: scripts, subresources and forms.

use palisade::csp::Severity::{High, Low, Medium};

use super::policy;
use crate::observation::ObservedResponse;
use crate::page::{Page, Script, Subresource};
use crate::rule::{Detection, Rule, detected_each, detected_if, fix, page_rule};

const MIXED: &str = "https://developer.mozilla.org/en-US/docs/Web/Security/Mixed_content";
const SRI: &str = "https://developer.mozilla.org/en-US/docs/Web/Security/Subresource_Integrity";
const INLINE: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP#inline_javascript";
const UPGRADE: &str = "Csp::strict().upgrade_insecure_requests()";
const NGINX: &str = "add_header Content-Security-Policy \"upgrade-insecure-requests\" always;";
const TAG: &str = "<script src=\"…\" integrity=\"sha384-…\" crossorigin=\"anonymous\"></script>";

pub(super) const RULES: &[Rule] = &[
    page_rule(
        "mixed-active",
        High,
        "An https:// page loads active content over plain HTTP: modern browsers block it, old ones run it.",
        fix("src=\"https://…\"", UPGRADE, NGINX),
        MIXED,
        |page| {
            let scripts =
                |html: &Page| html.scripts.iter().filter_map(|script| script.src.clone()).collect::<Vec<_>>();
            over_http(page, |html| scripts(html).into_iter().chain(subresources(html, true)).collect())
        },
    ),
    page_rule(
        "mixed-passive",
        Low,
        "An https:// page shows an image, audio or video that is loaded over plain HTTP.",
        fix("src=\"https://…\"", UPGRADE, NGINX),
        MIXED,
        |page| over_http(page, |html| subresources(html, false)),
    ),
    page_rule(
        "form-in-clear",
        High,
        "A form sends its data over plain HTTP.",
        fix("<form action=\"https://…\">", "Csp::strict() // includes form-action 'self'", ""),
        MIXED,
        |page| over_http(page, |html| html.forms.clone()),
    ),
    page_rule(
        "sri-missing",
        Medium,
        "A script from another site has no integrity attribute: that site can take over this page.",
        fix(TAG, "serve the file from your own site", ""),
        SRI,
        |page| {
            let Some(html) = page.page() else { return Vec::new() };
            let unchecked = html.scripts.iter().filter(|script| script.runs && script.integrity.is_none());
            let urls = unchecked.filter_map(|script| script.src.clone());
            detected_each(urls.filter(|url| is_cross_origin(page, url)))
        },
    ),
    page_rule(
        "sri-style-missing",
        Low,
        "A style sheet from another site has no integrity attribute: that site can change this page's look.",
        fix(
            "<link rel=\"stylesheet\" href=\"…\" integrity=\"sha384-…\" crossorigin=\"anonymous\">",
            "serve the file from your own site",
            "",
        ),
        SRI,
        |page| {
            let Some(html) = page.page() else { return Vec::new() };
            let is_unchecked = |resource: &&Subresource| {
                resource.element == "link" && resource.active && !resource.integrity
            };
            let urls = html.subresources.iter().filter(is_unchecked).map(|resource| resource.url.clone());
            detected_each(urls.filter(|url| is_cross_origin(page, url)))
        },
    ),
    page_rule(
        "script-inline",
        Medium,
        "An inline script has no nonce, so the policy must allow all inline scripts, or it blocks this one.",
        fix("<script nonce=\"…\">", "async fn page(nonce: CspNonce)", ""),
        INLINE,
        |page| {
            let Some(html) = page.page() else { return Vec::new() };
            let is_inline = |script: &&Script| script.runs && script.src.is_none() && script.nonce.is_none();
            let count = html.scripts.iter().filter(is_inline).count();
            let evidence = format!("{count} of {} scripts", html.scripts.len());
            detected_if(count > 0 && !policy::has_hashes(page), evidence)
        },
    ),
    page_rule(
        "script-handlers",
        Low,
        "The page has inline event handlers, which a strict policy blocks.",
        fix("element.addEventListener(\"click\", …) in a script with the nonce", "Csp::strict()", ""),
        INLINE,
        |page| detected_each(page.page().map_or(&[][..], |html| &html.event_handlers).iter().cloned()),
    ),
    page_rule(
        "script-links",
        Low,
        "A link is a javascript: URL, which a strict policy blocks.",
        fix("<button type=\"button\"> and a script with the nonce", "Csp::strict()", ""),
        INLINE,
        |page| detected_each(page.page().map_or(&[][..], |html| &html.javascript_urls).iter().cloned()),
    ),
];

fn subresources(html: &Page, active: bool) -> Vec<String> {
    let resources = html.subresources.iter().filter(|resource| resource.active == active);
    resources.map(|resource| resource.url.clone()).collect()
}

/// Detects the URLs that an https page requests over plain HTTP.
fn over_http(page: &ObservedResponse, urls: impl Fn(&Page) -> Vec<String>) -> Vec<Detection> {
    let Some(html) = page.page().filter(|_| page.is_https()) else { return Vec::new() };
    let is_http = |url: &String| page.resolve(url).is_some_and(|url| url.scheme() == "http");
    detected_each(urls(html).into_iter().filter(is_http))
}

fn is_cross_origin(page: &ObservedResponse, url: &str) -> bool {
    let url = page.resolve(url).filter(|url| matches!(url.scheme(), "http" | "https"));
    url.is_some_and(|url| url.origin() != page.url.origin())
}
