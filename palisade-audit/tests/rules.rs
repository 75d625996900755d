//! Each rule with a response that it reports and one that it does not.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_audit::{Finding, Observation, ObservedResponse, Severity, Tls, findings, rules};

/// Rule, headers and body with the fault, headers and body without. `http`: over plain HTTP.
const AT_PAGES: &[(&str, &str, &str, &str, &str)] = &[
    ("https-missing", "http", "", "", ""),
    ("password-in-clear", "http", "<input type=password>", "", "<input type=password>"),
    ("hsts-missing", "", "", "strict-transport-security: max-age=31536000", ""),
    (
        "hsts-invalid",
        "strict-transport-security: forever",
        "",
        "strict-transport-security: max-age=\"31536000\"",
        "",
    ),
    (
        "hsts-short",
        "strict-transport-security: max-age=3600",
        "",
        "strict-transport-security: max-age=15552000",
        "",
    ),
    (
        "hsts-subdomains",
        "strict-transport-security: max-age=31536000",
        "",
        "strict-transport-security: max-age=31536000; IncludeSubDomains",
        "",
    ),
    (
        "hsts-preload-unready",
        "strict-transport-security: max-age=31536000; preload",
        "",
        "strict-transport-security: max-age=31536000; includeSubDomains; preload",
        "",
    ),
    ("framing-allowed", "", "", "x-frame-options: DENY", ""),
    (
        "framing-allowed",
        "content-security-policy: frame-ancestors *",
        "",
        "content-security-policy: frame-ancestors 'self'",
        "",
    ),
    (
        "frame-options-invalid",
        "x-frame-options: ALLOW-FROM https://a.example",
        "",
        "x-frame-options: sameorigin",
        "",
    ),
    ("nosniff-missing", "", "", "x-content-type-options: nosniff", ""),
    ("nosniff-missing", "x-content-type-options: sniff", "", "x-content-type-options: NoSniff", ""),
    ("content-type-missing", "content-type:", "", "", ""),
    ("charset-missing", "content-type: text/html", "", "content-type: text/html", "<meta charset=utf-8>"),
    ("referrer-missing", "", "", "", "<meta name=referrer content=no-referrer>"),
    ("referrer-leaky", "referrer-policy: unsafe-url", "", "referrer-policy: unsafe-url, same-origin", ""),
    ("opener-missing", "", "", "cross-origin-opener-policy: same-origin", ""),
    ("resource-policy-missing", "", "", "cross-origin-resource-policy: same-site", ""),
    ("permissions-missing", "", "", "permissions-policy: camera=()", ""),
    ("xss-filter-on", "x-xss-protection: 1", "", "x-xss-protection: 1; mode=block", ""),
    ("header-outdated", "x-xss-protection: 1; mode=block", "", "x-xss-protection: 0", ""),
    ("header-outdated", "feature-policy: camera 'none'", "", "permissions-policy: camera=()", ""),
    ("header-twice", "x-frame-options: DENY\nx-frame-options: SAMEORIGIN", "", "x-frame-options: DENY", ""),
    ("banner-version", "server: nginx/1.25.3", "", "server: nginx", ""),
    ("banner-powered-by", "x-powered-by: PHP", "", "", ""),
    ("csp-missing", "", "<p>", "content-security-policy: default-src 'none'", "<p>"),
    (
        "csp-report-only",
        "content-security-policy-report-only: default-src 'none'",
        "",
        "content-security-policy: default-src 'none'\ncontent-security-policy-report-only: img-src 'none'",
        "",
    ),
    (
        "csp-invalid",
        "content-security-policy: default-src self",
        "",
        "content-security-policy: default-src 'self'",
        "",
    ),
    (
        "csp-meta-alone",
        "",
        "<meta http-equiv=content-security-policy content=\"default-src 'self'\">",
        "content-security-policy: default-src 'self'",
        "<meta http-equiv=content-security-policy content=\"default-src 'self'\">",
    ),
    (
        "nonce-short",
        "content-security-policy: script-src 'nonce-abcdef'",
        "",
        "content-security-policy: script-src 'nonce-MTIzNDU2Nzg5MDEyMzQ1Ng=='",
        "",
    ),
    (
        "nonce-stray",
        "content-security-policy: script-src 'nonce-MTIzNDU2Nzg5MDEyMzQ1Ng=='",
        "<script nonce=other>",
        "content-security-policy: script-src 'nonce-MTIzNDU2Nzg5MDEyMzQ1Ng=='",
        "<script nonce=MTIzNDU2Nzg5MDEyMzQ1Ng==>",
    ),
    ("cookie-session-insecure", "set-cookie: session=x", "", "set-cookie: session=x; secure", ""),
    ("cookie-insecure", "set-cookie: theme=x", "", "set-cookie: theme=; Max-Age=0", ""),
    (
        "cookie-insecure",
        "set-cookie: theme=x; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
        "",
        "set-cookie: theme=; Expires=Wed, 01 Jan 2020 00:00:00 GMT",
        "",
    ),
    (
        "cookie-insecure",
        "set-cookie: theme=x; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "",
        "set-cookie: theme=; Max-Age=-1; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
        "",
    ),
    (
        "cookie-insecure",
        "set-cookie: theme=x; Expires=tomorrow",
        "",
        "set-cookie: theme=; Expires=Thu, 01-Jan-70 00:00:01 GMT",
        "",
    ),
    ("cookie-session-readable", "set-cookie: PHPSESSID=x", "", "set-cookie: PHPSESSID=x; HttpOnly", ""),
    ("cookie-same-site-missing", "set-cookie: a=x", "", "set-cookie: a=x; SameSite=lax", ""),
    (
        "cookie-same-site-none",
        "set-cookie: a=x; Secure; SameSite=None",
        "",
        "set-cookie: a=x; SameSite=Strict",
        "",
    ),
    (
        "cookie-same-site-invalid",
        "set-cookie: a=x; SameSite=Sometimes",
        "",
        "set-cookie: a=x; SameSite=None; Secure",
        "",
    ),
    ("cookie-same-site-invalid", "set-cookie: a=x; SameSite=None", "", "set-cookie: a=x", ""),
    (
        "cookie-prefix-broken",
        "set-cookie: __Host-a=x; Secure",
        "",
        "set-cookie: __Host-a=x; Secure; Path=/",
        "",
    ),
    ("cookie-prefix-broken", "set-cookie: __Secure-a=x", "", "set-cookie: __Secure-a=x; Secure", ""),
    ("cookie-domain-wide", "set-cookie: a=x; Domain=.a.example", "", "set-cookie: a=x; Domain=", ""),
    (
        "cache-personal",
        "set-cookie: a=x\ncache-control: max-age=60",
        "",
        "set-cookie: a=x\ncache-control: Private",
        "",
    ),
    (
        "cors-null",
        "access-control-allow-origin: null",
        "",
        "access-control-allow-origin: https://b.example",
        "",
    ),
    (
        "cors-any",
        "access-control-allow-origin: *",
        "",
        "content-type: font/woff2\naccess-control-allow-origin: *",
        "",
    ),
    (
        "mixed-active",
        "",
        "<script src=http://b.example/a.js></script>",
        "",
        "<script src=//b.example/a.js></script>",
    ),
    (
        "mixed-active",
        "",
        "<link rel=stylesheet href=http://b.example/a.css>",
        "",
        "<link rel=canonical href=http://b.example/>",
    ),
    (
        "mixed-active",
        "",
        "<base href=http://b.example/><iframe src=/x></iframe>",
        "http",
        "<iframe src=http://b.example/>",
    ),
    ("mixed-passive", "", "<img src=http://b.example/a.png>", "", "<img src=/a.png>"),
    ("form-in-clear", "", "<form action=http://b.example/>", "", "<form action=/x>"),
    (
        "sri-missing",
        "",
        "<script src=https://b.example/a.js></script>",
        "",
        "<script src=https://b.example/a.js integrity=sha384-x></script>",
    ),
    (
        "sri-missing",
        "",
        "<script src=//b.example/a.js></script>",
        "",
        "<script src=//a.example/a.js></script>",
    ),
    (
        "sri-style-missing",
        "",
        "<link rel=stylesheet href=https://b.example/a.css>",
        "",
        "<link rel=icon href=https://b.example/a.png>",
    ),
    (
        "script-inline",
        "",
        "<script>go()</script>",
        "",
        "<script nonce=x>go()</script><script type=application/json>{}</script>",
    ),
    (
        "script-inline",
        "",
        "<script>go()</script>",
        "content-security-policy: script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "<script>go()</script>",
    ),
    ("script-handlers", "", "<p onclick=go()>", "", "<p data-onclick=go()>"),
    ("script-links", "", "<a href='JavaScript:go()'>", "", "<a href='/javascript:go()'>"),
    (
        "csp-unsafe-inline",
        "content-security-policy: script-src 'unsafe-inline'",
        "",
        "content-security-policy: script-src 'self'",
        "",
    ),
    (
        "csp-unsafe-inline",
        "content-security-policy: script-src 'unsafe-inline'\ncontent-security-policy: img-src *",
        "",
        "content-security-policy: script-src 'unsafe-inline', script-src 'self'",
        "",
    ),
];

