//! The redirect to https, and Strict-Transport-Security.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use palisade::front_door::Guards;
use palisade::https::{Hsts, Https};
use palisade::proxy::{Hops, Proxies};

use crate::support::{Answer, HERE, PROXY, STRANGER, ask, get_from, guarded, https_get, with_peer};

fn palisade() -> Guards {
    Guards::new()
        .hosts(["example.org", "[2001:db8::1]", "localhost"])
        .unwrap()
        .trusted_proxies(Proxies::hops(1))
}

async fn redirected(https: Https, method: Method, host: &str, target: &str) -> (u16, String) {
    let request =
        Request::builder().method(method).uri(target).header("host", host).body(Body::empty()).unwrap();
    let answer = ask(&guarded(palisade().https(https)), with_peer(request, STRANGER)).await;
    (answer.status.as_u16(), answer.header("location").unwrap_or_default().to_owned())
}

#[tokio::test]
async fn http_redirects_and_https_passes() {
    let (status, location) = redirected(Https::new(), Method::GET, "example.org", "/").await;
    assert_eq!((status, location.as_str()), (302, "https://example.org/"));
    assert_eq!(ask(&guarded(palisade()), https_get("/")).await.status, 200);
}

#[tokio::test]
async fn the_redirect_status_is_configurable() {
    for (https, get, post) in [(Https::new(), 302, 307), (Https::new().permanent(), 301, 308)] {
        assert_eq!(redirected(https.clone(), Method::GET, "example.org", "/").await.0, get);
        assert_eq!(redirected(https.clone(), Method::HEAD, "example.org", "/").await.0, get);
        assert_eq!(redirected(https.clone(), Method::POST, "example.org", "/form").await.0, post);
        assert_eq!(redirected(https, Method::DELETE, "example.org", "/").await.0, post);
    }
}

#[tokio::test]
async fn the_target_is_kept_byte_for_byte() {
    for target in
        ["/%C3%A9/a%20b?q=%C3%BC&r=%27", "/a'b?x=[1]|{2}", "//evil.example/", "/..%2f?#", "/?", "/a?b?c=//d"]
    {
        let (_, location) = redirected(Https::new(), Method::GET, "example.org", target).await;
        let expected = target.split('#').next().unwrap();
        assert_eq!(location, format!("https://example.org{expected}"));
    }
}

#[tokio::test]
async fn the_port_is_dropped_or_chosen() {
    let to = |https, host| redirected(https, Method::GET, host, "/");
    assert_eq!(to(Https::new(), "example.org:8080").await.1, "https://example.org/");
    assert_eq!(to(Https::new().port(8443), "example.org:8080").await.1, "https://example.org:8443/");
    assert_eq!(to(Https::new(), "[2001:db8::1]:8080").await.1, "https://[2001:db8::1]/");
    assert_eq!(
        to(Https::new().host("www.example.org").unwrap(), "example.org").await.1,
        "https://www.example.org/"
    );
    assert!(Https::new().host("https://example.org").is_err());
}

#[tokio::test]
async fn an_unknown_host_is_rejected_before_redirecting() {
    assert_eq!(redirected(Https::new(), Method::GET, "evil.example", "/").await, (421, String::new()));
    assert_eq!(redirected(Https::new(), Method::GET, "a_b..", "/").await.0, 421);
}

#[tokio::test]
async fn without_hosts_there_is_no_redirect() {
    let answer = ask(&guarded(Guards::new()), get_from(STRANGER, "/")).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (500, None));
    let rejection = answer.response.extensions.get::<palisade::Rejection>().unwrap();
    assert_eq!(rejection.code(), palisade::rejection::MissingLayer::CODE);
    let missing = rejection.message();
    assert!(missing.contains("Palisade::for_hosts("));
}

#[tokio::test]
async fn a_clients_own_header_does_not_make_https() {
    let mut request = get_from(STRANGER, "/");
    request.headers_mut().insert("x-forwarded-proto", "https".parse().unwrap());
    let answer = ask(&guarded(palisade()), request).await;
    assert_eq!((answer.status.as_u16(), answer.header("strict-transport-security")), (500, None));
}

#[tokio::test]
async fn an_invalid_scheme_counts_as_http() {
    for scheme in ["foo", "javascript", "wss"] {
        let mut request = get_from(PROXY, "/");
        request.headers_mut().insert("x-forwarded-proto", scheme.parse().unwrap());
        assert_eq!(ask(&guarded(palisade()), request).await.status, 302, "{scheme}");
    }
}

