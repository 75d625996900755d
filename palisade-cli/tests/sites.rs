//! Sites that are as they should be, and sites that are not.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use palisade::csp::Csp;
use palisade::{CspNonce, Palisade, SecurityHeaders};

use super::world::{Folder, certificates, palisade, serve, serve_raw, serve_tls};

/// A site behind Palisade, with a contact.
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
        .layer(Palisade::new().hosts(["localhost"]).unwrap().headers(SecurityHeaders::strict().csp(policy)))
}

#[test]
fn nothing_is_invented_on_a_strict_site() {
    let folder = Folder::new();
    certificates(&folder, 365);
    let port = serve_tls(strict(), &folder);
    let clear = serve(
        Router::new()
            .fallback(move || async move { Redirect::permanent(&format!("https://localhost:{port}/")) }),
    );
    let (url, ca, clear) = (format!("https://localhost:{port}/"), folder.path("ca.pem"), clear.to_string());
    let said = palisade(&[
        "audit",
        &url,
        "--ca",
        &ca,
        "--http-port",
        &clear,
        "--crawl",
        "5",
        "--format",
        "json",
        "--fail-on",
        "info",
    ]);
    assert_eq!(said.ids(), Vec::<String>::new(), "{}", said.err);
    assert_eq!(said.code, 0);
    let report = said.json();
    let site = &report["sites"][0];
    assert_eq!((site["pages"].as_u64(), site["tls"]["version"].as_str()), (Some(2), Some("TLSv1.3")));
    assert_eq!(site["tls"]["days_left"].as_i64().map(|days| (363..=365).contains(&days)), Some(true));
    assert_eq!(site["observatory"]["grade"], "A+");
    assert_eq!(site["clear"].as_array().unwrap().len(), 2, "the redirect from http is shown");
}

/// Everything wrong that a server can do on one page.
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

/// That page, and nothing else.
pub fn faulty_site() -> Router {
    Router::new().route("/", get(faulty).options(faulty))
}

#[test]
fn every_planted_fault_is_found() {
    let folder = Folder::new();
    certificates(&folder, 10);
    let port = serve_tls(faulty_site(), &folder);
    let clear = serve(Router::new().route("/", get(faulty)));
    let (url, clear) = (format!("https://localhost:{port}/"), clear.to_string());
    let said = palisade(&["audit", &url, "--http-port", &clear, "--format", "json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let planted = [
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
    assert_eq!(said.ids(), planted);
}

#[test]
fn a_certificate_is_believed_by_its_ca_and_by_no_other() {
    let (folder, other) = (Folder::new(), Folder::new());
    certificates(&folder, 365);
    certificates(&other, 365);
    let port = serve_tls(strict(), &folder);
    let ids = |ca: &str, host: &str| {
        palisade(&["audit", &format!("https://{host}:{port}/"), "--ca", ca, "--format", "json"]).ids()
    };
    let distrusted = "tls-untrusted".to_owned();
    assert!(!ids(&folder.path("ca.pem"), "localhost").contains(&distrusted));
    assert!(ids(&other.path("ca.pem"), "localhost").contains(&distrusted));
    let none = palisade(&["audit", "https://localhost/", "--ca", &folder.file("empty.pem", "")]);
    assert!(none.code == 2 && none.err.contains("BEGIN CERTIFICATE"), "{}", none.err);
}

#[test]
fn every_hop_is_shown_and_the_page_at_the_end_is_looked_at() {
    let app = Router::new()
        .route("/", get(|| async { Redirect::to("/one") }))
        .route("/one", get(|| async { Redirect::to("/two#part") }))
        .route("/two", get(|| async { Html("<p onclick=x()>") }));
    let url = format!("http://127.0.0.1:{}/", serve(app));
    let said = palisade(&["audit", &url]);
    assert!(said.out.contains(&format!("{url} 303 → {url}one 303 → {url}two 200")), "{}", said.out);
    assert!(
        said.out.starts_with(&format!("{url}two\n")) && said.out.contains("script-handlers"),
        "{}",
        said.out
    );
    assert!(!said.out.contains('\x1b'), "colour is for terminals");
}

#[test]
fn a_crawl_is_polite_and_bounded() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
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
    let said = palisade(&["audit", &url, "--crawl", "2", "--format", "json"]);
    assert_eq!(said.json()["sites"][0]["pages"], 3);
    let asked = asked.lock().unwrap();
    let times = |path: &str| asked.iter().filter(|asked| *asked == path).count();
    assert_eq!(
        (times("/p1"), times("/p2"), times("/p3"), times("/logout"), times("/private/a")),
        (1, 1, 0, 0, 0)
    );
}

#[test]
fn several_sites_are_checked_and_one_that_cannot_be_says_why() {
    let url = format!("http://127.0.0.1:{}/", serve(strict()));
    let said = palisade(&["audit", &url, "http://127.0.0.1:1/", &url, "--format", "json"]);
    assert_eq!((said.code, said.json()["sites"].as_array().unwrap().len()), (2, 2));
    assert_eq!(said.json()["unchecked"][0]["target"], "http://127.0.0.1:1/");
    assert!(said.err.contains("http://127.0.0.1:1/: cannot connect"), "{}", said.err);
}

#[test]
fn what_answers_otherwise_than_by_http_cannot_be_checked() {
    use std::io::Write;
    let port = serve_raw(|mut stream| drop(stream.write_all(b"220 mail.example ESMTP\r\n")));
    for scheme in ["http", "https"] {
        let said = palisade(&["audit", &format!("{scheme}://127.0.0.1:{port}/")]);
        assert_eq!((said.code, &*said.out), (2, ""), "{}", said.err);
    }
}
