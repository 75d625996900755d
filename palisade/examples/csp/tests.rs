use axum::body::Body;
use palisade::test::{Browser, Page};

use super::*;

const ENFORCED: &str = "content-security-policy";
const TRIAL: &str = "content-security-policy-report-only";

fn browser() -> Browser {
    let palisade = Palisade::for_hosts(["example.org"]).unwrap();
    Browser::new(app(palisade).unwrap()).at("https://example.org")
}

fn policy<'a>(page: &'a Page, name: &str) -> &'a str {
    page.header(name).unwrap()
}

#[tokio::test]
async fn scripts_carry_the_nonce_of_their_response() {
    let mut browser = browser();
    for path in ["/", "/maud", "/"] {
        let page = browser.get(path).await;
        assert_eq!(page.texts("title"), ["<Ada>"], "{path}: escaped");
        let nonce = page.select("script")[0].attribute("nonce").unwrap().to_owned();
        for name in [ENFORCED, TRIAL] {
            assert!(policy(&page, name).contains(&format!("'nonce-{nonce}'")), "{path}");
        }
    }
}

#[tokio::test]
async fn only_one_page_can_be_framed() {
    let mut browser = browser();
    let page = browser.get("/embed").await;
    for name in [ENFORCED, TRIAL] {
        assert!(policy(&page, name).contains("frame-ancestors https://partner.example"));
    }
    let page = browser.get("/maud").await;
    assert!(policy(&page, ENFORCED).contains("frame-ancestors 'none'"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
}

#[tokio::test]
async fn a_hash_allows_one_file_of_a_cdn() {
    let page = browser().get("/chart").await;
    assert!(policy(&page, ENFORCED).contains(&format!("'{CHART_HASH}'")));
    assert!(!policy(&page, ENFORCED).contains("nonce-"), "the page has not asked for one");
    assert!(Source::<palisade::csp::ScriptSrc>::integrity("sha384-short").is_err());
}

#[tokio::test]
async fn reports_are_collected_and_explained() {
    let mut browser = browser();
    let page = browser.get("/").await;
    assert!(policy(&page, TRIAL).contains("require-trusted-types-for 'script'"));
    assert!(!policy(&page, ENFORCED).contains("require-trusted-types-for"));
    assert_eq!(page.header("reporting-endpoints"), Some("default=\"/csp-report\""));
    let report = r#"{"csp-report": {"document-uri": "https://example.org/trial", "disposition": "enforce",
        "effective-directive": "img-src", "blocked-uri": "https://tracker.example/a.png"}}"#;
    for (content_type, status) in [("application/csp-report", 204), ("application/json", 415)] {
        let request = Request::post("/csp-report").header("content-type", content_type);
        let answer = browser.send(request.body(Body::from(report)).unwrap()).await;
        assert_eq!(answer.status, status, "{content_type}");
    }
    let page = browser.get("/reports").await;
    assert!(page.texts("p")[0].contains("stopped an image from https://tracker.example"), "{}", page.text);
    assert!(page.texts("code")[0].ends_with("https://images.example https://tracker.example"));
}
