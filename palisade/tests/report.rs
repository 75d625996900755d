//! Browser reports: Chromium's recorded reports, examples of the standards, hostile bodies, noise,
//! bounds, and suggestions for the policy.

use std::time::Duration;

use http::{Request, Response};
use palisade::SecurityHeaders;
use palisade::clock::Clock;
use palisade::csp::{Csp, Severity};
use palisade::front_door::Guards;
use palisade::headers::ReportsTo;
use palisade::proxy::Proxies;
use palisade::reporting::{Collector, Disposition, ReportGroup, ReportKind};

const CSP: &str = "application/csp-report";
const REPORTS: &str = "application/reports+json";

/// A report to `report-uri`, with every private part that a URL can have.
const IMAGE: &str = r#"{"csp-report":{"document-uri":"http://example.org/challenges/7?from=mail#top","referrer":"https://search.example/?q=secret","violated-directive":"img-src","effective-directive":"img-src","original-policy":"default-src 'none'; img-src 'self'; report-uri /csp-report","disposition":"enforce","blocked-uri":"https://pupil:pass@cdn.example/people/ada.png?size=2","line-number":12,"column-number":4,"source-file":"http://example.org/static/site.js?v=1","status-code":200,"script-sample":""}}"#;

/// Reports to `report-to` in the form of the standards: an inline script, a deprecation, COEP,
/// COOP and a DNS error.
const LIST: &str = r#"[
{"age":53531,"body":{"blockedURL":"inline","columnNumber":39,"disposition":"enforce","documentURL":"https://example.org/about","effectiveDirective":"script-src-elem","lineNumber":121,"originalPolicy":"script-src 'nonce-x'; report-to default","referrer":"","sample":"","sourceFile":"https://example.org/about","statusCode":200},"type":"csp-violation","url":"https://example.org/about","user_agent":"Mozilla/5.0"},
{"age":27,"body":{"columnNumber":12,"id":"UnloadHandler","lineNumber":11,"message":"Unload event listeners are deprecated and will be removed.","sourceFile":"https://example.org/static/old.js"},"type":"deprecation","url":"https://example.org/about","user_agent":"Mozilla/5.0"},
{"age":3,"body":{"blockedURL":"https://cdn.example/lib/a.js","destination":"script","disposition":"enforce","type":"corp"},"type":"coep","url":"https://example.org/map","user_agent":"Mozilla/5.0"},
{"age":3,"body":{"disposition":"reporting","effectivePolicy":"same-origin","nextResponseURL":"https://pay.example/start?id=3","type":"navigation-from-response"},"type":"coop","url":"https://example.org/map","user_agent":"Mozilla/5.0"},
{"age":900,"body":{"elapsed_time":18,"method":"GET","phase":"dns","protocol":"","referrer":"","sampling_fraction":1.0,"server_ip":"","status_code":0,"type":"dns.name_not_resolved"},"type":"network-error","url":"https://example.org/favicon.ico","user_agent":"Mozilla/5.0"}
]"#;

async fn send(collector: &Collector, content_type: &str, body: impl Into<String>) -> u16 {
    answer(collector, content_type, body.into()).await.status().as_u16()
}

async fn answer(collector: &Collector, content_type: &str, body: String) -> Response<String> {
    let request = Request::post("/csp-report").header("host", "example.org");
    collector.collect(request.header("content-type", content_type).body(body).unwrap()).await
}

fn image(page: &str, blocked: &str, file: &str) -> String {
    serde_json::json!({"csp-report": {"document-uri": page, "blocked-uri": blocked, "source-file": file,
        "effective-directive": "img-src", "disposition": "enforce"}})
    .to_string()
}

fn keys(collector: &Collector) -> Vec<(ReportKind, String, String, String)> {
    let key = |group: &ReportGroup| {
        (group.kind, group.directive.clone(), group.blocked.clone(), group.page.clone())
    };
    collector.groups().iter().map(key).collect()
}

