//! `/admin/tester`: compares two answers and shows their parsed forms. JSON endpoints do the same.
//!
//! ```text
//! POST /api/math/test-equivalence  {"expected": "x^2-1", "given": "(x-1)(x+1)", "rules": ""}
//! {"equivalent": true, "hint": null,
//!  "expected_as": "<math>…</math>", "given_as": "<math>…</math>"}
//! POST /api/math/normalize  {"text": "2x + x"}
//! {"normal": "3*x", "read_as": "<math>…</math>"}
//! ```
//!
//! An answer that cannot be parsed is a 422 with the position (`at`) and the reason.

use answers::{AnswerRules, Comparison};
use askama::Template;
use axum::Form;
use axum::body::Bytes;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use palisade::template::SafeHtml;

use crate::error::Error;
use crate::pages::parts::{Frame, Layout, Section, math, render};
use crate::pages::public::api::{json_response, problem};

/// Two answers, and the rules to compare them by.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TestRequest {
    expected: String,
    given: String,
    rules: String,
}

/// The same values from the form. Unknown fields are allowed, because it sends the CSRF token too.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TesterForm {
    expected: String,
    given: String,
    rules: String,
}

#[derive(Template)]
#[template(path = "admin/tester.html")]
struct Tester {
    layout: Layout,
    token: SafeHtml,
    form: TesterForm,
    tested: Option<Result<TestResult, String>>,
}

/// The result of a comparison.
struct TestResult {
    verdict: Comparison,
    expected: ParsedAnswer,
    given: ParsedAnswer,
}

/// An answer's parsed form as MathML, and its normal form.
struct ParsedAnswer {
    math: Option<SafeHtml>,
    normal: Option<String>,
}

impl ParsedAnswer {
    fn new(text: &str) -> Self {
        let math = math(text);
        Self { math, normal: answers::normalize(text).ok() }
    }
}

/// `GET /admin/tester`.
pub(crate) async fn show(frame: Frame) -> Result<Html<String>, Error> {
    let (layout, token) = (frame.layout(Section::Admin), frame.token());
    let fill = frame.fill().inspect(|fill| fill.mark_shown());
    let text = |name| fill.and_then(|fill| fill.text(name)).unwrap_or_default().to_owned();
    let form = TesterForm { expected: text("expected"), given: text("given"), rules: text("rules") };
    let layout = match fill {
        Some(fill) => layout.show_notice(&fill.note),
        None => layout,
    };
    render(&Tester { layout, token, form, tested: None })
}

/// `POST /admin/tester`.
pub(crate) async fn take(frame: Frame, Form(form): Form<TesterForm>) -> Result<Html<String>, Error> {
    let request =
        TestRequest { expected: form.expected.clone(), given: form.given.clone(), rules: form.rules.clone() };
    let tested = spawn_blocking(move || test(&request)).await?;
    let (layout, token) = (frame.layout(Section::Admin), frame.token());
    render(&Tester { layout, token, form, tested: Some(tested) })
}

fn test(request: &TestRequest) -> Result<TestResult, String> {
    let rules: AnswerRules =
        request.rules.parse().map_err(|error: answers::AnswerRulesError| error.to_string())?;
    let verdict = answers::compare(&request.expected, &request.given, &rules);
    Ok(TestResult {
        verdict,
        expected: ParsedAnswer::new(&request.expected),
        given: ParsedAnswer::new(&request.given),
    })
}

/// `POST /api/math/test-equivalence`.
pub(crate) async fn compare(body: Bytes) -> Result<Response, Error> {
    let Ok(request) = serde_json::from_slice::<TestRequest>(&body) else {
        return Ok(invalid_request(
            "Send {\"expected\": \"x^2-1\", \"given\": \"(x-1)(x+1)\", \"rules\": \"\"}.",
        ));
    };
    let tested = spawn_blocking(move || test(&request)).await?;
    let TestResult { verdict, expected, given } = match tested {
        Ok(tested) => tested,
        Err(why) => {
            return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "Rules not understood", &why, Value::Null));
        }
    };
    let hint = match verdict {
        Comparison::Unreadable { position, message, .. } => return Ok(unreadable_answer(&message, position)),
        Comparison::NotEqual { hint } => hint.map(|hint| hint.to_string()),
        Comparison::Equal | Comparison::Undecided => None,
    };
    let math = |read: ParsedAnswer| read.math.map(|math| math.to_string());
    let body_json = json!({
        "equivalent": verdict.is_equal(),
        "hint": hint,
        "expected_as": math(expected),
        "given_as": math(given),
    });
    Ok(json_response(StatusCode::OK, "application/json", &body_json))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NormalizeRequest {
    text: String,
}

/// `POST /api/math/normalize`.
pub(crate) async fn normalize(body: Bytes) -> Result<Response, Error> {
    let Ok(NormalizeRequest { text }) = serde_json::from_slice(&body) else {
        return Ok(invalid_request("Send {\"text\": \"2x + x\"}."));
    };
    let normal = spawn_blocking(move || (answers::normalize(&text), answers::to_mathml(&text)));
    Ok(match normal.await? {
        (Ok(normal), math) => {
            let body_json = json!({ "normal": normal, "read_as": math.ok() });
            json_response(StatusCode::OK, "application/json", &body_json)
        }
        (Err(error), _) => unreadable_answer(&error.message, error.position),
    })
}

fn invalid_request(detail: &str) -> Response {
    problem(StatusCode::UNPROCESSABLE_ENTITY, "Request not understood", detail, Value::Null)
}

fn unreadable_answer(why: &str, at: usize) -> Response {
    problem(StatusCode::UNPROCESSABLE_ENTITY, "Answer not understood", why, json!(at)).into_response()
}
