//! The rules: the problem, its severity and the correction. Facts, not logic.

use super::Severity::{self, High, Info, Low, Medium};

/// One rule. `{}` in the message stands for the source, or for the source and the reason.
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
        "Any script that is injected into the page runs.",
        "write 'nonce' instead, and put the nonce into your own script elements",
    ),
    rule(
        "csp-unsafe-eval",
        Medium,
        "Text can become code: eval, new Function, setTimeout of a string.",
        "remove 'unsafe-eval'; for WebAssembly alone, write 'wasm-unsafe-eval'",
    ),
    rule(
        "csp-unsafe-hashes",
        Low,
        "An attacker can put a hashed event handler on any element.",
        "move event handlers into a script, and remove 'unsafe-hashes'",
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
        "`{}` has an effect in old browsers only: next to 'strict-dynamic' the others ignore it.",
        "give the script element the nonce, or load the file from a script that has it",
    ),
    rule("csp-wildcard", High, "Scripts may come from any host.", STRICT),
    rule("csp-plain-scheme", High, "Scripts may come from any `{}` address.", STRICT),
    rule(
        "csp-other-scheme",
        Low,
        "Scripts may come from any `{}` address.",
        "remove the scheme from script-src",
    ),
    rule(
        "csp-host-allowlist",
        Low,
        "Host lists are often bypassed: one JSONP endpoint or old library on them is enough.",
        STRICT,
    ),
    rule("csp-bypass-host", High, "{}.", "serve the file yourself, or use 'nonce' 'strict-dynamic'"),
    rule(
        "csp-http-host",
        Medium,
        "`{}` is loaded over plain HTTP, and can be changed on the way.",
        "write https://",
    ),
    rule(
        "csp-ip-host",
        Info,
        "`{}` is an IP address; browsers ignore all of them except 127.0.0.1.",
        "name the host",
    ),
    rule(
        "csp-missing-object-src",
        High,
        "Plug-ins may be loaded from anywhere, and run code outside the policy.",
        "object-src 'none'",
    ),
    rule(
        "csp-object-src",
        Low,
        "Plug-ins are allowed, and no site needs them any more.",
        "object-src 'none'",
    ),
    rule(
        "csp-missing-base-uri",
        High,
        "An injected <base> redirects every relative script URL to another host.",
        "base-uri 'none'",
    ),
    rule("csp-wide-base-uri", Medium, "An injected <base> may name almost any host.", "base-uri 'none'"),
    rule(
        "csp-missing-form-action",
        Low,
        "An injected form may send its input anywhere; default-src is no fallback for form-action.",
        "form-action 'self'",
    ),
    rule(
        "csp-wide-form-action",
        Low,
        "An injected form may send its input almost anywhere.",
        "form-action 'self'",
    ),
    rule("csp-wide-frame-ancestors", Medium, "Almost any site may frame the page.", "frame-ancestors 'self'"),
    rule(
        "csp-missing-frame-ancestors",
        Low,
        "Any site may frame the page; default-src is no fallback for frame-ancestors.",
        "frame-ancestors 'none'",
    ),
    rule(
        "csp-style-unsafe-inline",
        Info,
        "Injected styles can read form fields and cover the page.",
        "move styles into files, or use 'nonce'",
    ),
    rule(
        "csp-missing-trusted-types",
        Info,
        "A script that writes text as markup runs code that was injected into the text.",
        "require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    rule(
        "csp-trusted-types-alone",
        Info,
        "trusted-types without require-trusted-types-for names policies that scripts need not use.",
        "add require-trusted-types-for 'script'",
    ),
    rule(
        "csp-missing-reports",
        Info,
        "Violations of the policy are not reported.",
        "add report-to, with Reporting-Endpoints",
    ),
    rule(
        "csp-report-uri-alone",
        Info,
        "report-uri is deprecated; browsers with the Reporting API read report-to.",
        "add report-to, with Reporting-Endpoints",
    ),
    rule("csp-deprecated-prefetch-src", Info, "Browsers ignore prefetch-src.", "remove it"),
    rule(
        "csp-deprecated-block-all-mixed-content",
        Info,
        "Browsers block mixed content by default.",
        "remove it",
    ),
];

const fn rule(id: &'static str, severity: Severity, message: &'static str, fix: &'static str) -> Rule {
    Rule { id, severity, message, fix }
}
