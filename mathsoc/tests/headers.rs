//! Golden header sets: in development, in production over plain HTTP and behind a proxy, of errors,
//! static files and health checks.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, Response};
use mathsoc::config::{Config, Vars};
use mathsoc::pages;
use mathsoc::state::App;
use mathsoc::web::policy;
use palisade::ErrorPages;
use palisade::request::PeerAddr;
use test_support::Folder;
use tower::ServiceExt;

use crate::support::assets_are_built;

const VISITOR: &str = "203.0.113.9:40000";
const PROXY: &str = "10.0.0.1:40000";
const HERE: &str = "127.0.0.1:40000";
const KEY: &str = "d2hvZXZlciByZWFkcyB0aGlzIGtub3dzIG5vdGhpbmcgb2YgdGhlIHNpdGU4MjM3";

fn config(folder: &Folder, settings: &[(&str, &str)]) -> Config {
    let own = [("DATA_DIR", folder.to_str().unwrap())];
    let vars = own.iter().chain(settings).copied();
    Config::load(&Vars::new(vars, [])).unwrap()
}

const PRODUCTION: [(&str, &str); 4] = [
    ("APP_ENV", "production"),
    ("SERVER_NAME", "maths.example.org"),
    ("SECRET_KEY", KEY),
    ("TRUSTED_PROXIES", "hops=1 host=1"),
];

async fn site(folder: &Folder, settings: &[(&str, &str)]) -> Router {
    mathsoc::app(App::open(config(folder, settings)).await.unwrap())
}

fn request(peer: &str, host: &str, path: &str) -> Request<Body> {
    let request =
        Request::get(path).header("host", host).header("accept", "text/html").header("accept-encoding", "br");
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
    request
}

