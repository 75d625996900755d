//! Directives and sources in words.

use palisade::csp::{Csp, Directive};

const DIRECTIVES: &[(&str, &str)] = &[
    ("default-src", "The sources of everything without a directive of its own."),
    ("script-src", "The scripts that may run."),
    ("script-src-elem", "The script elements that may run."),
    ("script-src-attr", "The event handlers in attributes that may run."),
    ("style-src", "The styles that apply."),
    ("style-src-elem", "The style elements and style sheets that apply."),
    ("style-src-attr", "The style attributes that apply."),
    ("img-src", "The sources of images."),
    ("font-src", "The sources of fonts."),
    ("connect-src", "The URLs that scripts may fetch, open and ping."),
    ("media-src", "The sources of audio and video."),
    ("object-src", "The sources of plug-ins."),
    ("frame-src", "The pages that may be framed by this page."),
    ("fenced-frame-src", "The pages in fenced frames on this page."),
    ("child-src", "The pages that may be framed by this page, and the workers that may run."),
    ("worker-src", "The workers that may run."),
    ("manifest-src", "The source of the application's manifest."),
    ("prefetch-src", "The URLs that may be prefetched; browsers no longer support it."),
    ("base-uri", "The URLs that <base> may set for relative URLs."),
    ("form-action", "The URLs that forms may submit to."),
    ("frame-ancestors", "The sites that may frame this page."),
    ("sandbox", "The page runs in a sandbox; each keyword lifts one restriction."),
    ("upgrade-insecure-requests", "Requests to http:// are sent to https:// instead."),
    ("block-all-mixed-content", "Requests to http:// are blocked; browsers do so by default."),
    ("require-trusted-types-for", "Text becomes markup or code only through a Trusted Types policy."),
    ("trusted-types", "The Trusted Types policies that the page may create."),
    ("webrtc", "The permission for peer-to-peer connections."),
    ("report-uri", "The URL for reports of older browsers."),
    ("report-to", "The endpoint in Reporting-Endpoints for reports."),
];

const SOURCES: &[(&str, &str)] = &[
    ("'none'", "nothing"),
    ("'self'", "the origin of the page"),
    ("'unsafe-inline'", "all inline code; ignored beside a nonce or a hash"),
    ("'unsafe-eval'", "text that becomes code: eval, new Function"),
    ("'wasm-unsafe-eval'", "WebAssembly"),
    ("'unsafe-hashes'", "hashes also allow event handlers and style attributes"),
    ("'strict-dynamic'", "scripts that a trusted script loads; hosts are ignored"),
    ("'report-sample'", "reports include the start of the blocked code"),
    ("'nonce'", "elements with the nonce of the response"),
    ("'inline-speculation-rules'", "inline speculation rules"),
    ("'trusted-types-eval'", "eval of values from a Trusted Types policy"),
    ("'script'", "all functions that run text as script"),
    ("'block'", "no"),
    ("'allow'", "yes"),
    ("*", "any host over http, https and ws"),
    ("data:", "data: URLs, whose content is in the URL"),
    ("blob:", "blob: URLs, which scripts of the page create"),
    ("https:", "any host over https"),
    ("http:", "any host, also over plain HTTP"),
];

/// Returns an empty text for an unknown directive.
pub(super) fn directive(name: &str) -> &'static str {
    DIRECTIVES.iter().find(|(known, _)| *known == name).map_or("", |(_, words)| words)
}

pub(super) fn source(directive: &str, source: &str) -> String {
    if let Some((_, words)) = SOURCES.iter().find(|(known, _)| *known == source) {
        return (*words).to_owned();
    }
    match directive {
        "sandbox" => "is allowed in the sandbox".to_owned(),
        "report-uri" | "report-to" => "receives the reports".to_owned(),
        "trusted-types" => "a policy with this name".to_owned(),
        _ if source.starts_with("'sha") => "code with this hash".to_owned(),
        _ if source.ends_with(':') => format!("any URL that begins with {source}"),
        _ if source.contains("*.") => "every subdomain, but not the domain itself".to_owned(),
        _ if source.ends_with('/') => "this host, below this path".to_owned(),
        _ => "this host".to_owned(),
    }
}

/// Returns the resources and actions that the policy does not restrict.
pub(super) fn unrestricted(policy: &Csp) -> Vec<&'static str> {
    let has = |directive| policy.get(directive).is_some();
    let all = [
        (Directive::ScriptSrc, true, "scripts: from any host, and inline"),
        (Directive::StyleSrc, true, "styles: from any host, and inline"),
        (Directive::ObjectSrc, true, "plug-ins: from any host"),
        (Directive::ImgSrc, true, "images: from any host"),
        (Directive::ConnectSrc, true, "connections: scripts can send data to any host"),
        (Directive::BaseUri, false, "<base>: it can name any site; default-src does not apply"),
        (Directive::FormAction, false, "forms: they can submit to any site; default-src does not apply"),
        (
            Directive::FrameAncestors,
            false,
            "framing: any site can frame this page; default-src does not apply",
        ),
    ];
    let is_unrestricted = |(directive, falls_back, _): &(Directive, bool, &str)| {
        let has_default = *falls_back && has(Directive::DefaultSrc);
        !has(*directive) && !has_default
    };
    all.into_iter().filter(is_unrestricted).map(|(_, _, words)| words).collect()
}
