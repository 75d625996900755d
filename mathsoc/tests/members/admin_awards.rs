//! Points that admins give, and the pages that show them.

use mathsoc::db::competitions::{self, Details};
use mathsoc::db::schools;
use mathsoc::db::users::{self, User};
use mathsoc::domain::person::{Role, Year};
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::site::{ADA, PASSWORD, TestSite};

const GRACE: &str = "grace@school.example";

/// Returns a site with Ada, a pupil of year 8, and a browser of the admin Grace.
async fn with_grace() -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[("ADMIN_TOTP_REQUIRED", "false")]).await;
    let User { id, full_name, .. } = site.ada().await.unwrap();
    users::set_profile(&site.app.db, id, &full_name, None, Some(Year::new(8).unwrap())).await.unwrap();
    site.member(GRACE, Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in(GRACE, PASSWORD).await.location(), "/");
    (site, browser)
}

async fn give(grace: &mut Browser, pupil: &str, points: &str, counts: &str) -> crate::support::browser::Page {
    let typed = [("pupil", pupil), ("points", points), ("reason", "A <b>poster</b>"), ("counts", counts)];
    grace.fill("/admin/awards/new", &typed).await
}

#[tokio::test]
async fn every_change_of_points_updates_the_board() {
    let (site, mut grace) = with_grace().await;
    let mut ada = site.adas().await;
    let line = |points: &str| format!("</span></th><td>{points}</td><td>0</td>");
    // The admin Grace has the same name, but is not a pupil.
    let given = give(&mut grace, "ada  LOVELACE", "+5", "").await;
    assert_eq!((given.status, given.location()), (303, "/admin/awards"), "{}", given.body);
    let list = grace.get("/admin/awards").await.body;
    for part in ["Ada Lovelace has +5 for “A &lt;b&gt;poster", "Ada Lovelace, +5</a>", "KS3 · "] {
        assert!(
            list.contains(part) || list.contains(&part.replace("&lt;", "&#60;").replace("&gt;", "&#62;")),
            "{part}: {list}"
        );
    }
    for board in ["/leaderboard", "/leaderboard?key_stage=KS3"] {
        assert!(ada.get(board).await.body.contains(&line("5")), "{board}: her own key stage");
    }
    assert!(!ada.get("/leaderboard?key_stage=KS4").await.body.contains(&line("5")));
    assert!(ada.get("/profile").await.body.contains("<b>5 points</b>"));
    let history = ada.get("/profile/history").await.body;
    assert!(history.contains("<b>+5</b> A &#60;b&#62;poster"), "{history}");
    let mine: Value = serde_json::from_str(&ada.get("/profile/export").await.body).unwrap();
    let award = &mine["points_by_hand"][0];
    assert_eq!(
        (&award["points"], &award["for"], &award["reason"]),
        (&5.into(), &"KS3".into(), &"A <b>poster</b>".into())
    );
    assert_eq!(mine["points"]["all"]["points"], 5);

    let changed = grace.fill("/admin/awards/1", &[("points", "2"), ("reason", "Two posters")]).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    assert!(ada.get("/leaderboard").await.body.contains(&line("2")));
    let confirmation = grace.get("/admin/bin/awards/1").await.body;
    assert!(confirmation.contains("Delete the award “Ada Lovelace, +2: Two posters”?"), "{confirmation}");
    assert_eq!(grace.fill("/admin/bin/awards/1", &[]).await.location(), "/admin/awards");
    assert!(!ada.get("/leaderboard").await.body.contains(&line("2")), "the points are gone immediately");
    assert!(!ada.get("/profile/history").await.body.contains("Two posters"));
    let list = grace.get("/admin/awards").await;
    assert!(list.body.contains("“Ada Lovelace, +2: Two posters” was deleted."), "{}", list.body);
    let back = grace.post("/admin/bin/awards/1/restore", &[("csrf_token", &list.token())]).await;
    assert_eq!(back.status, 303);
    assert!(ada.get("/leaderboard").await.body.contains(&line("2")));

    let log = grace.get("/admin/log").await.body;
    for expected in [
        "restored the award “Ada Lovelace, +2: Two posters”",
        "deleted the award",
        "changed the award “Ada Lovelace, +2: Two posters” (1): +5 before",
        "created the award “Ada Lovelace, +5: ",
    ] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    let file = grace.get("/admin/export/leaderboard.csv").await.body;
    assert!(file.contains(r#""1","1","Ada Lovelace","","8","2","0""#), "{file}");
}

#[tokio::test]
async fn an_ambiguous_pupil_name_is_rejected_with_advice() {
    let (site, mut grace) = with_grace().await;
    for (typed, expected) in [
        ("", "Write the pupil’s e-mail address or name."),
        ("nobody@school.example", "No pupil has this address or name.<"),
        ("Ada", "No pupil has this address or name. Did you mean Ada Lovelace (ada@school.example)?"),
        (GRACE, "This is an admin, who is on no leaderboard."),
    ] {
        let page = give(&mut grace, typed, "1", "KS4").await;
        assert!(page.status == 422 && page.body.contains(expected), "{typed}: {}", page.body);
    }
    site.member("king@school.example", Role::Pupil).await;
    let page = give(&mut grace, "Ada Lovelace", "1", "KS4").await;
    let several = "Several pupils have this name: Ada Lovelace (ada@school.example), Ada Lovelace (king@school.example).";
    assert!(page.status == 422 && page.body.contains(several), "{}", page.body);
    assert_eq!(give(&mut grace, " ADA@school.example ", "1", "KS4").await.status, 303);
    let page = give(&mut grace, "king@school.example", "1", "").await;
    assert!(page.status == 422 && page.body.contains("This pupil is in no year."), "{}", page.body);
    assert!(page.body.contains("value=\"king@school.example\""), "the input is preserved");
    assert_eq!(grace.get("/admin/awards?q=king").await.body.matches("/admin/bin/awards/").count(), 0);
    assert_eq!(grace.get("/admin/awards?q=ADA%40").await.body.matches("/admin/bin/awards/").count(), 1);
}

#[tokio::test]
async fn an_invalid_award_changes_nothing() {
    let (site, mut grace) = with_grace().await;
    for (points, reason, counts, expected) in [
        ("0", "Why", "KS4", "This changes nothing."),
        ("many", "Why", "KS4", "Write a whole number"),
        ("1001", "Why", "KS4", "more than 1000 points"),
        ("1", " ", "KS4", "This is empty."),
        ("1", "Why", "all", "There is no such board."),
        ("1", "Why", "competition-7", "There is no such board."),
    ] {
        let typed = [("pupil", ADA), ("points", points), ("reason", reason), ("counts", counts)];
        let page = grace.fill("/admin/awards/new", &typed).await;
        assert!(page.status == 422 && page.body.contains(expected), "{expected}: {}", page.body);
    }
    assert!(grace.get("/admin/awards").await.body.contains("There is nothing here yet."));
    give(&mut grace, ADA, "1", "").await;
    let page = grace.fill("/admin/awards/1", &[("points", "-"), ("reason", "")]).await;
    assert!(page.status == 422 && page.body.contains("This is empty."), "{}", page.body);
    let mut ada = site.adas().await;
    let token = ada.token().await;
    for path in ["/admin/awards/new", "/admin/awards/1", "/admin/bin/awards/1"] {
        let fields = [("csrf_token", &*token), ("pupil", ADA), ("points", "9"), ("reason", "Mine")];
        assert_eq!(ada.post(path, &fields).await.status, 403, "{path}");
        assert_eq!(ada.get(path).await.status, 403, "{path}");
    }
    let token = grace.token().await;
    for path in ["/admin/awards/9", "/admin/bin/awards/9"] {
        let fields = [("csrf_token", &*token), ("points", "9"), ("reason", "None")];
        assert_eq!(grace.post(path, &fields).await.status, 404, "{path}");
        assert_eq!(grace.get(path).await.status, 404, "{path}");
    }
    assert!(ada.get("/leaderboard").await.body.contains("</span></th><td>1</td><td>0</td>"));
}

#[tokio::test]
async fn a_profile_links_to_giving_and_given_points() {
    let (site, mut grace) = with_grace().await;
    let id = site.ada().await.unwrap().id;
    let page = grace.get(&format!("/admin/users/{id}")).await.body;
    assert!(
        page.contains("href=\"/admin/awards/new?to=ada%40school.example\"") && !page.contains("<dt>Awards"),
        "{page}"
    );
    let form = grace.get("/admin/awards/new?to=ada%40school.example").await.body;
    assert!(form.contains("name=\"pupil\" value=\"ada@school.example\""), "{form}");
    give(&mut grace, ADA, "-1", "KS5").await;
    let page = grace.get(&format!("/admin/users/{id}")).await.body;
    assert!(
        page.contains("<dt>Awards</dt><dd><a href=\"/admin/awards?q=ada%40school.example\">1</a>"),
        "{page}"
    );
    let found = grace.get("/admin/awards?q=ada%40school.example").await.body;
    assert!(found.contains("Ada Lovelace, −1</a>") && found.contains("KS5 · "), "{found}");
    let grace_herself = users::by_email(&site.app.db, &GRACE.parse().unwrap()).await.unwrap().unwrap().id;
    assert!(!grace.get(&format!("/admin/users/{grace_herself}")).await.body.contains("/admin/awards/new"));
    let mut ada = site.adas().await;
    assert!(ada.get("/leaderboard").await.body.contains("Nobody has solved a challenge here yet."));
    assert!(
        ada.get("/profile/history").await.body.contains("<b>−1</b>"),
        "pupils see negative points with their reason"
    );
}

#[tokio::test]
async fn competition_points_need_an_invited_pupil() {
    let (site, mut grace) = with_grace().await;
    let by = mathsoc::db::admin_log::Actor::command_line();
    let details =
        Details { title: "Sprint".into(), summary: "Quick!".into(), opens_at: 1, closes_at: i64::MAX };
    let sprint = competitions::create(&site.app.db, &by, &details).await.unwrap();
    let page = give(&mut grace, ADA, "4", "competition-1").await;
    assert!(page.status == 422 && page.body.contains("Their school is not invited"), "{}", page.body);
    grace.fill("/admin/schools/new", &[("name", "Upton"), ("email_domain", "")]).await;
    let school = schools::all(&site.app.db).await.unwrap()[0].id;
    let User { id, full_name, year, .. } = site.ada().await.unwrap();
    users::set_profile(&site.app.db, id, &full_name, Some(school), year).await.unwrap();
    competitions::invite(&site.app.db, &by, sprint, school).await.unwrap();
    assert_eq!(give(&mut grace, ADA, "4", "competition-1").await.status, 303);
    assert!(grace.get("/admin/awards").await.body.contains("Sprint · "));
    let mut ada = site.adas().await;
    let board = ada.get("/competitions/1").await.body;
    assert_eq!(board.matches("<td>4</td><td>0</td>").count(), 2, "her line and her school's: {board}");
    assert!(ada.get("/profile/history").await.body.contains("for Sprint"));
    assert!(ada.get("/leaderboard").await.body.contains("Nobody has solved a challenge here yet."));
}

#[tokio::test]
async fn points_change_only_by_post_with_a_token() {
    let (site, mut grace) = with_grace().await;
    give(&mut grace, ADA, "3", "").await;
    for path in
        ["/admin/awards/1?points=9&reason=Link", "/admin/bin/awards/1", "/admin/awards/new?to=eve&points=9"]
    {
        assert_eq!(grace.get(path).await.status, 200, "{path} changes nothing");
    }
    assert_eq!(grace.get("/admin/bin/awards/1/restore").await.status, 405);
    for path in ["/admin/awards/new", "/admin/awards/1", "/admin/bin/awards/1", "/admin/bin/awards/1/restore"]
    {
        let fields = [("pupil", ADA), ("points", "9"), ("reason", "None"), ("counts", "KS3")];
        assert_eq!(grace.post(path, &fields).await.status, 403, "{path} needs a token");
    }
    let mut ada = site.adas().await;
    assert!(ada.get("/leaderboard").await.body.contains("</span></th><td>3</td><td>0</td>"));
}
