//! Session values, the cookie's attributes, reads and writes, timeouts, and key rotation.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use palisade::clock::Clock;
use palisade::cookies::SameSite;
use palisade::session::store::MemorySessions;
use palisade::{Keyring, Rejection, Sessions};

use super::{KEY, NEXT_KEY, Site, keyring, memory, sealed, stored};
use crate::support::ask;

#[tokio::test]
async fn session_values_persist_for_their_owner_only() {
    for site in Site::both() {
        let (mut ada, mut bob) = (site.browser(), site.browser());
        ada.post("/set/colour/blue").await;
        assert_eq!(ada.get("/get/colour").await.body, "blue");
        assert_eq!(bob.get("/get/colour").await.body, "");
        assert_eq!(ada.post("/take/colour").await.body, "blue");
        assert_eq!(ada.get("/get/colour").await.body, "", "`take` removes the value");
    }
}

#[tokio::test]
async fn the_cookie_is_host_bound_and_http_only() {
    for site in Site::both() {
        let answer = site.browser().post("/set/colour/blue").await;
        let line = answer.header("set-cookie").unwrap();
        let (value, attributes) = line.split_once(';').unwrap();
        assert!(value.starts_with("__Host-session=") && !value.contains("blue"), "{value}");
        assert_eq!(attributes, " Path=/; Secure; HttpOnly; SameSite=Lax");
        let mut plain = site.browser().over_http();
        let answer = plain.post("/set/colour/blue").await;
        let line = answer.header("set-cookie").unwrap();
        assert!(line.starts_with("session=") && line.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{line}");
        assert_eq!(plain.get("/get/colour").await.body, "blue");
    }
}

#[tokio::test]
async fn name_and_same_site_and_secure_are_settings() {
    let (clock, manual) = Clock::manual();
    let sessions = sealed(memory(&clock), clock);
    let site = Site::of(sessions.cookie_name("maths").same_site(SameSite::Strict).secure(true), manual);
    let answer = site.browser().over_http().post("/set/a/b").await;
    let line = answer.header("set-cookie").unwrap();
    assert!(
        line.starts_with("__Host-maths=") && line.ends_with("Secure; HttpOnly; SameSite=Strict"),
        "{line}"
    );
}

#[tokio::test]
async fn pages_without_session_access_read_and_write_nothing() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/set/a/b").await;
        let plain = browser.get("/plain").await;
        assert_eq!((plain.header("vary"), plain.header("set-cookie")), (None, None));
        let read = browser.get("/get/a").await;
        assert_eq!(
            (read.header("vary"), read.header("set-cookie")),
            (Some("cookie"), None),
            "nothing has changed"
        );
        let nothing = site.browser().get("/get/a").await;
        assert_eq!(nothing.header("set-cookie"), None, "a read starts no session");
        assert_eq!(nothing.header("vary"), Some("cookie"));
    }
}

#[tokio::test]
async fn a_session_has_idle_and_absolute_timeouts() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/set/a/b").await;
        for _ in 0..3 {
            site.clock.advance(Duration::from_secs(29 * 60));
            assert_eq!(browser.get("/get/a").await.body, "b", "the session is in use");
        }
        site.clock.advance(Duration::from_secs(30 * 60));
        assert_eq!(browser.get("/get/a").await.body, "", "the idle timeout has passed");

        browser.post("/set/a/b").await;
        for _ in 0..25 {
            site.clock.advance(Duration::from_secs(28 * 60));
            assert_eq!(browser.get("/get/a").await.body, "b");
        }
        site.clock.advance(Duration::from_secs(20 * 60));
        assert_eq!(browser.get("/get/a").await.body, "", "the absolute timeout has passed");
    }
}

#[tokio::test]
async fn a_foreign_cookie_is_ignored() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/set/a/b").await;
        let value = browser.cookie().unwrap().clone();
        let bytes = URL_SAFE_NO_PAD.decode(&value).unwrap();
        let mut flipped = bytes.clone();
        flipped[40] ^= 1;
        let other = Keyring::new(NEXT_KEY).unwrap().derive("session").seal(b"0123456789abcdefp{}", b"record");
        // Base64 padding, and other unused bits in the last character, are rejected.
        let padded = format!("{value}=");
        for bad in [
            URL_SAFE_NO_PAD.encode(flipped),
            URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() - 1]),
            URL_SAFE_NO_PAD.encode(other),
            padded,
            String::new(),
            "é".into(),
            "x".repeat(100_000),
        ] {
            browser.jar.insert("__Host-session".into(), bad.clone());
            let answer = ask(&site.app, browser.request("GET", "/get/a")).await;
            assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "{bad:.60}");
        }
        browser.jar.insert("__Host-session".into(), value);
        assert_eq!(browser.get("/get/a").await.body, "b", "the real one passes");
    }
}

#[tokio::test]
async fn sealed_and_stored_sessions_are_not_interchangeable() {
    let (sealed, stored) = (Site::sealed(), Site::stored());
    for (from, to) in [(&sealed, &stored), (&stored, &sealed)] {
        let mut browser = from.browser();
        browser.post("/set/a/b").await;
        browser.site = to.app.clone();
        assert_eq!(browser.get("/get/a").await.body, "");
    }
}

