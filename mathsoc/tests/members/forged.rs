//! Cross-site request forgery.

use crate::support::browser::{Browser, ORIGIN, Page, form};
use crate::support::site::{ADA, PASSWORD, TestSite};

const EDIT: &str = "/profile/edit";

/// Posts a new name for Ada with these headers and this token.
async fn forge(browser: &mut Browser, headers: &[(&str, &str)], token: &str) -> Page {
    let fields = [("full_name", "Forged"), ("csrf_token", token)];
    let headers = [headers, &[("accept", "text/html")]].concat();
    browser.post_with(EDIT, &headers, if token.is_empty() { &fields[..1] } else { &fields }).await
}

async fn name(site: &TestSite) -> String {
    site.ada().await.unwrap().full_name.to_string()
}

#[tokio::test]
async fn a_form_needs_its_sessions_token_and_origin() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let (mut ada, mut eve) = (site.adas().await, site.browser());
    let (good, foreign) = (ada.token().await, eve.token().await);
    let second = site.adas().await.token().await;
    let own = [("origin", ORIGIN), ("sec-fetch-site", "same-origin")];
    for token in ["", "x", &foreign, &second, &good[1..], &good[..good.len() - 1]] {
        let page = forge(&mut ada, &own, token).await;
        assert_eq!(page.status, 403, "{token:?}");
        assert!(page.body.contains("<h1>"), "the rejection is a page: {}", page.body);
    }
    for (origin, fetch_site) in [
        ("https://evil.example", "cross-site"),
        ("http://evil.maths.example", "same-site"),
        ("http://maths.example.evil.example", "cross-site"),
        ("null", "cross-site"),
        (ORIGIN, "cross-site"),
    ] {
        let page = forge(&mut ada, &[("origin", origin), ("sec-fetch-site", fetch_site)], &good).await;
        assert_eq!(page.status, 403, "{origin} {fetch_site}, with a valid token");
    }
    for origin in ["https://evil.example", "http://evil.maths.example", "null", "http://maths.example:81"] {
        assert_eq!(forge(&mut ada, &[("origin", origin)], &good).await.status, 403, "{origin}");
    }
    assert_eq!(name(&site).await, "Ada Lovelace");
    // A browser that sends no origin headers still has the token.
    assert_eq!(forge(&mut ada, &[], "").await.status, 403);
    assert_eq!(forge(&mut ada, &[], &good).await.status, 303);
    assert_eq!(forge(&mut ada, &own, &good).await.status, 303);
    assert_eq!(name(&site).await, "Forged");
}

#[tokio::test]
async fn no_content_type_bypasses_the_token() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let mut ada = site.adas().await;
    let token = ada.token().await;
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = format!("{}--b--\r\n", part("full_name", "Forged"));
    let with = format!("{}{}--b--\r\n", part("csrf_token", &token), part("full_name", "Forged"));
    let fields = form(&[("full_name", "Forged")]);
    let with_token = form(&[("full_name", "Forged"), ("csrf_token", &token)]);
    for (kind, body, status) in [
        ("multipart/form-data; boundary=b", parts.as_str(), 403),
        ("multipart/form-data; boundary=b", &with, 415),
        ("text/plain", &fields, 403),
        ("text/plain", &with_token, 403),
        ("application/json", "{\"full_name\":\"Forged\"}", 403),
        ("application/x-www-form-urlencoded; charset=utf-8", &fields, 403),
        ("", &fields, 403),
    ] {
        let mut headers = vec![("origin", ORIGIN), ("sec-fetch-site", "same-origin")];
        if !kind.is_empty() {
            headers.push(("content-type", kind));
        }
        let page = ada.send("POST", EDIT, &headers, body.as_bytes().to_vec()).await;
        assert_eq!(page.status, status, "{kind}: {body}");
    }
    let page = ada.post(&format!("{EDIT}?csrf_token={token}"), &[("full_name", "Forged")]).await;
    assert_eq!(page.status, 403, "a token in the query string is ignored");
    assert_eq!(name(&site).await, "Ada Lovelace");
}

#[tokio::test]
async fn every_form_rejects_posts_without_a_token() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let map = mathsoc::routes::map();
    // Browsers send reports without a token; they only count, and a form is not a report.
    let wants_token = |group: &str| group != "reports";
    let posts = map.rows().iter().filter(|row| row.methods.contains("POST") && wants_token(row.group));
    let posts: Vec<_> = posts.collect();
    assert!(posts.len() >= 15, "{}", posts.len());
    for mut browser in [site.adas().await, site.browser()] {
        for row in &posts {
            let path = row.path.replace("{token}", "x");
            let page = browser.post(&path, &[("email", ADA), ("password", PASSWORD), ("sure", "yes")]).await;
            assert_eq!(page.status, 403, "{path}");
        }
    }
    assert!(site.adas().await.is_in().await, "the account is still there");
}

#[tokio::test]
async fn another_site_cannot_log_anyone_in_or_out() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let mut browser = site.browser();
    let before = browser.get("/login").await.token();
    let other_site = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let fields = [("email", ADA), ("password", PASSWORD)];
    assert_eq!(browser.post_with("/login", &other_site, &fields).await.status, 403);
    assert!(!browser.is_in().await);

    assert_eq!(browser.log_in(ADA, PASSWORD).await.location(), "/");
    for path in ["/logout", EDIT, "/login"] {
        let page = browser.post(path, &[("csrf_token", &before), ("full_name", "Forged")]).await;
        assert_eq!(page.status, 403, "{path}: a token from before the login is invalid");
    }
    let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    assert_eq!(browser.send("GET", "/logout", &link, Vec::new()).await.status, 405, "logout needs POST");
    assert!(browser.is_in().await);
}
