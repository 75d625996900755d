//! Answering challenges, as a pupil's browser and a program do it: through the whole site.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[path = "support/folder.rs"]
mod folder;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use folder::Folder;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use mathsoc::config::{Config, Vars};
use mathsoc::db::Db;
use mathsoc::db::users::{self, NewUser};
use mathsoc::domain::person::Role;
use mathsoc::operate::demo;
use mathsoc::state::App;
use serde_json::{Value, json};
use tower::ServiceExt;

const PASSWORD: &str = "nine purple herons juggle";

/// A site with one challenge: its boxes 1 and 2 want 1/2 and x = 3.
struct World {
    app: App,
    site: Router,
    _folder: Folder,
}

impl World {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let own =
            [("APP_ENV", "testing"), ("WTF_CSRF_ENABLED", "true"), ("DATA_DIR", folder.to_str().unwrap())];
        let vars = Vars::new(own.iter().chain(settings).copied(), []);
        let app = App::open(Config::load(&vars).unwrap()).await.unwrap();
        let world = Self { site: mathsoc::app(app.clone()), app, _folder: folder };
        world
            .run(
                "INSERT INTO challenges (title, key_stage, summary, statement, released_at)
                VALUES ('Halves', 'KS4', 'Find it.', '<p>Find it.</p>', 1)",
            )
            .await;
        for insert in [
            "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 1, 'A half', '1/2')",
            "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 2, 'x =', 'x=3')",
        ] {
            world.run(insert).await;
        }
        world
    }

    async fn run(&self, sql: &'static str) {
        let Db::Sqlite(pool, _) = &self.app.db else { panic!("the tests' own database is a file") };
        sqlx::query(sql).execute(pool).await.unwrap();
    }

    fn visitor(&self) -> Visitor {
        Visitor { site: self.site.clone(), cookies: BTreeMap::new() }
    }

    /// Somebody who has an account, and has logged in with it.
    async fn pupil(&self, name: &str) -> Visitor {
        let email = format!("{}@school.example", name.to_lowercase());
        let new = NewUser {
            email: email.parse().unwrap(),
            full_name: name.parse().unwrap(),
            role: Role::Pupil,
            school_id: None,
            year: None,
            email_is_verified: true,
        };
        let hash = self.app.passwords.hash(PASSWORD.into()).await.unwrap();
        users::create(&self.app.db, &new, Some(&hash)).await.unwrap();
        let mut pupil = self.visitor();
        let fields = [("email", email.as_str()), ("password", PASSWORD)];
        let answer = pupil.send_form("/login", "/login", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"), "{}", answer.body);
        pupil
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Status, and the JSON of an error.
    fn problem(&self) -> (u16, Value) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        (self.status, serde_json::from_str(&self.body).unwrap())
    }
}

