//! Setting challenges through the whole site, and the answer tester.

use mathsoc::domain::person::Role;
use serde_json::{Value, json};

use crate::support::browser::{Browser, ORIGIN, Page};
use crate::support::site::{PASSWORD, TestSite};

async fn with_grace() -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[("ADMIN_TOTP_REQUIRED", "false")]).await;
    site.member("grace@school.example", Role::Admin).await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("grace@school.example", PASSWORD).await.location(), "/");
    (site, browser)
}

const ROOTS: [(&str, &str); 9] = [
    ("title", "Roots"),
    ("key_stage", "KS5"),
    ("summary", r"Find \(x\)."),
    ("statement", r#"<p>Solve \(x^2 = 4\).<script>alert(1)</script></p>"#),
    ("released_at", "2026-01-01T09:00"),
    ("locked_at", ""),
    ("box-1-label", r"\(x =\)"),
    ("box-1-answer", "x=2, x=-2"),
    ("box-1-rules", ""),
];

async fn send_json(browser: &mut Browser, path: &str, body: &Value) -> Page {
    let token = browser.token().await;
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("origin", ORIGIN),
        ("content-type", "application/json"),
        ("x-csrftoken", &token),
    ];
    browser.send("POST", path, &headers, body.to_string().into_bytes()).await
}

#[tokio::test]
async fn a_challenge_can_be_set_closed_and_reopened() {
    let (site, mut grace) = with_grace().await;
    let saved = grace.fill("/admin/challenges/new", &ROOTS).await;
    assert_eq!((saved.status, saved.location()), (303, "/admin/challenges"), "{}", saved.body);
    let page = site.browser().get("/challenges/1").await.body;
    assert!(page.contains("<msup>") && !page.contains("alert(1)"), "{page}");

    let mut ada = site.adas().await;
    let token = ada.token().await;
    let answer = [("csrf_token", &*token), ("box", "1"), ("answer", "x = -2 or x = 2")];
    assert_eq!(ada.post("/challenges/1/answers", &answer).await.status, 303);
    assert!(ada.get("/challenges/1").await.body.contains("three points for you"));

    let list = grace.get("/admin/challenges").await.body;
    assert!(list.contains("Tried by 1, solved by 1") && list.contains("Open since 1 January 2026"), "{list}");
    let token = grace.token().await;
    assert_eq!(grace.post("/admin/challenges/1/lock", &[("csrf_token", &token)]).await.status, 303);
    assert!(site.browser().get("/challenges/1").await.body.contains("The answer is"));
    assert!(grace.get("/admin/challenges/1").await.body.contains("Open it again"));
    let asks = grace.post("/admin/challenges/1/unlock", &[("csrf_token", &token)]).await;
    assert!(asks.status == 200 && asks.body.contains("Its answers have been shown since"), "{}", asks.body);
    let sure = [("csrf_token", &*token), ("sure", "yes")];
    assert_eq!(grace.post("/admin/challenges/1/unlock", &sure).await.status, 303);
    assert!(!site.browser().get("/challenges/1").await.body.contains("The answer is"));

    let form = grace.get("/admin/challenges/1").await.body;
    assert!(
        form.contains("x=2, x=-2") && form.contains("&#60;script&#62;alert(1)"),
        "the input is preserved: {form}"
    );
    let mut gone = ROOTS.to_vec();
    gone[6].1 = "";
    gone[7].1 = "";
    let rejected = grace.fill("/admin/challenges/1", &gone).await;
    assert!(rejected.status == 422 && rejected.body.contains("Somebody has answered"), "{}", rejected.body);
    let mut next = ROOTS.to_vec();
    next[0].1 = "Square roots";
    assert_eq!(grace.fill("/admin/challenges/1", &next).await.status, 303);
    assert!(site.browser().get("/challenges").await.body.contains("Square roots"));
}

#[tokio::test]
async fn unreleased_challenges_are_visible_to_admins_only() {
    let (site, mut grace) = with_grace().await;
    let mut ahead = ROOTS.to_vec();
    ahead[4].1 = "2099-01-01T09:00";
    assert_eq!(grace.fill("/admin/challenges/new", &ahead).await.status, 303);
    assert!(grace.get("/admin/challenges").await.body.contains("Will be shown from 1 January 2099"));
    let mut ada = site.adas().await;
    assert_eq!(ada.get("/challenges/1").await.status, 404);
    assert_eq!(ada.get("/admin/challenges/1").await.status, 403);
    assert!(!ada.get("/challenges").await.body.contains("Roots"));
}

