//! Policies in words. Facts, not logic.

use palisade::csp::{Csp, Directive};

const DIRECTIVES: &[(&str, &str)] = &[
    ("default-src", "Where everything may come from that is not named otherwise."),
    ("script-src", "Which scripts run."),
    ("script-src-elem", "Which script elements run."),
    ("script-src-attr", "Which event handlers in attributes run."),
    ("style-src", "Which styles apply."),
    ("style-src-elem", "Which style elements and style sheets apply."),
    ("style-src-attr", "Which style attributes apply."),
    ("img-src", "Where pictures may come from."),
    ("font-src", "Where fonts may come from."),
    ("connect-src", "What scripts may fetch, open and ping."),
    ("media-src", "Where sound and films may come from."),
    ("object-src", "Where plug-ins may come from."),
    ("frame-src", "What may stand in frames on this page."),
    ("fenced-frame-src", "What may stand in fenced frames on this page."),
    ("child-src", "What may stand in frames, and which workers run."),
    ("worker-src", "Which workers run."),
    ("manifest-src", "Where the application's manifest may come from."),
    ("prefetch-src", "What may be fetched ahead; browsers no longer read it."),
    ("base-uri", "What <base> may name, from which relative addresses begin."),
    ("form-action", "Where forms may send."),
    ("frame-ancestors", "Who may put this page into a frame."),
    ("sandbox", "The page is put in a sandbox; each word opens it a little."),
    ("upgrade-insecure-requests", "What is linked by http:// is fetched by https://."),
    (
        "block-all-mixed-content",
        "What is linked by http:// is not fetched; browsers do that without being told.",
    ),
    ("require-trusted-types-for", "Text becomes markup or code only through a policy of the page."),
    ("trusted-types", "Which such policies the page may make."),
    ("webrtc", "Whether peer-to-peer connections may be made."),
    ("report-uri", "Where older browsers report violations to."),
    ("report-to", "The endpoint in Reporting-Endpoints that violations are reported to."),
];

const SOURCES: &[(&str, &str)] = &[
    ("'none'", "nothing"),
    ("'self'", "this very origin"),
    ("'unsafe-inline'", "whatever stands in the page itself; ignored beside a nonce or a hash"),
    ("'unsafe-eval'", "text that becomes code: eval, new Function"),
    ("'wasm-unsafe-eval'", "WebAssembly"),
    ("'unsafe-hashes'", "the hashes count for event handlers and style attributes too"),
    ("'strict-dynamic'", "what a trusted script loads is trusted too; hosts are ignored"),
    ("'report-sample'", "reports carry the beginning of what was stopped"),
    ("'nonce'", "what carries the nonce of this answer"),
    ("'inline-speculation-rules'", "speculation rules in the page"),
    ("'trusted-types-eval'", "eval of what a Trusted Types policy made"),
    ("'script'", "for whatever takes scripts"),
    ("'block'", "no"),
    ("'allow'", "yes"),
    ("*", "any host by http, https, and the like"),
    ("data:", "what stands in the address itself"),
    ("blob:", "what scripts of this page made"),
    ("https:", "any host by https"),
    ("http:", "any host, in the clear too"),
];

pub(super) fn of_directive(name: &str) -> &'static str {
    DIRECTIVES.iter().find(|(known, _)| *known == name).map_or("", |(_, words)| words)
}

pub(super) fn of_source(directive: &str, source: &str) -> String {
    if let Some((_, words)) = SOURCES.iter().find(|(known, _)| *known == source) {
        return (*words).to_owned();
    }
    match directive {
        "sandbox" => "is let out of the sandbox".to_owned(),
        "report-uri" | "report-to" => "gets the reports".to_owned(),
        "trusted-types" => "a policy by this name".to_owned(),
        _ if source.starts_with("'sha") => "what has exactly this hash".to_owned(),
        _ if source.ends_with(':') => format!("any address that begins with {source}"),
        _ if source.contains("*.") => "every subdomain of this, but not itself".to_owned(),
        _ if source.ends_with('/') => "this host, below this path".to_owned(),
        _ => "this host".to_owned(),
    }
}

/// What the policy leaves open by not speaking of it.
pub(super) fn silent(policy: &Csp) -> Vec<&'static str> {
    let says = |directive| policy.get(directive).is_some();
    let open = [
        (Directive::ScriptSrc, true, "scripts: they may come from anywhere and run inline"),
        (Directive::StyleSrc, true, "styles: they may come from anywhere"),
        (Directive::ObjectSrc, true, "plug-ins: they may come from anywhere"),
        (Directive::ImgSrc, true, "pictures: they may come from anywhere"),
        (Directive::ConnectSrc, true, "connections: scripts may send anything anywhere"),
        (Directive::BaseUri, false, "<base>: it may name any site, and default-src does not count for it"),
        (
            Directive::FormAction,
            false,
            "forms: they may send anywhere, and default-src does not count for them",
        ),
        (
            Directive::FrameAncestors,
            false,
            "framing: any site may frame this page, and default-src does not count for it",
        ),
    ];
    let is_open = |(directive, falls_back, _): &(Directive, bool, &str)| {
        let spoken_for = *falls_back && says(Directive::DefaultSrc);
        !says(*directive) && !spoken_for
    };
    open.into_iter().filter(is_open).map(|(_, _, words)| words).collect()
}
