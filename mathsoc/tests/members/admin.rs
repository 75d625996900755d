//! `/admin`: access, and changes by POST only, with a message and a log line.

use mathsoc::domain::person::Role;

use crate::support::browser::Browser;
use crate::support::site::{PASSWORD, TestSite};

const GRACE: &str = "grace@school.example";

/// Returns a site with the pupil Ada, and a browser in which the admin Grace is logged in.
async fn with_grace() -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[("ADMIN_TOTP_REQUIRED", "false")]).await;
    site.member(GRACE, Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in(GRACE, PASSWORD).await.location(), "/");
    (site, browser)
}

#[tokio::test]
async fn admin_pages_are_hidden_from_pupils_and_visitors() {
    let (site, mut graces) = with_grace().await;
    let mut adas = site.adas().await;
    for path in ["/admin", "/admin/log", "/admin/schools/new", "/admin/bin/schools/1"] {
        assert_eq!(site.browser().get(path).await.location(), format!("/login?next={path}"));
        assert_eq!(adas.get(path).await.status, 403, "{path}");
    }
    let token = adas.token().await;
    let fields = [("csrf_token", &*token), ("name", "Evil")];
    assert_eq!(adas.post("/admin/schools/new", &fields).await.status, 403);
    assert!(!adas.get("/").await.body.contains("/admin"));
    let home = graces.get("/").await;
    assert!(home.body.contains(r#"href="/admin""#));
    let page = graces.get("/admin").await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
}

#[tokio::test]
async fn announcement_changes_are_logged_and_reversible() {
    let (site, mut browser) = with_grace().await;
    let typed = [("title", "Tea"), ("body", r"All \(\pi\) of it <b>"), ("published_at", "2026-01-01T09:00")];
    let page = browser.fill("/admin/announcements/new", &typed).await;
    assert_eq!((page.status, page.location()), (303, "/admin/announcements"));
    let list = browser.get("/admin/announcements").await.body;
    assert!(list.contains("“Tea” is saved.") && list.contains("1 January 2026, 09:00"), "{list}");
    let home = site.browser().get("/").await.body;
    assert!(home.contains("Tea") && home.contains("<math>") && home.contains("of it &lt;b&gt;"), "{home}");

    let changed = [("title", "Cake"), ("body", "Later."), ("published_at", "2099-01-01T09:00")];
    assert_eq!(browser.fill("/admin/announcements/1", &changed).await.status, 303);
    assert!(!site.browser().get("/").await.body.contains("Cake"), "not published yet");

    let confirmation = browser.get("/admin/bin/announcements/1").await.body;
    assert!(confirmation.contains("Delete the announcement “Cake”?"), "{confirmation}");
    let deleted = browser.fill("/admin/bin/announcements/1", &[]).await;
    assert_eq!(deleted.location(), "/admin/announcements");
    let list = browser.get("/admin/announcements").await;
    assert!(
        list.body.contains("“Cake” was deleted.") && !list.body.contains("href=\"/admin/announcements/1\"")
    );
    let token = list.token();
    let back = browser.post("/admin/bin/announcements/1/restore", &[("csrf_token", &token)]).await;
    assert_eq!(back.status, 303);
    assert!(browser.get("/admin/announcements").await.body.contains("href=\"/admin/announcements/1\""));

    let log = browser.get("/admin/log").await.body;
    for line in
        ["restored the announcement “Cake”", "deleted the", "changed the", "created the announcement “Tea”"]
    {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[tokio::test]
async fn an_announcement_preview_saves_nothing() {
    let (site, mut browser) = with_grace().await;
    let form = browser.get("/admin/announcements/new").await;
    assert!(form.body.contains(r#"formaction="/admin/announcements/preview""#), "{}", form.body);
    let typed = [("csrf_token", &*form.token()), ("title", "Tea"), ("body", r"All \(\pi\) of it <b>")];
    let page = browser.post("/admin/announcements/preview", &typed).await;
    assert!(page.status == 200 && page.body.contains("This is a preview"), "{}", page.body);
    assert!(page.body.contains("Tea</h2>") && page.body.contains("of it &lt;b&gt;"), "{}", page.body);
    assert!(!site.browser().get("/").await.body.contains("Tea"));
    let mut adas = site.adas().await;
    let token = adas.token().await;
    let rejected =
        adas.post("/admin/announcements/preview", &[("csrf_token", &token), ("title", "Tea")]).await;
    assert_eq!(rejected.status, 403);
}

#[tokio::test]
async fn an_invalid_form_preserves_the_input() {
    let (_site, mut browser) = with_grace().await;
    let typed = [("title", " "), ("body", "Stays <i>"), ("published_at", "tomorrow")];
    let page = browser.fill("/admin/announcements/new", &typed).await;
    assert_eq!(page.status, 422);
    for part in ["This is empty.", "Write a day and an hour", "Stays &#60;i&#62;"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let typed = [("name", "Upton"), ("email_domain", "no domain")];
    assert_eq!(browser.fill("/admin/schools/new", &typed).await.status, 422);
    let typed = [("name", "Upton"), ("email_domain", "@upton.example")];
    assert_eq!(browser.fill("/admin/schools/new", &typed).await.status, 303);
    let again = browser.fill("/admin/schools/new", &typed).await;
    assert!(again.status == 422 && again.body.contains("There is a school with this name"), "{}", again.body);
    assert!(browser.get("/admin/schools").await.body.contains("@upton.example"));
}

#[tokio::test]
async fn unknown_admin_paths_are_404() {
    let (_site, mut browser) = with_grace().await;
    for path in [
        "/admin/announcements/1",
        "/admin/schools/7",
        "/admin/bin/schools/7",
        "/admin/bin/nothing/1",
        "/admin/bin/schools/x",
        "/admin/nothing",
    ] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let token = browser.token().await;
    for path in ["/admin/bin/schools/7", "/admin/bin/nothing/1", "/admin/schools/7"] {
        let fields = [("csrf_token", &*token), ("name", "Upton")];
        assert_eq!(browser.post(path, &fields).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn no_get_request_changes_anything() {
    let (site, mut browser) = with_grace().await;
    let typed = [("title", "Tea"), ("body", "Come."), ("published_at", "2026-01-01T09:00")];
    browser.fill("/admin/announcements/new", &typed).await;
    for path in ["/admin/bin/announcements/1", "/admin/bin/announcements/1/restore", "/admin/announcements/1"]
    {
        let page = browser.get(path).await;
        assert!([200, 405].contains(&page.status), "{path}: {}", page.status);
    }
    assert!(site.browser().get("/").await.body.contains("Tea"));
    let log = browser.get("/admin/log").await.body;
    assert_eq!(log.matches("<li><p>").count(), 1, "{log}");
    // A form of another site has no valid token.
    let other = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    assert_eq!(browser.post_with("/admin/bin/announcements/1", &other, &[]).await.status, 403);
}

#[tokio::test]
async fn a_pupils_name_is_escaped_everywhere() {
    let (site, mut browser) = with_grace().await;
    let name = "x');alert(1);('";
    let mut adas = site.adas().await;
    adas.fill("/profile/edit", &[("full_name", name), ("year", "")]).await;
    let ada = site.ada().await.unwrap();
    assert_eq!(ada.full_name.to_string(), name);
    let page = browser.get(&format!("/admin/bin/users/{}", ada.id)).await.body;
    assert!(page.contains("x&#39;);alert(1);(&#39;"), "{page}");
    assert!(!page.contains("onclick") && !page.contains("onsubmit"));
}
