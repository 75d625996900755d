//! Managing accounts through the whole site: list, details, bulk changes, exports.

use mathsoc::db::admin_log::{Action, Actor};
use mathsoc::db::users::edit;
use mathsoc::db::users::{self, NewUser, User};
use mathsoc::domain::person::{Role, Year};

use crate::support::browser::{Browser, Page};
use crate::support::site::{ADA, OTHER, PASSWORD, TestSite};

const GRACE: &str = "grace@school.example";

/// Returns a site with the pupil Ada, and a browser in which the admin Grace is logged in.
pub(super) async fn with_grace() -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[("ADMIN_TOTP_REQUIRED", "false")]).await;
    site.member(GRACE, Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in(GRACE, PASSWORD).await.location(), "/");
    (site, browser)
}

fn pupil(n: usize, year: Option<i64>) -> NewUser {
    NewUser {
        email: format!("p{n}@school.example").parse().unwrap(),
        full_name: format!("Pupil {n:03}").parse().unwrap(),
        role: Role::Pupil,
        school_id: None,
        year: year.map(|year| Year::new(year).unwrap()),
        email_is_verified: true,
    }
}

async fn pupils(site: &TestSite, count: usize) -> Vec<User> {
    let new: Vec<_> = (0..count).map(|n| pupil(n, Some(9))).collect();
    let by = Actor::command_line();
    edit::create_all(&site.app.db, &by, Action::Created, &new).await.unwrap()
}

/// Posts a form without opening its page, with the CSRF token and these fields.
pub(super) async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let token = browser.token().await;
    let mut all = vec![("csrf_token", &*token)];
    all.extend(fields);
    browser.post(path, &all).await
}

pub(super) async fn log(browser: &mut Browser) -> String {
    browser.get("/admin/log").await.body
}

#[tokio::test]
async fn the_list_is_searched_narrowed_down_and_paged() {
    let (site, mut browser) = with_grace().await;
    pupils(&site, 30).await;
    let list = browser.get("/admin/users?q=pupil&year=9").await.body;
    assert!(list.contains("30 users found") && list.contains("Pupil 024") && !list.contains("Pupil 025"));
    assert!(list.contains("/admin/users?q=pupil&#38;year=9&#38;page=2"), "{list}");
    let second = browser.get("/admin/users?q=pupil&year=9&page=2").await.body;
    assert!(second.contains("Pupil 025") && !second.contains("Pupil 024"));
    for none in
        ["/admin/users?q=%25", "/admin/users?q=_upil", "/admin/users?q='%20OR%201=1", "/admin/users?school=7"]
    {
        assert!(browser.get(none).await.body.contains("Nobody is found."), "{none}");
    }
    let admins = browser.get("/admin/users?role=admin").await.body;
    assert!(admins.contains("One user found") && admins.contains(GRACE), "{admins}");
}

#[tokio::test]
async fn odd_urls_never_cause_an_error() {
    let (_site, mut browser) = with_grace().await;
    let odd = "?q=%00&school=99999999999999999999&year=-1&role=%FF&page=4294967296&per_page=1000000&=";
    assert_eq!(browser.get(&format!("/admin/users{odd}")).await.status, 200);
    for path in [
        "/admin/users/0",
        "/admin/users/99",
        "/admin/users/9223372036854775808",
        "/admin/users/x",
        "/admin/users/-1",
        "/admin/users/1%00",
        "/admin/users/%FF",
        "/admin/users/99/edit",
        "/admin/users/x/role",
        "/admin/users/99/second_factor",
        "/admin/users/bulk",
        "/admin/users/bulk?do=burn&id=1",
        "/admin/export/passwords.csv",
        "/admin/export/users",
        "/admin/export/%FF",
    ] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let empty_choice = browser.get("/admin/users/bulk?do=delete&id=x&id=99").await;
    assert_eq!((empty_choice.status, empty_choice.location()), (303, "/admin/users"));
    for path in [
        "/admin/users/99/letter",
        "/admin/users/99/verify",
        "/admin/users/x/log_out",
        "/admin/users/99/role",
        "/admin/users/bulk",
    ] {
        assert_eq!(post(&mut browser, path, &[("role", "admin")]).await.status, 404, "{path}");
    }
    let typed = [("full_name", "Ada"), ("school", "x"), ("year", "99")];
    let wrong = post(&mut browser, "/admin/users/1/edit", &typed).await;
    assert!(
        wrong.status == 422
            && wrong.body.contains("There is no such school")
            && wrong.body.contains("Choose a year")
    );
}

