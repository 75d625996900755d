//! Answering challenges through the whole site: the form of pupils, and the JSON API.

use mathsoc::db::Db;
use mathsoc::domain::person::Role;
use mathsoc::operate::demo;
use serde_json::{Value, json};

use crate::support::assets_are_built;
use crate::support::browser::{Browser, Page};
use crate::support::site::{PASSWORD, TestSite};

/// A site with one challenge: the answer to box 1 is 1/2, the answer to box 2 is x = 3.
async fn site_with_a_challenge(settings: &[(&str, &str)]) -> TestSite {
    let site = TestSite::new(settings).await;
    run(
        &site,
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at)
            VALUES ('Halves', 'KS4', 'Find it.', '<p>Find it.</p>', 1)",
    )
    .await;
    for insert in [
        "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 1, 'A half', '1/2')",
        "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 2, 'x =', 'x=3')",
    ] {
        run(&site, insert).await;
    }
    site
}

async fn run(site: &TestSite, sql: &'static str) {
    let Db::Sqlite(pool, _) = &site.app.db else { panic!("tests use SQLite") };
    sqlx::query(sql).execute(pool).await.unwrap();
}

/// Returns a browser in which a pupil with this name is logged in.
async fn pupil(site: &TestSite, name: &str) -> Browser {
    let email = format!("{}@school.example", name.to_lowercase());
    site.member_named(name, &email, Role::Pupil).await;
    let mut pupil = site.browser();
    let page = pupil.log_in(&email, PASSWORD).await;
    assert_eq!((page.status, page.location()), (303, "/"), "{}", page.body);
    pupil
}

/// Sends these fields with the page's CSRF token.
async fn send_form(browser: &mut Browser, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
    let token = browser.get(page).await.token();
    browser.post(action, &[fields, &[("csrf_token", &token)]].concat()).await
}

async fn answer(browser: &mut Browser, answer_box: &str, given: &str) -> Page {
    let fields = [("box", answer_box), ("answer", given)];
    send_form(browser, "/challenges/1", "/challenges/1/answers", &fields).await
}

/// Sends JSON with the page's CSRF token.
async fn submit(browser: &mut Browser, page: &str, body: &str) -> Page {
    let token = browser.get(page).await.token();
    submit_with(browser, &[("x-csrftoken", &token)], body).await
}

async fn submit_with(browser: &mut Browser, headers: &[(&str, &str)], body: &str) -> Page {
    let headers = [&[("content-type", "application/json"), ("accept", "*/*")], headers].concat();
    browser.send("POST", "/api/submit", &headers, body.into()).await
}

