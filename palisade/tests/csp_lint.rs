//! The policy linter: for each finding a policy that causes it, and one that does not.

use palisade::csp::{Csp, PolicyFinding, Severity};

fn lint(policy: &str) -> Vec<PolicyFinding> {
    policy.parse::<Csp>().unwrap().lint()
}

#[test]
fn each_finding_occurs_and_has_a_fix() {
    use Severity::{High, Info, Low, Medium};
    for (id, severity, bad, good) in [
        ("csp-missing-script-src", High, "img-src 'self'", "default-src 'self'"),
        ("csp-unsafe-inline", High, "script-src 'unsafe-inline'", "script-src 'unsafe-inline' 'nonce'"),
        (
            "csp-unsafe-inline",
            High,
            "default-src 'self' 'unsafe-inline'",
            "default-src 'self' 'unsafe-inline'; script-src 'self'",
        ),
        (
            "csp-unsafe-inline",
            High,
            "script-src 'self'; script-src-attr 'unsafe-inline'",
            "script-src 'self'; script-src-attr 'none'",
        ),
        (
            "csp-unsafe-eval",
            Medium,
            "script-src 'self' 'unsafe-eval'",
            "script-src 'self' 'wasm-unsafe-eval'",
        ),
        ("csp-unsafe-hashes", Low, "script-src 'unsafe-hashes'", "script-src 'self'"),
        (
            "csp-strict-dynamic-alone",
            Medium,
            "script-src 'strict-dynamic'",
            "script-src 'strict-dynamic' 'nonce'",
        ),
        (
            "csp-ignored-source",
            Info,
            "script-src 'nonce' 'strict-dynamic' https://a.example",
            "script-src 'nonce' 'strict-dynamic'",
        ),
        ("csp-ignored-source", Info, "script-src 'self' 'strict-dynamic'", "script-src 'self'"),
        ("csp-wildcard", High, "script-src *", "script-src * 'strict-dynamic' 'nonce'"),
        ("csp-wildcard", High, "script-src https://*", "script-src https://*.own.example"),
        ("csp-wildcard", High, "script-src *:*", "script-src own.example:*"),
        ("csp-plain-scheme", High, "script-src https:", "script-src https: 'strict-dynamic' 'nonce'"),
        ("csp-plain-scheme", High, "script-src data:", "script-src 'self'; img-src data:"),
        ("csp-other-scheme", Low, "script-src blob:", "script-src 'self'"),
        ("csp-host-allowlist", Low, "script-src https://a.example", "script-src https://a.example 'nonce'"),
        (
            "csp-bypass-host",
            High,
            "script-src https://cdnjs.cloudflare.com/ajax/",
            "script-src https://own-cdn.example",
        ),
        ("csp-bypass-host", High, "script-src *.googleapis.com", "script-src *.own.example"),
        ("csp-bypass-host", High, "script-src *.GoogleAPIs.com", "script-src *.own.example"),
        ("csp-http-host", Medium, "script-src http://a.example", "script-src https://a.example"),
        ("csp-ip-host", Info, "script-src 192.0.2.1:80", "script-src a.example"),
        ("csp-missing-object-src", High, "script-src 'self'", "script-src 'self'; object-src 'none'"),
        ("csp-missing-object-src", High, "script-src 'self'", "default-src 'none'"),
        ("csp-object-src", Low, "default-src 'self'", "default-src 'self'; object-src 'none'"),
        ("csp-missing-base-uri", High, "script-src 'nonce'", "script-src 'nonce'; base-uri 'none'"),
        ("csp-missing-base-uri", High, "script-src 'self'", "script-src 'self'; base-uri 'self'"),
        ("csp-wide-base-uri", Medium, "base-uri https:", "base-uri 'self'"),
        ("csp-wide-base-uri", Medium, "base-uri https://*", "base-uri 'self'"),
        ("csp-wide-form-action", Low, "form-action https:", "form-action 'self'"),
        ("csp-wide-frame-ancestors", Medium, "frame-ancestors *", "frame-ancestors https://partner.example"),
        ("csp-missing-form-action", Low, "default-src 'none'", "form-action 'self'"),
        ("csp-missing-frame-ancestors", Low, "default-src 'none'", "frame-ancestors 'none'"),
        ("csp-style-unsafe-inline", Info, "style-src 'unsafe-inline'", "style-src 'self'"),
        (
            "csp-missing-trusted-types",
            Info,
            "script-src 'self'",
            "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
        ),
        ("csp-missing-trusted-types", Info, "default-src 'self'", "default-src 'none'; img-src 'self'"),
        (
            "csp-trusted-types-alone",
            Info,
            "trusted-types a",
            "trusted-types a; require-trusted-types-for 'script'",
        ),
        ("csp-missing-reports", Info, "default-src 'none'", "default-src 'none'; report-to csp"),
        ("csp-report-uri-alone", Info, "report-uri /r", "report-uri /r; report-to csp"),
        (
            "csp-deprecated-block-all-mixed-content",
            Info,
            "block-all-mixed-content",
            "upgrade-insecure-requests",
        ),
        ("csp-deprecated-prefetch-src", Info, "prefetch-src 'self'", "default-src 'self'"),
    ] {
        let found = lint(bad).into_iter().find(|finding| finding.id == id);
        assert_eq!(found.map(|finding| finding.severity), Some(severity), "{id} in {bad}");
        assert!(lint(good).iter().all(|finding| finding.id != id), "{id} in {good}");
    }
}

#[test]
fn the_linter_finds_the_original_policys_weaknesses() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("data/talisman.json")).unwrap();
    let findings = lint(vectors["policies"]["original, production"].as_str().unwrap());
    let high: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::High)
        .map(|finding| &*finding.message)
        .collect();
    assert!(high.iter().any(|message| message.contains("Any script")), "{high:?}");
    for host in ["polyfill.io", "unpkg.com", "cdnjs.cloudflare.com", "cdn.jsdelivr.net"] {
        assert!(high.iter().any(|message| message.contains(host)), "{host}: {high:?}");
    }
}

#[test]
fn our_presets_have_no_findings_above_info() {
    assert!(Csp::strict().lint().iter().all(|finding| finding.severity == Severity::Info));
    let api: Vec<_> = Csp::api()
        .lint()
        .into_iter()
        .filter(|finding| finding.severity > Severity::Info)
        .map(|finding| finding.id)
        .collect();
    assert_eq!(
        api,
        ["csp-missing-base-uri", "csp-missing-form-action"],
        "an API response renders no page that could use them"
    );
}
