//! A site under a path prefix, and routers in routers: every path leads where the browser expects.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use palisade::front_door::Guards;
use palisade::headers::ReportsTo;
use palisade::proxy::{Hops, Proxies};
use palisade::redirect::{Next, RedirectSites, SafePath};
use palisade::request::Client;
use palisade::{Keyring, PageHeaders, Redirect, SecurityHeaders, Session, Sessions};

use crate::support::{Answer, ask, https_get};

fn guards() -> Guards {
    let reports = ReportsTo::new("/csp-report").unwrap();
    Guards::new()
        .hosts(["example.org"])
        .unwrap()
        .trusted_proxies(Proxies::hops(Hops { x_prefix: 1, ..Hops::from(1) }))
        .headers(SecurityHeaders::strict().reports_to(reports))
}

/// Returns a page for members, which requires a sign-in and links to other pages.
fn app() -> Router {
    let keyring = Keyring::random();
    let sessions = Sessions::in_store(palisade::session::store::MemorySessions::new(), &keyring)
        .login_path("/login")
        .reauth_path("/confirm?why=1");
    let members = Router::new()
        .route("/me", get(async |session: Session| session.sign_in_required()))
        .route("/danger", get(async |session: Session| session.reauth_required()))
        .route("/leave", get(async || Redirect::to(SafePath::of("/account?x=1"))));
    let elsewhere =
        RedirectSites::new(["partner.example"]).unwrap().check("https://partner.example/a").unwrap();
    Router::new()
        .route("/", get(async |client: Client| client.path("/account")))
        .route("/out", get(async move || Redirect::to(elsewhere)))
        .route("/own", get(async || (PageHeaders::new().no_store(), "own")))
        .route(
            "/next",
            get(async |next: axum::extract::RawQuery| {
                let next: Next = serde_json::from_str(&format!("{:?}", next.0.unwrap())).unwrap();
                Redirect::to(next.or("/"))
            }),
        )
        .nest("/members", members)
        .layer(sessions)
        .layer(guards())
}

async fn under(prefix: &str, target: &str) -> Answer {
    let mut request: Request<Body> = https_get(target);
    request.headers_mut().insert("x-forwarded-prefix", prefix.parse().unwrap());
    request.headers_mut().insert("accept", "text/html".parse().unwrap());
    ask(&app(), request).await
}

async fn location(prefix: &str, target: &str) -> String {
    under(prefix, target).await.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn the_login_redirect_has_prefix_and_nest() {
    assert_eq!(location("/society", "/members/me?x=1").await, "/society/login?next=/members/me%3Fx%3D1");
    assert_eq!(location("", "/members/me?x=1").await, "/login?next=/members/me%3Fx%3D1");
    assert_eq!(location("/society", "/members/danger").await, "/society/confirm?why=1&next=/members/danger");
}

#[tokio::test]
async fn a_handlers_redirect_gets_the_prefix() {
    assert_eq!(location("/society", "/members/leave").await, "/society/account?x=1");
    assert_eq!(location("", "/members/leave").await, "/account?x=1");
    assert_eq!(location("/society", "/out").await, "https://partner.example/a");
}

#[tokio::test]
async fn a_page_named_like_the_prefix_is_reached() {
    assert_eq!(location("/society", "/next?/members/me").await, "/society/members/me");
    assert_eq!(location("/society", "/next?/society/1").await, "/society/society/1");
    assert_eq!(location("/society", "/next?//evil.example").await, "/society/");
}

#[tokio::test]
async fn templates_ask_the_client_for_paths() {
    assert_eq!(under("/society", "/").await.body, "/society/account");
    assert_eq!(under("", "/").await.body, "/account");
}

#[tokio::test]
async fn browser_reports_go_under_the_prefix() {
    for (prefix, target, url) in [
        ("/society", "/", "/society/csp-report"),
        ("/society", "/own", "/society/csp-report"),
        ("/other", "/", "/other/csp-report"),
        ("", "/", "/csp-report"),
    ] {
        let answer = under(prefix, target).await;
        assert_eq!(answer.header("reporting-endpoints"), Some(&*format!("default=\"{url}\"")));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains(&format!("report-uri {url};")), "{policy}");
    }
}