#[tokio::test]
async fn account_changes_are_logged() {
    let (site, mut browser) = with_grace().await;
    browser.fill("/admin/schools/new", &[("name", "Upton"), ("email_domain", "")]).await;
    let typed = [("full_name", "Ada <King>"), ("school", "1"), ("year", "10")];
    assert_eq!(browser.fill("/admin/users/1/edit", &typed).await.location(), "/admin/users/1");
    let page = browser.get("/admin/users/1").await.body;
    for part in ["The details are saved.", "Ada &#60;King&#62;", "Upton", "KS4", "changed the user"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(site.ada().await.unwrap().year.unwrap().number(), 10);
}

#[tokio::test]
async fn admins_send_a_link_but_never_see_passwords() {
    let (site, mut browser) = with_grace().await;
    let before = users::login_by_id(&site.app.db, 1).await.unwrap().unwrap().hash;
    for path in ["/admin/users/1/letter", "/admin/users/1/reset_password"] {
        let page = browser.get(path).await;
        assert!(page.status == 404 || page.status == 405, "a GET sends no mail: {path} {}", page.status);
    }
    assert!(site.letters().await.is_empty());
    assert_eq!(post(&mut browser, "/admin/users/1/letter", &[]).await.location(), "/admin/users/1");
    let page = browser.get("/admin/users/1").await.body;
    assert!(page.contains(&format!("A letter goes to {ADA}.")) && page.contains("sent a link to"), "{page}");
    assert!(!page.contains("/password_reset/"), "the page does not show the link");
    let after = users::login_by_id(&site.app.db, 1).await.unwrap().unwrap().hash;
    assert_eq!(before.as_str(), after.as_str(), "the old password works until she sets a new one");
    let link = site.link("/password_reset/").await;
    let mut hers = site.browser();
    assert_eq!(hers.fill(&link, &[("password", OTHER)]).await.location(), "/");
    assert!(hers.is_in().await, "the link logs in");
    assert_eq!(site.browser().log_in(ADA, OTHER).await.location(), "/");
}

#[tokio::test]
async fn an_account_made_by_hand_needs_its_link() {
    let (site, mut browser) = with_grace().await;
    let typed = [("full_name", "Emmy"), ("email", "emmy@school.example"), ("school", ""), ("year", "12")];
    let made = browser.fill("/admin/users/new", &typed).await;
    assert_eq!(made.location(), "/admin/users/3");
    assert!(browser.get("/admin/users/3").await.body.contains("Not yet"));
    let taken = browser.fill("/admin/users/new", &typed).await;
    assert!(taken.status == 422 && taken.body.contains("There is an account with this address"));

    let link = site.link("/welcome/").await;
    let mut hers = site.browser();
    assert_eq!(hers.log_in("emmy@school.example", "").await.status, 422);
    assert!(hers.fill(&link, &[("password", "short")]).await.status == 422);
    assert_eq!(hers.fill(&link, &[("password", OTHER)]).await.location(), "/");
    assert!(hers.is_in().await, "the link logs in");
    assert!(hers.get(&link).await.body.contains("This link does not work"), "the link works once");
    assert_eq!(site.browser().log_in("emmy@school.example", OTHER).await.location(), "/");
    assert!(
        !browser.get("/admin/users/3").await.body.contains("Not yet"),
        "the link has verified the address"
    );
}

#[tokio::test]
async fn welcome_and_reset_links_have_their_own_lifetime() {
    let (site, mut browser) = with_grace().await;
    let typed = [("full_name", "Emmy"), ("email", "emmy@school.example")];
    browser.fill("/admin/users/new", &typed).await;
    let link = site.link("/welcome/").await;
    let reset = link.replace("/welcome/", "/password_reset/");
    assert!(
        site.browser().get(&reset).await.body.contains("This link is not complete"),
        "a reset link is not a welcome link"
    );
    let hour = std::time::Duration::from_secs(60 * 60);
    site.hand.advance(hour * (7 * 24 - 1));
    assert!(site.browser().get(&link).await.body.contains("Choose a password"));
    site.hand.advance(hour);
    assert!(site.browser().get(&link).await.body.contains("older than a week"));
}

#[tokio::test]
async fn role_changes_end_sessions_and_exclude_oneself() {
    let (site, mut browser) = with_grace().await;
    let mut adas = site.adas().await;
    assert_eq!(browser.fill("/admin/users/1/role", &[("role", "admin")]).await.location(), "/admin/users/1");
    assert!(!adas.is_in().await, "a role change ends her sessions");
    assert!(log(&mut browser).await.contains("changed the role of the user"));
    let own = browser.fill("/admin/users/2/role", &[("role", "pupil")]).await;
    assert!(own.status == 422 && own.body.contains("You cannot take your own rights away"), "{}", own.body);
    assert_eq!(browser.fill("/admin/users/1/role", &[("role", "king")]).await.status, 422);
    assert_eq!(browser.fill("/admin/users/1/role", &[("role", "pupil")]).await.status, 303);
    assert!(!site.ada().await.unwrap().is_admin());
    let grace = users::by_id(&site.app.db, 2).await.unwrap().unwrap();
    assert!(grace.is_admin());
    assert_eq!(
        post(&mut browser, "/admin/users/2/second_factor", &[]).await.status,
        404,
        "an admin's own factor is removed with a code only"
    );
}

#[tokio::test]
async fn sensitive_actions_require_reauthentication() {
    let (site, mut browser) = with_grace().await;
    site.hand.advance(std::time::Duration::from_secs(11 * 60));
    let confirmation = browser.get("/admin/users/1/role").await;
    assert!(confirmation.location().starts_with("/login/confirm?next="), "{}", confirmation.location());
    let sent = post(&mut browser, "/admin/users/1/role", &[("role", "admin")]).await;
    assert!(sent.location().starts_with("/login/confirm"), "{}", sent.location());
    let factor = post(&mut browser, "/admin/users/1/second_factor", &[]).await;
    assert!(factor.location().starts_with("/login/confirm"));
    assert!(!site.ada().await.unwrap().is_admin());
}

#[tokio::test]
async fn addresses_are_verified_and_sessions_ended_by_hand() {
    let (site, mut browser) = with_grace().await;
    let new = NewUser { email_is_verified: false, ..pupil(1, None) };
    let by = Actor::command_line();
    let id = edit::create_all(&site.app.db, &by, Action::Created, &[new]).await.unwrap()[0].id;
    assert!(browser.get("/admin/users?unverified=yes").await.body.contains("Pupil 001"));
    assert_eq!(post(&mut browser, &format!("/admin/users/{id}/verify"), &[]).await.status, 303);
    assert!(browser.get("/admin/users?unverified=yes").await.body.contains("Nobody is found."));
    let mut adas = site.adas().await;
    assert_eq!(post(&mut browser, "/admin/users/1/log_out", &[]).await.status, 303);
    assert!(!adas.is_in().await);
    let log = log(&mut browser).await;
    assert!(log.contains("verified the address of the user") && log.contains("logged out the user"), "{log}");
}

#[tokio::test]
async fn bulk_changes_show_whom_they_concern_first() {
    let (site, mut browser) = with_grace().await;
    let pupils = pupils(&site, 3).await;
    browser.fill("/admin/schools/new", &[("name", "Upton"), ("email_domain", "")]).await;
    let ids: Vec<_> = pupils.iter().map(|it| format!("&id={}", it.id)).collect();
    let ask = |deed: &str| format!("/admin/users/bulk?do={deed}&who=ticked{}", ids.concat());
    let confirmation = browser.get(&ask("move")).await.body;
    assert!(
        confirmation.contains("3 users")
            && confirmation.contains("Pupil 002")
            && confirmation.contains("Upton"),
        "{confirmation}"
    );
    assert_eq!(browser.fill(&ask("move"), &[("to", "1")]).await.location(), "/admin/users");
    assert!(browser.get("/admin/users?school=1").await.body.contains("3 users are moved."));
    assert_eq!(browser.fill(&ask("move"), &[("to", "99")]).await.status, 422);
    assert_eq!(browser.fill(&ask("move"), &[]).await.status, 422);
    assert_eq!(browser.fill(&ask("next_year"), &[]).await.status, 303);
    assert!(browser.get("/admin/users?year=10&school=1").await.body.contains("3 users found"));
    let again = browser.get(&ask("next_year")).await.body;
    assert!(again.contains("None of them can be changed") && again.contains("already"), "{again}");
    assert_eq!(browser.fill(&ask("year_back"), &[]).await.status, 303);
    assert!(browser.get("/admin/users?year=9&school=1").await.body.contains("3 users found"));
    assert_eq!(browser.fill(&ask("log_out"), &[]).await.status, 303);
    let one = users::by_id(&site.app.db, pupils[0].id).await.unwrap().unwrap();
    assert_eq!((one.epoch, one.school_id), (2, Some(1)));

    // All found accounts, except admins.
    let confirmation = browser.get("/admin/users/bulk?do=delete&who=found&id=1").await.body;
    assert!(
        confirmation.contains("4 users")
            && confirmation.contains("Left out")
            && confirmation.contains("an admin"),
        "{confirmation}"
    );
    assert_eq!(browser.fill("/admin/users/bulk?do=delete&who=found", &[]).await.status, 303);
    let list = browser.get("/admin/users").await;
    assert!(list.body.contains("4 users are deleted.") && list.body.contains("Put all of them back"));
    assert!(list.body.contains(">One user<"), "{}", list.body);
    assert_eq!(post(&mut browser, "/admin/users/restore", &[]).await.status, 303);
    let list = browser.get("/admin/users").await.body;
    assert!(list.contains("4 users are back.") && list.contains(">5 users<"), "{list}");
}

#[tokio::test]
async fn more_than_five_hundred_are_not_changed_together() {
    let (site, mut browser) = with_grace().await;
    pupils(&site, 501).await;
    assert_eq!(browser.get("/admin/users/bulk?do=log_out&who=found").await.location(), "/admin/users");
    assert!(browser.get("/admin/users").await.body.contains("more than 500"));
    let ids: Vec<_> = (1..=501).map(|id: i64| id.to_string()).collect();
    let mut fields = vec![("do", "log_out")];
    fields.extend(ids.iter().map(|id| ("id", &**id)));
    assert_eq!(post(&mut browser, "/admin/users/bulk", &fields).await.status, 303);
    assert_eq!(users::by_id(&site.app.db, 3).await.unwrap().unwrap().epoch, 1);
    fields.pop();
    assert_eq!(post(&mut browser, "/admin/users/bulk", &fields).await.status, 303);
    assert_eq!(users::by_id(&site.app.db, 3).await.unwrap().unwrap().epoch, 2);
}

#[tokio::test]
async fn csv_exports_neutralise_formulas() {
    let (site, mut browser) = with_grace().await;
    let mut adas = site.adas().await;
    for name in ["=cmd|'/c calc'!A0", "a,\"b\";c"] {
        adas.fill("/profile/edit", &[("full_name", name), ("year", "")]).await;
        let file = browser.get("/admin/export/users.csv").await;
        assert_eq!(file.status, 200);
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"users.csv\"");
        assert!(file.header("cache-control").contains("no-store"), "{}", file.header("cache-control"));
        let lines: Vec<_> = file.body.trim_start_matches('\u{FEFF}').split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 3, "{}", file.body);
        let safe = if name.starts_with('=') { format!("'{name}") } else { name.replace('"', "\"\"") };
        assert!(lines[1].starts_with(&format!("\"1\",\"{safe}\",\"{ADA}\",\"pupil\",")), "{}", lines[1]);
        assert!(lines.iter().all(|line| line.starts_with('"') && line.ends_with('"')));
    }
    assert!(log(&mut browser).await.contains("exported the file “users.csv”"));
}

