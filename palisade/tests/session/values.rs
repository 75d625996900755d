//! What a session may contain, when it is saved, and where its cookie is valid.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get, post};
use http::StatusCode;
use palisade::clock::Clock;
use palisade::session::store::MemorySessions;
use palisade::session::{AuthProof, SessionRejection};
use palisade::{CsrfToken, CsrfTokens, Session, Sessions};

use super::races::around;
use super::{Site, keyring, memory, sealed, stored};
use crate::support::ask;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn clearing_keeps_the_sign_in() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        let app = around(&site, Router::new().fallback(any(async |session: Session| session.clear().await)));
        browser.keep(&ask(&app, browser.request("POST", "/")).await);
        assert_eq!((browser.get("/get/a").await.body.as_str(), browser.who().await.as_str()), ("", "ada"));
    }
}

#[tokio::test]
async fn the_id_for_logs_is_no_secret() {
    let site = Site::stored();
    let mut browser = site.browser();
    let name = any(async |session: Session| session.id_for_logs().await.map(Option::unwrap_or_default));
    let app = around(&site, Router::new().fallback(name));
    assert_eq!(ask(&app, browser.request("GET", "/")).await.body, "", "there is no session");
    browser.post("/login/ada").await;
    let logged = ask(&app, browser.request("GET", "/")).await.body;
    let listed = browser.get("/sessions").await.body;
    assert!(logged.len() == 16 && listed.starts_with(&logged), "{logged} {listed}");
    assert!(!browser.cookie().unwrap().contains(&logged));
}

#[tokio::test]
async fn a_cookie_is_filled_to_its_limit() {
    let site = Site::sealed();
    let mut longest = 0;
    for length in 2_700..3_000 {
        let answer = site.browser().send("POST", &format!("/set/a/{}", "x".repeat(length))).await;
        if answer.status == StatusCode::OK {
            longest = answer.header("set-cookie").unwrap().len();
        }
    }
    assert!((4_090..=4_096).contains(&longest), "{longest}");
}

#[tokio::test]
async fn a_stored_session_is_bounded() {
    let site = Site::stored();
    let mut browser = site.browser();
    browser.post("/set/a/b").await;
    let fill = any(async |session: Session| {
        // A control character has six bytes of JSON.
        let filled = session.set("draft", "\u{1}".repeat(200_000)).await;
        assert!(matches!(filled, Err(SessionRejection::TooLarge { bytes: 1_200_000.., max_bytes: 65_536 })));
        session.set("draft", "x".repeat(60_000)).await
    });
    let app = around(&site, Router::new().fallback(fill));
    assert_eq!(ask(&app, browser.request("POST", "/")).await.status, StatusCode::OK);
    assert_eq!(browser.get("/get/a").await.body, "b");
    assert_eq!(browser.get("/get/draft").await.body.len(), 60_000);
}

#[tokio::test]
async fn a_failing_handler_signs_no_one_in() {
    for site in Site::both() {
        let fails = async |session: Session| {
            session.log_in(AuthProof::dangerous_allow_unverified("ada", 1)).await?;
            session.remember().await?;
            Ok::<_, SessionRejection>(StatusCode::INTERNAL_SERVER_ERROR)
        };
        let app = around(&site, Router::new().fallback(any(fails)));
        let mut browser = site.browser();
        browser.post("/set/a/b").await;
        browser.keep(&ask(&app, browser.request("POST", "/")).await);
        assert_eq!(browser.who().await, "anonymous");
        assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    }
}

#[tokio::test]
async fn a_failing_handler_keeps_values_and_sign_ins() {
    for site in Site::both() {
        let fails = async |session: Session| {
            session.set("a", "b").await?;
            session.cycle_id().await?;
            Ok::<_, SessionRejection>(StatusCode::INTERNAL_SERVER_ERROR)
        };
        let app = around(&site, Router::new().fallback(any(fails)));
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.keep(&ask(&app, browser.request("POST", "/")).await);
        assert_eq!((browser.who().await.as_str(), browser.get("/get/a").await.body.as_str()), ("ada", "b"));
    }
}

#[tokio::test]
async fn a_namespace_separates_sites_with_one_key() {
    let store = Arc::new(MemorySessions::new());
    for in_store in [false, true] {
        let site = |name: &str| {
            let sessions = match in_store {
                true => Sessions::in_store(Arc::clone(&store), &keyring()),
                false => Sessions::in_cookie(&keyring()).ended_in(Arc::clone(&store)),
            };
            Site::of(sessions.namespace(name), Clock::manual().1)
        };
        let mut browser = site("staging").browser();
        browser.post("/login/ada").await;
        assert_eq!(browser.clone().at(site("staging").app).who().await, "ada");
        assert_eq!(browser.at(site("production").app).who().await, "anonymous");
    }
}

