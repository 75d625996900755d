//! The rules: what is wrong, how bad it is, and what to write instead. Facts, not logic.

use super::Severity::{self, High, Info, Low, Medium};

/// One rule. `{}` in the message is the source in question, or what is to be said of it.
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) message: &'static str,
    pub(super) fix: &'static str,
}

const STRICT: &str = "script-src 'nonce' 'strict-dynamic'";

pub(super) const RULES: [Rule; 28] = [
    rule("csp-missing-script-src", High, "Scripts may come from anywhere and run inline.", STRICT),
    rule(
        "csp-unsafe-inline",
        High,
        "Any script that somebody gets into the page runs.",
        "put 'nonce' in its place, and the nonce into your own script elements",
    ),
    rule(
        "csp-unsafe-eval",
        Medium,
        "Text can become code: eval, new Function, setTimeout of a string.",
        "leave 'unsafe-eval' out; for WebAssembly alone, write 'wasm-unsafe-eval'",
    ),
    rule(
        "csp-unsafe-hashes",
        Low,
        "A hashed handler may be put on any element.",
        "move event handlers into a script, and leave 'unsafe-hashes' out",
    ),
    rule(
        "csp-strict-dynamic-alone",
        Medium,
        "'strict-dynamic' without a nonce or a hash stops every script.",
        "add 'nonce'",
    ),
    rule(
        "csp-ignored-source",
        Info,
        "`{}` counts for old browsers only: beside 'strict-dynamic' the others ignore it.",
        "give the script element the nonce, or load the file from a script that has it",
    ),
    rule("csp-wildcard", High, "Scripts may come from any host.", STRICT),
    rule("csp-plain-scheme", High, "Scripts may come from any `{}` address.", STRICT),
    rule(
        "csp-other-scheme",
        Low,
        "Scripts may come from any `{}` address.",
        "leave the scheme out of script-src",
    ),
    rule(
        "csp-host-allowlist",
        Low,
        "Lists of hosts are often bypassed: one JSONP endpoint or old library among them is enough.",
        STRICT,
    ),
    rule("csp-bypass-host", High, "{}.", "serve the file yourself, or use 'nonce' 'strict-dynamic'"),
    rule(
        "csp-http-host",
        Medium,
        "`{}` is fetched in the clear, and can be changed on the way.",
        "write https://",
    ),
    rule(
        "csp-ip-host",
        Info,
        "`{}` is an address, and browsers ignore all of these but 127.0.0.1.",
        "name the host",
    ),
    rule(
        "csp-missing-object-src",
        High,
        "Plug-ins may be loaded from anywhere, and run code beside the policy.",
        "object-src 'none'",
    ),
    rule("csp-object-src", Low, "Plug-ins are allowed, which no site needs any more.", "object-src 'none'"),
    rule(
        "csp-missing-base-uri",
        High,
        "A planted <base> moves every relative script to another host.",
        "base-uri 'none'",
    ),
    rule("csp-wide-base-uri", Medium, "A planted <base> may name almost any host.", "base-uri 'none'"),
    rule(
        "csp-missing-form-action",
        Low,
        "A planted form may send what is typed anywhere; default-src does not speak for it.",
        "form-action 'self'",
    ),
    rule(
        "csp-wide-form-action",
        Low,
        "A planted form may send what is typed almost anywhere.",
        "form-action 'self'",
    ),
    rule("csp-wide-frame-ancestors", Medium, "Almost any site may frame the page.", "frame-ancestors 'self'"),
    rule(
        "csp-missing-frame-ancestors",
        Low,
        "Any site may frame the page; default-src does not speak for it.",
        "frame-ancestors 'none'",
    ),
    rule(
        "csp-style-unsafe-inline",
        Info,
        "Planted styles can read form fields and draw over the page.",
        "move styles into files, or use 'nonce'",
    ),
    rule(
        "csp-missing-trusted-types",
        Info,
        "Where a script of the page writes text as markup, what somebody got into the text runs.",
        "require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    rule(
        "csp-trusted-types-alone",
        Info,
        "trusted-types without require-trusted-types-for says which policies there may be, and nothing has to go through them.",
        "add require-trusted-types-for 'script'",
    ),
    rule(
        "csp-missing-reports",
        Info,
        "Nobody learns what the policy stops.",
        "add report-to, with Reporting-Endpoints",
    ),
    rule(
        "csp-report-uri-alone",
        Info,
        "report-uri is the old way; browsers with the Reporting API read report-to.",
        "add report-to, with Reporting-Endpoints",
    ),
    rule("csp-deprecated-prefetch-src", Info, "Browsers no longer read prefetch-src.", "leave it out"),
    rule(
        "csp-deprecated-block-all-mixed-content",
        Info,
        "Browsers do this without being told.",
        "leave it out",
    ),
];

const fn rule(id: &'static str, severity: Severity, message: &'static str, fix: &'static str) -> Rule {
    Rule { id, severity, message, fix }
}
