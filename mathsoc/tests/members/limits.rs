//! Rate limits of logins, password forms, mail and registrations.

use std::time::Duration;

use http::header::SET_COOKIE;
use mathsoc::config::Config;
use mathsoc::db;
use mathsoc::domain::person::Role;
use mathsoc::limits::{self, apply_releases};
use test_support::servers::Server;

use crate::support::browser::{Browser, Page};
use crate::support::site::{ADA, OTHER, PASSWORD, TestSite};

const LIMITED: (&str, &str) = ("RATELIMIT_ENABLED", "true");

fn from(site: &TestSite, last: u8) -> Browser {
    let mut browser = site.browser();
    browser.comes_from([198, 51, 100, last].into());
    browser
}

async fn log_out(browser: &mut Browser) {
    let token = browser.token().await;
    assert_eq!(browser.post("/logout", &[("csrf_token", &token)]).await.status, 303);
}

/// Tries to log in from this address, in a new browser.
async fn try_from(site: &TestSite, last: u8, email: &str, password: &str) -> Page {
    from(site, last).log_in(email, password).await
}

#[tokio::test]
async fn failures_of_one_client_at_one_account_are_delayed_and_named() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    for _ in 0..3 {
        assert_eq!(try_from(&site, 1, ADA, "wrong").await.status, 422);
    }
    let mut delays = Vec::new();
    for last in 0..4 {
        let early = try_from(&site, 1, ADA, PASSWORD).await;
        assert_eq!(early.status, 429, "even the correct password is delayed");
        assert!(early.body.contains("<h1>") && !early.body.contains(PASSWORD));
        assert!(early.body.contains(&format!("value=\"{ADA}\"")), "the address is still typed in");
        delays.push(early.header("retry-after").to_owned());
        site.hand.advance(Duration::from_secs(60));
        if last < 3 {
            assert_eq!(try_from(&site, 1, ADA, "wrong").await.status, 422, "the delay is over");
        }
    }
    assert_eq!(delays, ["1", "2", "4", "8"]);
    assert_eq!(try_from(&site, 1, "bob@school.example", "wrong").await.status, 422, "others are not delayed");
    assert_eq!(try_from(&site, 1, ADA, PASSWORD).await.status, 303);
    assert_eq!(try_from(&site, 1, ADA, "wrong").await.status, 422, "a login deletes the failures");
}

// F1, A2: a class of thirty could not log in.
#[tokio::test]
async fn successful_logins_of_one_address_cost_nothing() {
    let site = TestSite::with_ada(&[LIMITED, ("RATELIMIT_LOGIN", "2/hour")]).await;
    for _ in 0..20 {
        assert_eq!(try_from(&site, 1, ADA, PASSWORD).await.status, 303);
    }
    for name in ["n1", "n2"] {
        assert_eq!(try_from(&site, 1, &format!("{name}@school.example"), "wrong").await.status, 422);
    }
    assert_eq!(try_from(&site, 1, ADA, PASSWORD).await.status, 429, "the address has failed twice");
    assert_eq!(try_from(&site, 2, ADA, PASSWORD).await.status, 303, "another address is not limited");
}

// A3: anybody could lock anybody's account out.
#[tokio::test]
async fn strangers_lock_the_owner_out_of_nothing() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    let mut own = from(&site, 1);
    assert_eq!(own.log_in(ADA, PASSWORD).await.status, 303);
    log_out(&mut own).await;
    for last in 10..250 {
        for _ in 0..4 {
            try_from(&site, last, ADA, "wrong").await;
        }
        site.hand.advance(Duration::from_secs(30));
    }
    assert_eq!(own.log_in(ADA, PASSWORD).await.status, 303, "a known browser");
    assert_eq!(try_from(&site, 2, ADA, PASSWORD).await.status, 303, "a new browser");
    for last in 10..20 {
        let reset = from(&site, last).fill("/password_reset", &[("email", ADA)]).await;
        assert_eq!(reset.status, 200);
    }
    let letters = site.letters().await;
    assert_eq!(letters.len(), 3, "one mailbox gets three letters an hour");
    site.hand.advance(Duration::from_secs(59 * 60));
    assert_eq!(from(&site, 3).fill("/password_reset", &[("email", ADA)]).await.status, 200);
    let letter = &letters[2];
    let at = letter.find("/password_reset/").unwrap();
    let link = letter[at..].lines().next().unwrap();
    let page = from(&site, 3).fill(link, &[("password", OTHER)]).await;
    assert_eq!((page.status, page.location()), (303, "/"), "the link that a stranger has asked for works");
}

