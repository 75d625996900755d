//! Attacks on sessions, one-time links and redirects.

use mathsoc::db::users;
use url::Url;

use crate::support::browser::{ORIGIN, form};
use crate::support::site::{ADA, KEY, NEXT_KEY, OTHER, PASSWORD, TestSite};

const STORES: [&str; 3] = ["database", "cookie", "memory://"];

#[tokio::test]
async fn a_planted_session_is_replaced_at_login() {
    for store in STORES {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await.served().await;
        let mut thief = site.browser();
        thief.get("/login").await;
        let mut ada = thief.clone();
        assert_eq!(ada.log_in(ADA, PASSWORD).await.location(), "/", "{store}");
        assert_ne!(ada.cookie("session"), thief.cookie("session"));
        assert!(ada.is_in().await && !thief.is_in().await, "{store}");
    }
}

#[tokio::test]
async fn copied_cookies_are_worthless_after_logout() {
    for store in STORES {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await.served().await;
        let mut ada = site.browser();
        let fields = [("email", ADA), ("password", PASSWORD), ("remember", "yes")];
        assert_eq!(ada.fill("/login", &fields).await.location(), "/");
        let copy = ada.clone();
        assert!(copy.clone().is_in().await, "{store}: the copy is valid before the logout");
        let token = ada.token().await;
        let out = ada.post("/logout", &[("csrf_token", &token)]).await;
        assert_eq!((out.status, out.location()), (303, "/"));
        assert_eq!(out.header("clear-site-data"), "\"storage\"");
        assert_eq!((ada.cookie("session"), ada.cookie("remember")), (None, None), "{store}");
        assert!(!copy.clone().is_in().await && !ada.is_in().await, "{store}");
        let mut remembered = copy;
        remembered.remove_cookie("session");
        assert!(!remembered.is_in().await, "{store}");
    }
}

#[tokio::test]
async fn corrupt_cookies_are_ignored_without_errors() {
    for store in STORES {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await.served().await;
        let mut ada = site.browser();
        let fields = [("email", ADA), ("password", PASSWORD), ("remember", "yes")];
        ada.fill("/login", &fields).await;
        for name in ["session", "remember"] {
            let alone = |value: String| {
                let mut browser = ada.clone();
                browser.set_header("cookie", &format!("{name}={value}"));
                browser
            };
            let good = ada.cookie(name).unwrap();
            for at in (0..good.len()).step_by(7) {
                let mut changed = good.as_bytes().to_vec();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                // A changed remember token would count as stolen and end Ada's session.
                if name == "session" {
                    assert!(!alone(changed).is_in().await, "{store}: {name}, character {at}");
                }
                assert!(
                    !alone(good[..at].to_owned()).is_in().await,
                    "{store}: {name}, cut off after {at} bytes"
                );
            }
            for odd in [good.repeat(40), "A".repeat(16_000), "%00".to_owned(), "\"\"".to_owned()] {
                assert!(!alone(odd).is_in().await, "{store}: {name}");
            }
            let monstrous = alone("A".repeat(40_000)).get("/profile").await;
            assert_eq!(monstrous.status, 431, "{store}: {name}");
            assert!(alone(good.to_owned()).is_in().await, "{store}: {name} unchanged");
        }
    }
}

#[tokio::test]
async fn a_reset_link_works_once() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let mut browser = site.browser();
    let mut links = Vec::new();
    for _ in 0..2 {
        browser.fill("/password_reset", &[("email", ADA)]).await;
        links.push(site.link("/password_reset/").await);
    }
    assert_eq!(browser.fill(&links[0], &[("password", OTHER)]).await.location(), "/");
    site.letters().await;

    // One link was used, the other is still in an unread letter.
    let token = browser.token().await;
    for (link, reason) in [(&links[0], "has been used"), (&links[1], "has changed since")] {
        let fields = [("csrf_token", &*token), ("password", PASSWORD)];
        let replayed = browser.post(link, &fields).await;
        assert!(replayed.status == 200 && replayed.body.contains(reason), "{}", replayed.body);
        assert!(browser.get(link).await.body.contains(reason));
    }
    assert_eq!(site.letters().await, [""; 0]);
    assert_eq!(site.browser().log_in(ADA, PASSWORD).await.status, 422);
    assert_eq!(site.browser().log_in(ADA, OTHER).await.location(), "/");
}

