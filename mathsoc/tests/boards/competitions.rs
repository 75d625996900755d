//! Competitions: access, opening times, and points.

use mathsoc::db::admin_log::Actor;
use mathsoc::db::competitions;
use mathsoc::domain::ids::CompetitionId;
use mathsoc::domain::person::Role;

use super::schools::{HOUR, challenge, competition, logged_in, now, pupil, run, school, solve};
use crate::support::browser::Browser;
use crate::support::site::TestSite;

/// Sends an answer by the form with another page's token, as a pupil who wants to be early could.
async fn answer(browser: &mut Browser, challenge: i64, answer_box: i64) -> u16 {
    let token = browser.token().await;
    let fields = [("box", &*answer_box.to_string()), ("answer", "1"), ("csrf_token", &token)];
    browser.post(&format!("/challenges/{challenge}/answers"), &fields).await.status
}

#[tokio::test]
async fn competitions_are_for_invited_schools_and_admins() {
    let site = TestSite::new(&[]).await;
    let ours = school(&site, "Hill & Dale").await;
    let other = school(&site, "Elsewhere").await;
    for (email, school) in
        [("ada@x.example", Some(ours)), ("eve@x.example", Some(other)), ("bob@x.example", None)]
    {
        pupil(&site, school, email).await;
    }
    site.member("head@x.example", Role::Admin).await;
    let id = competition(&site, -HOUR, HOUR + 30, &[ours]).await;
    let halves = challenge(&site).await;
    assert!(competitions::add_challenge(&site.app.db, &Actor::command_line(), id, halves).await.unwrap());
    let (page, one) = (format!("/competitions/{id}"), format!("/challenges/{halves}"));

    for (email, sees) in [
        ("ada@x.example", true),
        ("head@x.example", true),
        ("eve@x.example", false),
        ("bob@x.example", false),
    ] {
        let mut browser = logged_in(&site, email).await;
        let list = browser.get("/competitions").await.body;
        assert_eq!(list.contains("Spring sprint"), sees, "{email}: {list}");
        assert_eq!(browser.get("/challenges").await.body.contains("href=\"/competitions\""), sees, "{email}");
        for address in [&page, &one] {
            assert_eq!(browser.get(address).await.status, if sees { 200 } else { 404 }, "{email} {address}");
        }
        if !sees {
            let events = format!("/leaderboard/events?board=competition-{id}");
            assert_eq!(browser.get(&events).await.status, 404, "{email}");
            assert_eq!(answer(&mut browser, halves, halves).await, 404, "{email}");
        }
        assert!(
            !browser.get("/challenges").await.body.contains("Halves"),
            "competition challenges are not listed"
        );
        assert!(!browser.get("/").await.body.contains("Halves"));
        for none in
            ["/competitions/99", "/competitions/0", "/competitions/x", "/leaderboard?board=competition-1"]
        {
            assert_eq!(browser.get(none).await.status, 404, "{none}");
        }
    }
    let mut visitor = site.browser();
    assert_eq!(visitor.get("/competitions").await.location(), "/login?next=/competitions");
    assert_eq!(visitor.get(&page).await.location(), format!("/login?next={page}"));
    assert_eq!(visitor.get(&one).await.status, 404, "a 404 hides that it exists");
}

#[tokio::test]
async fn a_competition_hides_before_and_reveals_after() {
    let site = TestSite::new(&[]).await;
    let ours = school(&site, "Hill & Dale").await;
    pupil(&site, Some(ours), "ada@x.example").await;
    let id = competition(&site, 2 * HOUR + 30, 5 * HOUR, &[ours]).await;
    let halves = challenge(&site).await;
    assert!(competitions::add_challenge(&site.app.db, &Actor::command_line(), id, halves).await.unwrap());
    let (page, one) = (format!("/competitions/{id}"), format!("/challenges/{halves}"));
    let mut ada = logged_in(&site, "ada@x.example").await;

    let ahead = ada.get(&page).await;
    assert!(ahead.status == 200 && ahead.body.contains("Opens in 2 hours"), "{}", ahead.body);
    assert!(!ahead.body.contains("Halves") && !ahead.body.contains("<table"), "{}", ahead.body);
    assert_eq!((ada.get(&one).await.status, answer(&mut ada, halves, halves).await), (404, 404));

    run(&site, "UPDATE competitions SET opens_at = $1", &[now() - HOUR]).await;
    run(&site, "UPDATE challenges SET released_at = $1", &[now() + HOUR]).await;
    assert!(!ada.get(&page).await.body.contains("Halves"), "the challenge's own release time applies too");
    assert_eq!((ada.get(&one).await.status, answer(&mut ada, halves, halves).await), (404, 404));
    run(&site, "UPDATE challenges SET released_at = 1", &[]).await;
    let open = ada.get(&page).await.body;
    assert!(open.contains("Closes in") && open.contains("Halves"), "{open}");
    let form = ada.get(&one).await.body;
    assert!(form.contains("name=\"answer\"") && form.contains(&format!("href=\"{page}\"")), "{form}");

    assert!(competitions::lock(&site.app.db, &Actor::command_line(), id, now()).await.unwrap().is_some());
    let shown = ada.get(&one).await.body;
    assert!(shown.contains("The answer is") && !shown.contains("name=\"answer\""), "{shown}");
    assert_eq!(answer(&mut ada, halves, halves).await, 303);
    assert!(ada.get(&one).await.body.contains("This challenge is closed."), "the notice is shown");
    assert!(ada.get(&page).await.body.contains("Closed"));
}

