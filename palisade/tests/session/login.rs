//! Signing in and out, roles, recent authentication and session protection, over both kinds of
//! sessions: sealed in the cookie, and in a store.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use palisade::clock::Clock;
use palisade::session::SessionProtection;

use super::{Site, memory, stored};
use crate::support::ask;

#[tokio::test]
async fn the_account_is_loaded_once_per_request() {
    for site in Site::both() {
        let mut browser = site.browser();
        assert_eq!(browser.who().await, "anonymous");
        assert_eq!(site.accounts.lookups.load(Ordering::SeqCst), 0, "a signed-out request loads no account");
        browser.post("/login/ada").await;
        assert_eq!(browser.who().await, "ada");
        browser.post("/login/admin").await;
        site.accounts.lookups.store(0, Ordering::SeqCst);
        assert_eq!(browser.get("/admin").await.body, "secrets");
        assert_eq!(site.accounts.lookups.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_deleted_account_ends_its_session() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/deleted").await;
        assert_eq!(browser.who().await, "anonymous");
        assert_eq!(browser.cookie(), None);
    }
}

#[tokio::test]
async fn a_failed_account_lookup_is_an_error() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/broken").await;
        assert_eq!(browser.get("/who").await.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(browser.get("/mine").await.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(browser.cookie().is_some(), "the session stays");
    }
}

#[tokio::test]
async fn signing_in_starts_an_empty_session() {
    for site in Site::both() {
        let mut thief = site.browser();
        thief.post("/set/planted/here").await;
        // Session fixation: the thief's cookie is in the victim's browser when she signs in.
        let mut ada = thief.clone();
        ada.post("/login/ada").await;
        assert_eq!(ada.who().await, "ada");
        assert_eq!(ada.get("/get/planted").await.body, "");
        assert_ne!(ada.cookie(), thief.cookie());
        assert_eq!(thief.who().await, "anonymous");
        assert_eq!(thief.get("/get/planted").await.body, "", "the old session has ended everywhere");
    }
}

#[tokio::test]
async fn signing_in_as_another_user_ends_the_first() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        let mut old = browser.clone();
        browser.post("/login/bob").await;
        assert_eq!(browser.who().await, "bob");
        assert_eq!(old.who().await, "anonymous");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_data() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        let mut stolen = browser.clone();
        let answer = browser.post("/logout").await;
        assert_eq!(
            answer.header("set-cookie"),
            Some("__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"),
            "the attributes are those of the cookie that it deletes"
        );
        assert_eq!(answer.header("clear-site-data"), Some("\"cookies\", \"storage\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(browser.who().await, "anonymous");
        assert_eq!(stolen.who().await, "anonymous", "a copy of the cookie is invalid");
        assert_eq!(stolen.get("/get/a").await.body, "");
    }
}

#[tokio::test]
async fn a_slow_request_never_revives_an_ended_session() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        // It reads the session before the sign-out, and writes it after.
        let (began, begun) = tokio::sync::oneshot::channel();
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let gates = std::sync::Arc::new(std::sync::Mutex::new(Some((began, released))));
        let slow = axum::Router::new()
            .route(
                "/slow",
                axum::routing::post(async move |session: palisade::Session| {
                    session.set("draft", "kept?").await?;
                    let (began, released) = gates.lock().unwrap().take().unwrap();
                    began.send(()).unwrap();
                    released.await.unwrap();
                    session.set("more", "text").await
                }),
            )
            .layer(site.sessions.clone());
        let app = slow.layer(palisade::proxy::Proxies::trusted(["10.0.0.0/8"]).unwrap());
        let request = browser.request("POST", "/slow");
        let writing = tokio::spawn(async move { ask(&app, request).await });
        begun.await.unwrap();
        let mut copy = browser.clone();
        copy.post("/logout").await;
        release.send(()).unwrap();
        browser.keep(&writing.await.unwrap());
        assert_eq!(browser.who().await, "anonymous");
        assert_eq!(browser.get("/get/draft").await.body, "");
    }
}

