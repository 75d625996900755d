//! What pages run, load and send.

use super::policy;
use crate::page::Page;
use crate::rule::{Evidence, Rule, at_page, each, fix, saw_if};
use crate::seen::Answer;
use palisade::csp::Severity::{High, Low, Medium};

const MIXED: &str = "https://developer.mozilla.org/en-US/docs/Web/Security/Mixed_content";
const SRI: &str = "https://developer.mozilla.org/en-US/docs/Web/Security/Subresource_Integrity";
const INLINE: &str = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP#inline_javascript";
const UPGRADE: &str = "Csp::strict().upgrade_insecure_requests()";
const NGINX: &str = "add_header Content-Security-Policy \"upgrade-insecure-requests\" always;";
const TAG: &str = "<script src=\"…\" integrity=\"sha384-…\" crossorigin=\"anonymous\"></script>";

pub(super) const RULES: &[Rule] = &[
    at_page(
        "mixed-active",
        High,
        "A page that came by https loads in the clear what can change it: browsers block it, old ones run it.",
        fix("src=\"https://…\"", UPGRADE, NGINX),
        MIXED,
        |page, _| {
            let scripts =
                |html: &Page| html.scripts.iter().filter_map(|script| script.src.clone()).collect::<Vec<_>>();
            let active = |html: &Page| {
                html.loads
                    .iter()
                    .filter(|load| load.active)
                    .map(|load| load.address.clone())
                    .collect::<Vec<_>>()
            };
            in_the_clear(page, |html| scripts(html).into_iter().chain(active(html)).collect())
        },
    ),
    at_page(
        "mixed-passive",
        Low,
        "A page that came by https shows a picture, sound or film that comes in the clear.",
        fix("src=\"https://…\"", UPGRADE, NGINX),
        MIXED,
        |page, _| {
            in_the_clear(page, |html| {
                html.loads.iter().filter(|load| !load.active).map(|load| load.address.clone()).collect()
            })
        },
    ),
    at_page(
        "form-in-clear",
        High,
        "A form sends what is typed in the clear.",
        fix("<form action=\"https://…\">", "Csp::strict() // form-action 'self' is in it", ""),
        MIXED,
        |page, _| in_the_clear(page, |html| html.forms.clone()),
    ),
    at_page(
        "sri-missing",
        Medium,
        "A script comes from another site without an integrity: whoever holds that site holds this page.",
        fix(TAG, "serve the file from your own site", ""),
        SRI,
        |page, _| {
            let Some(html) = page.page() else { return Vec::new() };
            let unchecked = html.scripts.iter().filter(|script| script.runs && script.integrity.is_none());
            each(unchecked.filter_map(|script| script.src.clone()).filter(|src| is_foreign(page, src)))
        },
    ),
    at_page(
        "sri-style-missing",
        Low,
        "A style sheet comes from another site without an integrity: whoever holds that site can rebuild this page.",
        fix(
            "<link rel=\"stylesheet\" href=\"…\" integrity=\"sha384-…\" crossorigin=\"anonymous\">",
            "serve the file from your own site",
            "",
        ),
        SRI,
        |page, _| {
            let Some(html) = page.page() else { return Vec::new() };
            let sheets =
                html.loads.iter().filter(|load| load.element == "link" && load.active && !load.integrity);
            each(sheets.map(|load| load.address.clone()).filter(|address| is_foreign(page, address)))
        },
    ),
    at_page(
        "script-inline",
        Medium,
        "A script stands in the page without a nonce, so the policy has to let every such script run, or stops this one.",
        fix("<script nonce=\"…\">", "async fn page(nonce: CspNonce)", ""),
        INLINE,
        |page, _| {
            let Some(html) = page.page() else { return Vec::new() };
            let inline = |script: &&crate::Script| {
                script.runs && script.src.is_none() && script.nonce.is_none()
            };
            let many = html.scripts.iter().filter(inline).count();
            saw_if(many > 0 && !policy::has_hashes(page), format!("{many} of {} scripts", html.scripts.len()))
        },
    ),
    at_page(
        "script-handlers",
        Low,
        "Event handlers stand in attributes, which no strict policy lets run.",
        fix("element.addEventListener(\"click\", …) in a script with the nonce", "Csp::strict()", ""),
        INLINE,
        |page, _| each(page.page().map_or(&[][..], |html| &html.handlers).iter().cloned()),
    ),
    at_page(
        "script-links",
        Low,
        "An address is a script (javascript:…), which no strict policy lets run.",
        fix("<button type=\"button\"> and a script with the nonce", "Csp::strict()", ""),
        INLINE,
        |page, _| each(page.page().map_or(&[][..], |html| &html.script_links).iter().cloned()),
    ),
];

/// What of these addresses a page that came by https asks for by http.
fn in_the_clear(page: &Answer, addresses: impl Fn(&Page) -> Vec<String>) -> Vec<Evidence> {
    let Some(html) = page.page().filter(|_| page.is_https()) else { return Vec::new() };
    let clear = |address: &String| page.resolve(address).is_some_and(|url| url.scheme() == "http");
    each(addresses(html).into_iter().filter(clear))
}

fn is_foreign(page: &Answer, address: &str) -> bool {
    let url = page.resolve(address).filter(|url| matches!(url.scheme(), "http" | "https"));
    url.is_some_and(|url| url.origin() != page.url.origin())
}