#[tokio::test]
async fn competition_ids_and_challenge_ids_are_separate() {
    let site = TestSite::new(&[]).await;
    let ours = school(&site, "Hill & Dale").await;
    pupil(&site, Some(ours), "ada@x.example").await;
    let for_all = challenge(&site).await;
    let (id, other) =
        (competition(&site, -HOUR, HOUR, &[ours]).await, competition(&site, -HOUR, HOUR, &[]).await);
    let halves = challenge(&site).await;
    assert!(competitions::add_challenge(&site.app.db, &Actor::command_line(), id, halves).await.unwrap());
    assert_eq!((id, other, for_all, halves), (CompetitionId(1), CompetitionId(2), 1, 2));
    let mut ada = logged_in(&site, "ada@x.example").await;

    competitions::lock(&site.app.db, &Actor::command_line(), id, now()).await.unwrap();
    assert!(ada.get("/challenges/1").await.body.contains("name=\"answer\""), "challenge 1 takes answers");
    assert!(!ada.get("/challenges/2").await.body.contains("name=\"answer\""));
    assert_eq!(ada.get("/competitions/2").await.status, 404, "she may see challenge 2, not competition 2");
    assert_eq!(answer(&mut ada, 1, 2).await, 404, "the box belongs to another challenge");
    assert_eq!(answer(&mut ada, 2, 1).await, 404);
    assert_eq!(answer(&mut ada, 1, 1).await, 303);
}

#[tokio::test]
async fn competition_points_count_on_competition_boards_only() {
    let site = TestSite::new(&[]).await;
    let (ours, other) = (school(&site, "Hill & Dale").await, school(&site, "Elsewhere").await);
    let ada = pupil(&site, Some(ours), "ada@x.example").await;
    let eve = pupil(&site, Some(other), "eve@x.example").await;
    let id = competition(&site, -HOUR, HOUR, &[ours, other]).await;
    let halves = challenge(&site).await;
    assert!(competitions::add_challenge(&site.app.db, &Actor::command_line(), id, halves).await.unwrap());
    solve(&site, &eve, halves).await;
    let mut browser = logged_in(&site, "ada@x.example").await;
    let page = browser.get("/competitions/1").await.body;
    let own = "<tr aria-current=\"true\"><td>2</td><th scope=\"row\">ada <span class=\"here\">you</span></th><td>0</td>";
    assert!(page.contains(own), "pupils without points are last: {page}");
    solve(&site, &ada, halves).await;
    let page = browser.get("/competitions/1").await.body;
    let line = "<td>1</td><th scope=\"row\">eve <span class=\"school\">Elsewhere</span></th><td>3</td>";
    assert!(page.contains(line), "{page}");
    let line = "<tr aria-current=\"true\"><td>2</td><th scope=\"row\">Hill &#38; Dale <span class=\"here\">yours</span></th><td>1</td>";
    assert!(page.contains(line), "her own school is marked: {page}");
    assert!(page.contains(">Solved</span>"), "{page}");
    for board in ["/leaderboard", "/leaderboard?key_stage=KS4", "/leaderboard?board=class"] {
        assert!(browser.get(board).await.body.contains("Nobody has solved a challenge here yet."), "{board}");
    }
}

#[tokio::test]
async fn a_class_board_always_shows_ones_own_line() {
    let site = TestSite::new(&[]).await;
    let (ours, other) = (school(&site, "Hill & Dale").await, school(&site, "Elsewhere").await);
    let halves = challenge(&site).await;
    for n in 0..11 {
        let mate = pupil(&site, Some(ours), &format!("mate{n}@x.example")).await;
        solve(&site, &mate, halves).await;
    }
    let stranger = pupil(&site, Some(other), "stranger@x.example").await;
    solve(&site, &stranger, halves).await;
    pupil(&site, Some(ours), "ada@x.example").await;
    pupil(&site, None, "bob@x.example").await;
    let mut ada = logged_in(&site, "ada@x.example").await;
    let class = ada.get("/leaderboard?board=class").await.body;
    assert!(class.contains("Year 8 of Hill &#38; Dale") && !class.contains("stranger"), "{class}");
    assert!(class.contains("href=\"/leaderboard?board=class&#38;page=2\""), "{class}");
    let own = "<tr aria-current=\"true\"><td>12</td><th scope=\"row\">ada <span class=\"here\">you</span></th><td>0</td>";
    for page in ["/leaderboard?board=class", "/leaderboard?board=class&page=2"] {
        let page = ada.get(page).await.body;
        assert!(page.contains(own), "{page}");
    }
    assert_eq!(ada.get("/leaderboard?board=class&page=3").await.status, 404);
    assert!(ada.get("/leaderboard").await.body.contains("<td>13</td><th scope=\"row\">ada"));
    let mut bob = logged_in(&site, "bob@x.example").await;
    assert!(bob.get("/leaderboard?board=class").await.body.contains("Tell us your year"));
    assert_eq!(bob.get("/leaderboard/events?board=class").await.status, 404);
}