fn response(url: &str, lines: &str, body: &str) -> ObservedResponse {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("text/html; charset=utf-8"));
    for line in lines.lines() {
        match line.split_once(": ") {
            Some(("content-type", value)) => {
                headers.insert("content-type", value.parse().unwrap());
            }
            Some((name, value)) => {
                headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            None => {
                headers.remove(line.trim_end_matches(':'));
            }
        }
    }
    ObservedResponse::new(url, StatusCode::OK, headers).unwrap().body(body)
}

fn page(lines: &str, body: &str) -> Observation {
    let (scheme, lines) = if lines == "http" { ("http", "") } else { ("https", lines) };
    Observation::new(response(&format!("{scheme}://a.example/"), lines, body), now())
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(20_778 * 86_400)
}

fn has(observation: &Observation, id: &str) -> bool {
    findings(observation).iter().any(|finding| finding.id == id)
}

/// Rule, an observation with the fault, and one without, for rules that need more than a page.
fn at_sites() -> Vec<(&'static str, Observation, Observation)> {
    let clean = || page("", "");
    let tls = |version: &str, certificate_error: Option<&str>, days: i64| {
        let not_after = Some((20_778 + days) * 86_400);
        let certificate_error = certificate_error.map(Into::into);
        clean().tls(Tls { version: version.into(), certificate_error, not_after })
    };
    let good = || tls("TLSv1.3", None, 60);
    let chain = |urls: &[&str]| clean().plain_http(urls.iter().map(|url| response(url, "", "")).collect());
    let to_https = || chain(&["http://a.example/", "https://a.example/"]);
    let text = |status: u16, text: &str| {
        let headers =
            HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
        let status = StatusCode::from_u16(status).unwrap();
        clean().security_txt(
            ObservedResponse::new("https://a.example/.well-known/security.txt", status, headers).unwrap(),
            text,
        )
    };
    let preflight = |lines: &str| clean().preflight(response("https://a.example/", lines, ""));
    let nonce = |one: &str, two: &str| {
        let body = |nonce: &str| format!("<script nonce={nonce}>");
        page("", &body(one)).second_response(response("https://a.example/", "", &body(two)))
    };
    let reflected = "access-control-allow-origin: https://stranger.example";
    let allowed =
        "access-control-allow-origin: https://partner.example\naccess-control-allow-credentials: true";
    vec![
        ("tls-untrusted", tls("TLSv1.3", Some("unknown issuer"), 60), good()),
        ("tls-expired", tls("TLSv1.3", None, -1), good()),
        ("tls-expires-soon", tls("TLSv1.3", None, 13), tls("TLSv1.3", None, 14)),
        ("tls-old", tls("TLSv1.2", None, 60), good()),
        ("redirect-missing", chain(&["http://a.example/"]), to_https()),
        ("redirect-missing", chain(&["http://a.example/"]), chain(&[])),
        ("redirect-detour", chain(&["http://a.example/", "https://www.a.example/"]), to_https()),
        (
            "redirect-detour",
            chain(&["http://a.example/", "http://b.example/", "https://a.example/"]),
            to_https(),
        ),
        ("redirect-downgrade", chain(&["https://a.example/", "http://a.example/x"]), to_https()),
        (
            "security-txt-missing",
            text(404, "no"),
            text(200, "Contact: mailto:a@a.example\nExpires: 2027-01-01T00:00:00Z"),
        ),
        (
            "security-txt-expired",
            text(200, "Contact: mailto:a@a.example\nExpires: 2026-11-20T00:00:00Z"),
            text(404, ""),
        ),
        (
            "security-txt-expired",
            text(200, "Contact: mailto:a@a.example"),
            text(200, "contact: x\nexpires: 2026-11-22T00:00:00Z"),
        ),
        ("nonce-reused", nonce("same", "same"), nonce("one", "two")),
        (
            "cors-credentials",
            preflight(&format!("{reflected}\naccess-control-allow-credentials: true")),
            preflight(allowed),
        ),
        ("cors-reflected", preflight(reflected), preflight(allowed)),
    ]
}