#[tokio::test]
async fn legacy_reports_are_counted_without_private_url_parts() {
    let (clock, manual) = Clock::manual();
    let collector = Collector::new().clock(clock.clone());
    let began = clock.now();
    assert_eq!(send(&collector, CSP, IMAGE).await, 204);
    manual.advance(Duration::from_secs(60));
    assert_eq!(send(&collector, "Application/CSP-Report; charset=utf-8", IMAGE).await, 204);
    let groups = collector.groups();
    let [group] = &groups[..] else { panic!("{groups:?}") };
    assert_eq!(
        group.key(),
        (ReportKind::Csp, Disposition::Enforced, "img-src", "https://cdn.example", "/challenges/7")
    );
    assert_eq!((group.count, group.first_seen, group.last_seen), (2, began, began + 60_000_000));
    assert_eq!(group.location.as_deref(), Some("/static/site.js, line 12"));
    let all = format!("{groups:?}");
    for secret in ["mail", "top", "secret", "pupil", "pass", "ada", "size", "v=1"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[tokio::test]
async fn every_reporting_api_type_is_explained() {
    let collector = Collector::new();
    assert_eq!(send(&collector, REPORTS, LIST).await, 204);
    let own = |text: &str| text.to_owned();
    let expected = [
        (ReportKind::Csp, own("script-src-elem"), own("inline"), own("/about")),
        (ReportKind::Deprecation, own("UnloadHandler"), own(""), own("/about")),
        (ReportKind::NetworkError, own("dns.name_not_resolved"), own(""), own("/favicon.ico")),
        (ReportKind::Coep, own("corp"), own("https://cdn.example"), own("/map")),
        (ReportKind::Coop, own("navigation-from-response"), own("https://pay.example"), own("/map")),
    ];
    assert_eq!(keys(&collector), expected);
    let texts: Vec<_> = collector.groups().iter().map(ReportGroup::description).collect();
    assert_eq!(
        texts,
        [
            "Browsers stopped a script written into the page on the page /about.",
            "The page /about uses UnloadHandler, which browsers will no longer do.",
            "Browsers could not load /favicon.ico: dns.name_not_resolved.",
            "Browsers stopped something from https://cdn.example on the page /map, which did not consent to be there.",
            "A window of the page /map and one from https://pay.example cannot reach each other: navigation-from-response.",
        ]
    );
    for group in collector.groups() {
        assert!(group.advice().ends_with('.'), "{group:?}");
    }
    assert_eq!(collector.totals().grouped, 5);
}

/// The reports of a real Chromium, recorded by scripts/chromium-reports.mjs.
const CHROMIUM: &str = include_str!("data/chromium-reports.json");

/// Returns the groups of Chromium's reports over this scheme, each as text.
async fn of_chromium(scheme: &str) -> Vec<(ReportKind, String)> {
    let recorded: serde_json::Value = serde_json::from_str(CHROMIUM).unwrap();
    let collector = Collector::new();
    for request in recorded["requests"].as_array().unwrap().iter().filter(|one| one["scheme"] == scheme) {
        let (content_type, body) = (request["type"].as_str().unwrap(), request["body"].as_str().unwrap());
        assert_eq!(send(&collector, content_type, body).await, 204, "{body}");
        assert_eq!((collector.totals().invalid, collector.totals().noise), (0, 0), "{body}");
    }
    let all = format!("{:?}", collector.groups());
    for secret in ["?", "#", "from", "secret", "ada", "size", "key", "lib", "worker", "take", "text", "mine"]
    {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    let describe = |group: &ReportGroup| {
        assert!(group.advice().ends_with('.'), "{group:?}");
        let (kind, disposition, directive, blocked, page) = group.key();
        (kind, format!("{disposition} {directive} {blocked} {page}").replace("https:", "http:"))
    };
    let mut groups: Vec<_> = collector.groups().iter().map(describe).collect();
    groups.sort();
    groups
}

#[tokio::test]
async fn both_formats_of_chromiums_reports_mean_the_same() {
    let (plain, secure) = (of_chromium("http").await, of_chromium("https").await);
    let text = |groups: &[(ReportKind, String)], csp: bool| -> Vec<String> {
        let wanted = groups.iter().filter(|(kind, _)| (*kind == ReportKind::Csp) == csp);
        wanted.map(|(_, group)| group.clone()).collect()
    };
    let violations = [
        "enforce base-uri http://other.example /about",
        "enforce connect-src http://other.example /about",
        "enforce form-action http://other.example /about",
        "enforce frame-ancestors / /",
        "enforce frame-src http://other.example /about",
        "enforce img-src data: /about",
        "enforce img-src http://other.example /about",
        "enforce require-trusted-types-for trusted-types-sink /types",
        "enforce script-src eval /about",
        "enforce script-src wasm-eval /about",
        "enforce script-src-attr inline /about",
        "enforce script-src-elem http://other.example /about",
        "enforce script-src-elem inline /about",
        "enforce style-src-attr inline /about",
        "enforce style-src-elem http://other.example /about",
        "enforce style-src-elem inline /about",
        "enforce trusted-types trusted-types-policy /types",
        "report img-src /favicon.ico /about",
        "report img-src data: /about",
        "report img-src http://other.example /about",
        "report script-src eval /about",
        "report script-src wasm-eval /about",
        "report script-src-attr inline /about",
        "report script-src-elem http://other.example /about",
        "report script-src-elem inline /about",
    ];
    assert_eq!(text(&plain, true), violations);
    // Over https Chromium reports no violation of frame-ancestors.
    let framed = |group: &&str| !group.contains("frame-ancestors");
    assert_eq!(text(&secure, true), violations.iter().copied().filter(framed).collect::<Vec<_>>());
    assert!(text(&plain, false).is_empty(), "the legacy format has CSP violations only");
    assert_eq!(
        text(&secure, false),
        [
            "report UnloadHandler  /old",
            "report XMLHttpRequestSynchronousInNonWorkerOutsideBeforeUnload  /old",
            "enforce NavigatorVibrate  /old",
            "enforce corp http://other.example /alone",
            "enforce navigation-to-response /opener /alone",
        ]
    );
}

#[tokio::test]
async fn malformed_reports_are_rejected_and_not_counted() {
    let collector = Collector::new();
    for (content_type, body, status) in [
        ("application/json", IMAGE, 415),
        ("text/plain", IMAGE, 415),
        ("", IMAGE, 415),
        (CSP, "", 400),
        (CSP, "{", 400),
        (CSP, LIST, 400),
        (CSP, "{\"csp-report\": 7}", 400),
        (REPORTS, IMAGE, 400),
        (REPORTS, "7", 400),
    ] {
        let answer = answer(&collector, content_type, body.to_owned()).await;
        assert_eq!(answer.status().as_u16(), status, "{content_type} {body}");
        assert!(answer.body().starts_with("Send "), "the response says what to send");
    }
    let deep = format!("{{\"csp-report\": {}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(send(&collector, CSP, deep).await, 400);
    let pad = |bytes: usize| format!("{IMAGE}{}", " ".repeat(bytes - IMAGE.len()));
    assert_eq!(send(&collector, CSP, pad(65_537)).await, 413);
    assert_eq!(collector.totals().rejected, 11);
    assert!(collector.groups().is_empty());
    assert_eq!(send(&collector, CSP, pad(65_536)).await, 204);
    assert_eq!(collector.groups().len(), 1);

    let get = Request::get("/csp-report").header("content-type", CSP).body(IMAGE.to_owned()).unwrap();
    let answer = collector.collect(get).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "POST"));
}

#[tokio::test]
async fn nonsensical_reports_are_accepted_but_not_grouped() {
    let collector = Collector::new();
    let bodies = [
        r#"[{"type":"crash","url":"https://example.org/","body":{}}]"#,
        r#"[{"type":"csp-violation","url":"https://example.org/","body":7}]"#,
        r#"[{"type":"deprecation","url":"https://example.org/","body":{"id":"<script>"}}]"#,
        r#"[{"type":"deprecation","url":"javascript:alert(1)","body":{"id":"Unload"}}]"#,
        r#"[7, null, [], "x"]"#,
    ];
    for body in bodies {
        assert_eq!(send(&collector, REPORTS, body).await, 204, "{body}");
    }
    for body in [
        image("https://example.org/", "no url <b>", ""),
        image("no page", "inline", ""),
        image("https://example.org/", "inline", "").replace("img-src", "style-source"),
        r#"{"csp-report": {"document-uri": 7, "effective-directive": ["img-src"]}}"#.to_owned(),
    ] {
        assert_eq!(send(&collector, CSP, body.clone()).await, 204, "{body}");
    }
    assert!(collector.groups().is_empty(), "{:?}", collector.groups());
    assert_eq!(collector.totals().invalid, 12);
}

#[tokio::test]
async fn reports_about_browser_extensions_are_noise() {
    let collector = Collector::new();
    let page = "https://example.org/";
    for scheme in ["chrome-extension", "moz-extension", "safari-extension", "safari-web-extension"] {
        let address = format!("{scheme}://abcdef/inject.js?x");
        for body in [
            image(page, &address, ""),
            image(page, scheme, ""),
            image(page, "inline", &address),
            image(&address, "inline", ""),
        ] {
            assert_eq!(send(&collector, CSP, body).await, 204);
        }
    }
    send(&collector, CSP, image("about:blank", "inline", "")).await;
    send(&collector, CSP, image(page, "about", "")).await;
    assert_eq!((collector.groups().len(), collector.totals().noise), (0, 18));
    send(&collector, CSP, image(page, "https://chrome-extension.example/", "")).await;
    assert_eq!(collector.groups().len(), 1, "a host may have such a name");
}

#[tokio::test]
async fn groups_and_reports_of_a_request_are_bounded() {
    let collector = Collector::new().max_groups(3).max_reports_per_request(2);
    for page in 0..10 {
        send(&collector, CSP, image(&format!("https://example.org/{page}"), "inline", "")).await;
    }
    assert_eq!(
        (collector.groups().len(), collector.totals().grouped, collector.totals().over_limit),
        (3, 3, 7)
    );
    send(&collector, CSP, image("https://example.org/1", "inline", "")).await;
    assert_eq!(collector.groups()[0].count, 2, "an existing group keeps counting");
    send(&collector, REPORTS, LIST).await;
    assert_eq!(collector.totals().truncated, 3);
    assert_eq!(Collector::new().max_groups(0).groups().len(), 0);

    let long = "x/".repeat(10_000);
    let collector = Collector::new();
    send(&collector, CSP, image(&format!("https://example.org/{long}"), "https://example.org/", "")).await;
    assert!(collector.groups()[0].page.chars().count() <= 201);
}

#[tokio::test]
async fn foreign_urls_are_cut_to_their_origin() {
    let collector = Collector::new();
    let token = "V2hvZXZlciByZWFkcyB0aGlzIGdldHMgaW4tYW5kLW91dA";
    for (page, blocked, expected_page, expected_blocked) in [
        (format!("https://example.org/verify_email/{token}"), "data", "/verify_email/…", "data:"),
        ("https://example.org:8443/a".into(), "data:image/png;base64,AAAA", "/a", "data:"),
        ("https://example.org/b".into(), "https://example.org/static/x.png?y", "/b", "/static/x.png"),
        ("https://example.org/c".into(), "http://example.org/x.png", "/c", "http://example.org"),
        (
            "https://other.example/private/7".into(),
            "https://other.example/x",
            "https://other.example",
            "https://other.example",
        ),
        ("https://example.org/d".into(), "wss://live.example:444/who", "/d", "wss://live.example:444"),
    ] {
        send(&collector, CSP, image(&page, blocked, "")).await;
        let groups = collector.drain();
        assert_eq!((&*groups[0].page, &*groups[0].blocked), (expected_page, expected_blocked));
    }
    assert!(collector.groups().is_empty(), "drained groups are removed");
    assert_eq!(collector.totals().grouped, 6, "the totals keep drained groups");
}

fn group(directive: &str, blocked: &str) -> ReportGroup {
    ReportGroup::new(ReportKind::Csp, directive, blocked, "/about")
}

#[test]
fn a_suggestion_shows_both_policies_and_lint_findings() {
    let policy: Csp = "default-src 'none'; script-src 'self'; img-src 'self'".parse().unwrap();
    let image = group("img-src", "https://cdn.example").suggestion(&policy).unwrap();
    assert_eq!((&*image.before, &*image.after), ("img-src 'self'", "img-src 'self' https://cdn.example"));
    assert!(image.findings.is_empty(), "{:?}", image.findings);
    assert_eq!(
        image.policy.to_string(),
        "default-src 'none'; script-src 'self'; img-src 'self' https://cdn.example"
    );

    let font = group("font-src", "/static/a.woff2").suggestion(&policy).unwrap();
    assert_eq!((&*font.before, &*font.after), ("default-src 'none'", "font-src 'self'"));

    let eval = group("script-src", "eval").suggestion(&policy).unwrap();
    assert_eq!(eval.after, "script-src 'self' 'unsafe-eval'");
    assert!(eval.findings.iter().any(|finding| finding.id == "csp-unsafe-eval"), "{:?}", eval.findings);

    let data = group("script-src-elem", "data:").suggestion(&policy).unwrap();
    assert_eq!(data.after, "script-src 'self' data:", "the existing script-src is extended");
    assert!(data.findings.iter().any(|finding| finding.severity == Severity::High), "{:?}", data.findings);
}

#[test]
fn no_source_is_suggested_if_none_would_help() {
    let policy: Csp =
        "script-src 'nonce' 'strict-dynamic'; img-src 'self'; frame-ancestors 'self'".parse().unwrap();
    for (directive, blocked, because) in [
        ("script-src-elem", "inline", "an inline script needs the nonce"),
        ("script-src-elem", "https://cdn.example", "browsers ignore hosts beside 'strict-dynamic'"),
        ("img-src", "/static/a.png", "the policy allows it already"),
        ("frame-ancestors", "https://frames.example", "browsers do not report the framing site"),
        ("connect-src", "https://api.example", "no directive of this policy blocked it"),
        ("require-trusted-types-for", "trusted-types-sink", "a sink is not a source"),
        ("img-src", "https://[::1]", "CSP has no source for an IPv6 address"),
    ] {
        assert_eq!(group(directive, blocked).suggestion(&policy), None, "{because}");
    }
    let other = ReportGroup::new(ReportKind::Coep, "corp", "https://cdn.example", "/");
    assert_eq!(other.suggestion(&policy), None);
}

#[tokio::test]
async fn report_to_is_sent_over_https_only() {
    use tower::{Layer, ServiceExt, service_fn};
    let headers = SecurityHeaders::none()
        .csp("img-src 'self'".parse::<Csp>().unwrap())
        .csp_report_only("img-src 'none'; report-uri /elsewhere".parse::<Csp>().unwrap())
        .reports_to(ReportsTo::new("/csp-report").unwrap());
    let layers = Guards::new().headers(headers).trusted_proxies(Proxies::hops(1));
    let layers = layers.https(palisade::https::Https::new().dangerous_allow_http());
    let ask = async |scheme: &str| {
        let service = service_fn(async |_: Request<String>| {
            Ok::<_, std::convert::Infallible>(Response::new(String::new()))
        });
        let request = Request::get("/").header("host", "example.org").header("x-forwarded-proto", scheme);
        let mut request = request.header("x-forwarded-for", "192.0.2.1").body(String::new()).unwrap();
        request.extensions_mut().insert(palisade::request::PeerAddr(([10, 0, 0, 1], 40_000).into()));
        let response = layers.layer(service).oneshot(request).await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(
            header("content-security-policy-report-only").unwrap(),
            "img-src 'none'; report-uri /elsewhere",
            "a policy with its own report-uri is unchanged"
        );
        (header("content-security-policy").unwrap(), header("reporting-endpoints"))
    };
    let (secure, plain) = (ask("https").await, ask("http").await);
    assert_eq!(secure.0, "img-src 'self'; report-uri /csp-report; report-to default");
    assert_eq!(secure.1.as_deref(), Some("default=\"/csp-report\""));
    assert_eq!(plain, ("img-src 'self'; report-uri /csp-report".to_owned(), None));
    for bad in ["", "/a b", "/a;b", "/a,b", "/a\"b"] {
        assert!(ReportsTo::new(bad).is_err(), "{bad}");
    }
}