#[tokio::test]
async fn exports_are_complete_and_for_admins_only() {
    let (site, mut browser) = with_grace().await;
    mathsoc::operate::demo::load(&site.app.db).await.unwrap();
    pupils(&site, 1001).await;
    let file = browser.get("/admin/export/users.csv").await.body;
    assert_eq!(file.lines().count(), 1 + 2 + 1001);
    assert!(file.ends_with("\r\n") && file.contains("\"Pupil 1000\""));
    for (name, columns) in [("submissions", "\"id\",\"at\","), ("leaderboard", "\"rank\",\"user_id\",")] {
        let file = browser.get(&format!("/admin/export/{name}.csv?key_stage=KS3")).await.body;
        assert!(file.starts_with(&format!("\u{FEFF}{columns}")), "{file}");
    }
    let mut adas = site.adas().await;
    assert_eq!(adas.get("/admin/export/users.csv").await.status, 403);
    assert!(site.browser().get("/admin/export/users.csv").await.location().starts_with("/login"));
}

#[tokio::test]
async fn the_dashboard_counts_without_inline_style() {
    let (site, mut browser) = with_grace().await;
    pupils(&site, 3).await;
    assert_eq!(site.browser().get("/profile").await.status, 303);
    let mut page = browser.get("/admin").await.body;
    // The visit is written in the background.
    while !page.contains("<dt>Here in 30 days</dt><dd>1</dd>") {
        page = browser.get("/admin").await.body;
    }
    for part in [
        "<dt>Members</dt><dd>5</dd>",
        "Members by key stage",
        "KS3",
        "No school",
        "sign in required",
        "<svg",
        "<caption",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for path in ["/admin", "/admin/users", "/admin/users/1", "/admin/users/new", "/admin/users/import"] {
        assert!(!browser.get(path).await.body.contains(" style="), "{path}");
    }
}

#[tokio::test]
async fn account_changes_need_an_admin_and_a_token() {
    let (site, mut browser) = with_grace().await;
    let mut adas = site.adas().await;
    let paths = [
        "/admin/users/2/letter",
        "/admin/users/1/role",
        "/admin/users/bulk",
        "/admin/users/import",
        "/admin/users/restore",
    ];
    for path in paths {
        assert_eq!(post(&mut adas, path, &[("role", "admin")]).await.status, 403, "{path}");
        assert_eq!(browser.post(path, &[("role", "admin")]).await.status, 403, "without a token: {path}");
    }
    assert_eq!(adas.get("/admin/users").await.status, 403);
    assert!(!site.ada().await.unwrap().is_admin());
    assert!(site.letters().await.is_empty());
}
