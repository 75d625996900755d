//! Remember tokens: single use, replacement, and theft.

use std::time::Duration;

use http::StatusCode;

use super::{Browser, Site};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn remembered(site: &Site) -> Browser {
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    browser.post("/remember").await;
    browser
}

fn token(browser: &Browser) -> String {
    browser.jar["__Host-remember"].clone()
}

#[tokio::test]
async fn a_remembered_browser_gets_a_new_token() {
    for site in Site::both() {
        let mut browser = remembered(&site).await;
        let first = token(&browser);
        assert_eq!(browser.who().await, "ada");
        assert_eq!(token(&browser), first, "the token stays while the session lasts");
        site.clock.advance(DAY);
        assert_eq!(browser.who().await, "ada");
        assert_ne!(token(&browser), first);
        assert_eq!(browser.who().await, "ada", "the session signs the user in now");
        let events = site.events();
        assert_eq!(events, ["SignedIn { user: \"ada\" }", "Restored { user: \"ada\" }"]);
    }
}

#[tokio::test]
async fn the_remember_cookie_has_flags_and_expiry() {
    let site = Site::sealed();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    let answer = browser.post("/remember").await;
    let line = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let line = line.filter(|line| line.starts_with("__Host-remember=")).collect::<Vec<_>>().join("\n");
    assert!(line.ends_with("; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
}

#[tokio::test]
async fn a_restored_login_is_not_recent() {
    for site in Site::both() {
        let mut browser = remembered(&site).await;
        assert_eq!(browser.get("/grave").await.status, StatusCode::OK);
        site.clock.advance(DAY);
        assert_eq!(browser.get("/grave").await.header("location"), Some("/confirm?next=/grave"));
    }
}

#[tokio::test]
async fn a_reused_token_ends_all_sessions() {
    for site in Site::both() {
        let mut victim = remembered(&site).await;
        let mut elsewhere = remembered(&site).await;
        let mut thief = site.browser().agent("thief");
        thief.jar.insert("__Host-remember".into(), token(&victim));
        site.clock.advance(DAY);
        assert_eq!(thief.who().await, "ada", "the thief uses the token first");
        site.clock.advance(Duration::from_secs(61));
        assert_eq!(victim.who().await, "anonymous", "the victim's use reveals the theft");
        assert!(site.events().contains(&"TokenStolen { user: \"ada\" }".to_owned()));
        assert!(!victim.jar.contains_key("__Host-remember"));
        assert_eq!(thief.who().await, "anonymous");
        assert_eq!(elsewhere.who().await, "anonymous");
        site.clock.advance(DAY);
        assert_eq!(thief.who().await, "anonymous", "the thief's new token is invalid");
    }
}

#[tokio::test]
async fn signing_in_after_a_theft_works() {
    for site in Site::both() {
        let mut victim = remembered(&site).await;
        let mut thief = site.browser();
        thief.jar.insert("__Host-remember".into(), token(&victim));
        site.clock.advance(DAY);
        assert_eq!(thief.who().await, "ada");
        site.clock.advance(Duration::from_secs(61));
        assert_eq!(victim.who().await, "anonymous");
        victim.post("/login/ada").await;
        assert_eq!((victim.who().await.as_str(), thief.who().await.as_str()), ("ada", "anonymous"));
    }
}

#[tokio::test]
async fn concurrent_requests_are_no_theft() {
    for site in Site::both() {
        let mut browser = remembered(&site).await;
        site.clock.advance(DAY);
        let mut second = browser.clone();
        assert_eq!(browser.who().await, "ada");
        site.clock.advance(Duration::from_secs(59));
        assert_eq!(second.who().await, "ada", "the replaced token passes within the grace time");
        site.clock.advance(DAY);
        assert_eq!(browser.who().await, "ada", "the latest token passes");
    }
}

#[tokio::test]
async fn signing_out_ends_the_token_too() {
    for site in Site::both() {
        let mut browser = remembered(&site).await;
        let stolen = token(&browser);
        browser.post("/logout").await;
        assert!(browser.jar.is_empty(), "{:?}", browser.jar);
        let mut thief = site.browser();
        thief.jar.insert("__Host-remember".into(), stolen);
        assert_eq!(thief.who().await, "anonymous");
    }
}

#[tokio::test]
async fn a_new_password_ends_all_remember_tokens() {
    for site in Site::both() {
        let mut browser = remembered(&site).await;
        site.accounts.raise("ada");
        site.clock.advance(DAY);
        assert_eq!(browser.who().await, "anonymous");
        assert!(!browser.jar.contains_key("__Host-remember"), "{:?}", browser.jar);
    }
}

#[tokio::test]
async fn the_server_enforces_token_expiry() {
    for site in Site::both() {
        let mut browser = remembered(&site).await;
        site.clock.advance(29 * DAY);
        assert_eq!(browser.who().await, "ada");
        site.clock.advance(DAY + Duration::from_secs(1));
        assert_eq!(browser.who().await, "anonymous", "counted from the sign-in, not from the last use");
        assert!(!browser.jar.contains_key("__Host-remember"));
    }
}

#[tokio::test]
async fn a_malformed_token_is_removed() {
    for site in Site::both() {
        for bad in ["", "x", "é|deadbeef", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(9_000)]
        {
            let mut browser = site.browser();
            browser.jar.insert("__Host-remember".into(), bad.into());
            assert_eq!(browser.get("/who").await.status, StatusCode::OK, "{bad:.40}");
            assert!(!browser.jar.contains_key("__Host-remember"));
            browser.jar.insert("__Host-remember".into(), bad.into());
            browser.post("/login/ada").await;
            assert_eq!(browser.who().await, "ada");
        }
    }
}

#[tokio::test]
async fn a_series_rejects_another_series_token() {
    let site = Site::sealed();
    let (one, two) = (remembered(&site).await, remembered(&site).await);
    let mut mixed = site.browser();
    mixed.jar.insert("__Host-remember".into(), format!("{}{}", &token(&one)[..21], &token(&two)[21..]));
    assert_eq!(mixed.who().await, "anonymous");
}
