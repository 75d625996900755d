//! How often members may ask, and how often passwords may be tried.

use http::StatusCode;
use mathsoc::person::Role;

use crate::servers::Server;
use crate::world::{PASSWORD, Site};

const EMAIL: &str = "ada@school.example";

#[tokio::test]
async fn the_sixth_password_in_a_minute_is_refused_with_a_page_that_says_when() {
    let site = Site::new(&[("RATELIMIT_ENABLED", "true")]).await;
    site.user(EMAIL, Role::Pupil).await;
    let mut browser = site.browser();
    let mut statuses = Vec::new();
    for number in 0..6 {
        // Each at another account, so that only the address counts.
        let answer = browser.log_in(&format!("pupil{number}@school.example"), "wrong wrong wrong").await;
        statuses.push(answer.status.as_u16());
        if number == 5 {
            assert!(
                answer.headers.contains_key("retry-after") && answer.body.contains("Please try again in")
            );
        }
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    assert_eq!(browser.get("/login").await.status, 200, "the form can still be looked at");
    browser.from = [198, 51, 100, 7];
    assert_eq!(browser.log_in(EMAIL, PASSWORD).await.status, 303, "another address is not concerned");
}

#[tokio::test]
async fn an_account_is_guarded_against_many_addresses() {
    let site = Site::new(&[("RATELIMIT_ENABLED", "true")]).await;
    site.user(EMAIL, Role::Pupil).await;
    let mut statuses = Vec::new();
    for number in 0..7 {
        let mut browser = site.browser();
        browser.from = [203, 0, 113, number + 1];
        statuses.push(browser.log_in(EMAIL, "wrong wrong wrong").await.status.as_u16());
    }
    assert!(statuses[..3].iter().all(|status| *status == 422), "{statuses:?}");
    assert!(statuses.contains(&429), "delays grow, and five a minute is the end: {statuses:?}");
    let mut owner = site.browser();
    owner.from = [198, 51, 100, 7];
    assert_eq!(owner.log_in(EMAIL, PASSWORD).await.status, 429, "even the right password waits");
}

#[tokio::test]
async fn a_class_behind_one_address_counts_member_by_member() {
    let settings = [
        ("RATELIMIT_ENABLED", "true"),
        ("RATELIMIT_DEFAULT", "6/hour"),
        ("RATELIMIT_DEFAULT_USER", "9/hour"),
    ];
    let site = Site::new(&settings).await;
    site.user(EMAIL, Role::Pupil).await;
    site.user("bob@school.example", Role::Pupil).await;
    let (mut ada, mut bob) = (site.member(EMAIL).await, site.member("bob@school.example").await);
    let mut visitor = site.browser();
    let mut passed = 0;
    while visitor.get("/about").await.status == StatusCode::OK {
        passed += 1;
        assert!(passed < 10);
    }
    assert_eq!(passed, 4, "each of the two logins began with a page of the six");
    for _ in 0..9 {
        assert_eq!(ada.get("/about").await.status, 200);
    }
    assert_eq!(ada.get("/about").await.status, 429, "her nine are used up");
    assert_eq!(bob.get("/about").await.status, 200, "his are not");
}

#[tokio::test]
async fn while_nobody_can_count_passwords_are_refused_and_pages_are_not() {
    let server = Server::redis();
    let site = Site::new(&[("RATELIMIT_ENABLED", "true"), ("RATELIMIT_STORAGE_URI", &server.uri)]).await;
    site.user(EMAIL, Role::Pupil).await;
    let mut browser = site.member(EMAIL).await;
    drop(server);
    assert!(browser.is_in().await);
    let mut other = site.browser();
    let answer = other.log_in(EMAIL, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
}
