//! Audits of a strict site and of faulty ones.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use palisade::csp::Csp;
use palisade::front_door::Guards;
use palisade::{CspNonce, SecurityHeaders};

use super::harness::{Folder, certificates, palisade, serve, serve_raw, serve_tls};

/// A site behind Palisade, with a security.txt.
pub fn strict() -> Router {
    let policy = Csp::strict().no_trusted_types().report_to("csp").unwrap().report_uri("/reports").unwrap();
    let contact = "Contact: mailto:security@example.org\nExpires: 2999-01-01T00:00:00Z\n";
    Router::new()
        .route(
            "/",
            get(|nonce: CspNonce| async move {
                Html(format!("<a href=/two>two</a><script nonce=\"{nonce}\" src=/a.js></script>"))
            }),
        )
        .route("/two", get(|| async { Html("<h1>Two</h1>") }))
        .route("/.well-known/security.txt", get(move || async move { contact }))
        .layer(Guards::new().hosts(["localhost"]).unwrap().headers(SecurityHeaders::strict().csp(policy)))
}

#[test]
fn a_strict_site_has_no_findings() {
    let folder = Folder::new();
    certificates(&folder, 365);
    let port = serve_tls(strict(), &folder);
    let http = serve(
        Router::new()
            .fallback(move || async move { Redirect::permanent(&format!("https://localhost:{port}/")) }),
    );
    let (url, ca, http) = (format!("https://localhost:{port}/"), folder.path("ca.pem"), http.to_string());
    let run = palisade(&[
        "audit",
        &url,
        "--ca",
        &ca,
        "--http-port",
        &http,
        "--crawl",
        "5",
        "--format",
        "json",
        "--fail-on",
        "info",
    ]);
    assert_eq!(run.ids(), Vec::<String>::new(), "{}", run.err);
    assert_eq!(run.code, 0);
    let report = run.json();
    let site = &report["sites"][0];
    assert_eq!((site["pages"].as_u64(), site["tls"]["version"].as_str()), (Some(2), Some("TLSv1.3")));
    assert_eq!(site["tls"]["days_left"].as_i64().map(|days| (363..=365).contains(&days)), Some(true));
    assert_eq!(site["observatory"]["grade"], "A+");
    assert_eq!(site["clear"].as_array().unwrap().len(), 2, "the report has the redirect from http");
}

