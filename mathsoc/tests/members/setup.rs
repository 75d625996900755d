//! The setup link of the first admin.

use crate::support::site::{ADA, PASSWORD, TestSite};

const STRONG: &str = "forty-one quiet tangerines orbit Neptune";

#[tokio::test]
async fn the_setup_link_makes_one_admin() {
    let site = TestSite::new(&[]).await;
    let (link, other) = (site.app.links.issue_set_up(), site.app.links.issue_set_up());
    let mut browser = site.browser();
    let page = browser.fill(&link, &[("full_name", "Ada"), ("email", ADA), ("password", "password")]).await;
    assert_eq!(page.status, 422);
    assert!(page.header("cache-control").contains("no-store"), "{:?}", page.headers);
    let fields = [("full_name", "Ada"), ("email", ADA), ("password", STRONG)];
    let made = browser.fill(&link, &fields).await;
    assert_eq!((made.status, made.location()), (303, "/profile"), "{}", made.body);
    assert!(browser.get("/profile").await.body.contains("<dd>Admin</dd>"));
    assert!(site.ada().await.unwrap().is_admin());

    let mut eve = site.browser();
    let token = eve.token().await;
    for (link, reason) in [(&link, "has been used"), (&other, "has changed since")] {
        assert!(eve.get(link).await.body.contains(reason), "{reason}");
        let fields = [
            ("full_name", "Eve"),
            ("email", "eve@school.example"),
            ("password", STRONG),
            ("csrf_token", &token),
        ];
        assert!(eve.post(link, &fields).await.body.contains(reason), "{reason}");
    }
    assert!(!eve.is_in().await);
    assert_eq!(mathsoc::db::users::admins(&site.app.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_taken_address_keeps_the_link_usable() {
    let site = TestSite::with_ada(&[]).await;
    let link = site.app.links.issue_set_up();
    let mut browser = site.browser();
    let page = browser.fill(&link, &[("full_name", "Ada"), ("email", ADA), ("password", STRONG)]).await;
    assert!(page.status == 422 && page.body.contains("id=\"email-error\""), "{}", page.body);
    let fields = [("full_name", "Ada"), ("email", "head@school.example"), ("password", STRONG)];
    assert_eq!(browser.fill(&link, &fields).await.location(), "/profile");
    assert!(!site.ada().await.unwrap().is_admin());
    assert_eq!(site.browser().log_in(ADA, PASSWORD).await.location(), "/", "Ada's account is unchanged");
}
