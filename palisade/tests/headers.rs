//! The exact headers of each preset.

use axum::Router;
use axum::response::AppendHeaders;
use axum::routing::get;
use http::HeaderName;
use palisade::SecurityHeaders;
use palisade::csp::Csp;
use palisade::headers::{
    DownloadOptions, EmbedderPolicy, FrameOptions, ReferrerPolicy, ReportingEndpoints, XssProtection,
};

use crate::support::{Answer, HERE, ask, get_from, site};

async fn sent(headers: SecurityHeaders) -> Answer {
    ask(&site().layer(headers), get_from(HERE, "/")).await
}

#[tokio::test]
async fn strict_sends_exactly_these_headers() {
    let permissions = http::HeaderValue::from(palisade::headers::permissions::PermissionsPolicy::strict());
    let expected = [
        format!("content-security-policy: {}", Csp::strict().render(None).to_str().unwrap()),
        "cross-origin-opener-policy: same-origin".into(),
        "cross-origin-resource-policy: same-origin".into(),
        "origin-agent-cluster: ?1".into(),
        format!("permissions-policy: {}", permissions.to_str().unwrap()),
        "referrer-policy: strict-origin-when-cross-origin".into(),
        "x-content-type-options: nosniff".into(),
        "x-dns-prefetch-control: off".into(),
        "x-frame-options: DENY".into(),
        "x-permitted-cross-domain-policies: none".into(),
        "x-xss-protection: 0".into(),
    ];
    assert_eq!(sent(SecurityHeaders::strict()).await.header_set(), expected);
}

#[tokio::test]
async fn api_sends_exactly_these_headers() {
    let expected = [
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy: same-origin",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
        "x-frame-options: DENY",
        "x-permitted-cross-domain-policies: none",
    ];
    assert_eq!(sent(SecurityHeaders::api()).await.header_set(), expected);
}

#[tokio::test]
async fn every_response_has_the_set_found_or_not() {
    let app = site().layer(SecurityHeaders::strict());
    let home = ask(&app, get_from(HERE, "/")).await.header_set();
    for target in ["/nowhere", "/form", "/panic"] {
        assert_eq!(ask(&app, get_from(HERE, target)).await.header_set(), home, "{target}");
    }
}

#[tokio::test]
async fn a_handlers_header_stays_unless_overridden() {
    let own = || async {
        AppendHeaders([
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'self'"),
            ("server", "x/1"),
        ])
    };
    let app = Router::new().route("/", get(own));
    let unchanged = ask(&app.clone().layer(SecurityHeaders::strict()), get_from(HERE, "/")).await;
    assert_eq!(unchanged.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(unchanged.header("content-security-policy"), Some("default-src 'self'"));
    assert_eq!(unchanged.header("server"), None);
    let replaced = ask(&app.layer(SecurityHeaders::strict().replace()), get_from(HERE, "/")).await;
    assert_eq!(replaced.header("referrer-policy"), Some("strict-origin-when-cross-origin"));
    assert!(replaced.header("content-security-policy").unwrap().contains("object-src"));
}

#[tokio::test]
async fn each_header_can_be_chosen_or_omitted() {
    let chosen = SecurityHeaders::none()
        .download_options(DownloadOptions::Noopen)
        .frame_options(FrameOptions::Deny)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .xss_protection(XssProtection::Block)
        .embedder_policy(EmbedderPolicy::RequireCorp);
    let expected = [
        "cross-origin-embedder-policy: require-corp",
        "referrer-policy: no-referrer",
        "x-download-options: noopen",
        "x-frame-options: DENY",
        "x-xss-protection: 1; mode=block",
    ];
    assert_eq!(sent(chosen).await.header_set(), expected);
    let off = SecurityHeaders::talisman()
        .referrer_policy(None)
        .content_type_options(None)
        .dangerous_allow_framing();
    let off = sent(off).await;
    for name in ["referrer-policy", "x-content-type-options", "x-frame-options"] {
        assert_eq!(off.header(name), None);
    }
}

#[tokio::test]
async fn enforced_and_report_only_policies_are_separate_headers() {
    let headers = SecurityHeaders::none()
        .csp(Csp::talisman())
        .and_csp(Csp::api())
        .csp_report_only(Csp::strict())
        .reporting_endpoints(ReportingEndpoints::new([("csp", "/reports")]).unwrap());
    let answer = sent(headers).await;
    let lines: Vec<_> = answer.headers.get_all("content-security-policy").iter().collect();
    assert_eq!(
        lines,
        ["default-src 'self'; object-src 'none'", "default-src 'none'; frame-ancestors 'none'"]
    );
    assert!(answer.header("content-security-policy-report-only").unwrap().contains("object-src"));
    assert_eq!(answer.header("reporting-endpoints"), Some("csp=\"/reports\""));
}

#[tokio::test]
async fn other_headers_are_sent_and_removed_by_name() {
    let name = HeaderName::from_static("x-robots-tag");
    let headers = SecurityHeaders::none().header(name.clone(), http::HeaderValue::from_static("noindex"));
    assert_eq!(sent(headers.clone()).await.header("x-robots-tag"), Some("noindex"));
    assert_eq!(sent(headers.remove([name])).await.header("x-robots-tag"), None);
}