#[tokio::test]
async fn reset_links_expire_with_time_and_new_passwords() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let mut browser = site.browser();
    browser.fill("/password_reset", &[("email", ADA)]).await;
    let link = site.link("/password_reset/").await;
    assert_eq!(browser.get(&link).await.header("referrer-policy"), "no-referrer");
    let mut ada = site.adas().await;
    let fields = [("password", PASSWORD), ("new_password", OTHER)];
    assert_eq!(ada.fill("/profile/change_password", &fields).await.location(), "/profile");
    assert!(browser.get(&link).await.body.contains("has changed since"));
    site.letters().await;

    browser.fill("/password_reset", &[("email", ADA)]).await;
    let link = site.link("/password_reset/").await;
    site.hand.advance(std::time::Duration::from_secs(2 * 60 * 60));
    assert!(browser.get(&link).await.body.contains("older than two hours"));
}

#[tokio::test]
async fn key_rotation_with_a_fallback_keeps_sessions() {
    for store in ["database", "cookie"] {
        let (old, store) = (("SECRET_KEY", KEY), ("SESSION_STORE_URI", store));
        let site = TestSite::with_ada(&[old, store]).await.served().await;
        let mut ada = site.adas().await;
        let form = ada.get("/profile/edit").await;
        let next = ("SECRET_KEY", NEXT_KEY);
        let rotated = TestSite::at(site.folder.clone(), &[next, ("SECRET_KEY_FALLBACKS", KEY), store]).await;
        let without = TestSite::at(site.folder.clone(), &[next, store]).await;
        assert!(!ada.at(&without).is_in().await, "{store:?}: not logged in, and no error");
        let mut ada = ada.at(&rotated);
        let fields = [("csrf_token", &*form.token()), ("full_name", "Countess Ada")];
        assert_eq!(
            ada.post("/profile/edit", &fields).await.location(),
            "/profile",
            "an open form still works"
        );
        assert!(ada.is_in().await);
        assert!(ada.at(&without).is_in().await, "{store:?}: the new key has sealed the cookie again");
    }
}

#[tokio::test]
async fn the_next_parameter_never_leaves_the_site() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let home: Url = ORIGIN.parse().unwrap();
    for next in [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "HTTP://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/%2fevil.example",
        "/%2Fevil.example",
        "/%5cevil.example",
        "%2f%2fevil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/a/..//evil.example",
        "/%2e%2e//evil.example",
        "evil.example",
        "@evil.example",
        "//maths.example@evil.example",
        "/\u{0}/evil.example",
        "/é//evil.example",
    ] {
        let mut browser = site.browser();
        // Both in the URL and in the form's hidden field, which an attacker may change.
        let path = format!("/login?{}", form(&[("next", next)]));
        let token = browser.get(&path).await.token();
        let fields = [("csrf_token", &*token), ("email", ADA), ("password", PASSWORD), ("next", next)];
        let page = browser.post(&path, &fields).await;
        assert_eq!(page.status, 303, "{next:?}: the login succeeds");
        for location in [page.location(), browser.get(&path).await.location()] {
            let led = home.join(location).unwrap();
            assert_eq!(led.origin(), home.origin(), "{next:?} leads to {led}");
            assert!(location.starts_with('/') && !location.starts_with("//"), "{next:?}: {location}");
        }
    }
    let mut browser = site.browser();
    let path = browser.get("/profile/sessions").await.location().to_owned();
    let page = browser.fill(&path, &[("email", ADA), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/profile/sessions", "a path on the site is followed");
}

#[tokio::test]
async fn a_role_change_ends_the_session() {
    let site = TestSite::with_ada(&[]).await.served().await;
    let mut ada = site.adas().await;
    let id = site.ada().await.unwrap().id;
    users::change_role(
        &site.app.db,
        &mathsoc::db::admin_log::Actor::command_line(),
        id,
        mathsoc::domain::person::Role::Admin,
    )
    .await
    .unwrap();
    assert!(!ada.is_in().await);
}
