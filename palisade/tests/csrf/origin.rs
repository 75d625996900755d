//! The origin check, by `Sec-Fetch-Site` and `Origin`. Many cases are Django's, with its mistakes
//! corrected.

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{Method, Request};
use palisade::Rejection;
use palisade::csrf::Csrf;
use palisade::front_door::Guards;
use palisade::proxy::Proxies;

use crate::support::{Answer, HERE, PROXY, ask, guarded, with_peer};

/// Returns a site that answers with the request's method.
fn site(csrf: Csrf) -> Router {
    let palisade = Guards::new().hosts(["localhost", "example.org"]).unwrap();
    let palisade = palisade.trusted_proxies(Proxies::trusted(["10.0.0.1"]).unwrap()).cross_origin(csrf);
    let echo = any(async |method: Method| method.to_string());
    Router::new().route("/", echo).layer(palisade).layer(palisade::ErrorPages::plain())
}

async fn sent(csrf: &Csrf, method: &str, host: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri("/").header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(&site(csrf.clone()), with_peer(request.body(Body::empty()).unwrap(), HERE)).await
}

/// Returns `true` if a POST to `http://localhost:8000` with these headers passes.
async fn passes(headers: &[(&str, &str)]) -> bool {
    let answer = sent(&Csrf::new(), "POST", "localhost:8000", headers).await;
    is_accepted(&answer)
}

fn is_accepted(answer: &Answer) -> bool {
    let rejection = answer.response.extensions.get::<Rejection>();
    match answer.status.as_u16() {
        200 => assert_eq!(rejection, None),
        403 => {
            assert_eq!(*rejection.unwrap(), palisade::csrf::CsrfRejection::CrossSite);
            assert!(
                answer.header("content-security-policy").is_some(),
                "rejections have the security headers"
            );
            assert!(answer.body.contains("page of another site"), "{}", answer.body);
        }
        other => panic!("{other}"),
    }
    answer.status == 200
}

/// Returns `true` if a POST over https, forwarded by a proxy, passes.
async fn passes_over_tls(host: &str, origin: &str) -> bool {
    let request = Request::post("/").header("host", host).header("origin", origin);
    let request = request.header("x-forwarded-for", "198.51.100.7").header("x-forwarded-proto", "https");
    is_accepted(&ask(&site(Csrf::new()), with_peer(request.body(Body::empty()).unwrap(), PROXY)).await)
}

#[tokio::test]
async fn cross_site_posts_are_rejected_by_default() {
    let app = guarded(Guards::new());
    let post = |origin: &str| {
        let request = Request::post("/form").header("host", "localhost").header("origin", origin);
        with_peer(request.body(Body::empty()).unwrap(), HERE)
    };
    assert_eq!(ask(&app, post("https://evil.example")).await.status, 403);
    assert_eq!(ask(&app, post("http://localhost")).await.body, "taken");
}

#[tokio::test]
async fn fetch_metadata_decides_before_the_origin() {
    for (fetch_site, origin, expected) in [
        (Some("same-origin"), None, true),
        (Some("none"), None, true),
        (Some("same-site"), None, false),
        (Some("cross-site"), None, false),
        (Some("Same-Origin"), None, false),
        (Some(""), None, false),
        (Some("same-origin"), Some("null"), true),
        (Some("cross-site"), Some("http://localhost:8000"), false),
        (None, Some("http://localhost:8000"), true),
        (None, Some("http://evil.example"), false),
        (None, None, true),
    ] {
        let headers: Vec<_> = [("sec-fetch-site", fetch_site), ("origin", origin)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        assert_eq!(passes(&headers).await, expected, "{headers:?}");
    }
    assert!(!passes(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]).await);
    let own = ("origin", "http://localhost:8000");
    assert!(!passes(&[own, own]).await, "a browser sends `Origin` once");
}

#[tokio::test]
async fn a_trusted_origin_needs_scheme_host_and_port() {
    for (origin, expected) in [
        ("http://localhost:8000", true),
        ("http://LOCALHOST:8000", true),
        ("HTTP://localhost:8000", true),
        ("https://localhost:8000", false),
        ("http://localhost", false),
        ("http://localhost:8001", false),
        ("http://localhost:8000/", false),
        ("http://localhost:8000.evil.example", false),
        ("http://evil.example", false),
        ("http://localhost:8000@evil.example", false),
        ("null", false),
        ("", false),
        ("localhost:8000", false),
    ] {
        assert_eq!(passes(&[("origin", origin)]).await, expected, "{origin}");
    }
}

