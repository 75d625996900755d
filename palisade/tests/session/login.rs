//! Signing in and out, by whom and for how long, over sessions in cookies and in a store.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use palisade::{Protection, store::MemorySessions};

use super::{Browser, Site, sessions};
use crate::world::ask;

#[tokio::test]
async fn log_02_the_account_is_found_by_its_id_once_for_each_request() {
    for site in Site::both() {
        let mut browser = site.browser();
        assert_eq!(browser.who().await, "nobody");
        assert_eq!(site.accounts.looked_for.load(Ordering::SeqCst), 0, "there was nobody to look for");
        browser.post("/login/ada").await;
        assert_eq!(browser.who().await, "ada");
        browser.post("/login/admin").await;
        site.accounts.looked_for.store(0, Ordering::SeqCst);
        assert_eq!(browser.get("/admin").await.body, "secrets");
        assert_eq!(site.accounts.looked_for.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn log_02_an_account_that_is_gone_is_nobody_and_its_session_is_over() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/nobody").await;
        assert_eq!(browser.who().await, "nobody");
        assert_eq!(browser.cookie(), None);
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_looked_for_is_a_fault_and_not_nobody() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/broken").await;
        assert_eq!(browser.get("/who").await.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(browser.get("/mine").await.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(browser.cookie().is_some(), "the session stays");
    }
}

#[tokio::test]
async fn log_05_signing_in_begins_a_new_session_and_nothing_of_the_old_one_is_left() {
    for site in Site::both() {
        let mut thief = site.browser();
        thief.post("/set/planted/here").await;
        // Fixation: the thief's cookie is in the victim's browser when she signs in.
        let mut ada = thief.clone();
        ada.post("/login/ada").await;
        assert_eq!(ada.who().await, "ada");
        assert_eq!(ada.get("/get/planted").await.body, "");
        assert_ne!(ada.cookie(), thief.cookie());
        assert_eq!(thief.who().await, "nobody");
        assert_eq!(thief.get("/get/planted").await.body, "", "the old session is over everywhere");
    }
}

#[tokio::test]
async fn log_05_signing_in_as_somebody_else_ends_the_first() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        let mut old = browser.clone();
        browser.post("/login/bob").await;
        assert_eq!(browser.who().await, "bob");
        assert_eq!(old.who().await, "nobody");
    }
}

#[tokio::test]
async fn log_06_signing_out_ends_the_session_and_tells_the_browser_to_forget() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        let mut stolen = browser.clone();
        let answer = browser.post("/logout").await;
        assert_eq!(
            answer.header("set-cookie"),
            Some("__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"),
            "with the attributes that it was set with"
        );
        assert_eq!(answer.header("clear-site-data"), Some("\"cookies\", \"storage\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(browser.who().await, "nobody");
        assert_eq!(stolen.who().await, "nobody", "a copy of the cookie is worth nothing");
        assert_eq!(stolen.get("/get/a").await.body, "");
    }
}

#[tokio::test]
async fn a_slow_request_does_not_revive_a_session_that_another_one_has_ended() {
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
        let app = slow.layer(palisade::Proxies::trusted(["10.0.0.0/8"]).unwrap());
        let request = browser.request("POST", "/slow");
        let writing = tokio::spawn(async move { ask(&app, request).await });
        begun.await.unwrap();
        let mut copy = browser.clone();
        copy.post("/logout").await;
        release.send(()).unwrap();
        browser.keep(&writing.await.unwrap());
        assert_eq!(browser.who().await, "nobody");
        assert_eq!(browser.get("/get/draft").await.body, "");
    }
}

#[tokio::test]
async fn log_07_and_11_who_is_not_signed_in_is_sent_to_sign_in_or_told_401() {
    for site in Site::both() {
        let mut browser = site.browser();
        let answer = browser.get("/mine?a=1&b=%2F").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), Some("/login?next=/mine%3Fa%3D1%26b%3D%252F"));
        let post = browser.send("POST", "/mine").await;
        assert_eq!(post.header("location"), Some("/login"), "a form cannot be asked for again");
        let mut program = browser.request("GET", "/mine");
        program.headers_mut().insert("accept", "application/json".parse().unwrap());
        let answer = ask(&site.app, program).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::UNAUTHORIZED, None));
        browser.post("/login/ada").await;
        assert_eq!(browser.get("/mine").await.body, "ada");
    }
}

#[tokio::test]
async fn a_next_that_would_leave_the_site_stays_a_text() {
    let site = Site::sealed();
    let app = axum::Router::new()
        .fallback(async |_: palisade::SignedIn<super::User>| ())
        .layer(site.sessions.clone());
    let app = app.with_state(site.accounts.clone());
    let answer = ask(&app, site.browser().request("GET", "//evil.example/%0d%0aset-cookie:x")).await;
    assert_eq!(answer.header("location"), Some("/login?next=//evil.example/%250d%250aset-cookie%3Ax"));
}

#[tokio::test]
async fn a_role_is_a_type_and_who_lacks_it_is_refused() {
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
async fn log_08_09_and_12_what_is_grave_wants_a_fresh_proof() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        assert_eq!(browser.get("/grave").await.body, "done by ada");
        site.hand.advance(Duration::from_secs(601));
        let answer = browser.get("/grave").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), Some("/confirm?next=/grave"));
        let mut old = browser.clone();
        browser.post("/confirm/ada").await;
        assert_eq!(browser.get("/grave").await.body, "done by ada");
        assert_eq!(browser.get("/get/a").await.body, "b", "the session goes on");
        assert_eq!(old.who().await, "nobody", "under a new name");
    }
}

