//! One pupil has one account in one year, and an admin has an admin's password.

use mathsoc::db::admin_log::Actor;
use mathsoc::db::schools::{self, NewSchool};
use mathsoc::db::users;
use mathsoc::domain::email::EmailAddress;
use mathsoc::domain::person::Role;

use crate::support::site::{ADA, PASSWORD, TestSite};

/// Passes for a pupil, and not for an admin.
const PUPILS: &str = "purple-herons";

#[tokio::test]
async fn a_mailbox_of_a_school_has_one_account() {
    let site = TestSite::new(&[]).await;
    let new =
        NewSchool { name: "School".parse().unwrap(), email_domain: Some("school.example".parse().unwrap()) };
    schools::create(&site.app.db, &Actor::command_line(), &new).await.unwrap();
    let mut ann = site.browser();
    let form = |email| [("full_name", "Ann"), ("email", email)];
    let page = ann.fill("/register", &form("ann+1@school.example")).await;
    assert!(page.status == 422 && page.body.contains("a mailbox has one account"), "{}", page.body);
    assert!(page.body.contains("value=\"ann+1@school.example\""), "what was typed is kept");
    assert!(site.letters().await.is_empty());
    for other in ["ann@school.example", "ann+1@elsewhere.example"] {
        assert_eq!(ann.fill("/register", &form(other)).await.status, 200, "{other}");
    }
}

#[tokio::test]
async fn a_pupil_chooses_a_year_once() {
    let site = TestSite::with_ada(&[]).await;
    let mut ada = site.adas().await;
    let form = |year| [("full_name", "Ada"), ("year", year)];
    assert_eq!(ada.fill("/profile/edit", &form("8")).await.location(), "/profile");
    let page = ada.get("/profile/edit").await;
    assert!(
        page.body.contains("You are in year 8.") && !page.body.contains("name=\"year\""),
        "{}",
        page.body
    );
    assert_eq!(ada.fill("/profile/edit", &form("13")).await.location(), "/profile");
    assert_eq!(site.ada().await.unwrap().year.unwrap().number(), 8);
}

#[tokio::test]
async fn a_pupil_who_becomes_an_admin_needs_a_stronger_password() {
    let site = TestSite::with_ada(&[]).await;
    let ada: EmailAddress = ADA.parse().unwrap();
    let user = users::by_email(&site.app.db, &ada).await.unwrap().unwrap();
    let mut browser = site.adas().await;
    let fields = [("password", PASSWORD), ("new_password", PUPILS)];
    assert_eq!(browser.fill("/profile/change_password", &fields).await.location(), "/profile");
    assert_eq!(site.browser().log_in(ADA, PUPILS).await.location(), "/", "it is enough for a pupil");
    site.letters().await;

    users::change_role(&site.app.db, &Actor::command_line(), user.id, Role::Admin).await.unwrap();
    let page = browser.log_in(ADA, PUPILS).await;
    assert!(page.status == 200 && page.body.contains("Choose a stronger password"), "{}", page.body);
    assert_eq!(browser.get("/admin").await.status, 303, "not logged in");
    let link = site.link("/password_reset/").await;
    assert_eq!(browser.fill(&link, &[("password", PUPILS)]).await.status, 422);
    assert_eq!(browser.fill(&link, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(browser.get("/admin").await.status, 200);
}
