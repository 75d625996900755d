//! A session's cookie and cache headers, and clocks that are set back.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get};
use http::StatusCode;
use palisade::clock::Clock;
use palisade::session::store::MemorySessions;
use palisade::{Session, Sessions};

use super::races::around;
use super::{Browser, Site, keyring, memory, stored};
use crate::support::ask;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_clock_step_back_prolongs_nothing() {
    for site in Site::both() {
        site.clock.advance(365 * DAY);
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/remember").await;
        site.clock.set_back(365 * DAY);
        assert_eq!(browser.who().await, "anonymous", "a session from the future is invalid");

        browser.post("/login/ada").await;
        site.clock.set_back(Duration::from_secs(200));
        assert_eq!(browser.get("/grave").await.status, StatusCode::OK, "a small clock skew is allowed");
    }
    // Only the authentication lies in the future here, not the session or its last use.
    let (clock, manual) = Clock::manual();
    let site = Site::of(stored(memory(&clock), clock), manual);
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    let app = around(
        &site,
        Router::new().fallback(any(async |session: Session| {
            session.require_recent_auth(Duration::from_secs(100)).await
        })),
    );
    site.clock.set_back(Duration::from_secs(250));
    assert_eq!(ask(&app, browser.request("POST", "/")).await.status, StatusCode::SEE_OTHER);
    site.clock.advance(Duration::from_secs(200));
    assert_eq!(ask(&app, browser.request("POST", "/")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn layers_do_not_share_cookies() {
    for in_store in [false, true] {
        let store = Arc::new(MemorySessions::new());
        let site = |name| {
            let sessions = match in_store {
                true => Sessions::in_store(store.clone(), &keyring()),
                false => Sessions::in_cookie(&keyring()).ended_in(store.clone()),
            };
            Site::of(sessions.cookie_name(name), Clock::manual().1)
        };
        let (shop, desk) = (site("shop"), site("desk"));
        let mut browser = shop.browser();
        browser.post("/login/ada").await;
        let cookie = browser.jar["__Host-shop"].clone();
        assert_eq!(browser.who().await, "ada");
        browser.site = desk.app.clone();
        browser.jar.insert("__Host-desk".into(), cookie);
        assert_eq!(browser.who().await, "anonymous");
    }
}

#[tokio::test]
async fn pages_of_a_session_are_never_public() {
    for site in Site::both() {
        let page = async |session: Session| {
            session.get::<String>("a").await.map(|_| ([("cache-control", "public, max-age=600")], "page"))
        };
        let app = Router::new()
            .route("/read", get(page))
            .route(
                "/own",
                get(async |session: Session| {
                    session
                        .get::<String>("a")
                        .await
                        .map(|_| ([("cache-control", "max-age=9, Private")], "page"))
                }),
            )
            .route(
                "/begin",
                get(async |session: Session| {
                    session.set("a", 1).await.map(|()| ([("cache-control", "s-maxage=600")], "page"))
                }),
            );
        let app = around(&site, app);
        let mut browser = site.browser();
        let control = async |browser: &Browser, target: &str| {
            let answer = ask(&app, browser.request("GET", target)).await;
            answer.header("cache-control").map(str::to_owned)
        };
        assert_eq!(control(&browser, "/read").await.unwrap(), "public, max-age=600", "the session is empty");
        assert_eq!(
            control(&browser, "/begin").await.unwrap(),
            "private, no-cache",
            "the response sets a cookie"
        );
        browser.post("/set/a/b").await;
        assert_eq!(
            control(&browser, "/read").await.unwrap(),
            "private, no-cache",
            "the page has data of this visitor"
        );
        browser.post("/login/ada").await;
        assert_eq!(control(&browser, "/read").await.unwrap(), "no-store", "the visitor is signed in");
        assert_eq!(
            control(&browser, "/own").await.unwrap(),
            "max-age=9, Private",
            "the handler's own value suffices"
        );
    }
}

#[tokio::test]
async fn every_changed_cookie_is_invalid() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/remember").await;
        site.clock.advance(Duration::from_secs(60));
        let session = browser.jar.remove("__Host-remember").map(|_| browser.jar.clone()).unwrap();
        let valid = session["__Host-session"].clone();
        // SplitMix64: the same in every run.
        let mut state = 4_u64;
        let mut below = |end: usize| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) % end as u64) as usize
        };
        for _ in 0..400 {
            let mut bytes = valid.clone().into_bytes();
            for _ in 0..=below(3) {
                let (at, from) = (below(bytes.len()), below(bytes.len()));
                match below(5) {
                    0 => bytes[at] = b" !#$%&'()*+-./0Az~"[below(18)],
                    1 => bytes.truncate(at),
                    2 => bytes.insert(at, b"AZaz09-_="[below(9)]),
                    3 => bytes.swap(at, from),
                    _ => drop(bytes.remove(at)),
                }
                if bytes.len() < 2 {
                    break;
                }
            }
            let changed = String::from_utf8(bytes).unwrap();
            let expected = if changed.trim() == valid { "ada" } else { "anonymous" };
            browser.jar.insert("__Host-session".into(), changed.clone());
            let answer = ask(&site.app, browser.request("GET", "/who")).await;
            assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, expected), "{changed}");
        }
    }
}

#[tokio::test]
async fn nothing_of_a_request_stays_in_memory() {
    let store = Arc::new(MemorySessions::new());
    let site = Site::of(Sessions::in_store(store.clone(), &keyring()), Clock::manual().1);
    let mut browser = site.browser();
    browser.get("/plain").await;
    browser.post("/login/ada").await;
    assert_eq!(browser.who().await, "ada");
    drop((site, browser));
    assert_eq!(Arc::strong_count(&store), 1, "a request keeps no reference to the store");
}
