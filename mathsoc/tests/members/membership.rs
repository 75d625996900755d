//! A member's life cycle on both databases: registration, login, password reset, deletion.

use test_support::postgres::Postgres;

use crate::support::browser::Browser;
use crate::support::site::{ADA, OTHER, PASSWORD, TestSite};

#[tokio::test]
async fn a_membership_from_registration_to_deletion_on_sqlite() {
    for store in ["database", "cookie", "memory://"] {
        the_whole_way(&TestSite::new(&[("SESSION_STORE_URI", store)]).await).await;
    }
}

#[tokio::test]
async fn a_membership_from_registration_to_deletion_on_postgresql() {
    let server = Postgres::start();
    let url = server.database().await;
    let site = TestSite::new(&[("DATABASE_URL", &url)]).await;
    the_whole_way(&site).await;
    site.app.db.close().await;
}

async fn the_whole_way(site: &TestSite) {
    let mut one = site.browser();
    registers(site, &mut one).await;
    let mut two = site.browser();
    assert_eq!(two.log_in(ADA, PASSWORD).await.location(), "/");

    let fields = [("full_name", "Countess Ada"), ("year", "9")];
    assert_eq!(one.fill("/profile/edit", &fields).await.location(), "/profile");
    let profile = one.get("/profile").await.body;
    assert!(profile.contains("Countess Ada") && profile.contains("Saved.") && profile.contains(ADA));
    let year = site.ada().await.unwrap().year.map(|year| year.number());
    assert_eq!(year, Some(8), "only an admin changes a year that was chosen");

    let fields = [("password", PASSWORD), ("new_password", OTHER)];
    assert_eq!(one.fill("/profile/change_password", &fields).await.location(), "/profile");
    assert!(one.is_in().await && !two.is_in().await, "a new password ends the other sessions only");
    let letters = site.letters().await;
    assert!(letters.len() == 1 && letters[0].contains("has been changed"), "{letters:?}");
    assert_eq!(two.log_in(ADA, PASSWORD).await.status, 422, "the former password is invalid");
    assert_eq!(two.log_in(ADA, OTHER).await.location(), "/");

    forgets(site).await;
    assert!(!one.is_in().await && !two.is_in().await, "every session is over");
    assert_eq!(one.log_in(ADA, OTHER).await.status, 422);
    assert_eq!(one.log_in(ADA, PASSWORD).await.location(), "/");
    assert_eq!(two.log_in(ADA, PASSWORD).await.location(), "/");

    site.hand.advance(std::time::Duration::from_secs(11 * 60));
    let redirect = one.get("/profile/delete_account").await;
    assert_eq!((redirect.status, redirect.location()), (303, "/login/confirm?next=/profile/delete_account"));
    assert_eq!(one.fill(redirect.location(), &[("password", OTHER)]).await.status, 422);
    let confirmed = one.fill(redirect.location(), &[("password", PASSWORD)]).await;
    assert_eq!(confirmed.location(), "/profile/delete_account");
    assert_eq!(one.fill("/profile/delete_account", &[]).await.status, 422, "the confirmation is required");
    let left = one.fill("/profile/delete_account", &[("sure", "yes")]).await;
    assert_eq!((left.status, left.location()), (303, "/"));
    assert!(!one.is_in().await && !two.is_in().await);
    assert!(site.ada().await.is_none());
    assert_eq!(two.log_in(ADA, PASSWORD).await.status, 422);
}

/// Registers, opens the link and chooses a password there; that logs in.
async fn registers(site: &TestSite, browser: &mut Browser) {
    let fields = [("full_name", "Ada Lovelace"), ("email", ADA), ("year", "8")];
    let page = browser.fill("/register", &fields).await;
    assert!(page.status == 200 && page.body.contains("Look into your mail"), "{}", page.body);
    let link = site.link("/verify_email/").await;
    assert_eq!(browser.log_in(ADA, PASSWORD).await.status, 422, "there is no account yet");

    // A GET, such as by a mail scanner, does not use up the link.
    for _ in 0..3 {
        assert_eq!(site.browser().get(&link).await.status, 200);
    }
    assert!(site.ada().await.is_none());
    let fields = [("full_name", "Ada Lovelace"), ("year", "8"), ("password", PASSWORD)];
    assert_eq!(browser.fill(&link, &fields).await.location(), "/");
    assert!(site.ada().await.unwrap().email_verified_at.is_some());
    assert!(browser.is_in().await);
    let used = site.browser().fill(&link, &fields).await;
    assert!(used.body.contains("You have an account"), "{}", used.body);
}

/// Resets the password from [`OTHER`] to [`PASSWORD`] by mail, in a browser without a session.
async fn forgets(site: &TestSite) {
    let mut browser = site.browser();
    let page = browser.fill("/password_reset", &[("email", "ADA@School.example")]).await;
    assert!(page.status == 200 && page.body.contains("If there is an account"), "{}", page.body);
    let link = site.link("/password_reset/").await;
    assert_eq!(browser.get(&link).await.status, 200);
    assert_eq!(browser.fill(&link, &[("password", "password")]).await.status, 422);
    assert_eq!(browser.fill(&link, &[("password", PASSWORD)]).await.location(), "/");
    assert!(browser.get("/").await.body.contains("logged out everywhere else") && browser.is_in().await);
    assert!(site.letters().await[0].contains("has been changed"));
}