/// Returns a request as a proxy forwards it for a visitor on HTTPS.
fn by_proxy(path: &str) -> Request<Body> {
    let mut request = request(PROXY, "app:8000", path);
    for (name, value) in [
        ("x-forwarded-for", "198.51.100.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "maths.example.org"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

async fn ask(site: &Router, request: Request<Body>) -> Response<Body> {
    site.clone().oneshot(request).await.unwrap()
}

/// Returns the headers as sorted lines, with `NONCE` for the nonce and `…` for changing values.
fn lines(response: &Response<Body>) -> Vec<String> {
    let mut lines: Vec<String> = response
        .headers()
        .iter()
        .filter(|(name, _)| *name != http::header::CONTENT_LENGTH)
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let value = match (name.as_str(), value.split_once("'nonce-")) {
                ("etag" | "x-request-id", _) => "…".to_owned(),
                (_, Some((before, after))) => format!("{before}'NONCE{}", &after[22..]),
                _ => value.to_owned(),
            };
            format!("{name}: {value}")
        })
        .collect();
    lines.sort();
    lines
}

const PERMISSIONS: &str = "permissions-policy: accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), \
    encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), local-fonts=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()";
const ENDPOINTS: &str = "reporting-endpoints: default=\"/csp-report\"";
const HSTS: &str = "strict-transport-security: max-age=31536000; includeSubDomains";

/// Returns the common headers with these sources of scripts, and the additional headers.
fn expected(scripts: &str, beside: &[&str]) -> Vec<String> {
    // Over HTTPS there are HSTS and both ways of reporting.
    let secure = beside.contains(&HSTS);
    let reports = if secure { "report-uri /csp-report; report-to default" } else { "report-uri /csp-report" };
    let policy = format!(
        "content-security-policy: default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; \
         require-trusted-types-for 'script'; trusted-types 'none'; {reports}"
    );
    let common = [
        policy.as_str(),
        PERMISSIONS,
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
        "origin-agent-cluster: ?1",
        "referrer-policy: strict-origin-when-cross-origin",
        "x-content-type-options: nosniff",
        "x-dns-prefetch-control: off",
        "x-frame-options: SAMEORIGIN",
        "x-permitted-cross-domain-policies: none",
        "x-request-id: …",
        "x-xss-protection: 1; mode=block",
    ];
    let endpoints = secure.then_some(ENDPOINTS);
    let mut lines: Vec<String> =
        common.iter().chain(&endpoints).chain(beside).map(|line| (*line).to_owned()).collect();
    lines.sort();
    lines
}

/// Returns the headers of a page, whose script has a nonce.
fn page(beside: &[&str]) -> Vec<String> {
    expected("'NONCE' 'strict-dynamic'", &[&["cache-control: private, no-cache"], beside].concat())
}

const HTML: &str = "content-type: text/html; charset=utf-8";
const PACKED: [&str; 4] = [HTML, "content-encoding: br", "vary: accept-encoding", "vary: cookie"];

#[tokio::test]
async fn a_development_page_has_no_hsts() {
    if !assets_are_built() {
        return;
    }
    let folder = Folder::new();
    let site = site(&folder, &[]).await;
    let answer = ask(&site, request(HERE, "localhost:8000", "/about")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(lines(&answer), page(&PACKED));
}

#[tokio::test]
async fn production_redirects_http_to_https() {
    let folder = Folder::new();
    let site = site(&folder, &PRODUCTION).await;
    let answer = ask(&site, request(VISITOR, "maths.example.org", "/challenges?page=2")).await;
    assert_eq!(answer.status(), 302);
    let location = "location: https://maths.example.org/challenges?page=2";
    assert_eq!(lines(&answer), expected("'strict-dynamic'", &[location]));
    assert_eq!(ask(&site, request(VISITOR, "evil.example", "/")).await.status(), 421);
}

#[tokio::test]
async fn production_behind_a_proxy_sends_hsts() {
    if !assets_are_built() {
        return;
    }
    let folder = Folder::new();
    let site = site(&folder, &PRODUCTION).await;
    let answer = ask(&site, by_proxy("/about")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(lines(&answer), page(&[&PACKED[..], &[HSTS]].concat()));
}

#[tokio::test]
async fn a_404_page_has_every_header() {
    let folder = Folder::new();
    let site = site(&folder, &PRODUCTION).await;
    let answer = ask(&site, by_proxy("/nowhere")).await;
    assert_eq!(answer.status(), 404);
    let beside =
        [HTML, HSTS, "cache-control: no-store", "vary: accept, sec-fetch-mode, hx-request", "vary: cookie"];
    assert_eq!(lines(&answer), expected("'NONCE' 'strict-dynamic'", &beside));
}

#[tokio::test]
async fn a_database_outage_is_a_plain_503() {
    let folder = Folder::new();
    let app = App::open(config(&folder, &PRODUCTION)).await.unwrap();
    app.db.close().await;
    let site = mathsoc::app(app);
    let mut request = by_proxy("/");
    request.headers_mut().remove("accept-encoding");
    let answer = ask(&site, request).await;
    assert_eq!(answer.status(), 503);
    let vary = ["vary: accept, sec-fetch-mode, hx-request", "vary: cookie"];
    let beside = [&[HTML, HSTS, "cache-control: no-store", "retry-after: 5"], &vary[..]].concat();
    assert_eq!(lines(&answer), expected("'NONCE' 'strict-dynamic'", &beside));
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let body = std::str::from_utf8(&body).unwrap();
    assert!(
        body.contains("cannot reach its database") && !body.contains("pool") && !body.contains("sql"),
        "{body}"
    );
    assert_eq!(ask(&site, request_for_readiness()).await.status(), 503);
}

fn request_for_readiness() -> Request<Body> {
    request(VISITOR, "10.1.2.3:8000", "/readyz")
}

#[tokio::test]
async fn a_panic_is_a_500_with_the_set() {
    let folder = Folder::new();
    let config = config(&folder, &PRODUCTION);
    let site = Router::new()
        .route(
            "/",
            get(|| async {
                if mathsoc::web::assets::url("site.css").is_some() {
                    panic!("on purpose")
                }
            }),
        )
        .layer(policy::palisade(&config))
        .layer(ErrorPages::new(pages::error::page));
    let answer = ask(&site, by_proxy("/")).await;
    assert_eq!(answer.status(), 500);
    let beside = [HTML, HSTS, "cache-control: no-store", "vary: accept, sec-fetch-mode, hx-request"];
    assert_eq!(lines(&answer), expected("'NONCE' 'strict-dynamic'", &beside));
}

#[tokio::test]
async fn a_math_field_page_relaxes_its_policy() {
    let folder = Folder::new();
    let page = || async { (policy::math_field(), axum::response::Html("")) };
    let layers = policy::palisade(&config(&folder, &PRODUCTION));
    let site = Router::new().route("/", get(page)).layer(layers);
    let answer = ask(&site, by_proxy("/")).await;
    let mut expected = expected("'strict-dynamic'", &[HTML, HSTS]);
    for line in &mut expected {
        if line.starts_with("content-security-policy") {
            *line =
                line.replace("trusted-types 'none'", "trusted-types default; style-src-attr 'unsafe-inline'");
        }
    }
    assert_eq!(lines(&answer), expected);
}

#[tokio::test]
async fn a_static_file_is_immutable_with_every_header() {
    let folder = Folder::new();
    let site = site(&folder, &PRODUCTION).await;
    let answer = ask(&site, by_proxy(mathsoc::web::assets::url("site.css").unwrap())).await;
    assert_eq!(answer.status(), 200);
    let beside = [
        HSTS,
        "cache-control: public, max-age=31536000, immutable",
        "content-encoding: br",
        "content-type: text/css; charset=utf-8",
        "etag: …",
        "vary: accept-encoding",
    ];
    assert_eq!(lines(&answer), expected("'strict-dynamic'", &beside));
}

#[tokio::test]
async fn health_checks_answer_any_host_with_every_header() {
    let folder = Folder::new();
    let site = site(&folder, &PRODUCTION).await;
    for (path, body) in [("/healthz", "{\"status\": \"ok\"}"), ("/readyz", "{\"status\": \"ready\"}")] {
        let answer = ask(&site, request(VISITOR, "10.1.2.3:8000", path)).await;
        assert_eq!(answer.status(), 200, "{path}");
        let beside = ["cache-control: no-store", "content-type: application/json"];
        assert_eq!(lines(&answer), expected("'strict-dynamic'", &beside));
        assert_eq!(to_bytes(answer.into_body(), 100).await.unwrap(), body);
    }
}

#[tokio::test]
async fn personal_pages_are_not_compressed() {
    let reply = |name: &'static str, value: &'static str| {
        let page = move || async move { ([(name, value)], axum::response::Html("word ".repeat(1000))) };
        Router::new().route("/", get(page)).layer(mathsoc::web::compression::pages())
    };
    for (name, value, packed) in [
        ("cache-control", "private, no-cache", true),
        ("cache-control", "no-store", false),
        ("cache-control", "private, no-store, max-age=0", false),
        ("set-cookie", "session=1", false),
    ] {
        let answer = ask(&reply(name, value), request(HERE, "localhost", "/")).await;
        assert_eq!(answer.headers().contains_key("content-encoding"), packed, "{name}: {value}");
    }
}

#[tokio::test]
async fn only_settings_relax_the_policy() {
    let folder = Folder::new();
    let with = |settings: &[(&str, &str)]| policy::csp(&config(&folder, settings)).to_string();
    assert!(!with(&[]).contains("unsafe"));
    assert!(
        with(&[("CSP_ALLOW_UNSAFE_EVAL", "true")])
            .contains("script-src 'nonce' 'strict-dynamic' 'unsafe-eval';")
    );
    let more = with(&[("CSP_EXTRA", "img-src https://images.example.org; media-src 'self'")]);
    assert!(
        more.contains("img-src 'self' https://images.example.org;") && more.ends_with("; media-src 'self'"),
        "{more}"
    );
}

#[tokio::test]
async fn a_trial_policy_accompanies_the_enforced_one() {
    let folder = Folder::new();
    let trial = [("CSP_REPORT_ONLY_EXTRA", "script-src 'nonce'; img-src 'none'"), ("FORCE_HTTPS", "false")];
    let site = site(&folder, &[&PRODUCTION[..], &trial].concat()).await;
    for (request, reports) in [
        (by_proxy("/about"), "report-uri /csp-report; report-to default"),
        (request(HERE, "maths.example.org", "/about"), "report-uri /csp-report"),
    ] {
        let answer = ask(&site, request).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let (enforced, tried) =
            (header("content-security-policy"), header("content-security-policy-report-only"));
        assert!(enforced.contains("img-src 'self';") && enforced.ends_with(reports), "{enforced}");
        assert!(tried.ends_with(&format!("; img-src 'none'; {reports}")), "{tried}");
        let nonce = |policy: &str| policy.split_once("'nonce-").map(|(_, after)| after[..22].to_owned());
        assert_eq!(nonce(&enforced), nonce(&tried), "both policies have the same nonce, or none");
    }
}

#[tokio::test]
async fn development_also_answers_localhost() {
    let folder = Folder::new();
    let site = site(&folder, &[("SERVER_NAME", "maths.example.org")]).await;
    for (host, status) in
        [("localhost:8000", 200), ("127.0.0.1:8000", 200), ("maths.example.org", 200), ("evil.example", 421)]
    {
        assert_eq!(ask(&site, request(HERE, host, "/about")).await.status(), status, "{host}");
    }
}