#[tokio::test]
async fn a_lock_closes_only_its_own_challenge() {
    let (site, mut grace) = with_grace().await;
    for title in ["One", "Two"] {
        let mut one = ROOTS.to_vec();
        one[0].1 = title;
        grace.fill("/admin/challenges/new", &one).await;
    }
    let token = grace.token().await;
    let reply = grace.post("/admin/challenges/2/lock", &[("csrf_token", &token)]).await;
    assert_eq!(reply.status, 303);
    assert!(grace.get("/admin/challenges").await.body.contains("“Two” is closed"));
    assert!(!site.browser().get("/challenges/1").await.body.contains("The answer is"));
    assert!(site.browser().get("/challenges/2").await.body.contains("The answer is"));
}

#[tokio::test]
async fn a_challenge_preview_saves_nothing() {
    let (site, mut grace) = with_grace().await;
    let form = grace.get("/admin/challenges/new").await;
    assert!(form.body.contains(r#"formaction="/admin/challenges/preview""#));
    let mut fields = ROOTS.to_vec();
    let token = form.token();
    fields.push(("csrf_token", &token));
    let page = grace.post("/admin/challenges/preview", &fields).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("This is a preview")
            && page.body.contains("<msup>")
            && !page.body.contains("alert(1)")
    );
    assert_eq!(site.browser().get("/challenges/1").await.status, 404);
    let nothing = grace.post("/admin/challenges/preview", &[("csrf_token", &token)]).await;
    assert!(nothing.status == 200 && nothing.body.contains("Untitled"), "{}", nothing.body);
}

#[tokio::test]
async fn an_unanswerable_box_is_rejected_with_the_input() {
    let (_site, mut grace) = with_grace().await;
    let mut wrong = ROOTS.to_vec();
    wrong[7].1 = "x = (2";
    wrong[1].1 = "KS9";
    let page = grace.fill("/admin/challenges/new", &wrong).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.body.matches("aria-invalid").count(), 2, "{}", page.body);
    assert!(page.body.contains("x = (2") && page.body.contains("write KS3, KS4 or KS5"), "{}", page.body);
}

#[tokio::test]
async fn the_answer_tester_explains_its_reading() {
    let (site, mut grace) = with_grace().await;
    let test = [("expected", "1/3"), ("given", "0.333"), ("rules", "")];
    let page = grace.fill("/admin/tester", &test).await.body;
    assert!(page.contains("Not the same.") && page.contains("<mfrac>"), "{page}");
    let test = [("expected", "1/3"), ("given", "0.333"), ("rules", "tolerance=0.01")];
    assert!(grace.fill("/admin/tester", &test).await.body.contains("The same."));
    let test = [("expected", "1/3"), ("given", "1//"), ("rules", "")];
    assert!(grace.fill("/admin/tester", &test).await.body.contains("The given one cannot be read"));
    let test = [("expected", "1"), ("given", "1"), ("rules", "strictly")];
    assert!(grace.fill("/admin/tester", &test).await.body.contains("role=\"alert\""));

    let pair = json!({ "expected": "x^2-1", "given": "(x-1)(x+1)" });
    let result: Value =
        serde_json::from_str(&send_json(&mut grace, "/api/math/test-equivalence", &pair).await.body).unwrap();
    assert_eq!((&result["equivalent"], &result["hint"]), (&json!(true), &Value::Null));
    let text = json!({ "text": "2x + x" });
    let result: Value =
        serde_json::from_str(&send_json(&mut grace, "/api/math/normalize", &text).await.body).unwrap();
    assert_eq!(result["normal"], answers_normal("2x + x"));
    for (path, body) in [
        ("/api/math/normalize", json!({ "text": "2+" })),
        ("/api/math/normalize", json!({})),
        ("/api/math/test-equivalence", json!({ "expected": "1", "given": "2+" })),
        ("/api/math/test-equivalence", json!({ "expected": "1", "given": "1", "rules": "no" })),
        ("/api/math/test-equivalence", json!([])),
    ] {
        let page = send_json(&mut grace, path, &body).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (422, "application/problem+json"),
            "{path} {body}"
        );
    }
    let mut ada = site.adas().await;
    assert_eq!(send_json(&mut ada, "/api/math/normalize", &text).await.status, 403);
}

fn answers_normal(text: &str) -> String {
    answers::normalize(text).unwrap()
}

#[tokio::test]
async fn typed_answers_run_nothing_and_terminate() {
    let (_site, mut grace) = with_grace().await;
    for text in
        ["__import__('os').system('touch /tmp/pwned')", "9**9**9**9", "exec(open('x').read())", "(((((((((("]
    {
        let page = send_json(&mut grace, "/api/math/normalize", &json!({ "text": text })).await;
        assert!([200, 422].contains(&page.status), "{text}: {}", page.status);
    }
}
