use palisade::test::Browser;

use super::app;

#[tokio::test]
async fn pages_and_errors_have_the_headers() {
    let mut browser = Browser::new(app(None).unwrap());
    for (path, status, words) in [
        ("/", 200, "Hello"),
        ("/square/12", 200, "144"),
        ("/square/99999", 422, "Please take a smaller number."),
        ("/nowhere", 404, "There is nothing at this address."),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.contains(words), "{path}: {}", page.text);
        assert!(page.headers.contains_key("content-security-policy"), "{path}");
    }
    let nonce = browser.get("/").await.select("script")[0].attribute("nonce").unwrap().to_owned();
    let policy = browser.page().unwrap().header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
}

#[tokio::test]
async fn other_hosts_are_rejected() {
    let get = async |hosts: Option<&str>, site: &str| {
        Browser::new(app(hosts).unwrap()).at(site).get("/").await.status
    };
    let hosts = Some("example.org,www.example.org");
    assert_eq!(get(hosts, "https://www.example.org").await, 200);
    assert_eq!(get(hosts, "https://other.example").await, 421);
    assert_eq!(get(None, "https://example.org").await, 500, "development is for local names");
    assert!(app(Some("https://example.org")).is_err(), "a host has no scheme");
}