#[test]
fn each_rule_reports_its_fault_and_nothing_else() {
    for (id, bad, bad_body, good, good_body) in AT_PAGES {
        assert!(has(&page(bad, bad_body), id), "{id} misses {bad:?} {bad_body}");
        assert!(!has(&page(good, good_body), id), "{id} reports {good:?} {good_body}");
    }
    for (at, (id, bad, good)) in at_sites().into_iter().enumerate() {
        assert!(has(&bad, id), "{id} ({at}) misses it");
        assert!(!has(&good, id), "{id} ({at}) reports it");
    }
}

#[test]
fn each_rule_has_a_case_a_message_and_a_fix() {
    let tested: BTreeSet<&str> =
        AT_PAGES.iter().map(|row| row.0).chain(at_sites().iter().map(|row| row.0)).collect();
    let mut ids = BTreeSet::new();
    for rule in rules() {
        assert!(tested.contains(rule.id), "{} has no case", rule.id);
        assert!(ids.insert(rule.id), "{} is not unique", rule.id);
        assert!(rule.message.ends_with('.') && !rule.fix.line.is_empty(), "{}", rule.id);
        assert!(rule.link.starts_with("https://"), "{}", rule.id);
    }
    assert!(ids.len() >= 50, "{}", ids.len());
}

