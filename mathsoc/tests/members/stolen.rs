//! Browsers that log in by themselves, what is grave, and one's sessions elsewhere.

use std::time::{Duration, Instant};

use super::browser::Browser;
use super::world::{ADA, OTHER, PASSWORD, World};

const HALF_A_DAY: Duration = Duration::from_secs(13 * 60 * 60);

/// A browser that Ada has asked to keep her logged in.
async fn remembered(world: &World) -> Browser {
    let mut browser = world.browser();
    let fields = [("email", ADA), ("password", PASSWORD), ("remember", "yes")];
    assert_eq!(browser.fill("/login", &fields).await.location(), "/");
    assert!(browser.jar.contains_key("remember"));
    browser
}

async fn until(true_now: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !true_now().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not happen");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_remember_cookie_that_is_used_twice_ends_all_of_the_account() {
    for store in ["database", "cookie", "memory://"] {
        let world = World::with_ada(&[("SESSION_STORE_URI", store)]).await.served().await;
        let (mut elsewhere, mut ada) = (world.adas().await, remembered(&world).await);
        let mut thief = ada.clone();
        world.hand.advance(HALF_A_DAY);
        assert!(!elsewhere.is_in().await && ada.is_in().await, "{store}: it logs in by itself");
        assert_eq!(elsewhere.log_in(ADA, PASSWORD).await.location(), "/");
        world.hand.advance(Duration::from_secs(120));
        let epoch = world.ada().await.unwrap().epoch;
        assert!(!thief.is_in().await, "{store}");
        until(async || world.ada().await.unwrap().epoch > epoch).await;
        for browser in [&mut elsewhere, &mut ada, &mut thief] {
            assert!(!browser.is_in().await, "{store}: whoever of them is the thief");
        }
        assert_eq!(ada.log_in(ADA, PASSWORD).await.location(), "/");
        assert!(ada.is_in().await);
    }
}

#[tokio::test]
async fn a_browser_that_logged_in_by_itself_gives_the_password_before_what_is_grave() {
    let world = World::with_ada(&[]).await.served().await;
    let mut ada = remembered(&world).await;
    world.hand.advance(HALF_A_DAY);
    for path in ["/profile/delete_account", "/profile/second_factor"] {
        let asked = format!("/login/confirm?next={path}");
        assert_eq!(ada.get(path).await.location(), asked);
    }
    let token = ada.token().await;
    for path in ["/profile/delete_account", "/profile/second_factor", "/profile/second_factor/remove"] {
        let page = ada.post(path, &[("csrf_token", &token), ("sure", "yes")]).await;
        assert_eq!((page.status, page.location()), (303, "/login/confirm"), "{path}");
    }
    assert!(world.ada().await.is_some());
}

#[tokio::test]
async fn logging_out_elsewhere_does_not_stand_for_the_password() {
    for store in ["database", "cookie"] {
        let world = World::with_ada(&[("SESSION_STORE_URI", store)]).await.served().await;
        let mut thief = world.adas().await;
        let mut ada = world.adas().await;
        // The same cookie in another browser.
        thief.agent = "Chrome/130.0".to_owned();
        let token = thief.token().await;
        let page = thief.post("/profile/sessions/end", &[("csrf_token", &token)]).await;
        assert_eq!(page.location(), "/login/confirm?next=/profile/sessions", "{store}");
        let token = thief.token().await;
        let page = thief.post("/profile/delete_account", &[("csrf_token", &token), ("sure", "yes")]).await;
        assert_eq!(page.location(), "/login/confirm", "{store}");
        assert!(ada.is_in().await && world.ada().await.is_some());
    }
}

#[tokio::test]
async fn one_sees_where_one_is_logged_in_and_ends_it() {
    let world = World::with_ada(&[]).await.served().await;
    let (mut one, mut two, mut three) = (world.adas().await, world.adas().await, remembered(&world).await);
    let page = one.get("/profile/sessions").await;
    assert_eq!(page.body.matches("class=\"entry\"").count(), 3, "{}", page.body);
    let (token, hidden) = (page.token(), page.hidden());
    let key = hidden.iter().find(|(name, _)| name == "key").unwrap().1.clone();
    one.post("/profile/sessions/end", &[("csrf_token", &token), ("key", &key)]).await;
    assert!(one.is_in().await && two.is_in().await != three.is_in().await, "one of the two is out");

    let token = one.token().await;
    one.post("/profile/sessions/end", &[("csrf_token", &token)]).await;
    assert!(one.is_in().await && !two.is_in().await && !three.is_in().await);
    assert_eq!(one.get("/profile/sessions").await.body.matches("class=\"entry\"").count(), 1);
}

#[tokio::test]
async fn who_resets_the_password_while_logged_in_is_told_so_too() {
    let world = World::with_ada(&[]).await.served().await;
    let mut ada = world.adas().await;
    ada.fill("/password_reset", &[("email", ADA)]).await;
    let link = world.link("/password_reset/").await;
    assert_eq!(ada.fill(&link, &[("password", OTHER)]).await.location(), "/login");
    assert!(ada.get("/login").await.body.contains("you are logged out everywhere") && !ada.is_in().await);
}

#[tokio::test]
async fn sessions_of_a_former_password_are_not_shown_as_if_they_lasted() {
    let world = World::with_ada(&[]).await.served().await;
    let (_one, _two, mut browser) = (world.adas().await, world.adas().await, world.browser());
    browser.fill("/password_reset", &[("email", ADA)]).await;
    let link = world.link("/password_reset/").await;
    assert_eq!(browser.fill(&link, &[("password", OTHER)]).await.location(), "/login");
    assert_eq!(browser.log_in(ADA, OTHER).await.location(), "/");
    let page = browser.get("/profile/sessions").await;
    assert_eq!(page.body.matches("class=\"entry\"").count(), 1, "{}", page.body);
}
