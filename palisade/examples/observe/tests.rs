use palisade::proxy::Proxies;
use palisade::test::Browser;
use test_support::log::Log;

use super::*;

/// Returns a visitor and a scraper of https://example.org, behind a proxy at 10.0.0.2.
fn browsers() -> (Browser, Browser) {
    let palisade = Palisade::for_hosts(["example.org"]).unwrap().trusted_proxies(Proxies::hops(1));
    let (site, metrics) = apps(palisade).unwrap();
    let visitor = Browser::new(site).at("https://example.org").from("10.0.0.2");
    let visitor = visitor.header("x-forwarded-for", "192.0.2.7").header("x-forwarded-proto", "https");
    (visitor, Browser::new(metrics).at("http://10.0.0.3:3001").from("10.0.0.4"))
}

#[tokio::test]
async fn every_line_of_a_request_has_its_id() {
    let log = Log::default();
    let _listening = log.listen();
    let page = browsers().0.get("/notes/7").await;
    let id = page.header("x-request-id").unwrap();
    assert_eq!(page.text, format!("note 7, request {id}"));

    let span = format!(r#"request{{method=GET route="/notes/{{id}}" request_id={id} client_ip=192.0.2.7}}"#);
    for line in ["note read number=7", "finished processing request"] {
        let text = log.text();
        let line = text.lines().find(|found| found.contains(line)).unwrap();
        assert!(line.contains(&span), "{line}");
    }
}

#[tokio::test]
async fn an_error_page_shows_the_id_alone() {
    let log = Log::default();
    let _listening = log.listen();
    let page = browsers().0.get("/broken").await;
    let id = page.header("x-request-id").unwrap();
    assert!(page.status == 500 && page.text.contains(id) && !page.text.contains("disk"), "{}", page.text);
    assert!(log.text().lines().any(|line| line.contains(id) && line.contains("the disk is full")));
}

#[tokio::test]
async fn takes_ids_from_the_proxy_only() {
    let (visitor, _) = browsers();
    let mut visitor = visitor.header("x-request-id", "7f3a");
    assert_eq!(visitor.get("/notes/7").await.header("x-request-id"), Some("7f3a"));
    let page = visitor.from("203.0.113.9").get("/notes/7").await; // a stranger
    assert_ne!(page.header("x-request-id"), Some("7f3a"));
}

#[tokio::test]
async fn metrics_count_rejections_too() {
    let (mut visitor, mut scraper) = browsers();
    visitor.get("/notes/7").await;
    visitor.get("/nowhere").await;
    assert_eq!(visitor.clone().at("https://evil.example").get("/notes/8").await.status, 421);
    assert_eq!(visitor.get("/metrics").await.status, 404, "the site does not publish them");
    let text = scraper.get("/metrics").await.text;
    for line in [
        r#"responses_total{route="/notes/{id}",status="200"} 1"#,
        r#"responses_total{route="/notes/{id}",status="421"} 1"#,
        r#"responses_total{route="none",status="404"} 2"#,
        r#"ratelimit_decisions_total{store="memory",limit="site",outcome="allowed"} 3"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
}
