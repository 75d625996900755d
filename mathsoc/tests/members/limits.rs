//! Rate limits of logins, password forms, mail and registrations.

use std::time::Duration;

use test_support::servers::Server;

use crate::support::browser::Page;
use crate::support::site::{ADA, PASSWORD, TestSite};

const LIMITED: (&str, &str) = ("RATELIMIT_ENABLED", "true");

/// Tries to log in from this address.
async fn try_from(site: &TestSite, last: u8, email: &str, password: &str) -> Page {
    let mut browser = site.browser();
    browser.comes_from([198, 51, 100, last].into());
    browser.log_in(email, password).await
}

#[tokio::test]
async fn the_sixth_login_a_minute_gets_429() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    for n in 0..5 {
        assert_eq!(try_from(&site, 1, &format!("n{n}@school.example"), "wrong").await.status, 422);
    }
    let sixth = try_from(&site, 1, ADA, PASSWORD).await;
    assert_eq!(sixth.status, 429);
    assert!((1..=60).contains(&sixth.header("retry-after").parse::<u32>().unwrap()));
    assert!(sixth.body.contains("<h1>") && sixth.header("content-type").starts_with("text/html"));
    assert!(!sixth.body.contains(PASSWORD) && !sixth.body.contains(ADA));
    assert_eq!(try_from(&site, 2, ADA, PASSWORD).await.status, 303, "another address is not limited");
    site.hand.advance(Duration::from_secs(60));
    assert_eq!(try_from(&site, 1, ADA, PASSWORD).await.status, 303, "the limit ends after a minute");
}

#[tokio::test]
async fn failed_logins_back_off_per_account() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    for last in 1..=3 {
        assert_eq!(try_from(&site, last, ADA, "wrong").await.status, 422);
    }
    let mut delays = Vec::new();
    for last in 4..=7 {
        let early = try_from(&site, last, ADA, PASSWORD).await;
        assert_eq!(early.status, 429, "even the correct password is delayed");
        delays.push(early.header("retry-after").to_owned());
        site.hand.advance(Duration::from_secs(60));
        if last < 7 {
            assert_eq!(try_from(&site, last, ADA, "wrong").await.status, 422, "the delay is over");
        }
    }
    assert_eq!(delays, ["1", "2", "4", "8"]);
    assert_eq!(
        try_from(&site, 8, "bob@school.example", "wrong").await.status,
        422,
        "other accounts are not delayed"
    );
    assert_eq!(try_from(&site, 9, ADA, PASSWORD).await.status, 303);
    for last in 10..12 {
        assert_eq!(
            try_from(&site, last, ADA, "wrong").await.status,
            422,
            "a successful login resets the failures"
        );
    }
}

#[tokio::test]
async fn every_password_form_backs_off() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    for (path, fields) in [
        ("/login/confirm", &[("password", "wrong")][..]),
        ("/profile/change_password", &[("password", "wrong"), ("new_password", "six green otters waltz")]),
    ] {
        let mut ada = site.adas().await;
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(ada.fill(path, fields).await.status);
        }
        assert_eq!(statuses, [422, 422, 422, 429], "{path}");
        site.hand.advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn mail_and_registrations_have_their_own_limits() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    for (path, fields) in [
        ("/password_reset", &[("email", ADA)][..]),
        ("/register", &[("email", ADA), ("full_name", "Ada"), ("password", PASSWORD)]),
    ] {
        let mut browser = site.browser();
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(browser.fill(path, fields).await.status);
        }
        assert_eq!(statuses, [200, 200, 200, 429], "{path}");
        assert_eq!(site.letters().await.len(), 3, "{path}");
    }
    let mut elsewhere = site.browser();
    elsewhere.comes_from([203, 0, 113, 1].into());
    let page = elsewhere.fill("/password_reset", &[("email", ADA)]).await;
    assert_eq!(page.status, 429, "mail is limited per recipient");
    assert_eq!(elsewhere.fill("/password_reset", &[("email", "bob@school.example")]).await.status, 200);
}

#[tokio::test]
async fn login_closes_while_the_store_is_down() {
    let server = Server::redis();
    let settings = [LIMITED, ("RATELIMIT_STORAGE_URI", &*server.uri), ("RATELIMIT_DEFAULT", "1000/hour")];
    let site = TestSite::with_ada(&settings).await;
    let mut ada = site.browser();
    assert_eq!(ada.log_in(ADA, PASSWORD).await.status, 303);
    assert!(ada.is_in().await);
    drop(server);
    let mut visitor = site.browser();
    let page = visitor.log_in(ADA, PASSWORD).await;
    assert_eq!(page.status, 503);
    assert!(!page.header("retry-after").is_empty() && page.body.contains("<h1>"), "{}", page.body);
    assert!(!visitor.is_in().await && ada.is_in().await);
    assert_eq!(visitor.fill("/password_reset", &[("email", ADA)]).await.status, 503);
    assert_eq!(visitor.get("/about").await.status, 200);
}

#[tokio::test]
async fn a_shared_address_counts_each_member_separately() {
    let quotas = [LIMITED, ("RATELIMIT_DEFAULT", "6/hour"), ("RATELIMIT_DEFAULT_USER", "9/hour")];
    let site = TestSite::with_ada(&quotas).await;
    site.member("bob@school.example", mathsoc::domain::person::Role::Pupil).await;
    let (mut ada, mut bob, mut visitor) = (site.adas().await, site.browser(), site.browser());
    bob.log_in("bob@school.example", PASSWORD).await;
    let mut passed = 0;
    while visitor.get("/about").await.status == 200 {
        passed += 1;
        assert!(passed < 7);
    }
    assert_eq!(passed, 4, "two of the six pages were for the logins");
    for _ in 0..9 {
        assert_eq!(ada.get("/about").await.status, 200);
    }
    assert_eq!(ada.get("/about").await.status, 429, "her budget is used up");
    assert_eq!(bob.get("/about").await.status, 200, "his budget is left");
}
