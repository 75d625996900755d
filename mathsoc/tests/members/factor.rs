//! Two-factor authentication.

use std::time::{Duration, Instant};

use mathsoc::db::users;
use mathsoc::domain::clock;
use mathsoc::domain::person::Role;
use mathsoc::domain::totp::Secret;

use crate::support::browser::{Browser, Page};
use crate::support::site::{ADA, PASSWORD, TestSite};

/// An authenticator app with its recovery codes.
pub(super) struct Device {
    secret: Secret,
    step: i64,
    recovery: Vec<String>,
}

impl Device {
    /// Sets up the second factor in a browser that has just given the password.
    pub(super) async fn new(browser: &mut Browser) -> Self {
        let page = browser.get("/profile/second_factor").await;
        let secret = between(&page.body, "<code class=\"secret\">").remove(0);
        let secret = Secret::read(&secret.replace(' ', "")).unwrap();
        let step = clock::now() / 30;
        let page = browser.fill("/profile/second_factor", &[("code", &secret.code(step))]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let recovery = between(&page.body, "<li><code>");
        assert_eq!(recovery.len(), 10);
        Self { secret, step, recovery }
    }

    /// Returns an unused code, of the time step after the setup.
    pub(super) fn next(&self) -> String {
        self.secret.code(self.step + 1)
    }
}

/// Returns the texts between `start` and the next tag.
fn between(body: &str, start: &str) -> Vec<String> {
    body.split(start).skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

async fn code(browser: &mut Browser, code: &str) -> Page {
    browser.fill("/login/code", &[("code", code)]).await
}

/// Returns a browser in which Ada has given only the password.
async fn half_in(site: &TestSite) -> Browser {
    let mut browser = site.browser();
    let page = browser.log_in(ADA, PASSWORD).await;
    assert_eq!((page.status, page.location()), (303, "/login/code"), "{}", page.body);
    browser
}

#[tokio::test]
async fn second_factor_and_recovery_codes_pass_once() {
    for store in ["database", "cookie"] {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await;
        let mut ada = site.adas().await;
        assert_eq!(ada.fill("/profile/second_factor", &[("code", "000")]).await.status, 422);
        let device = Device::new(&mut ada).await;
        assert!(ada.is_in().await);

        let mut one = half_in(&site).await;
        assert!(!one.is_in().await, "one factor is not enough");
        for wrong in ["", "000", "AAAAA-AAAAA", &device.secret.code(device.step)] {
            assert_eq!(code(&mut one, wrong).await.status, 422, "{wrong}");
        }
        assert_eq!(code(&mut one, &device.next()).await.location(), "/");
        assert!(one.is_in().await);

        let mut two = half_in(&site).await;
        assert_eq!(code(&mut two, &device.next()).await.status, 422, "a used code is rejected");
        assert_eq!(code(&mut two, &device.recovery[0].to_lowercase()).await.location(), "/");
        let mut three = half_in(&site).await;
        assert_eq!(code(&mut three, &device.recovery[0]).await.status, 422);
        assert_eq!(code(&mut three, &device.recovery[1]).await.location(), "/");
        assert!(three.get("/profile/second_factor").await.body.contains("You have 8 of"));

        let token = three.token().await;
        let removed = three.post("/profile/second_factor/remove", &[("csrf_token", &token)]).await;
        assert_eq!(removed.location(), "/profile");
        assert!(site.adas().await.is_in().await, "the password is enough again");
    }
}

#[tokio::test]
async fn the_first_factor_has_its_own_short_session() {
    let site = TestSite::with_ada(&[]).await;
    let device = Device::new(&mut site.adas().await).await;
    let mut thief = site.browser();
    thief.get("/login").await;
    let mut ada = thief.clone();
    assert_eq!(ada.log_in(ADA, PASSWORD).await.location(), "/login/code");
    assert_eq!(
        thief.get("/login/code").await.location(),
        "/login",
        "the planted session has no first factor"
    );

    let user = site.ada().await.unwrap();
    let hash = site.app.passwords.hash(PASSWORD.into()).await.unwrap().hash;
    users::set_password(&site.app.db, user.id, user.epoch, &hash).await.unwrap();
    code(&mut ada, &device.next()).await;
    assert!(!ada.is_in().await, "the first factor was given with the former password");
}

#[tokio::test]
async fn wrong_codes_back_off_per_account() {
    let site = TestSite::with_ada(&[("RATELIMIT_ENABLED", "true")]).await;
    Device::new(&mut site.adas().await).await;
    let mut thief = half_in(&site).await;
    let mut statuses = Vec::new();
    for _ in 1..=4 {
        thief.comes_from([203, 0, 113, 1].into());
        statuses.push(code(&mut thief, "000").await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 429]);
    assert_eq!(
        site.browser().get("/login/code").await.location(),
        "/login",
        "without the password there is no second step"
    );
}

#[tokio::test]
async fn a_password_reset_keeps_the_second_factor() {
    let site = TestSite::with_ada(&[]).await;
    let device = Device::new(&mut site.adas().await).await;
    let mut browser = site.browser();
    browser.fill("/password_reset", &[("email", ADA)]).await;
    let link = site.link("/password_reset/").await;
    assert_eq!(browser.fill(&link, &[("password", PASSWORD)]).await.location(), "/login");
    let mut ada = half_in(&site).await;
    assert!(!ada.is_in().await);
    assert_eq!(code(&mut ada, &device.next()).await.location(), "/");
}

#[tokio::test]
async fn admins_must_set_up_two_factors_when_configured() {
    const DEMAND: &str = "Admins need a second step";
    for (required, role, demanded) in
        [("true", Role::Admin, true), ("false", Role::Admin, false), ("true", Role::Pupil, false)]
    {
        let site = TestSite::new(&[("ADMIN_TOTP_REQUIRED", required)]).await;
        site.member(ADA, role).await;
        let mut ada = site.adas().await;
        assert_eq!(ada.get("/profile").await.body.contains(DEMAND), demanded, "{required} {role:?}");
        Device::new(&mut ada).await;
        assert!(!ada.get("/profile").await.body.contains(DEMAND));
        let token = ada.token().await;
        ada.post("/profile/second_factor/remove", &[("csrf_token", &token)]).await;
        assert_eq!(site.ada().await.unwrap().has_second_factor, demanded, "{required} {role:?}");
    }
}

#[tokio::test]
async fn changing_the_second_factor_ends_other_sessions() {
    for store in ["database", "cookie"] {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await;
        let (mut here, mut there) = (site.adas().await, site.adas().await);
        let device = Device::new(&mut here).await;
        assert!(here.is_in().await && !there.is_in().await, "{store}: added");
        let mut there = half_in(&site).await;
        assert_eq!(code(&mut there, &device.next()).await.status, 303);
        let token = here.token().await;
        here.post("/profile/second_factor/remove", &[("csrf_token", &token)]).await;
        assert!(here.is_in().await && !there.is_in().await, "{store}: removed");
        let ada = site.ada().await.unwrap();
        assert!(!ada.has_second_factor && ada.epoch == 3, "{store}: {}", ada.epoch);
    }
}

#[tokio::test]
async fn a_request_records_the_members_visit() {
    let site = TestSite::with_ada(&[]).await;
    assert!(site.ada().await.unwrap().last_seen_at.is_none());
    site.adas().await.get("/").await;
    let start = Instant::now();
    while site.ada().await.unwrap().last_seen_at.is_none() {
        assert!(start.elapsed() < Duration::from_secs(20), "the visit is not recorded");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
