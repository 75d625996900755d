//! Remember cookies, stolen sessions, reauthentication and the list of sessions.

use std::time::Duration;

use crate::support::browser::Browser;
use crate::support::site::{ADA, OTHER, PASSWORD, TestSite};

const HALF_A_DAY: Duration = Duration::from_secs(13 * 60 * 60);

/// Returns a browser in which Ada has chosen to stay logged in.
async fn remembered(site: &TestSite) -> Browser {
    let mut browser = site.browser();
    let fields = [("email", ADA), ("password", PASSWORD), ("remember", "yes")];
    assert_eq!(browser.fill("/login", &fields).await.location(), "/");
    assert!(browser.cookie("remember").is_some());
    browser
}

#[tokio::test]
async fn a_reused_remember_cookie_ends_all_sessions() {
    for store in ["database", "cookie", "memory://"] {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await.served().await;
        let (mut elsewhere, mut ada) = (site.adas().await, remembered(&site).await);
        let mut thief = ada.clone();
        site.hand.advance(HALF_A_DAY);
        assert!(
            !elsewhere.is_in().await && ada.is_in().await,
            "{store}: the remember cookie starts a new session"
        );
        assert_eq!(elsewhere.log_in(ADA, PASSWORD).await.location(), "/");
        site.hand.advance(Duration::from_secs(120));
        assert!(!thief.is_in().await, "{store}");
        for browser in [&mut elsewhere, &mut ada, &mut thief] {
            assert!(!browser.is_in().await, "{store}: every session has ended");
        }
        assert_eq!(ada.log_in(ADA, PASSWORD).await.location(), "/");
        assert!(ada.is_in().await);
    }
}

#[tokio::test]
async fn a_remembered_browser_reauthenticates_for_sensitive_actions() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let mut ada = remembered(&site).await;
    site.hand.advance(HALF_A_DAY);
    for path in ["/profile/delete_account", "/profile/second_factor"] {
        let reauthentication = format!("/login/confirm?next={path}");
        assert_eq!(ada.get(path).await.location(), reauthentication);
    }
    let token = ada.token().await;
    for path in ["/profile/delete_account", "/profile/second_factor", "/profile/second_factor/remove"] {
        let page = ada.post(path, &[("csrf_token", &token), ("sure", "yes")]).await;
        assert_eq!((page.status, page.location()), (303, "/login/confirm"), "{path}");
    }
    assert!(site.ada().await.is_some());
}

#[tokio::test]
async fn logging_out_elsewhere_does_not_replace_the_password() {
    for store in ["database", "cookie"] {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await.served().await;
        let mut thief = site.adas().await;
        let mut ada = site.adas().await;
        // The same cookie in another browser.
        thief.set_header("user-agent", "Chrome/130.0");
        let token = thief.token().await;
        let page = thief.post("/profile/sessions/end", &[("csrf_token", &token)]).await;
        assert_eq!(page.location(), "/login/confirm?next=/profile/sessions", "{store}");
        let token = thief.token().await;
        let page = thief.post("/profile/delete_account", &[("csrf_token", &token), ("sure", "yes")]).await;
        assert_eq!(page.location(), "/login/confirm", "{store}");
        assert!(ada.is_in().await && site.ada().await.is_some());
    }
}

#[tokio::test]
async fn a_member_lists_and_ends_sessions() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let (mut one, mut two, mut three) = (site.adas().await, site.adas().await, remembered(&site).await);
    let page = one.get("/profile/sessions").await;
    assert_eq!(page.body.matches("class=\"entry\"").count(), 3, "{}", page.body);
    let (token, hidden) = (page.token(), page.hidden());
    let key = hidden.iter().find(|(name, _)| name == "key").unwrap().1.clone();
    one.post("/profile/sessions/end", &[("csrf_token", &token), ("key", &key)]).await;
    assert!(
        one.is_in().await && two.is_in().await != three.is_in().await,
        "exactly one of the two sessions has ended"
    );

    let token = one.token().await;
    one.post("/profile/sessions/end", &[("csrf_token", &token)]).await;
    assert!(one.is_in().await && !two.is_in().await && !three.is_in().await);
    assert_eq!(one.get("/profile/sessions").await.body.matches("class=\"entry\"").count(), 1);
}

#[tokio::test]
async fn resetting_the_password_while_logged_in_notifies() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let mut ada = site.adas().await;
    ada.fill("/password_reset", &[("email", ADA)]).await;
    let link = site.link("/password_reset/").await;
    assert_eq!(ada.fill(&link, &[("password", OTHER)]).await.location(), "/");
    assert!(ada.get("/").await.body.contains("logged out everywhere else") && ada.is_in().await);
}

#[tokio::test]
async fn sessions_of_an_old_password_are_not_listed() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let (_one, _two, mut browser) = (site.adas().await, site.adas().await, site.browser());
    browser.fill("/password_reset", &[("email", ADA)]).await;
    let link = site.link("/password_reset/").await;
    assert_eq!(browser.fill(&link, &[("password", OTHER)]).await.location(), "/");
    let page = browser.get("/profile/sessions").await;
    assert_eq!(page.body.matches("class=\"entry\"").count(), 1, "{}", page.body);
}