#[tokio::test]
async fn old_keys_open_and_the_new_key_seals() {
    let store = std::sync::Arc::new(MemorySessions::new());
    for stored in [false, true] {
        let site = |keyring: &Keyring| {
            let sessions = match stored {
                true => Sessions::in_store(store.clone(), keyring),
                false => Sessions::in_cookie(keyring).ended_in(store.clone()),
            };
            Site::of(sessions, Clock::manual().1).app
        };
        let rotated = site(&Keyring::new(NEXT_KEY).unwrap().previous([KEY]).unwrap());
        let without = site(&Keyring::new(NEXT_KEY).unwrap());
        let mut browser = Site::sealed().browser().at(site(&keyring()));
        browser.post("/set/a/b").await;
        let before = browser.cookie().unwrap().clone();

        browser.site = rotated.clone();
        assert_eq!(browser.get("/get/a").await.body, "b", "the session survives");
        assert_ne!(browser.cookie(), Some(&before), "the cookie is sealed with the new key");
        browser.site = without.clone();
        assert_eq!(browser.get("/get/a").await.body, "b", "the new cookie does not need the old key");
        browser.jar.insert("__Host-session".into(), before);
        assert_eq!(browser.get("/get/a").await.body, "", "a cookie of a removed key is invalid");
    }
}

#[tokio::test]
async fn an_oversized_cookie_is_an_error() {
    let text = "x".repeat(4_800);
    let target = format!("/set/essay/{text}");
    let [sealed, stored] = Site::both();
    let answer = sealed.browser().send("POST", &target).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::INTERNAL_SERVER_ERROR, None));
    assert_eq!(answer.response.extensions.get::<Rejection>().unwrap().code(), "session_too_large");
    let answer = sealed.browser().send("POST", &format!("/login/{text}")).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::INTERNAL_SERVER_ERROR, None));
    let error = answer.response.extensions.get::<palisade::rejection::InternalError>().unwrap().to_string();
    assert!(error.contains("browsers accept 4096") && error.contains("Sessions::in_store"), "{error}");
    let mut browser = stored.browser();
    browser.post(&target).await;
    assert_eq!(browser.get("/get/essay").await.body, text);
}

#[tokio::test]
async fn viewing_a_form_stores_no_session() {
    let store = std::sync::Arc::new(MemorySessions::new());
    let (clock, manual) = Clock::manual();
    let site = Site::of(stored(store.clone(), clock), manual);
    let form = axum::Router::new()
        .route(
            "/form",
            axum::routing::get(async |session: palisade::Session, token: palisade::CsrfToken| {
                session.get::<String>("notice").await.map(|_| token.to_string())
            }),
        )
        .route("/form", axum::routing::post(async || "taken"))
        .layer(palisade::CsrfTokens::new(&keyring()).clock(palisade::clock::Clock::manual().0))
        .layer(site.sessions.clone())
        .layer(palisade::proxy::Proxies::trusted(["10.0.0.0/8"]).unwrap());
    let mut browser = site.browser().at(form);
    let first = browser.get("/form").await;
    let cookie = browser.cookie().unwrap().clone();
    assert_eq!(store.len(), 0);
    let second = browser.get("/form").await;
    assert_eq!((second.header("set-cookie"), browser.cookie()), (None, Some(&cookie)), "the same session");
    for token in [&first.body, &second.body] {
        let mut request = browser.request("POST", "/form");
        request.headers_mut().insert("x-csrftoken", token.parse().unwrap());
        assert_eq!(ask(&browser.site, request).await.body, "taken", "the tokens of both tabs are valid");
    }
    browser.site = site.app.clone();
    browser.post("/set/a/b").await;
    assert_eq!((store.len(), browser.get("/get/a").await.body.as_str()), (1, "b"));
}

#[tokio::test]
async fn concurrent_requests_both_keep_their_values() {
    let site = Site::stored();
    let mut browser = site.browser();
    browser.post("/set/a/1").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..6 {
        let (app, request) = (site.app.clone(), browser.request("POST", &format!("/set/n{n}/x")));
        tasks.spawn(async move { ask(&app, request).await.status });
    }
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.unwrap(), StatusCode::OK);
    }
    for n in 0..6 {
        assert_eq!(browser.get(&format!("/get/n{n}")).await.body, "x", "n{n}");
    }
}

#[tokio::test]
async fn debug_shows_nothing() {
    let clock = Clock::manual().0;
    let sessions = sealed(memory(&clock), clock);
    assert!(!format!("{sessions:?}").contains("Keys"), "{sessions:?}");
    let app = axum::Router::new()
        .route(
            "/",
            axum::routing::get(async |session: palisade::Session| {
                session.set("secret", "blue").await.map(|()| format!("{session:?}"))
            }),
        )
        .layer(sessions.secure(true));
    let shown = ask(&app, crate::support::get_from(crate::support::HERE, "/")).await.body;
    assert_eq!(shown, "Session(hidden)");
}

#[tokio::test]
async fn any_cookie_is_ours_or_ignored() {
    let site = Site::sealed();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    let good = browser.cookie().unwrap().clone().into_bytes();
    // SplitMix64: pseudo-random, and the same in every run.
    let mut state = 0_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        usize::try_from((z ^ (z >> 27)) % below as u64).unwrap()
    };
    for _ in 0..2_000 {
        let mut bytes = good.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(3) {
                0 => {
                    bytes[at] =
                        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=;, \""[random(69)]
                }
                1 => bytes.truncate(at.max(1)),
                _ => bytes.extend_from_slice(&good[at.min(good.len())..]),
            }
        }
        let mut thief = site.browser();
        thief.jar.insert("__Host-session".into(), String::from_utf8(bytes.clone()).unwrap());
        let ours = bytes.split(|byte| *byte == b';').next().unwrap().trim_ascii() == good;
        assert!(ours || thief.who().await == "anonymous", "{}", String::from_utf8_lossy(&bytes));
    }
}