#[tokio::test]
async fn only_health_acme_and_localhost_are_exempt() {
    for (target, status) in [
        ("/healthz", 404),
        ("/readyz", 404),
        ("/.well-known/acme-challenge/token", 404),
        ("/healthz/", 302),
        ("/healthzz", 302),
        ("/.well-known/acme-challenge", 302),
        ("/.well-known/other", 302),
        ("/?/healthz", 302),
    ] {
        assert_eq!(redirected(Https::new(), Method::GET, "example.org", target).await.0, status, "{target}");
    }
    assert_eq!(
        redirected(Https::new().exempt_paths(["/hooks/"]), Method::GET, "example.org", "/hooks/1").await.0,
        404
    );
    assert_eq!(
        redirected(Https::new().exempt_paths(["/hooks/"]), Method::GET, "example.org", "/healthz").await.0,
        302
    );
    let here = |peer| async move {
        let request = Request::get("/").header("host", "localhost:8000").body(Body::empty()).unwrap();
        ask(&guarded(palisade()), with_peer(request, peer)).await.status.as_u16()
    };
    assert_eq!(here(HERE).await, 200);
    assert_eq!(here(STRANGER).await, 302);
}

async fn hsts(https: Https, tls: bool) -> Answer {
    let request = if tls { https_get("/") } else { get_from(PROXY, "/healthz") };
    ask(&guarded(palisade().https(https)), request).await
}

#[tokio::test]
async fn hsts_is_sent_over_tls_only() {
    let header = |answer: Answer| answer.header("strict-transport-security").map(str::to_owned);
    assert_eq!(header(hsts(Https::new(), true).await).unwrap(), "max-age=31536000; includeSubDomains");
    assert_eq!(header(hsts(Https::new(), false).await), None);
    assert_eq!(header(hsts(Https::new().dangerous_disable_hsts(), true).await), None);
    let two_years = Duration::from_secs(63_072_000);
    for (hsts_value, text) in [
        (Hsts::new(Duration::from_secs(31_556_926)), "max-age=31556926; includeSubDomains"),
        (Hsts::this_host_only(two_years), "max-age=63072000"),
        (Hsts::preloaded(two_years).unwrap(), "max-age=63072000; includeSubDomains; preload"),
        (Hsts::forget(), "max-age=0"),
    ] {
        assert_eq!(header(hsts(Https::new().hsts(hsts_value), true).await).unwrap(), text);
    }
}

#[test]
fn preload_needs_a_year_and_subdomains() {
    assert!(Hsts::preloaded(Duration::from_secs(31_536_000)).is_ok());
    let error = Hsts::preloaded(Duration::from_secs(31_535_999)).unwrap_err().to_string();
    assert!(error.contains("31536000") && error.contains("31535999"));
}

#[tokio::test]
async fn plain_http_needs_an_explicit_setting() {
    let answer =
        ask(&guarded(palisade().https(Https::new().dangerous_allow_http())), get_from(STRANGER, "/")).await;
    assert_eq!((answer.status.as_u16(), answer.header("strict-transport-security")), (200, None));
}

#[tokio::test]
async fn the_redirect_keeps_a_trusted_proxys_prefix() {
    let hops = Hops { x_prefix: 1, ..Hops::from(1) };
    let mut request = get_from(PROXY, "/a?b");
    request.headers_mut().insert("x-forwarded-prefix", "/society".parse().unwrap());
    let answer = ask(&guarded(palisade().trusted_proxies(Proxies::hops(hops))), request).await;
    assert_eq!(answer.header("location"), Some("https://example.org/society/a?b"));
}

#[tokio::test]
async fn the_redirect_keeps_the_path_of_a_nest() {
    let app = axum::Router::new().nest("/members", guarded(palisade()));
    let answer = ask(&app, get_from(STRANGER, "/members/form?x=1")).await;
    assert_eq!(answer.header("location"), Some("https://example.org/members/form?x=1"));
    let probe = axum::Router::new().route("/healthz", axum::routing::get(async || "well")).layer(palisade());
    let app = axum::Router::new().nest("/members", probe);
    let answer = ask(&app, get_from(STRANGER, "/members/healthz")).await;
    assert_eq!(answer.status, 302, "only /healthz of the server is exempt");
}
