//! `palisade audit` reports nothing above `info` for the site, and grades it A+.

use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Method, Request};
use mathsoc::config::{Config, Vars};
use mathsoc::operate::demo;
use mathsoc::routes;
use mathsoc::state::App;
use palisade::request::PeerAddr;
use palisade_audit::{Observation, ObservedResponse, Severity, Tls, findings, score};
use test_support::Folder;
use tower::ServiceExt;

use crate::support::assets_are_built;

const HOST: &str = "maths.example.org";
const PRODUCTION: [(&str, &str); 5] = [
    ("APP_ENV", "production"),
    ("SERVER_NAME", HOST),
    ("SECRET_KEY", "d2hvZXZlciByZWFkcyB0aGlzIGtub3dzIG5vdGhpbmcgb2YgdGhlIHNpdGU4MjM3"),
    ("TRUSTED_PROXIES", "hops=1 host=1"),
    // A single visitor requests every page.
    ("RATELIMIT_PAGES", "100000/hour"),
];

async fn site(folder: &Folder) -> Router {
    let own = [("DATA_DIR", folder.to_str().unwrap())];
    let config = Config::load(&Vars::new(own.into_iter().chain(PRODUCTION), [])).unwrap();
    let app = App::open(config).await.unwrap();
    demo::load(&app.db).await.unwrap();
    mathsoc::app(app)
}

/// Returns the site's response behind a proxy, to a visitor or to a cross-site request.
async fn ask(site: &Router, method: Method, scheme: &str, path: &str, stranger: bool) -> ObservedResponse {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "app:8000")
        .header("x-forwarded-for", "198.51.100.7")
        .header("x-forwarded-proto", scheme)
        .header("x-forwarded-host", HOST);
    if stranger {
        request = request
            .header("origin", Observation::FOREIGN_ORIGIN)
            .header("access-control-request-method", "GET");
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr(([10, 0, 0, 1], 40_000).into()));
    let (head, body) = site.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, 4 << 20).await.unwrap();
    let url = format!("{scheme}://{HOST}{path}");
    let response = ObservedResponse::new(&url, head.status, head.headers).unwrap();
    response.body(&String::from_utf8_lossy(&body))
}

#[tokio::test]
async fn the_audit_grades_the_site_a_plus() {
    if !assets_are_built() {
        return;
    }
    let folder = Folder::new();
    let site = site(&folder).await;
    let mut pages = Vec::new();
    for row in routes::map().rows() {
        let path = row.path.replace("{id}", "1").replace("{*path}", "site.css");
        if !path.contains('{') && row.path != "/healthz" && row.path != "/readyz" {
            pages.push(ask(&site, Method::GET, "https", &path, false).await);
        }
    }
    pages.push(ask(&site, Method::GET, "https", "/nowhere", false).await);
    assert!(pages.iter().filter(|page| page.page().is_some() && page.status().is_success()).count() >= 5);

    let front = ask(&site, Method::GET, "https", "/", false).await;
    let clear = ask(&site, Method::GET, "http", "/", false).await;
    assert_eq!(clear.redirect_target().as_deref(), Some(front.url()));
    let observation = Observation::new(front.clone(), SystemTime::now())
        .second_response(ask(&site, Method::GET, "https", "/", false).await)
        .plain_http(vec![clear, front])
        .preflight(ask(&site, Method::OPTIONS, "https", "/", true).await)
        .cross_origin(ask(&site, Method::GET, "https", "/", true).await)
        .tls(Tls { version: "TLSv1.3".into(), certificate_error: None, not_after: None })
        .more_pages(pages);
    let bad: Vec<_> =
        findings(&observation).into_iter().filter(|finding| finding.severity > Severity::Info).collect();
    assert!(bad.is_empty(), "{bad:#?}");

    let score = score(&observation).unwrap();
    // 10 points each for CSP, COOP and CORP, 5 each for framing and the referrer policy.
    assert!(score.grade == "A+" && score.points >= 140, "{score:#?}");
}