#[tokio::test]
async fn log_09_who_confirms_as_somebody_else_is_somebody_else() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        browser.post("/confirm/bob").await;
        assert_eq!(browser.who().await, "bob");
        assert_eq!(browser.get("/get/a").await.body, "", "with nothing of the first");
    }
}

#[tokio::test]
async fn log_13_basic_protection_asks_a_changed_client_for_a_fresh_proof() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.from = "198.51.100.9".into();
        assert_eq!(browser.get("/grave").await.status, StatusCode::OK, "the same network");
        browser.from = "203.0.113.50".into();
        assert_eq!(browser.who().await, "ada");
        assert_eq!(browser.get("/grave").await.header("location"), Some("/confirm?next=/grave"));
        browser.post("/confirm/ada").await;
        assert_eq!(browser.get("/grave").await.status, StatusCode::OK);
        let told = site.told();
        assert_eq!(told.iter().filter(|event| event.contains("ClientChanged")).count(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn log_13_strong_protection_ends_the_session_and_none_looks_away() {
    for (protection, after) in [(Protection::Strong, "nobody"), (Protection::None, "ada")] {
        let (sessions, hand, clock) = sessions();
        let site =
            Site::of(sessions.protection(protection).kept_in(MemorySessions::new().clock(clock)), hand);
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        let old = browser.clone();
        browser.agent = "curl".into();
        assert_eq!(browser.who().await, after);
        let mut back = Browser { app: site.app.clone(), ..old };
        assert_eq!(back.who().await, after, "the first client's is over too");
    }
}

#[tokio::test]
async fn log_13_who_a_client_is_does_not_come_from_a_header_that_nobody_vouches_for() {
    let site = Site::sealed();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    let mut request = browser.request("GET", "/grave");
    request.extensions_mut().insert(palisade::Peer("203.0.113.9:4000".parse().unwrap()));
    // A stranger who writes the victim's address into X-Forwarded-For is still a stranger.
    browser.jar = browser.jar.into_iter().map(|(name, value)| (name.replace("__Host-", ""), value)).collect();
    request.headers_mut().insert("cookie", format!("session={}", browser.jar["session"]).parse().unwrap());
    assert_eq!(ask(&site.app, request).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn log_15_a_changed_password_ends_every_session_that_has_not_proved_itself_since() {
    for site in Site::both() {
        let (mut here, mut there) = (site.browser(), site.browser());
        here.post("/login/ada").await;
        there.post("/login/ada").await;
        site.accounts.raise("ada");
        here.post("/confirm/ada").await;
        assert_eq!(here.who().await, "ada");
        assert_eq!(there.who().await, "nobody");
        assert_eq!(there.cookie(), None);
        assert!(site.told().contains(&"Outdated { user: \"ada\" }".to_owned()));
    }
}

#[tokio::test]
async fn a_change_of_rights_gives_the_session_a_new_name() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        let mut old = browser.clone();
        browser.post("/renew").await;
        assert_eq!((browser.who().await.as_str(), browser.get("/get/a").await.body.as_str()), ("ada", "b"));
        assert_eq!(old.who().await, "nobody");
    }
}

#[tokio::test]
async fn ones_sessions_are_listed_and_ended_one_by_one_or_all() {
    let site = Site::stored();
    let mut phone = Browser { agent: "Phone".into(), ..site.browser() };
    let mut tablet = Browser { agent: "Tablet".into(), ..site.browser() };
    let mut bob = site.browser();
    let mut here = site.browser();
    for browser in [&mut phone, &mut tablet, &mut here] {
        browser.post("/login/ada").await;
        site.hand.advance(Duration::from_secs(1));
    }
    bob.post("/login/bob").await;
    let listed = here.get("/sessions").await.body;
    let agents: Vec<_> = listed.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(agents, ["Firefox true", "Tablet false", "Phone false"]);
    let phones = listed.lines().nth(2).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(bob.post(&format!("/sessions/{phones}/end")).await.body, "false", "it is not his");
    assert_eq!(phone.who().await, "ada");
    assert_eq!(here.post(&format!("/sessions/{phones}/end")).await.body, "true");
    assert_eq!((phone.who().await.as_str(), tablet.who().await.as_str()), ("nobody", "ada"));
    here.post("/sessions/end").await;
    assert_eq!((tablet.who().await.as_str(), here.who().await.as_str()), ("nobody", "ada"));
    assert_eq!(bob.who().await, "bob");
}

#[tokio::test]
async fn pages_of_somebody_are_kept_by_nobody() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        assert_eq!(browser.get("/mine").await.header("cache-control"), Some("no-store"));
        assert_eq!(site.browser().get("/who").await.header("cache-control"), None);
    }
}

#[tokio::test]
async fn log_20_whoever_listens_is_told() {
    let site = Site::sealed();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    browser.post("/confirm/ada").await;
    browser.post("/logout").await;
    assert_eq!(
        site.told(),
        ["SignedIn { user: \"ada\" }", "Confirmed { user: \"ada\" }", "SignedOut { user: \"ada\" }"]
    );
}

#[tokio::test]
async fn without_the_layer_the_answer_names_the_missing_line() {
    let app = axum::Router::new().route("/", axum::routing::get(async |_: palisade::Session| ()));
    let answer = ask(&app, crate::world::get_from(crate::world::HERE, "/")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let refusal = answer.response.extensions.get::<palisade::Refusal>().unwrap();
    assert!(refusal.message().contains("Sessions::new(&keyring)"), "{refusal:?}");
}