#[tokio::test]
async fn a_failing_known_browser_is_delayed_like_a_stranger() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    let mut own = from(&site, 1);
    own.log_in(ADA, PASSWORD).await;
    log_out(&mut own).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(own.log_in(ADA, "wrong").await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 429]);
}

#[tokio::test]
async fn the_cookie_of_a_known_browser_is_kept_from_scripts() {
    let site = TestSite::with_ada(&[]).await;
    let page = site.browser().log_in(ADA, PASSWORD).await;
    let cookie = page.headers.get_all(SET_COOKIE).iter().find(|it| it.as_bytes().starts_with(b"device="));
    let cookie = cookie.unwrap().to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=34560000")
    );
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
        site.hand.advance(Duration::from_secs(2 * 24 * 60 * 60));
    }
}

// A18: forty registrations were forty letters to one person.
#[tokio::test]
async fn one_mailbox_gets_three_letters_an_hour_whoever_asks() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    for (path, fields) in [
        ("/password_reset", &[("email", ADA)][..]),
        ("/register", &[("email", "new@school.example"), ("full_name", "New")]),
    ] {
        for last in 1..=6 {
            let page = from(&site, last).fill(path, fields).await;
            assert_eq!(page.status, 200, "the page is the same: {}", page.body);
        }
        assert_eq!(site.letters().await.len(), 3, "{path}");
    }
    site.hand.advance(Duration::from_secs(60 * 60));
    from(&site, 1).fill("/password_reset", &[("email", ADA)]).await;
    assert_eq!(site.letters().await.len(), 1);
}

#[tokio::test]
async fn forms_that_send_letters_are_limited_by_address() {
    let quotas = [LIMITED, ("RATELIMIT_REGISTER", "3/hour"), ("RATELIMIT_PASSWORD_RESET", "2/hour")];
    let site = TestSite::with_ada(&quotas).await;
    for (path, passed) in [("/register", 3), ("/password_reset", 2)] {
        let mut statuses = Vec::new();
        for n in 0..5 {
            let email = format!("n{n}@school.example");
            statuses.push(from(&site, 1).fill(path, &[("email", &email), ("full_name", "Ada")]).await.status);
        }
        assert_eq!(statuses.iter().filter(|it| **it == 200).count(), passed, "{path}: {statuses:?}");
        assert_eq!(statuses[4], 429);
    }
}

#[tokio::test]
async fn a_school_network_has_ten_times_the_quotas() {
    let quotas = [
        LIMITED,
        ("RATELIMIT_REGISTER", "1/hour"),
        ("RATELIMIT_SCHOOL_NETWORKS", "198.51.100.0/25, 2001:db8::/48"),
    ];
    let site = TestSite::new(&quotas).await;
    for (last, passed) in [(1, 10), (200, 1)] {
        let mut count = 0;
        for n in 0..12 {
            let email = format!("n{n}@school.example");
            let page = from(&site, last).fill("/register", &[("email", &email), ("full_name", "Ada")]).await;
            count += usize::from(page.status == 200);
        }
        assert_eq!(count, passed, "{last}");
    }
}

#[tokio::test]
async fn login_closes_while_the_store_is_down() {
    let server = Server::redis();
    let settings = [LIMITED, ("RATELIMIT_STORAGE_URI", &*server.uri), ("RATELIMIT_PAGES", "1000/hour")];
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
    let quotas = [
        LIMITED,
        ("RATELIMIT_PAGES", "6/hour"),
        ("RATELIMIT_MEMBERS", "9/hour"),
        ("RATELIMIT_SEARCH", "2/hour"),
    ];
    let site = TestSite::with_ada(&quotas).await;
    site.member("bob@school.example", Role::Pupil).await;
    let (mut ada, mut bob, mut visitor) = (site.adas().await, site.browser(), site.browser());
    bob.log_in("bob@school.example", PASSWORD).await;
    let mut passed = 0;
    while visitor.get("/about").await.status == 200 {
        passed += 1;
        assert!(passed < 7);
    }
    assert_eq!(passed, 4, "two of the six pages were for the logins");
    for _ in 0..2 {
        assert_eq!(ada.get("/search?q=x").await.status, 200);
    }
    assert_eq!(ada.get("/search?q=x").await.status, 429, "her searches are used up");
    assert_eq!(bob.get("/search?q=x").await.status, 200, "members count by account only");
    for _ in 0..7 {
        assert_eq!(ada.get("/about").await.status, 200);
    }
    assert_eq!(ada.get("/about").await.status, 429, "her budget is used up");
    assert_eq!(bob.get("/about").await.status, 200, "his budget is left");
}