#[tokio::test]
async fn signed_out_visitors_are_redirected_or_get_401() {
    for site in Site::both() {
        let mut browser = site.browser();
        let answer = browser.get("/mine?a=1&b=%2F").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), Some("/login?next=/mine%3Fa%3D1%26b%3D%252F"));
        let post = browser.send("POST", "/mine").await;
        assert_eq!(post.header("location"), Some("/login"), "a POST cannot be repeated after the sign-in");
        let mut program = browser.request("GET", "/mine");
        program.headers_mut().insert("accept", "application/json".parse().unwrap());
        let app = site.app.clone().layer(palisade::ErrorPages::plain());
        let answer = ask(&app, program).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::UNAUTHORIZED, None));
        browser.post("/login/ada").await;
        assert_eq!(browser.get("/mine").await.body, "ada");
    }
}

#[tokio::test]
async fn an_external_next_stays_a_path() {
    let site = Site::sealed();
    let app = axum::Router::new()
        .fallback(async |_: palisade::SignedIn<super::User>| ())
        .layer(site.sessions.clone().secure(true));
    let app = app.with_state(site.accounts.clone());
    let answer = ask(&app, site.browser().request("GET", "//evil.example/%0d%0aset-cookie:x")).await;
    assert_eq!(answer.header("location"), Some("/login?next=//evil.example/%250d%250aset-cookie%3Ax"));
}

#[tokio::test]
async fn an_account_without_the_role_is_rejected() {
    for site in Site::both() {
        let mut browser = site.browser();
        assert_eq!(browser.get("/admin").await.status, StatusCode::SEE_OTHER);
        browser.post("/login/ada").await;
        assert_eq!(browser.get("/admin").await.status, StatusCode::FORBIDDEN);
        browser.post("/login/admin").await;
        assert_eq!(browser.get("/admin").await.body, "secrets");
    }
}

#[tokio::test]
async fn sensitive_actions_need_recent_authentication() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        assert_eq!(browser.get("/grave").await.body, "done by ada");
        site.clock.advance(Duration::from_secs(601));
        let answer = browser.get("/grave").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), Some("/confirm?next=/grave"));
        let mut old = browser.clone();
        browser.post("/confirm/ada").await;
        assert_eq!(browser.get("/grave").await.body, "done by ada");
        assert_eq!(browser.get("/get/a").await.body, "b", "the session continues");
        assert_eq!(old.who().await, "anonymous", "under a new id");
    }
}

#[tokio::test]
async fn confirming_as_another_user_switches_the_user() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        browser.post("/confirm/bob").await;
        assert_eq!(browser.who().await, "bob");
        assert_eq!(browser.get("/get/a").await.body, "", "without the data of the first user");
    }
}

#[tokio::test]
async fn basic_protection_reauthenticates_a_changed_client() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.set_header("x-forwarded-for", "198.51.100.9");
        assert_eq!(browser.get("/grave").await.status, StatusCode::OK, "the same network");
        browser.set_header("x-forwarded-for", "203.0.113.50");
        assert_eq!(browser.who().await, "ada");
        assert_eq!(browser.get("/grave").await.header("location"), Some("/confirm?next=/grave"));
        browser.post("/confirm/ada").await;
        assert_eq!(browser.get("/grave").await.status, StatusCode::OK);
        let events = site.events();
        assert_eq!(events.iter().filter(|event| event.contains("ClientChanged")).count(), 1, "{events:?}");
    }
}

#[tokio::test]
async fn strong_protection_ends_the_session() {
    for (protection, after) in [(SessionProtection::Strong, "anonymous"), (SessionProtection::None, "ada")] {
        let (clock, manual) = Clock::manual();
        let site = Site::of(stored(memory(&clock), clock).protection(protection), manual);
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        let old = browser.clone();
        browser.set_header("user-agent", "curl");
        assert_eq!(browser.who().await, after);
        let mut back = old.at(site.app.clone());
        assert_eq!(back.who().await, after, "the session of the first client has ended too");
    }
}