/// The headers that Palisade sends on a page with a nonce.
const STRICT: &str = "content-security-policy: default-src 'self'; script-src 'nonce-MTIzNDU2Nzg5MDEyMzQ1Ng' 'strict-dynamic'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; report-to csp; report-uri /reports
strict-transport-security: max-age=31536000; includeSubDomains
x-content-type-options: nosniff
x-frame-options: DENY
referrer-policy: strict-origin-when-cross-origin
permissions-policy: camera=()
cross-origin-opener-policy: same-origin
cross-origin-resource-policy: same-origin
cache-control: private, no-cache
set-cookie: __Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax";

#[test]
fn a_strict_site_has_no_findings() {
    let observation = page(
        STRICT,
        "<script nonce=MTIzNDU2Nzg5MDEyMzQ1Ng src=/a.js></script><a href=http://b.example/>out</a>",
    );
    assert_eq!(findings(&observation), []);
}

#[test]
fn the_most_severe_finding_comes_first() {
    let found =
        findings(&page("server: x/1\nset-cookie: session=1", "<script src=http://b.example/></script>"));
    assert!(found.is_sorted_by_key(|finding| std::cmp::Reverse(finding.severity)));
    let cookie: Vec<&Finding> =
        found.iter().filter(|finding| finding.id == "cookie-session-insecure").collect();
    assert_eq!((cookie.len(), &*cookie[0].subject, &*cookie[0].url), (1, "session", "https://a.example/"));
    assert_eq!(found[0].severity, Severity::High);
}

#[test]
fn every_page_of_a_site_is_checked() {
    let observation =
        page(STRICT, "").more_pages(vec![response("https://a.example/two", "", "<p onclick=x>")]);
    let found = findings(&observation);
    assert!(found.iter().any(|finding| finding.id == "script-handlers"));
    assert!(found.iter().all(|finding| finding.url == "https://a.example/two"));
}

#[test]
fn a_cookie_of_a_redirect_is_reported_once() {
    let redirect = response(
        "http://a.example/",
        "set-cookie: session=x; HttpOnly; SameSite=Lax\ncache-control: no-store",
        "",
    );
    let chain = vec![redirect.clone(), response("https://a.example/", STRICT, "")];
    let observation = page(STRICT, "").redirects(vec![redirect]).plain_http(chain);
    let found = findings(&observation);
    let ids: Vec<(&str, &str)> = found.iter().map(|finding| (finding.id, &*finding.url)).collect();
    assert_eq!(ids, [("cookie-session-insecure", "http://a.example/")]);
}

#[test]
fn findings_of_one_page_are_bounded() {
    let scripts: String =
        (0..6_000).map(|at| format!("<script src=https://b.example/{at}></script>")).collect();
    let long = format!("<script src=https://b.example/{}></script>", "x".repeat(100_000));
    let found = findings(&page("", &(long + &scripts)));
    let unchecked: Vec<&Finding> = found.iter().filter(|finding| finding.id == "sri-missing").collect();
    assert_eq!(unchecked.len(), 50);
    assert!(unchecked.iter().all(|finding| finding.evidence.len() < 600 && finding.subject.len() < 600));
}

#[test]
fn links_and_redirects_are_resolved() {
    let body = "<base href=/b/><a href=x#y>1</a><a href=x>2</a><a href=/z?q>3</a><a href=//other.example/>4</a><a href=mailto:a@b>5</a>";
    assert_eq!(
        response("https://a.example/", "", body).links(),
        ["https://a.example/b/x", "https://a.example/z?q"]
    );
    let moved = HeaderMap::from_iter([(http::header::LOCATION, HeaderValue::from_static("../up#there"))]);
    let moved = ObservedResponse::new("http://a.example/x/y", StatusCode::FOUND, moved).unwrap();
    assert_eq!(moved.redirect_target().as_deref(), Some("http://a.example/up"));
    for wrong in ["a.example", "ftp://a.example/", "https://", ""] {
        let error = ObservedResponse::new(wrong, StatusCode::OK, HeaderMap::new()).unwrap_err();
        assert!(error.to_string().contains("https://example.org/"), "{error}");
    }
}
