//! Framing stays denied until it is allowed by its own name.

use axum::Router;
use axum::routing::get;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use palisade::csp::{Csp, FrameAncestors, Source, none};
use palisade::headers::FrameOptions;
use palisade::{PageHeaders, SecurityHeaders};

use crate::support::{Answer, HERE, ask, get_from};

fn own() -> Csp {
    Csp::new().default_src([Source::SELF])
}

fn partner() -> [Source<FrameAncestors>; 1] {
    ["https://partner.example".parse().unwrap()]
}

async fn sent(site: SecurityHeaders, page: PageHeaders) -> Answer {
    let routes = Router::new().route("/", get(async || "page").layer(page));
    ask(&routes.layer(site), get_from(HERE, "/")).await
}

async fn framing(site: SecurityHeaders, page: PageHeaders) -> (Option<String>, Option<String>) {
    let answer = sent(site, page).await;
    let policies = answer.headers.get_all("content-security-policy").iter();
    let mut ancestors =
        policies.filter_map(|policy| policy.to_str().unwrap().split("frame-ancestors ").nth(1));
    let ancestors = ancestors.next().map(str::to_owned);
    (answer.header("x-frame-options").map(str::to_owned), ancestors)
}

#[tokio::test]
async fn keeps_framing_denied_when_the_csp_changes() {
    let site = SecurityHeaders::strict;
    let page = PageHeaders::new;
    let both = (Some("DENY".to_owned()), Some("'none'".to_owned()));
    for (case, site, page) in [
        ("strict", site(), page()),
        ("site", site().csp(own()), page()),
        ("site, from text", site().csp("img-src 'self'".parse::<Csp>().unwrap()), page()),
        ("site, two policies", site().csp(own()).and_csp(own()), page()),
        ("page", site(), page().csp(own())),
        ("page of a site with its own", site().csp(own().frame_ancestors(partner())), page().csp(own())),
        ("api", SecurityHeaders::api().csp(own()), page()),
    ] {
        assert_eq!(framing(site, page).await, both, "{case}");
    }
    let alone = (Some("DENY".to_owned()), None);
    for (case, site, page) in [
        ("site without a policy", site().dangerous_disable_csp(), page()),
        ("page without a policy", site(), page().dangerous_disable_csp()),
        ("api without a policy", SecurityHeaders::api().dangerous_disable_csp(), page()),
        ("the policy is removed by name", site().remove([CONTENT_SECURITY_POLICY]), page()),
        (
            "a policy as text",
            site().header(CONTENT_SECURITY_POLICY, HeaderValue::from_static("img-src *")),
            page(),
        ),
    ] {
        assert_eq!(framing(site, page).await, alone, "{case}");
    }
}

#[tokio::test]
async fn keeps_frame_options_beside_a_handlers_policy() {
    let handler = async || ([("content-security-policy", "default-src 'self'")], "page");
    let routes = Router::new().route("/", get(handler));
    let answer = ask(&routes.layer(SecurityHeaders::strict()), get_from(HERE, "/")).await;
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'self'"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
}

#[tokio::test]
async fn a_policy_may_name_its_own_frame_ancestors() {
    let answer =
        framing(SecurityHeaders::strict().csp(own().frame_ancestors([Source::SELF])), PageHeaders::new());
    assert_eq!(answer.await, (Some("SAMEORIGIN".to_owned()), Some("'self'".to_owned())));
    let second = SecurityHeaders::strict().csp(own()).and_csp(own().frame_ancestors([Source::SELF]));
    let answer = sent(second, PageHeaders::new()).await;
    let policies: Vec<_> = answer.headers.get_all("content-security-policy").iter().collect();
    assert_eq!(policies, ["default-src 'self'", "default-src 'self'; frame-ancestors 'self'"]);
}

#[tokio::test]
async fn frame_ancestors_replaces_those_of_every_policy() {
    let site = SecurityHeaders::strict;
    let page = PageHeaders::new;
    let expected = (None, Some("https://partner.example".to_owned()));
    for (case, site, page) in [
        ("site", site().frame_ancestors(partner()), page()),
        ("site, then a policy", site().frame_ancestors(partner()).csp(own().frame_ancestors(none())), page()),
        ("a policy, then the site", site().csp(own()).frame_ancestors(partner()), page()),
        ("site without a policy", site().dangerous_disable_csp().frame_ancestors(partner()), page()),
        ("page", site(), page().frame_ancestors(partner())),
        ("page without a policy", site(), page().dangerous_disable_csp().frame_ancestors(partner())),
        (
            "page over the site's option",
            site().frame_options(FrameOptions::Deny),
            page().frame_ancestors(partner()),
        ),
        ("page with a policy of its own", site().frame_ancestors(partner()), page().csp(own())),
        (
            "inner over outer",
            site(),
            page().frame_ancestors(partner()).or(&page().frame_options(FrameOptions::Deny)),
        ),
    ] {
        assert_eq!(framing(site, page).await, expected, "{case}");
    }
    let own_site =
        framing(SecurityHeaders::strict().frame_ancestors([Source::SELF]), PageHeaders::new()).await;
    assert_eq!(own_site, (Some("SAMEORIGIN".to_owned()), Some("'self'".to_owned())));
}

#[tokio::test]
async fn allows_framing_by_its_own_name_alone() {
    let site = SecurityHeaders::strict;
    for (case, site, page) in [
        ("site", site().dangerous_allow_framing(), PageHeaders::new()),
        ("page", site(), PageHeaders::new().dangerous_allow_framing()),
        ("talisman", SecurityHeaders::talisman().dangerous_allow_framing(), PageHeaders::new()),
    ] {
        let answer = sent(site, page).await;
        assert_eq!(answer.header("x-frame-options"), None, "{case}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("object-src") && !policy.contains("frame-ancestors"), "{case}: {policy}");
    }
}
