//! Forms: preserved input, errors of fields, and caching headers of pages.

use mathsoc::domain::person::Role;

use crate::support::browser::Page;
use crate::support::site::{ADA, PASSWORD, TestSite};

/// A wrong password, which no page may repeat.
const TYPED: &str = "typed-in-vain-0451";

/// Returns the names of the invalid fields, and checks that screen readers announce each error.
fn wrong(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(
        !page.body.contains(TYPED) && !page.body.contains(PASSWORD),
        "the page repeats a password: {}",
        page.body
    );
    assert!(
        page.body.contains("role=\"alert\"") && page.body.contains("<title>Please check: "),
        "{}",
        page.body
    );
    let elements: Vec<&str> = page.body.split('<').collect();
    let ids = elements.iter().filter_map(|it| it.split("-error\"").next()?.split(" id=\"").nth(1));
    let names: Vec<String> = ids.filter(|id| !id.contains('"')).map(str::to_owned).collect();
    for name in &names {
        let field = elements.iter().find(|it| it.contains(&format!(" name=\"{name}\""))).expect(name);
        assert!(field.contains(&format!(" aria-describedby=\"{name}-error")), "{field}");
        assert!(
            field.contains(" aria-invalid=\"true\"") && field.contains(&format!(" id=\"{name}\"")),
            "{field}"
        );
    }
    names
}

#[tokio::test]
async fn an_invalid_form_returns_input_and_field_errors() {
    let site = TestSite::with_ada(&[]).await;
    let mut visitor = site.browser();
    let typed = [("full_name", "<b>\"Ada\" & 'co"), ("email", "ada@@x"), ("year", "8")];
    let page = visitor.fill("/register", &typed).await;
    assert_eq!(wrong(&page), ["email"]);
    let expected =
        ["value=\"&#60;b&#62;&#34;Ada&#34; &#38; &#39;co\"", "value=\"ada@@x\"", "value=\"8\" selected"];
    for expected in expected {
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
    }
    let typed = [("full_name", ""), ("email", ""), ("year", "99")];
    assert_eq!(wrong(&visitor.fill("/register", &typed).await), ["full_name", "email", "year"]);
    visitor.fill("/register", &[("full_name", "Eve"), ("email", "eve@school.example"), ("year", "8")]).await;
    let link = site.link("/verify_email/").await;
    assert!(visitor.get(&link).await.body.contains("value=\"Eve\""));
    let page = visitor.fill(&link, &[("full_name", ""), ("year", "99"), ("password", TYPED)]).await;
    assert_eq!(wrong(&page), ["full_name", "year"]);
    let page = visitor.fill(&link, &[("full_name", "Eve"), ("year", "8"), ("password", "abc")]).await;
    assert_eq!(wrong(&page), ["password"]);
    assert_eq!(wrong(&visitor.fill("/password_reset", &[("email", "no address")]).await), ["email"]);

    let typed = [("email", "ADA@school.example"), ("password", TYPED), ("remember", "yes")];
    let page = visitor.fill("/login?next=/challenges", &typed).await;
    assert_eq!(wrong(&page), [""; 0], "the error names neither field");
    for expected in
        ["value=\"ADA@school.example\"", "value=\"yes\" checked", "name=\"next\" value=\"/challenges\""]
    {
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
    }

    let mut ada = site.adas().await;
    let typed = [("password", TYPED), ("new_password", "six green otters waltz along")];
    assert_eq!(wrong(&ada.fill("/profile/change_password", &typed).await), ["password"]);
    let typed = [("password", PASSWORD), ("new_password", ADA)];
    assert_eq!(wrong(&ada.fill("/profile/change_password", &typed).await), ["new_password"]);
    assert_eq!(
        wrong(&ada.fill("/profile/edit", &[("full_name", ""), ("year", "6")]).await),
        ["full_name", "year"]
    );
    let path = "/login/confirm?next=/profile/delete_account";
    let page = ada.fill(path, &[("password", TYPED)]).await;
    assert_eq!(wrong(&page), ["password"]);
    assert!(page.body.contains("value=\"/profile/delete_account\""), "the next page is preserved");
    assert_eq!(wrong(&ada.fill("/profile/delete_account", &[]).await), ["sure"]);
    assert_eq!(wrong(&ada.fill("/profile/second_factor", &[("code", "12")]).await), ["code"]);
}

/// Returns the paths of GET routes and their groups, with values for the parameters. Event streams
/// are left out, because their responses do not end.
fn pages() -> Vec<(String, &'static str)> {
    let map = mathsoc::routes::map();
    let shown = map.rows().iter().filter(|row| row.methods.contains("GET") && row.group != "live");
    shown.map(|row| (row.path.replace("{token}", "x").replace("{id}", "1"), row.group)).collect()
}

#[tokio::test]
async fn personal_pages_are_not_cached() {
    let site = TestSite::with_ada(&[]).await;
    let mut ada = site.adas().await;
    let mut checked = 0;
    for (path, group) in pages() {
        if !["public", "members", "links"].contains(&group) {
            continue;
        }
        let page = ada.get(&path).await;
        assert!(page.header("cache-control").contains("no-store"), "{path}: {:?}", page.headers);
        let vary = page.headers.get_all("vary").iter().any(|it| it.to_str().unwrap().contains("cookie"));
        assert!(vary, "{path}: {:?}", page.headers);
        checked += 1;
    }
    assert!(checked > 15, "{checked}");
}

#[tokio::test]
async fn members_pages_are_for_members() {
    let site = TestSite::with_ada(&[]).await;
    let mut visitor = site.browser();
    for (path, group) in pages() {
        let page = visitor.get(&path).await;
        let away = page.status == 303 && page.location().starts_with("/login?next=");
        assert_eq!(
            ["members", "admin"].contains(&group),
            away,
            "{path}: {} {}",
            page.status,
            page.location()
        );
    }
}

#[tokio::test]
async fn email_addresses_are_shown_to_their_owner_only() {
    let site = TestSite::with_ada(&[]).await;
    site.member("bob@school.example", Role::Admin).await;
    let mut ada = site.adas().await;
    assert!(ada.get("/profile").await.body.contains(ADA), "the owner sees the address");
    let mut bob = site.browser();
    assert_eq!(bob.log_in("bob@school.example", PASSWORD).await.location(), "/");
    for mut browser in [bob, site.browser()] {
        // Admins see addresses where they manage accounts, and nowhere else.
        for (path, _) in pages().into_iter().filter(|(path, _)| !path.starts_with("/admin/users")) {
            let page = browser.get(&path).await;
            assert!(!page.body.contains("ada@"), "{path}");
        }
    }
}
