use palisade::test::Browser;

use super::*;

const EMAIL: &str = "ada@example.org";
const OLD: &str = "seven purple otters";
const NEW: &str = "eleven green kettles";

async fn site() -> Router {
    let database = open("sqlite::memory:").await.unwrap();
    app(Palisade::development(), &Keyring::random(), database).await.unwrap()
}

async fn registered(site: &Router) -> Browser {
    let mut browser = Browser::new(site.clone());
    browser.get("/register").await;
    let page = browser.submit("/register", &[("email", EMAIL), ("password", OLD)]).await;
    assert_eq!((page.status.as_u16(), &*page.path), (200, "/account"), "{}", page.text);
    browser
}

async fn signed_in(site: &Router, more: &[(&str, &str)]) -> Browser {
    let mut browser = Browser::new(site.clone());
    assert_eq!(browser.get("/account").await.path, "/login?next=/account");
    let fields = [&[("email", "Ada@example.org"), ("password", OLD)][..], more].concat();
    assert_eq!(browser.submit("/login", &fields).await.path, "/account");
    browser
}

/// Returns `true` if the browser is signed in.
async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.path == "/account"
}

#[tokio::test]
async fn a_weak_password_and_a_taken_address_are_errors() {
    let site = site().await;
    registered(&site).await;
    for (email, password, status) in [(EMAIL, OLD, 409), ("bob@example.org", "password", 422)] {
        let mut browser = Browser::new(site.clone());
        browser.get("/register").await;
        let page = browser.submit("/register", &[("email", email), ("password", password)]).await;
        assert_eq!(page.status, status, "{}", page.text);
    }
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_token_are_rejected() {
    let site = site().await;
    registered(&site).await;
    let mut thief = Browser::new(site);
    thief.get("/login?next=//evil.example").await;
    let guess = [("email", EMAIL), ("password", "a guess")];
    assert_eq!(thief.submit("/login", &guess).await.status, 403);
    let page = thief.post("/login", &[("email", EMAIL), ("password", OLD)]).await;
    assert_eq!(page.rejection().unwrap().code(), "csrf_token_missing");
    thief.get("/login?next=//evil.example").await;
    let page = thief.submit("/login", &[("email", EMAIL), ("password", OLD)]).await;
    assert_eq!(page.path, "/account", "another site is no target");
}

#[tokio::test]
async fn a_remembered_browser_stays_signed_in_until_it_signs_out() {
    let site = site().await;
    registered(&site).await;
    for (more, remembered) in [(&[][..], false), (&[("remember", "on")][..], true)] {
        let mut browser = signed_in(&site, more).await;
        browser.close();
        assert_eq!(is_in(&mut browser).await, remembered);
    }
    let mut browser = signed_in(&site, &[("remember", "on")]).await;
    browser.get("/account").await;
    assert_eq!(browser.submit("/logout", &[]).await.path, "/login");
    assert!(!is_in(&mut browser).await);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let site = site().await;
    let mut own = registered(&site).await;
    let mut others = [signed_in(&site, &[]).await, signed_in(&site, &[]).await];
    assert_eq!(own.get("/account").await.select(".session").len(), 3);
    assert_eq!(own.submit("/sessions/end", &[]).await.select(".session").len(), 2);
    own.submit("/sessions/end-others", &[]).await;
    for other in &mut others {
        assert!(!is_in(other).await);
    }
    assert!(is_in(&mut own).await);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let site = site().await;
    let mut own = registered(&site).await;
    let mut other = signed_in(&site, &[("remember", "on")]).await;
    own.get("/account").await;
    let page = own.submit("/account/password", &[("old", "a guess"), ("new", NEW)]).await;
    assert_eq!(page.status, 403);
    own.get("/account").await;
    let page = own.submit("/account/password", &[("old", OLD), ("new", NEW)]).await;
    assert_eq!((page.status.as_u16(), &*page.path), (200, "/account"), "this browser stays");
    assert!(!is_in(&mut other).await);
}