#[tokio::test]
async fn session_protection_ignores_untrusted_headers() {
    let site = Site::sealed();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    let mut request = browser.request("GET", "/grave");
    request.extensions_mut().insert(palisade::request::PeerAddr("203.0.113.9:4000".parse().unwrap()));
    // A public peer claims https: with its X-Forwarded-Proto the request would be a 500.
    request.headers_mut().remove("x-forwarded-proto");
    // The peer is no trusted proxy, so the victim's address in X-Forwarded-For is ignored.
    browser.jar =
        browser.jar.iter().map(|(name, value)| (name.replace("__Host-", ""), value.clone())).collect();
    request.headers_mut().insert("cookie", format!("session={}", browser.jar["session"]).parse().unwrap());
    assert_eq!(ask(&site.app, request).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_new_password_ends_unconfirmed_sessions() {
    for site in Site::both() {
        let (mut here, mut there) = (site.browser(), site.browser());
        here.post("/login/ada").await;
        there.post("/login/ada").await;
        site.accounts.raise("ada");
        here.post("/confirm/ada").await;
        assert_eq!(here.who().await, "ada");
        assert_eq!(there.who().await, "anonymous");
        assert_eq!(there.cookie(), None);
        assert!(site.events().contains(&"Outdated { user: \"ada\" }".to_owned()));
    }
}

#[tokio::test]
async fn a_change_of_rights_renews_the_session_id() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        let mut old = browser.clone();
        browser.post("/renew").await;
        assert_eq!((browser.who().await.as_str(), browser.get("/get/a").await.body.as_str()), ("ada", "b"));
        assert_eq!(old.who().await, "anonymous");
    }
}

#[tokio::test]
async fn sessions_are_listed_and_can_be_ended() {
    let site = Site::stored();
    let mut phone = site.browser().agent("Phone");
    let mut tablet = site.browser().agent("Tablet");
    let mut bob = site.browser();
    let mut here = site.browser();
    for browser in [&mut phone, &mut tablet, &mut here] {
        browser.post("/login/ada").await;
        site.clock.advance(Duration::from_secs(1));
    }
    bob.post("/login/bob").await;
    let listed = here.get("/sessions").await.body;
    let agents: Vec<_> = listed.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(agents, ["Firefox true", "Tablet false", "Phone false"]);
    let phones = listed.lines().nth(2).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(
        bob.post(&format!("/sessions/{phones}/end")).await.body,
        "false",
        "the session belongs to another user"
    );
    assert_eq!(phone.who().await, "ada");
    assert_eq!(here.post(&format!("/sessions/{phones}/end")).await.body, "true");
    assert_eq!((phone.who().await.as_str(), tablet.who().await.as_str()), ("anonymous", "ada"));
    here.post("/sessions/end").await;
    assert_eq!((tablet.who().await.as_str(), here.who().await.as_str()), ("anonymous", "ada"));
    assert_eq!(bob.who().await, "bob");
}

#[tokio::test]
async fn cookie_sessions_cannot_be_listed() {
    let site = Site::sealed();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    for (method, path) in [("GET", "/sessions"), ("POST", "/sessions/key/end")] {
        let answer = browser.send(method, path).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        let rejection = answer.response.extensions.get::<palisade::Rejection>().unwrap();
        assert!(rejection.message().contains("`Sessions::in_store(store, &keyring)`"), "{rejection:?}");
    }
}

#[tokio::test]
async fn all_other_sessions_of_an_account_end() {
    for site in Site::both() {
        let (mut here, mut there, mut bob) = (site.browser(), site.browser(), site.browser());
        here.post("/login/ada").await;
        there.post("/login/ada").await;
        bob.post("/login/bob").await;
        here.post("/sessions/end").await;
        assert_eq!((here.who().await.as_str(), there.who().await.as_str()), ("ada", "anonymous"));
        assert_eq!(bob.who().await, "bob");
        here.post("/renew").await;
        assert_eq!(here.who().await, "ada", "under a new id too");
        there.post("/login/ada").await;
        there.post("/sessions/end").await;
        assert_eq!((here.who().await.as_str(), there.who().await.as_str()), ("anonymous", "ada"));
    }
}

#[tokio::test]
async fn pages_of_signed_in_users_are_never_cached() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        assert_eq!(browser.get("/mine").await.header("cache-control"), Some("no-store"));
        assert_eq!(site.browser().get("/who").await.header("cache-control"), None);
    }
}

#[tokio::test]
async fn events_reach_their_listener() {
    let site = Site::sealed();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    browser.post("/confirm/ada").await;
    browser.post("/logout").await;
    assert_eq!(
        site.events(),
        ["SignedIn { user: \"ada\" }", "Reauthenticated { user: \"ada\" }", "SignedOut { user: \"ada\" }"]
    );
}

#[tokio::test]
async fn a_missing_session_layer_is_named() {
    let app = axum::Router::new().route("/", axum::routing::get(async |_: palisade::Session| ()));
    let answer = ask(&app, crate::support::get_from(crate::support::HERE, "/")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let rejection = answer.response.extensions.get::<palisade::Rejection>().unwrap();
    assert!(rejection.message().contains("Sessions::in_store(store, &keyring)"), "{rejection:?}");
}