/// Returns the status and the JSON of an error.
fn problem(reply: &Page) -> (u16, Value) {
    assert_eq!(reply.header("content-type"), "application/problem+json", "{}", reply.body);
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

fn json_answer(challenge: i64, answer_box: i64, answer: &str) -> String {
    json!({ "challenge": challenge, "box": answer_box, "answer": answer }).to_string()
}

#[tokio::test]
async fn a_pupil_answers_by_form_and_sees_feedback() {
    let site = site_with_a_challenge(&[]).await;
    let mut ada = pupil(&site, "Ada").await;
    let wrong = answer(&mut ada, "1", "0.6").await;
    assert_eq!((wrong.status, wrong.header("location")), (303, "/challenges/1#box-1"));
    let page = ada.get("/challenges/1").await.body;
    for text in ["That is not right yet.", "Not right yet.", "<mn>0.6</mn>", "You have two tries left."] {
        assert!(page.contains(text), "{text} in {page}");
    }

    let unread = answer(&mut ada, "1", "(1\"<2").await;
    assert_eq!(unread.status, 422);
    assert!(unread.body.contains("value=\"(1&#34;&#60;2\"") && unread.body.contains("aria-invalid"));
    assert!(unread.body.contains("You have two tries left."), "no try was counted: {}", unread.body);

    assert_eq!(answer(&mut ada, "1", "0.5").await.status, 303);
    let page = ada.get("/challenges/1").await.body;
    assert!(page.contains("That is right.") && page.contains("<b>Right.</b>"), "{page}");
    assert_eq!(page.matches("name=\"answer\"").count(), 1, "the solved box has no input");
    answer(&mut ada, "1", "0.5").await;
    assert!(ada.get("/challenges/1").await.body.contains("You have solved this already."));

    assert!(ada.get("/challenges").await.body.contains(">Tried</span>"));
    answer(&mut ada, "2", "3").await;
    assert!(ada.get("/challenges/1").await.body.contains("you are the first to solve this challenge"));
    assert!(ada.get("/challenges").await.body.contains(">Solved</span>"));
    for (answer_box, status) in [("3", 404), ("-1", 404), ("one", 404), ("", 404)] {
        let form = [("box", answer_box), ("answer", "1")];
        let answer = send_form(&mut ada, "/profile/edit", "/challenges/1/answers", &form).await;
        assert_eq!(answer.status, status, "{answer_box}");
    }
}

#[tokio::test]
async fn visitors_must_log_in_and_see_no_answers() {
    let site = site_with_a_challenge(&[]).await;
    answer(&mut pupil(&site, "Ada").await, "1", "0.123456").await;
    let mut visitor = site.browser();
    let page = visitor.get("/challenges/1").await.body;
    assert!(page.contains("href=\"/login?next=/challenges/1\"") && !page.contains("0.123456"), "{page}");
    let sent = [("box", "1"), ("answer", "1/2")];
    let rejected = send_form(&mut visitor, "/login", "/challenges/1/answers", &sent).await;
    assert_eq!((rejected.status, rejected.header("location")), (303, "/login"));
    assert_eq!(visitor.get("/leaderboard").await.header("location"), "/login?next=/leaderboard");
    let mut eve = pupil(&site, "Eve").await;
    assert!(!eve.get("/challenges/1").await.body.contains("0.123456"));
}

#[tokio::test]
async fn the_api_always_answers_in_json() {
    let site = site_with_a_challenge(&[("RATELIMIT_ENABLED", "false")]).await;
    let mut ada = pupil(&site, "Ada").await;
    let page = "/challenges/1";
    let reply = submit(&mut ada, page, &json_answer(1, 1, "-1/2")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"), "{}", reply.body);
    let result: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(
        (&result["correct"], &result["hint"], &result["tries_left"]),
        (&json!(false), &json!("Check the sign."), &json!(2))
    );
    assert!(result["read_as"].as_str().unwrap().starts_with("<math>"), "{result}");
    assert_eq!(
        (&result["said"], &result["tries"]),
        (&json!("That is not right yet."), &json!("You have two tries left."))
    );
    let body = submit(&mut ada, page, &json_answer(1, 1, "2/4")).await.body;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["solved_box"], true);

    let (status, why) = problem(&submit(&mut ada, page, &json_answer(1, 1, "2/4")).await);
    assert_eq!((status, &why["detail"]), (409, &json!("You have solved this already.")));
    let (status, why) = problem(&submit(&mut ada, page, &json_answer(1, 2, "x=+")).await);
    assert!(status == 422 && why["at"].is_u64() && why["detail"].is_string(), "{status} {why}");
    for body in ["", "{", "[]", "{\"challenge\": 1}", "{\"challenge\": \"1\", \"box\": 1, \"answer\": \"1\"}"]
    {
        assert_eq!(problem(&submit(&mut ada, page, body).await).0, 422, "{body}");
    }
    assert_eq!(problem(&submit(&mut ada, page, &json_answer(9, 1, "1")).await).0, 404);
    assert_eq!(problem(&submit(&mut site.browser(), "/login", &json_answer(1, 1, "1")).await).0, 401);
    let without_token = submit_with(&mut ada, &[], &json_answer(1, 2, "3")).await;
    assert_eq!(problem(&without_token).0, 403);
    let browser = submit_with(&mut ada, &[("accept", "text/html")], &json_answer(1, 2, "3")).await;
    assert_eq!((browser.status, browser.header("content-type")), (403, "text/html; charset=utf-8"));
}

/// `browser/answering.mjs` types the same texts into the field and checks what it writes.
#[test]
fn text_of_the_math_field_compares_as_typed() {
    for (typed, written) in [
        ("x=1 or x=3", r"x=1\;\mathrm{or}\;x=3"),
        ("no solution", r"\text{no solution}"),
        ("1/2 + x", r"\frac12+x"),
        ("2pi/3", r"\frac{2\pi}{3}"),
        ("x<=4", r"x\le4"),
        ("2-sqrt(3)", r"2-\sqrt3"),
    ] {
        let verdict = answers::compare(typed, written, &answers::AnswerRules::default());
        assert!(verdict.is_equal(), "{typed} as {written}: {verdict:?}");
    }
}

#[tokio::test]
async fn every_answer_can_be_shown_again() {
    let site = site_with_a_challenge(&[("RATELIMIT_ENABLED", "false")]).await;
    let mut ada = pupil(&site, "Ada").await;
    let (deep, roots) = (format!("{}1{}", "(".repeat(499), ")".repeat(499)), "sqrt(".repeat(60) + "2");
    let (towers, sums) = ("2^".repeat(60) + "1", "x+1/".repeat(240) + "7");
    for given in [
        deep.as_str(),
        &roots,
        &towers,
        &sums,
        "<img src=x onerror=alert(1)>",
        "\\text{</p><script>}",
        "\u{202e}1\u{feff}",
    ] {
        run(&site, "DELETE FROM submissions").await;
        let (by_form, program) = (
            answer(&mut ada, "1", given).await,
            submit(&mut ada, "/challenges/1", &json_answer(1, 1, given)).await,
        );
        assert!(by_form.status < 500 && program.status < 500, "{given}: {}", by_form.status);
        let page = ada.get("/challenges/1").await;
        assert_eq!(page.status, 200, "{given}");
        assert!(!page.body.contains("<img src=x") && !page.body.contains("</p><script>"), "{}", page.body);
    }
}

#[tokio::test]
async fn only_answerable_pages_load_the_math_field() {
    if !assets_are_built() {
        return;
    }
    let site = site_with_a_challenge(&[]).await;
    let mut ada = pupil(&site, "Ada").await;
    let script = mathsoc::web::assets::url("dist/answers.js").unwrap();
    let policy = |reply: &Page| reply.header("content-security-policy").to_owned();
    let (attributes, default) = ("; style-src-attr 'unsafe-inline'", "; trusted-types default");

    let open = ada.get("/challenges/1").await;
    let unread = answer(&mut ada, "1", "(").await;
    for page in [&open, &unread] {
        assert!(page.body.contains(script), "{}", page.body);
        let policy = policy(page);
        assert!(policy.contains(attributes) && policy.contains(default), "{policy}");
        assert!(policy.contains("; require-trusted-types-for 'script'"), "{policy}");
        let scripts = policy.split("; ").find(|it| it.starts_with("script-src")).unwrap();
        assert!(!scripts.contains("unsafe"), "{scripts}");
    }
    let visitor = site.browser().get("/challenges/1").await;
    answer(&mut ada, "1", "1/2").await;
    answer(&mut ada, "2", "3").await;
    for page in
        [visitor, ada.get("/challenges/1").await, ada.get("/challenges").await, ada.get("/nowhere").await]
    {
        let policy = policy(&page);
        assert!(!page.body.contains("dist/answers") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("; require-trusted-types-for 'script'; trusted-types 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn form_and_api_share_ten_answers_a_minute() {
    let site =
        site_with_a_challenge(&[("RATELIMIT_ENABLED", "true"), ("RATELIMIT_ANSWERS", "10/minute")]).await;
    let (mut ada, mut eve) = (pupil(&site, "Ada").await, pupil(&site, "Eve").await);
    for n in 0..5 {
        assert_eq!(answer(&mut ada, "1", "(").await.status, 422, "{n}");
        assert_eq!(submit(&mut ada, "/challenges/1", &json_answer(1, 1, "(")).await.status, 422, "{n}");
    }
    let (status, _) = problem(&submit(&mut ada, "/challenges/1", &json_answer(1, 1, "1/2")).await);
    let by_form = answer(&mut ada, "1", "1/2").await;
    assert_eq!((status, by_form.status), (429, 429));
    assert!(by_form.headers.contains_key("retry-after"));
    assert_eq!(answer(&mut eve, "1", "1/2").await.status, 303, "each member behind one address has ten");
    assert_eq!(ada.get("/challenges/1").await.status, 200, "reading is not counted");
}

#[tokio::test]
async fn challenges_hide_before_release_and_reveal_after_lock() {
    let site = site_with_a_challenge(&[]).await;
    let mut ada = pupil(&site, "Ada").await;
    run(&site, "UPDATE challenges SET released_at = 99999999999").await;
    assert_eq!(ada.get("/challenges/1").await.status, 404);
    assert!(!ada.get("/challenges").await.body.contains("Halves"));
    let fields = [("box", "1"), ("answer", "1/2")];
    assert_eq!(send_form(&mut ada, "/profile/edit", "/challenges/1/answers", &fields).await.status, 404);
    assert_eq!(problem(&submit(&mut ada, "/profile/edit", &json_answer(1, 1, "1/2")).await).0, 404);

    run(&site, "UPDATE challenges SET released_at = 1, locked_at = 99999999999").await;
    assert!(!ada.get("/challenges/1").await.body.contains("The answer is"));
    run(&site, "UPDATE challenges SET locked_at = 2").await;
    let page = ada.get("/challenges/1").await.body;
    assert!(page.contains("The answer is <math>") && page.contains("is closed"), "{page}");
    assert!(!page.contains("name=\"answer\""), "{page}");
    assert_eq!(problem(&submit(&mut ada, "/challenges/1", &json_answer(1, 1, "1/2")).await).0, 409);
}

#[tokio::test]
async fn the_leaderboard_shows_ranks_and_marks_ones_own() {
    let site = site_with_a_challenge(&[]).await;
    let (mut ada, mut eve) = (pupil(&site, "Ada").await, pupil(&site, "Eve").await);
    assert!(ada.get("/leaderboard").await.body.contains("Nobody has solved a challenge here yet."));
    for pupil in [&mut eve, &mut ada] {
        answer(pupil, "1", "1/2").await;
        answer(pupil, "2", "3").await;
    }
    let page = ada.get("/leaderboard").await.body;
    let (eves, adas) = (page.find(">Eve").unwrap(), page.rfind(">Ada").unwrap());
    assert!(eves < adas, "the first solver has more points: {page}");
    assert_eq!(page.matches("<tr aria-current=\"true\">").count(), 1, "{page}");
    assert!(page.contains("<tr aria-current=\"true\"><td>2</td>") && !page.contains("@school"), "{page}");
    assert!(
        ada.get("/leaderboard?key_stage=KS4")
            .await
            .body
            .contains("<td>1</td><th scope=\"row\">Eve</th><td>3</td>")
    );
    assert!(ada.get("/leaderboard?key_stage=KS3").await.body.contains("Nobody"));
    assert_eq!(ada.get("/leaderboard?page=2").await.status, 404);
}

#[tokio::test]
async fn every_demo_box_accepts_its_own_answer() {
    let site = site_with_a_challenge(&[]).await;
    run(&site, "DELETE FROM challenges").await;
    demo::load(&site.app.db).await.unwrap();
    let Db::Sqlite(pool, _) = &site.app.db else { panic!("tests use SQLite") };
    let boxes: Vec<(String, String)> =
        sqlx::query_as("SELECT answer, rules FROM answer_boxes").fetch_all(pool).await.unwrap();
    assert!(boxes.len() > 20);
    for (answer, rules) in boxes {
        let verdict = answers::compare(&answer, &answer, &rules.parse().unwrap());
        assert!(verdict.is_equal() && answers::to_mathml(&answer).is_ok(), "{answer}: {verdict:?}");
    }
}
