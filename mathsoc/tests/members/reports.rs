//! What browsers report: taken without a token, limited, kept in groups, and explained to admins.

use http::{Request, Response};
use mathsoc::db::reports;
use mathsoc::person::Role;
use palisade::Peer;
use palisade::report::{Group, Kind};
use tower::ServiceExt;

use super::world::{PASSWORD, World};

fn report(page: &str, blocked: &str) -> String {
    serde_json::json!({"csp-report": {"document-uri": format!("http://localhost{page}"), "blocked-uri": blocked,
        "effective-directive": "img-src", "disposition": "enforce"}})
    .to_string()
}

async fn send(world: &World, content_type: &str, body: String) -> Response<axum::body::Body> {
    let request =
        Request::post("/csp-report").header("host", "localhost").header("content-type", content_type);
    let mut request = request.body(axum::body::Body::from(body)).unwrap();
    request.extensions_mut().insert(Peer(([127, 0, 0, 1], 40_000).into()));
    mathsoc::app(world.app.clone()).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_report_becomes_a_group_that_an_admin_reads() {
    let world = World::new(&[("ADMIN_TOTP_REQUIRED", "false")]).await;
    world.member("grace@school.example", Role::Admin).await;
    let nobody = world.browser().get("/admin/reports").await;
    assert_eq!(nobody.status, 303, "it is for admins");
    let mut browser = world.browser();
    browser.log_in("grace@school.example", PASSWORD).await;
    assert!(browser.get("/admin/reports").await.body.contains("Nothing was reported."));
    for _ in 0..2 {
        let answer =
            send(&world, "application/csp-report", report("/about?from=7", "https://cdn.example/<b>.png"))
                .await;
        assert_eq!(answer.status(), 204);
        assert!(!answer.headers().contains_key("set-cookie"));
    }
    let page = browser.get("/admin/reports").await;
    assert_eq!(page.status, 200);
    for part in [
        "Browsers stopped an image from https://cdn.example on the page /about.",
        "2 reports, on ",
        "img-src &#39;self&#39; https://cdn.example",
        "has nothing to say against it",
        "<code>img-src https://cdn.example</code> to <code>CSP_EXTRA</code>",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("from=7"));
}

#[tokio::test]
async fn what_is_sent_is_bounded_by_type_size_and_number() {
    let world = World::new(&[("RATELIMIT_ENABLED", "true")]).await;
    assert_eq!(send(&world, "application/json", report("/", "inline")).await.status(), 415);
    assert_eq!(send(&world, "application/csp-report", " ".repeat(70_000)).await.status(), 413);
    for sent in 2..60 {
        assert_eq!(
            send(&world, "application/csp-report", report("/", "inline")).await.status(),
            204,
            "{sent}"
        );
    }
    assert_eq!(send(&world, "application/csp-report", report("/", "inline")).await.status(), 429);
    assert_eq!(reports::most(&world.app.db).await.unwrap()[0].count, 58);
}

#[tokio::test]
async fn groups_are_added_up_and_there_are_a_thousand_of_them_at_most() {
    let world = World::new(&[]).await;
    let db = &world.app.db;
    let group = |page: &str, count: u64, at: u64| {
        let mut group = Group::new(Kind::Csp, "img-src", "https://cdn.example", page);
        (group.count, group.first_seen, group.last_seen) = (count, at * 1_000_000, at * 1_000_000);
        group
    };
    let many: Vec<_> = (0..1_001).map(|page| group(&format!("/{page}"), 1, 7_200)).collect();
    reports::add(db, &many).await.unwrap();
    let mut again = group("/999", 4, 10_800);
    again.place = Some("/static/site.js, line 3".to_owned());
    reports::add(db, &[again, group("/new", 9, 10_800)]).await.unwrap();
    let kept = reports::most(db).await.unwrap();
    assert_eq!((kept.len(), &*kept[0].page, kept[0].count), (100, "/999", 5), "and /new is one too many");
    assert_eq!((kept[0].first_seen, kept[0].last_seen), (7_200_000_000, 10_800_000_000));
    assert_eq!(kept[0].place.as_deref(), Some("/static/site.js, line 3"));
    let hours = reports::hours(db, 0).await.unwrap();
    let hours: Vec<_> = hours.iter().map(|hour| (hour.since, hour.stopped, hour.reported)).collect();
    assert_eq!(hours, [(7_200, 1_001, 1_001), (10_800, 13, 13)]);
    mathsoc::db::tidy(db).await.unwrap();
    assert!(reports::most(db).await.unwrap().is_empty() && reports::hours(db, 0).await.unwrap().is_empty());
}
