//! The first admin.

use super::world::{ADA, PASSWORD, World};

const STRONG: &str = "forty-one quiet tangerines orbit Neptune";

#[tokio::test]
async fn the_link_of_the_first_start_makes_one_admin() {
    let world = World::new(&[]).await;
    let (link, other) = (world.app.links.issue_set_up(), world.app.links.issue_set_up());
    let mut browser = world.browser();
    let page = browser.fill(&link, &[("full_name", "Ada"), ("email", ADA), ("password", "password")]).await;
    assert_eq!(page.status, 422);
    assert!(page.header("cache-control").contains("no-store"), "{:?}", page.headers);
    let fields = [("full_name", "Ada"), ("email", ADA), ("password", STRONG)];
    let made = browser.fill(&link, &fields).await;
    assert_eq!((made.status, made.location()), (303, "/profile"), "{}", made.body);
    assert!(browser.get("/profile").await.body.contains("<dd>Admin</dd>"));
    assert!(world.ada().await.unwrap().is_admin());

    let mut eve = world.browser();
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
    assert_eq!(mathsoc::db::users::admins(&world.app.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_that_has_an_account_does_not_use_the_link_up() {
    let world = World::with_ada(&[]).await;
    let link = world.app.links.issue_set_up();
    let mut browser = world.browser();
    let page = browser.fill(&link, &[("full_name", "Ada"), ("email", ADA), ("password", STRONG)]).await;
    assert!(page.status == 422 && page.body.contains("id=\"email-error\""), "{}", page.body);
    let fields = [("full_name", "Ada"), ("email", "head@school.example"), ("password", STRONG)];
    assert_eq!(browser.fill(&link, &fields).await.location(), "/profile");
    assert!(!world.ada().await.unwrap().is_admin());
    assert_eq!(world.browser().log_in(ADA, PASSWORD).await.location(), "/", "Ada's account is as it was");
}