#[tokio::test]
async fn the_log_has_both_origins_of_a_cross_site_request() {
    let log = test_support::log::Log::default();
    let _captured = log.listen();
    let app = axum::Router::new().fallback(async || "hello").layer(palisade::csrf::Csrf::new());
    let app = app.layer(palisade::proxy::Proxies::none());
    let mut browser =
        palisade::test::Browser::new(app).at("https://example.org").dangerous_allow_unprotected();
    let forged = http::Request::post("/").header("origin", "https://example.org:9443");
    let page = browser.send(forged.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(page.status, 403);
    let text = log.text();
    for part in ["https://example.org:9443", "https://example.org:443"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn a_default_port_is_optional() {
    for (host, origin, expected) in [
        ("example.org", "https://example.org", true),
        ("example.org", "https://example.org:443", true),
        ("example.org:443", "https://example.org", true),
        ("EXAMPLE.org.", "https://example.org", true),
        ("example.org", "http://example.org", false),
        ("example.org", "https://example.org:80", false),
        ("example.org:8443", "https://example.org", false),
    ] {
        assert_eq!(passes_over_tls(host, origin).await, expected, "{host} {origin}");
    }
}

#[tokio::test]
async fn trusted_origins_pass_and_lookalikes_do_not() {
    let csrf = Csrf::new().trusted_origins(["https://app.example", "http://localhost:3000"]).unwrap();
    for (origin, expected) in [
        ("https://app.example", true),
        ("https://APP.example:443", true),
        ("http://localhost:3000", true),
        ("http://app.example", false),
        ("https://evilapp.example", false),
        ("https://www.app.example", false),
        ("https://app.example.evil.example", false),
    ] {
        for fetch_site in [Some("cross-site"), Some("same-site"), None] {
            let headers: Vec<_> = fetch_site.map(|value| ("sec-fetch-site", value)).into_iter().collect();
            let headers = [&headers[..], &[("origin", origin)]].concat();
            assert_eq!(
                is_accepted(&sent(&csrf, "POST", "localhost", &headers).await),
                expected,
                "{headers:?}"
            );
        }
    }
    let error = Csrf::new().trusted_origins(["https://*.example"]).unwrap_err().to_string();
    assert!(error.contains("write `https://app.example`"), "{error}");
}

#[tokio::test]
async fn only_get_head_and_options_are_safe() {
    let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(sent(&Csrf::new(), method, "localhost", &foreign).await.status, 200, "{method}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "get", "QUERY"] {
        assert_eq!(sent(&Csrf::new(), method, "localhost", &foreign).await.status, 403, "{method}");
        let own = [("sec-fetch-site", "same-origin")];
        assert!(sent(&Csrf::new(), method, "localhost", &own).await.status != 403, "{method}");
    }
}

#[tokio::test]
async fn cross_site_websockets_are_rejected() {
    let opening = |origin| [("upgrade", "WebSocket"), ("connection", "upgrade"), ("origin", origin)];
    let foreign = sent(&Csrf::new(), "GET", "localhost", &opening("https://evil.example")).await;
    assert!(!is_accepted(&foreign));
    assert!(is_accepted(&sent(&Csrf::new(), "GET", "localhost", &opening("http://localhost")).await));
}

#[tokio::test]
async fn the_referer_is_never_used() {
    let evil = ("referer", "https://evil.example/");
    assert!(passes(&[evil]).await);
    assert!(passes(&[evil, ("sec-fetch-site", "same-origin")]).await);
    let own = ("referer", "http://localhost:8000/form");
    assert!(!passes(&[own, ("origin", "https://evil.example")]).await);
}

#[tokio::test]
async fn report_only_passes_and_counts_rejections() {
    let foreign = [("origin", "https://evil.example")];
    let csrf = Csrf::new().report_only();
    assert!(is_accepted(&sent(&csrf, "POST", "localhost", &foreign).await));
    assert!(is_accepted(&sent(&csrf, "POST", "localhost", &[]).await));
    assert_eq!(csrf.reported(), 1);
    let off = Csrf::new().dangerous_disable_origin_check();
    assert!(is_accepted(&sent(&off, "POST", "localhost", &foreign).await));
    assert_eq!(off.reported(), 0);
}

#[tokio::test]
async fn routes_for_probes_are_guarded_too() {
    let app = guarded(Guards::new().for_probes());
    let post = |origin: &str| {
        let request = Request::post("/form").header("host", "10.1.2.3").header("origin", origin);
        with_peer(request.body(Body::empty()).unwrap(), HERE)
    };
    assert_eq!(ask(&app, post("https://evil.example")).await.status, 403);
    assert_eq!(ask(&app, post("http://10.1.2.3")).await.status, 200);
}

#[tokio::test]
async fn alone_it_names_the_missing_layer() {
    let app = crate::support::site().layer(Csrf::new());
    let request = || Request::post("/form").header("host", "localhost").body(Body::empty()).unwrap();
    let answer = ask(&app, with_peer(request(), HERE)).await;
    assert_eq!(answer.status, 500);
    assert!(answer.response.extensions.get::<Rejection>().unwrap().message().contains("Palisade"));
    let app = app.layer(Proxies::none());
    assert_eq!(ask(&app, with_peer(request(), HERE)).await.status, 200);
}
