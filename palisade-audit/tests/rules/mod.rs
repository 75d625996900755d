//! Each rule with a response that it reports and one that it does not.

mod pages;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_audit::{Finding, Observation, ObservedResponse, Severity, Tls, findings, rules};

use self::pages::AT_PAGES;

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