/// Somebody with a browser.
struct Visitor {
    site: Router,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    async fn send(&mut self, request: http::request::Builder, body: String) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("host", "localhost").header(COOKIE, cookies.join("; "));
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(palisade::Peer(([127, 0, 0, 1], 40_000).into()));
        let response = self.site.clone().oneshot(request).await.unwrap();
        for line in response.headers().get_all(SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    async fn token(&mut self, page: &str) -> String {
        let page = self.get(page).await.body;
        let (_, rest) = page.split_once("name=\"csrf_token\" value=\"").expect("a form on the page");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends the form that is on a page.
    async fn send_form(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(page).await;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("csrf_token", &token).extend_pairs(fields).finish();
        let request = Request::post(action).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    async fn answer(&mut self, answer_box: &str, given: &str) -> Answer {
        let fields = [("box", answer_box), ("answer", given)];
        self.send_form("/challenges/1", "/challenges/1/answers", &fields).await
    }

    /// Sends JSON as a program does, with the token of a page that this visitor may see.
    async fn submit(&mut self, page: &str, body: &str) -> Answer {
        let token = self.token(page).await;
        let request = Request::post("/api/submit").header(CONTENT_TYPE, "application/json");
        self.send(request.header("X-CSRFToken", token), body.to_owned()).await
    }
}

fn json_answer(challenge: i64, answer_box: i64, answer: &str) -> String {
    json!({ "challenge": challenge, "box": answer_box, "answer": answer }).to_string()
}

#[tokio::test]
async fn a_pupil_answers_by_the_form_and_sees_what_came_of_it() {
    let world = World::new(&[]).await;
    let mut ada = world.pupil("Ada").await;
    let wrong = ada.answer("1", "0.6").await;
    assert_eq!((wrong.status, wrong.header("location")), (303, "/challenges/1#box-1"));
    let page = ada.get("/challenges/1").await.body;
    for said in ["That is not right yet.", "Not right yet.", "<mn>0.6</mn>", "You have two tries left."] {
        assert!(page.contains(said), "{said} in {page}");
    }

    let unread = ada.answer("1", "(1\"<2").await;
    assert_eq!(unread.status, 422);
    assert!(unread.body.contains("value=\"(1&#34;&#60;2\"") && unread.body.contains("aria-invalid"));
    assert!(unread.body.contains("You have two tries left."), "it used up none: {}", unread.body);

    assert_eq!(ada.answer("1", "0.5").await.status, 303);
    let page = ada.get("/challenges/1").await.body;
    assert!(page.contains("That is right.") && page.contains("<b>Right.</b>"), "{page}");
    assert_eq!(page.matches("name=\"answer\"").count(), 1, "only the other box takes more");
    ada.answer("1", "0.5").await;
    assert!(ada.get("/challenges/1").await.body.contains("You have solved this already."));

    assert!(ada.get("/challenges").await.body.contains(">Tried</span>"));
    ada.answer("2", "3").await;
    assert!(ada.get("/challenges/1").await.body.contains("you are the first to solve this challenge"));
    assert!(ada.get("/challenges").await.body.contains(">Solved</span>"));
    for (answer_box, status) in [("3", 404), ("-1", 404), ("one", 404), ("", 404)] {
        let form = [("box", answer_box), ("answer", "1")];
        let answer = ada.send_form("/profile/edit", "/challenges/1/answers", &form).await;
        assert_eq!(answer.status, status, "{answer_box}");
    }
}

#[tokio::test]
async fn visitors_are_led_to_the_log_in_and_see_nobodys_answers() {
    let world = World::new(&[]).await;
    world.pupil("Ada").await.answer("1", "0.123456").await;
    let mut visitor = world.visitor();
    let page = visitor.get("/challenges/1").await.body;
    assert!(page.contains("href=\"/login?next=/challenges/1\"") && !page.contains("0.123456"), "{page}");
    let sent = [("box", "1"), ("answer", "1/2")];
    let refused = visitor.send_form("/login", "/challenges/1/answers", &sent).await;
    assert_eq!((refused.status, refused.header("location")), (303, "/login"));
    assert_eq!(visitor.get("/leaderboard").await.header("location"), "/login?next=/leaderboard");
    let mut eve = world.pupil("Eve").await;
    assert!(!eve.get("/challenges/1").await.body.contains("0.123456"));
}

#[tokio::test]
async fn a_program_is_answered_in_json_whatever_happens() {
    let world = World::new(&[("RATELIMIT_ENABLED", "false")]).await;
    let mut ada = world.pupil("Ada").await;
    let page = "/challenges/1";
    let said = ada.submit(page, &json_answer(1, 1, "-1/2")).await;
    assert_eq!((said.status, said.header("content-type")), (200, "application/json"), "{}", said.body);
    let said: Value = serde_json::from_str(&said.body).unwrap();
    assert_eq!(
        (&said["correct"], &said["hint"], &said["tries_left"]),
        (&json!(false), &json!("Check the sign."), &json!(2))
    );
    assert!(said["read_as"].as_str().unwrap().starts_with("<math>"), "{said}");
    assert_eq!(
        (&said["said"], &said["tries"]),
        (&json!("That is not right yet."), &json!("You have two tries left."))
    );
    let said = ada.submit(page, &json_answer(1, 1, "2/4")).await.body;
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["solved_box"], true);

    let (status, why) = ada.submit(page, &json_answer(1, 1, "2/4")).await.problem();
    assert_eq!((status, &why["detail"]), (409, &json!("You have solved this already.")));
    let (status, why) = ada.submit(page, &json_answer(1, 2, "x=+")).await.problem();
    assert!(status == 422 && why["at"].is_u64() && why["detail"].is_string(), "{status} {why}");
    for body in ["", "{", "[]", "{\"challenge\": 1}", "{\"challenge\": \"1\", \"box\": 1, \"answer\": \"1\"}"]
    {
        assert_eq!(ada.submit(page, body).await.problem().0, 422, "{body}");
    }
    assert_eq!(ada.submit(page, &json_answer(9, 1, "1")).await.problem().0, 404);
    assert_eq!(world.visitor().submit("/login", &json_answer(1, 1, "1")).await.problem().0, 401);
    let request = Request::post("/api/submit").header(CONTENT_TYPE, "application/json");
    assert_eq!(ada.send(request, json_answer(1, 2, "3")).await.problem().0, 403, "without a token");
    let browser =
        Request::post("/api/submit").header(CONTENT_TYPE, "application/json").header("accept", "text/html");
    let browser = ada.send(browser, json_answer(1, 2, "3")).await;
    assert_eq!((browser.status, browser.header("content-type")), (403, "text/html; charset=utf-8"));
}

/// `browser/answering.mjs` types these, and looks at what the field makes of them.
#[test]
fn what_the_math_field_writes_is_read_as_it_was_typed() {
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
async fn whatever_was_answered_can_be_shown_again() {
    let world = World::new(&[("RATELIMIT_ENABLED", "false")]).await;
    let mut ada = world.pupil("Ada").await;
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
        world.run("DELETE FROM submissions").await;
        let (by_form, program) =
            (ada.answer("1", given).await, ada.submit("/challenges/1", &json_answer(1, 1, given)).await);
        assert!(by_form.status < 500 && program.status < 500, "{given}: {}", by_form.status);
        let page = ada.get("/challenges/1").await;
        assert_eq!(page.status, 200, "{given}");
        assert!(!page.body.contains("<img src=x") && !page.body.contains("</p><script>"), "{}", page.body);
    }
}

#[tokio::test]
async fn only_a_page_with_a_box_to_answer_has_the_math_field_and_what_it_needs() {
    let world = World::new(&[]).await;
    let mut ada = world.pupil("Ada").await;
    let script = mathsoc::web::assets::url("dist/answers.js");
    let policy = |answer: &Answer| answer.header("content-security-policy").to_owned();
    let (attributes, default) = ("; style-src-attr 'unsafe-inline'", "; trusted-types default");

    let open = ada.get("/challenges/1").await;
    let unread = ada.answer("1", "(").await;
    for page in [&open, &unread] {
        let found = script.is_some_and(|script| page.body.contains(script));
        assert_eq!(found, script.is_some(), "{}", page.body);
        let policy = policy(page);
        assert_eq!((policy.contains(attributes), policy.contains(default)), (found, found), "{policy}");
        assert!(policy.contains("; require-trusted-types-for 'script'"), "{policy}");
        let scripts = policy.split("; ").find(|it| it.starts_with("script-src")).unwrap();
        assert!(!scripts.contains("unsafe"), "{scripts}");
    }
    let visitor = world.visitor().get("/challenges/1").await;
    ada.answer("1", "1/2").await;
    ada.answer("2", "3").await;
    for page in
        [visitor, ada.get("/challenges/1").await, ada.get("/challenges").await, ada.get("/nowhere").await]
    {
        let policy = policy(&page);
        assert!(!page.body.contains("dist/answers") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("; require-trusted-types-for 'script'; trusted-types 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn ten_answers_a_minute_are_taken_of_each_account_by_form_and_program_together() {
    let world = World::new(&[("RATELIMIT_ENABLED", "true"), ("RATELIMIT_DEFAULT_USER", "1000/hour")]).await;
    let (mut ada, mut eve) = (world.pupil("Ada").await, world.pupil("Eve").await);
    for n in 0..5 {
        assert_eq!(ada.answer("1", "(").await.status, 422, "{n}");
        assert_eq!(ada.submit("/challenges/1", &json_answer(1, 1, "(")).await.status, 422, "{n}");
    }
    let (status, _) = ada.submit("/challenges/1", &json_answer(1, 1, "1/2")).await.problem();
    let by_form = ada.answer("1", "1/2").await;
    assert_eq!((status, by_form.status), (429, 429));
    assert!(by_form.headers.contains_key("retry-after"));
    assert_eq!(eve.answer("1", "1/2").await.status, 303, "she has her own ten, behind the same address");
    assert_eq!(ada.get("/challenges/1").await.status, 200, "to read is another matter");
}

#[tokio::test]
async fn before_its_release_a_challenge_is_nowhere_and_after_its_lock_it_shows_its_answers() {
    let world = World::new(&[]).await;
    let mut ada = world.pupil("Ada").await;
    world.run("UPDATE challenges SET released_at = 99999999999").await;
    assert_eq!(ada.get("/challenges/1").await.status, 404);
    assert!(!ada.get("/challenges").await.body.contains("Halves"));
    let fields = [("box", "1"), ("answer", "1/2")];
    assert_eq!(ada.send_form("/profile/edit", "/challenges/1/answers", &fields).await.status, 404);
    assert_eq!(ada.submit("/profile/edit", &json_answer(1, 1, "1/2")).await.problem().0, 404);

    world.run("UPDATE challenges SET released_at = 1, locked_at = 99999999999").await;
    assert!(!ada.get("/challenges/1").await.body.contains("The answer is"));
    world.run("UPDATE challenges SET locked_at = 2").await;
    let page = ada.get("/challenges/1").await.body;
    assert!(page.contains("The answer is <math>") && page.contains("is closed"), "{page}");
    assert!(!page.contains("name=\"answer\""), "{page}");
    assert_eq!(ada.submit("/challenges/1", &json_answer(1, 1, "1/2")).await.problem().0, 409);
}

#[tokio::test]
async fn the_leaderboard_shows_ranks_and_names_and_marks_ones_own() {
    let world = World::new(&[]).await;
    let (mut ada, mut eve) = (world.pupil("Ada").await, world.pupil("Eve").await);
    assert!(ada.get("/leaderboard").await.body.contains("Nobody has solved a challenge here yet."));
    for pupil in [&mut eve, &mut ada] {
        pupil.answer("1", "1/2").await;
        pupil.answer("2", "3").await;
    }
    let page = ada.get("/leaderboard").await.body;
    let (eves, adas) = (page.find(">Eve").unwrap(), page.rfind(">Ada").unwrap());
    assert!(eves < adas, "the first has more: {page}");
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
async fn every_box_of_the_demo_can_be_answered_with_its_answer() {
    let world = World::new(&[]).await;
    world.run("DELETE FROM challenges").await;
    demo::load(&world.app.db).await.unwrap();
    let Db::Sqlite(pool, _) = &world.app.db else { panic!("the tests' own database is a file") };
    let boxes: Vec<(String, String)> =
        sqlx::query_as("SELECT answer, rules FROM answer_boxes").fetch_all(pool).await.unwrap();
    assert!(boxes.len() > 20);
    for (answer, rules) in boxes {
        let verdict = answers::compare(&answer, &answer, &rules.parse().unwrap());
        assert!(verdict.is_equal() && answers::to_mathml(&answer).is_ok(), "{answer}: {verdict:?}");
    }
}
