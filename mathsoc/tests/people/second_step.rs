//! A code from a device besides the password.

use mathsoc::person::Role;
use mathsoc::totp::{self, Secret};

use crate::world::{Browser, PASSWORD, Site};

const EMAIL: &str = "ada@school.example";
const PAGE: &str = "/profile/second_factor";

/// Sets it up; the secret and the recovery codes.
async fn set_up(browser: &mut Browser) -> (Secret, Vec<String>) {
    let page = browser.get(PAGE).await;
    let text =
        page.body.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let secret = Secret::read(&text).unwrap();
    let wrong = browser.post(PAGE, &[("csrf_token", &page.token()), ("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    // The code of the step before, so that this one is still unused.
    let code = secret.code(totp::now() / 30 - 1);
    let done = browser.post(PAGE, &[("csrf_token", &wrong.token()), ("code", &code)]).await;
    let codes = done.body.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    (secret, codes.collect())
}

async fn first_step(site: &Site) -> Browser {
    let mut browser = site.browser();
    assert_eq!(browser.log_in(EMAIL, PASSWORD).await.location(), "/login/code");
    assert!(!browser.is_in().await, "a password alone is not enough");
    browser
}

#[tokio::test]
async fn logging_in_takes_a_code_that_passes_once_or_a_recovery_code_that_passes_once() {
    let site = Site::new(&[]).await;
    site.user(EMAIL, Role::Pupil).await;
    let mut browser = site.member(EMAIL).await;
    let (secret, codes) = set_up(&mut browser).await;
    assert_eq!(codes.len(), 10);

    let code = secret.code(totp::now() / 30 + 1);
    let mut one = first_step(&site).await;
    assert_eq!(one.fill("/login/code", "/login/code", &[("code", "123456")]).await.status, 422);
    assert_eq!(one.fill("/login/code", "/login/code", &[("code", &code)]).await.location(), "/");
    assert!(one.is_in().await);
    let mut two = first_step(&site).await;
    assert_eq!(two.fill("/login/code", "/login/code", &[("code", &code)]).await.status, 422, "it was used");
    let lower = codes[3].to_lowercase();
    assert_eq!(two.fill("/login/code", "/login/code", &[("code", &lower)]).await.location(), "/");
    let mut three = first_step(&site).await;
    assert_eq!(
        three.fill("/login/code", "/login/code", &[("code", &codes[3])]).await.status,
        422,
        "it was used"
    );
    assert!(two.get(PAGE).await.body.contains("You have 9 of your recovery codes left"));

    assert_eq!(two.fill(PAGE, "/profile/second_factor/remove", &[]).await.location(), "/profile");
    assert_eq!(site.browser().log_in(EMAIL, PASSWORD).await.location(), "/");
}

#[tokio::test]
async fn the_second_step_cannot_be_reached_without_the_first() {
    let site = Site::new(&[]).await;
    let mut browser = site.browser();
    assert_eq!(browser.get("/login/code").await.location(), "/login");
    let sent = browser.fill("/login", "/login/code", &[("code", "123456")]).await;
    assert_eq!(sent.location(), "/login");
}

#[tokio::test]
async fn an_admin_who_has_to_have_one_is_told_and_cannot_remove_it() {
    let site = Site::new(&[("ADMIN_TOTP_REQUIRED", "true")]).await;
    site.user(EMAIL, Role::Admin).await;
    let mut browser = site.member(EMAIL).await;
    assert!(browser.get("/profile").await.body.contains("Admins need a second step"));
    set_up(&mut browser).await;
    assert!(!browser.get("/profile").await.body.contains("Admins need a second step"));
    let page = browser.get(PAGE).await;
    assert!(page.body.contains("cannot be removed here"), "{}", page.body);
    let token = browser.get("/profile/edit").await.token();
    browser.post("/profile/second_factor/remove", &[("csrf_token", &token)]).await;
    assert_eq!(site.browser().log_in(EMAIL, PASSWORD).await.location(), "/login/code", "it is still there");
}