#[tokio::test]
async fn cookies_have_the_domain_and_path_that_are_set() {
    let (clock, manual) = Clock::manual();
    let sessions = sealed(memory(&clock), clock).cookie_domain("example.org").cookie_path("/forum");
    let site = Site::of(sessions, manual);
    let mut browser = site.browser();
    let answer = browser.post("/login/ada").await;
    let line = answer.header("set-cookie").unwrap();
    assert!(line.starts_with("__Secure-session="), "browsers reject `__Host-` with a domain: {line}");
    assert!(line.ends_with("; Domain=example.org; Path=/forum; Secure; HttpOnly; SameSite=Lax"), "{line}");
    browser.post("/remember").await;
    assert!(browser.jar.contains_key("__Secure-remember"), "{:?}", browser.jar);
    assert_eq!(browser.who().await, "ada");
    browser.post("/logout").await;
    assert!(browser.jar.is_empty(), "{:?}", browser.jar);
}

#[test]
fn bad_cookie_settings_say_what_to_write() {
    let panics = |build: &dyn Fn(Sessions) -> Sessions| {
        let sessions = Sessions::in_cookie(&keyring()).dangerous_forgets_on_restart();
        let panic = catch_unwind(AssertUnwindSafe(|| build(sessions))).unwrap_err();
        *panic.downcast::<String>().unwrap()
    };
    for domain in ["", ".example.org", "org", "example.org; Path=/", "ex ample.org"] {
        assert!(panics(&|sessions| sessions.cookie_domain(domain)).contains("such as example.org"));
    }
    for path in ["/a;b", "/a?b", "a"] {
        assert!(panics(&|sessions| sessions.cookie_path(path)).contains("write one such as"));
    }
}

/// A page with a form, whose token starts a session.
fn form(site: &Site, clock: Clock) -> Router {
    let form = Router::new()
        .route("/form", get(async |token: CsrfToken| token.to_string()))
        .route("/unused", get(async |_: CsrfToken| "no form today"))
        .route("/out", post(async |session: Session| session.log_out().await))
        .layer(CsrfTokens::new(&keyring()).clock(clock).dangerous_disable_token_check());
    around(site, form)
}

#[tokio::test]
async fn a_session_moved_to_the_store_lasts() {
    let (clock, manual) = Clock::manual();
    let site = Site::of(stored(memory(&clock), clock.clone()), manual);
    let mut browser = site.browser().at(form(&site, clock));
    browser.get("/form").await;
    let begun = browser.cookie().cloned();
    browser.site = site.app.clone();
    browser.post("/set/cart/full").await;
    assert_ne!(browser.cookie().cloned(), begun, "the new cookie has the id only");
    for minute in 1..=45 {
        site.clock.advance(MINUTE);
        assert_eq!(browser.get("/get/cart").await.body, "full", "minute {minute}");
    }
}

#[tokio::test]
async fn a_strangers_log_out_stores_nothing() {
    for in_store in [false, true] {
        let (clock, manual) = Clock::manual();
        let store = Arc::new(memory(&clock));
        let sessions = match in_store {
            true => stored(Arc::clone(&store), clock.clone()),
            false => sealed(Arc::clone(&store), clock.clone()),
        };
        let site = Site::of(sessions, manual);
        let mut browser = site.browser().at(form(&site, clock));
        browser.get("/form").await;
        browser.post("/out").await;
        assert!(browser.jar.is_empty() && store.is_empty(), "in_store {in_store}");
    }
}

#[tokio::test]
async fn an_unused_token_reads_no_session() {
    let (clock, manual) = Clock::manual();
    let site = Site::of(stored(memory(&clock), clock.clone()), manual);
    let page = site.browser().at(form(&site, clock)).get("/unused").await;
    assert_eq!((page.header("vary"), page.header("set-cookie")), (None, None));
}

#[tokio::test]
async fn the_length_of_a_cookie_reveals_no_secret() {
    let site = Site::sealed();
    let mut lengths = Vec::new();
    for text in ["the-key-is-7d1f0c2a9b4e", "the-key-is-000000000000", "qwertyuiopasdfghjklzxcv"] {
        let mut browser = site.browser();
        browser.post("/set/secret/the-key-is-7d1f0c2a9b4e").await;
        browser.post(&format!("/set/text/{}", text.repeat(8))).await;
        lengths.push(browser.cookie().unwrap().len());
    }
    assert!(
        lengths.iter().all(|length| *length == lengths[0]),
        "a right guess looks like others: {lengths:?}"
    );
}
