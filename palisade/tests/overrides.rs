//! Page overrides: a layer on a route or a group, or a value that a handler returns.

use axum::Router;
use axum::routing::get;
use palisade::csp::{Csp, Source};
use palisade::front_door::Guards;
use palisade::headers::{ClearSiteData, FrameOptions, ReferrerPolicy};
use palisade::{PageHeaders, SecurityHeaders};

use crate::support::{Answer, HERE, ask, get_from};

fn app(routes: Router) -> Router {
    let palisade = Guards::new().https(palisade::https::Https::new().dangerous_allow_http());
    routes.layer(palisade.headers(SecurityHeaders::strict().frame_options(FrameOptions::SameOrigin)))
}

async fn fetched(routes: Router, target: &str) -> Answer {
    ask(&app(routes), get_from(HERE, target)).await
}

fn partner() -> PageHeaders {
    PageHeaders::new().frame_ancestors(["https://partner.example".parse().unwrap()])
}

#[tokio::test]
async fn framing_by_a_partner_drops_frame_options() {
    let routes =
        Router::new().route("/embed", get(|| async {}).layer(partner())).route("/", get(|| async {}));
    let embed = fetched(routes.clone(), "/embed").await;
    assert!(
        embed.header("content-security-policy").unwrap().contains("frame-ancestors https://partner.example")
    );
    assert_eq!(embed.header("x-frame-options"), None);
    let home = fetched(routes, "/").await;
    assert!(!home.header("content-security-policy").unwrap().contains("partner.example"));
    assert_eq!(home.header("x-frame-options"), Some("SAMEORIGIN"));
}

#[tokio::test]
async fn a_handler_returns_its_overrides() {
    let page = || async { (PageHeaders::new().no_store().clear_site_data(ClearSiteData::SESSION), "bye") };
    let answer = fetched(Router::new().route("/", get(page)), "/").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("clear-site-data"), Some("\"cookies\", \"storage\""));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn the_innermost_override_wins_header_by_header() {
    let outer = PageHeaders::new().referrer_policy(ReferrerPolicy::NoReferrer).csp(Csp::api());
    let inner = PageHeaders::new().referrer_policy(ReferrerPolicy::Origin);
    let routes = Router::new()
        .route("/inner", get(|| async {}).layer(inner.clone()))
        .route("/handler", get(move || async move { (inner, "") }))
        .route("/outer", get(|| async {}))
        .layer(outer);
    for (target, referrer) in [("/inner", "origin"), ("/handler", "origin"), ("/outer", "no-referrer")] {
        let answer = fetched(routes.clone(), target).await;
        assert_eq!(answer.header("referrer-policy"), Some(referrer), "{target}");
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'"),
            "{target}"
        );
    }
}

#[tokio::test]
async fn a_page_disables_or_extends_the_policy() {
    let tiles = Csp::new().img_src([Source::host("https://tiles.example").unwrap()]);
    let routes = Router::new()
        .route(
            "/data",
            get(|| async {}).layer(PageHeaders::new().dangerous_disable_csp().dangerous_allow_framing()),
        )
        .route("/map", get(|| async {}).layer(PageHeaders::new().merge_csp(tiles)));
    let data = fetched(routes.clone(), "/data").await;
    assert_eq!((data.header("content-security-policy"), data.header("x-frame-options")), (None, None));
    let map = fetched(routes, "/map").await;
    let policy = map.header("content-security-policy").unwrap();
    assert!(policy.contains("img-src 'self' https://tiles.example"), "{policy}");
    assert!(policy.contains("object-src 'none'"), "{policy}");
}

#[tokio::test]
async fn one_override_serves_two_sites() {
    let page = partner();
    let one = Router::new().route("/", get(|| async {}).layer(page.clone())).layer(SecurityHeaders::strict());
    let two = Router::new().route("/", get(|| async {}).layer(page)).layer(SecurityHeaders::talisman());
    for _ in 0..2 {
        let strict = ask(&one, get_from(HERE, "/")).await;
        assert!(strict.header("content-security-policy").unwrap().contains("base-uri"));
        let talisman = ask(&two, get_from(HERE, "/")).await;
        let policy = "default-src 'self'; object-src 'none'; frame-ancestors https://partner.example";
        assert_eq!(talisman.header("content-security-policy"), Some(policy));
    }
}

fn trial() -> SecurityHeaders {
    let trial = Csp::strict().font_src([Source::SELF]);
    SecurityHeaders::strict().csp_report_only(trial)
}

async fn policies(site: SecurityHeaders, page: PageHeaders) -> (String, Option<String>) {
    let routes = Router::new().route("/", get(|| async {}).layer(page));
    let answer = ask(&routes.layer(site), get_from(HERE, "/")).await;
    let tried = answer.header("content-security-policy-report-only").map(str::to_owned);
    (answer.header("content-security-policy").unwrap().to_owned(), tried)
}

#[tokio::test]
async fn framing_by_a_partner_applies_to_the_trial() {
    let (enforced, tried) = policies(trial(), partner()).await;
    for policy in [enforced, tried.unwrap()] {
        assert!(
            policy.ends_with("frame-ancestors https://partner.example")
                || policy.contains("partner.example; ")
        );
        assert!(!policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn merged_sources_apply_to_the_trial() {
    let tiles = Csp::new().img_src([Source::host("https://tiles.example").unwrap()]);
    let (enforced, tried) = policies(trial(), PageHeaders::new().merge_csp(tiles)).await;
    for policy in [enforced, tried.unwrap()] {
        assert!(policy.contains("img-src 'self' https://tiles.example"), "{policy}");
    }
}

#[tokio::test]
async fn a_page_with_its_own_policy_has_its_own_trial() {
    let api = PageHeaders::new().csp(Csp::api());
    let (enforced, tried) = policies(trial(), api.clone()).await;
    assert_eq!((enforced.as_str(), tried), ("default-src 'none'; frame-ancestors 'none'", None));
    let own = Csp::new().default_src([Source::SELF]);
    for page in [
        api.clone().csp_report_only(own.clone()),
        PageHeaders::new().csp_report_only(own.clone()).csp(Csp::api()),
    ] {
        assert_eq!(policies(trial(), page).await.1.as_deref(), Some("default-src 'self'"));
    }
    let group = PageHeaders::new().csp_report_only(own);
    assert_eq!(
        policies(trial(), api.or(&group)).await.1,
        None,
        "the trial of the group is about other pages"
    );
}