/// A page with every fault that one response can have.
async fn faulty(request: Request) -> Response {
    let origin =
        request.headers().get("origin").and_then(|origin| origin.to_str().ok()).unwrap_or("null").to_owned();
    let headers = [
        ("server", "httpd/2.2.1".to_owned()),
        ("x-powered-by", "PHP/5.3".to_owned()),
        ("strict-transport-security", "max-age=60; preload".to_owned()),
        ("x-frame-options", "ALLOWALL".to_owned()),
        ("x-xss-protection", "1".to_owned()),
        ("feature-policy", "camera 'none'".to_owned()),
        ("referrer-policy", "unsafe-url".to_owned()),
        ("content-type", "text/html".to_owned()),
        ("content-security-policy", "script-src 'nonce-abc' 'unsafe-eval' https:".to_owned()),
        ("set-cookie", "session=1; Domain=localhost".to_owned()),
        ("set-cookie", "__Host-x=1; SameSite=Never".to_owned()),
        ("set-cookie", "ad=1; SameSite=None; Secure".to_owned()),
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true".to_owned()),
    ];
    let body = "<script nonce=other>x()</script><script>y()</script><p onclick=x()><a href='javascript:x()'>x</a>\
        <script src=https://cdn.example/a.js></script><script src=http://cdn.example/b.js></script>\
        <link rel=stylesheet href=https://cdn.example/a.css><img src=http://cdn.example/a.png>\
        <form action=http://cdn.example/><input type=password></form>";
    let mut response = Response::new(body.into());
    for (name, value) in headers {
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}

pub fn faulty_site() -> Router {
    Router::new().route("/", get(faulty).options(faulty))
}

#[test]
fn a_faulty_site_has_every_finding() {
    let folder = Folder::new();
    certificates(&folder, 10);
    let port = serve_tls(faulty_site(), &folder);
    let http = serve(Router::new().route("/", get(faulty)));
    let (url, http) = (format!("https://localhost:{port}/"), http.to_string());
    let run = palisade(&["audit", &url, "--http-port", &http, "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let expected = [
        "banner-powered-by",
        "banner-version",
        "cache-personal",
        "charset-missing",
        "cookie-domain-wide",
        "cookie-insecure",
        "cookie-prefix-broken",
        "cookie-same-site-invalid",
        "cookie-same-site-missing",
        "cookie-same-site-none",
        "cookie-session-insecure",
        "cookie-session-readable",
        "cors-credentials",
        "cors-null",
        "csp-missing-base-uri",
        "csp-missing-form-action",
        "csp-missing-frame-ancestors",
        "csp-missing-object-src",
        "csp-missing-reports",
        "csp-missing-trusted-types",
        "csp-plain-scheme",
        "csp-unsafe-eval",
        "form-in-clear",
        "frame-options-invalid",
        "framing-allowed",
        "header-outdated",
        "hsts-preload-unready",
        "hsts-short",
        "mixed-active",
        "mixed-passive",
        "nonce-reused",
        "nonce-short",
        "nonce-stray",
        "nosniff-missing",
        "opener-missing",
        "permissions-missing",
        "redirect-missing",
        "referrer-leaky",
        "resource-policy-missing",
        "script-handlers",
        "script-inline",
        "script-links",
        "security-txt-missing",
        "sri-missing",
        "sri-style-missing",
        "tls-expires-soon",
        "tls-untrusted",
        "xss-filter-on",
    ];
    assert_eq!(run.ids(), expected);
}

#[test]
fn a_certificate_is_trusted_through_its_ca_only() {
    let (folder, other) = (Folder::new(), Folder::new());
    certificates(&folder, 365);
    certificates(&other, 365);
    let port = serve_tls(strict(), &folder);
    let ids = |ca: &str, host: &str| {
        palisade(&["audit", &format!("https://{host}:{port}/"), "--ca", ca, "--format", "json"]).ids()
    };
    let untrusted = "tls-untrusted".to_owned();
    assert!(!ids(&folder.path("ca.pem"), "localhost").contains(&untrusted));
    assert!(ids(&other.path("ca.pem"), "localhost").contains(&untrusted));
    let none = palisade(&["audit", "https://localhost/", "--ca", &folder.file("empty.pem", "")]);
    assert!(none.code == 2 && none.err.contains("BEGIN CERTIFICATE"), "{}", none.err);
}

#[test]
fn redirects_are_shown_and_the_last_page_is_checked() {
    let app = Router::new()
        .route("/", get(|| async { Redirect::to("/one") }))
        .route("/one", get(|| async { Redirect::to("/two#part") }))
        .route("/two", get(|| async { Html("<p onclick=x()>") }));
    let url = format!("http://127.0.0.1:{}/", serve(app));
    let run = palisade(&["audit", &url]);
    assert!(run.out.contains(&format!("{url} 303 → {url}one 303 → {url}two 200")), "{}", run.out);
    assert!(
        run.out.starts_with(&format!("{url}two\n")) && run.out.contains("script-handlers"),
        "{}",
        run.out
    );
    assert!(!run.out.contains('\x1b'), "no colour without a terminal");
}

#[test]
fn a_crawl_is_polite_and_bounded() {
    let requested: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&requested);
    let links = "<a href=/logout>x</a><a href=/private/a>x</a><a href=//other.example/>x</a><a href=/p1#a>1</a><a href=/p1>1</a>\
        <a href=/p2>2</a><a href=/p3>3</a>";
    let page = move |request: Request| {
        let path = request.uri().path().to_owned();
        log.lock().unwrap().push(path.clone());
        async move {
            if path == "/robots.txt" {
                "User-agent: *\nDisallow: /private/\n".into_response()
            } else {
                Html(links).into_response()
            }
        }
    };
    let url = format!("http://127.0.0.1:{}/", serve(Router::new().fallback(page)));
    let run = palisade(&["audit", &url, "--crawl", "2", "--format", "json"]);
    assert_eq!(run.json()["sites"][0]["pages"], 3);
    let requested = requested.lock().unwrap();
    let times = |path: &str| requested.iter().filter(|requested| *requested == path).count();
    assert_eq!(
        (times("/p1"), times("/p2"), times("/p3"), times("/logout"), times("/private/a")),
        (1, 1, 0, 0, 0)
    );
}

#[test]
fn an_unreachable_site_is_reported_beside_the_others() {
    let url = format!("http://127.0.0.1:{}/", serve(strict()));
    let run = palisade(&["audit", &url, "http://127.0.0.1:1/", &url, "--format", "json"]);
    assert_eq!((run.code, run.json()["sites"].as_array().unwrap().len()), (2, 2));
    assert_eq!(run.json()["unchecked"][0]["target"], "http://127.0.0.1:1/");
    assert!(run.err.contains("http://127.0.0.1:1/: cannot connect"), "{}", run.err);
}

#[test]
fn a_server_of_another_protocol_is_an_error() {
    use std::io::Write;
    let port = serve_raw(|mut stream| drop(stream.write_all(b"220 mail.example ESMTP\r\n")));
    for scheme in ["http", "https"] {
        let run = palisade(&["audit", &format!("{scheme}://127.0.0.1:{port}/")]);
        assert_eq!((run.code, &*run.out), (2, ""), "{}", run.err);
    }
}