// A2: with counts in memory, nobody could be let in again without a restart.
#[tokio::test]
async fn admins_see_who_is_refused_and_let_them_in() {
    let site = TestSite::with_ada(&[LIMITED]).await;
    site.member("head@school.example", Role::Admin).await;
    for _ in 0..4 {
        try_from(&site, 1, ADA, "wrong").await;
    }
    assert_eq!(try_from(&site, 1, ADA, PASSWORD).await.status, 429);
    let mut head = from(&site, 9);
    head.log_in("head@school.example", PASSWORD).await;
    let page = head.get("/admin/limits").await;
    assert!(page.body.contains("ada@school.example, from 198.51.100.1"), "{}", page.body);
    assert!(page.body.contains("Refused to log in, 2 times"), "{}", page.body);
    let fields = [("caller", "198.51.100.1"), ("account", ADA), ("csrf_token", &*page.token())];
    assert_eq!(head.post("/admin/limits/release", &fields).await.location(), "/admin/limits");
    assert!(head.get("/admin/limits").await.body.contains("Nobody was refused."));
    assert_eq!(try_from(&site, 1, ADA, PASSWORD).await.status, 303);
    let log = head.get("/admin/log").await.body;
    assert!(log.contains("released from the limits") && !log.contains("198.51.100.1"), "{log}");
}

#[tokio::test]
async fn the_command_clears_counts_in_the_memory_of_a_running_site() {
    let site = TestSite::with_ada(&[LIMITED, ("RATELIMIT_PAGES", "2/hour")]).await;
    for _ in 0..2 {
        assert_eq!(from(&site, 1).get("/about").await.status, 200);
    }
    assert_eq!(from(&site, 1).get("/about").await.status, 429);
    let running = tokio::spawn(limits::run_releases(site.app.db.clone(), site.app.limits.clone()));
    // The running site must have looked for old releases once.
    while db::limits::refused(&site.app.db).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let caller = "198.51.100.1".parse().unwrap();
    let said = limits::clear(&caller, &site.app.config.ratelimit, &site.app.db).await.unwrap();
    assert!(said.starts_with("Reset for 198.51.100.1, in memory://"), "{said}");
    running.abort();
    assert_eq!(from(&site, 1).get("/about").await.status, 200);
}

#[tokio::test]
async fn a_release_reaches_every_process_of_the_site() {
    let site = TestSite::with_ada(&[LIMITED, ("RATELIMIT_PAGES", "1/hour")]).await;
    let other = TestSite::at(site.folder.clone(), &[LIMITED, ("RATELIMIT_PAGES", "1/hour")]).await;
    for site in [&site, &other] {
        from(site, 1).get("/about").await;
        assert_eq!(from(site, 1).get("/about").await.status, 429);
    }
    let by = db::admin_log::Actor::command_line();
    db::limits::release(&site.app.db, &by, &"198.51.100.1".parse().unwrap()).await.unwrap();
    for site in [&site, &other] {
        apply_releases(&site.app.db, &site.app.limits, 0).await.unwrap();
        assert_eq!(from(site, 1).get("/about").await.status, 200);
    }
}

#[test]
fn the_old_names_of_the_settings_are_read() {
    let find = |name: &str| match name {
        "RATELIMIT_DEFAULT" => Some("7/hour".to_owned()),
        "RATELIMIT_DEFAULT_USER" => Some("9/hour".to_owned()),
        _ => None,
    };
    let limits = Config::from_vars(&find).unwrap().ratelimit;
    assert_eq!(
        (limits.pages.to_string().as_str(), limits.members.to_string().as_str()),
        ("7 per hour", "9 per hour")
    );
}
