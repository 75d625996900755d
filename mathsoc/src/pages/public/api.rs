//! `/api/submit`: submits an answer as JSON. `web/answer_form.ts` calls it.
//!
//! The client is authenticated by the session cookie. It sends the CSRF token of a page in
//! `X-CSRFToken`.
//!
//! ```text
//! POST /api/submit  {"challenge": 7, "box": 12, "answer": "x^2 + 1"}
//! {"correct": false, "hint": "Check the sign.", "tries_left": 2, "solved_box": false,
//!  "solved_challenge": false, "points": 0, "read_as": "<math>…</math>",
//!  "said": "That is not right yet.", "tries": "You have two tries left."}
//! ```
//!
//! | status | when |
//! |---|---|
//! | 401, 403 | the client is not signed in; the CSRF token is missing or has expired |
//! | 404 | the challenge or the box does not exist, or is not published yet |
//! | 409 | the box is solved, its tries are used up, or the challenge is closed |
//! | 422 | the JSON is invalid, or the answer cannot be parsed (`at`); no try is used up |
//! | 429 | the rate limit of ten answers a minute is exceeded |
//!
//! Every error is `application/problem+json` (RFC 9457), unless the client asks for HTML.

use answers::Comparison;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use palisade::SignedIn;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::feedback;
use super::challenges::tries;
use crate::db::challenges;
use crate::db::submissions::{AnswerPlace, Outcome, SubmitError, submit as submit_answer};
use crate::db::users::User;
use crate::domain::clock::now;
use crate::domain::scoring::TRIES;
use crate::error::Error;
use crate::state::App;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubmitRequest {
    challenge: i64,
    #[serde(rename = "box")]
    answer_box: i64,
    answer: String,
}

/// `POST /api/submit`.
///
/// # Errors
/// Returns [`Error::not_found`] if the challenge has no such box, or is not published yet.
pub(crate) async fn submit(
    State(app): State<App>,
    user: SignedIn<User>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Error> {
    let request = is_json(&headers).then(|| serde_json::from_slice::<SubmitRequest>(&body).ok()).flatten();
    let Some(SubmitRequest { challenge, answer_box, answer }) = request else {
        let detail =
            "Send application/json such as {\"challenge\": 7, \"box\": 12, \"answer\": \"x^2 + 1\"}.";
        return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "Request not understood", detail, Value::Null));
    };
    match submit_answer(&app.db, user.id, AnswerPlace { challenge, answer_box }, &answer, now()).await {
        Ok(Outcome { verdict: Comparison::Unreadable { position, message, .. }, .. }) => {
            Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "Answer not understood", &message, json!(position)))
        }
        Ok(outcome) => {
            if outcome.points > 0 {
                app.live.look();
            }
            let hint = match &outcome.verdict {
                Comparison::NotEqual { hint: Some(hint) } => Some(hint.to_string()),
                _ => None,
            };
            let tries = match outcome.solved_box {
                false if shows_hint(&app, user.id, challenge, outcome.tries_left).await? => {
                    format!("{} There is a hint now: load the page again.", tries(outcome.tries_left))
                }
                _ => tries(outcome.tries_left).to_owned(),
            };
            let response = json!({
                "correct": outcome.solved_box,
                "hint": hint,
                "tries_left": outcome.tries_left,
                "solved_box": outcome.solved_box,
                "solved_challenge": outcome.solved_challenge,
                "points": outcome.points,
                "read_as": answers::to_mathml(&answer).ok(),
                "said": feedback(&outcome),
                "tries": tries,
            });
            Ok(json_response(StatusCode::OK, "application/json", &response))
        }
        Err(
            rejection @ (SubmitError::Locked
            | SubmitError::Solved
            | SubmitError::NoTriesLeft
            | SubmitError::Broken
            | SubmitError::Changing),
        ) => Ok(problem(StatusCode::CONFLICT, "Answer not taken", &rejection.to_string(), Value::Null)),
        Err(SubmitError::NotFound) => Err(Error::not_found()),
        Err(error) => Err(error.into()),
    }
}

/// Returns `true` if the challenge has a hint that this wrong answer has made visible.
async fn shows_hint(app: &App, user: i64, challenge: i64, tries_left: u8) -> Result<bool, Error> {
    let found = challenges::by_id_for(&app.db, challenge, Some(user), now()).await?;
    let wrong = i64::from(TRIES - tries_left);
    Ok(found.is_some_and(|it| {
        let help = it.help;
        !help.hint.is_empty() && help.hint_after > 0 && wrong == help.hint_after
    }))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(CONTENT_TYPE).and_then(|content_type| content_type.to_str().ok()).unwrap_or_default();
    content_type
        .split(';')
        .next()
        .is_some_and(|content_type| content_type.trim().eq_ignore_ascii_case("application/json"))
}

pub(crate) fn problem(status: StatusCode, title: &str, detail: &str, at: Value) -> Response {
    let mut response =
        json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    if !at.is_null() {
        response["at"] = at;
    }
    json_response(status, "application/problem+json", &response)
}

pub(crate) fn json_response(status: StatusCode, content_type: &'static str, response: &Value) -> Response {
    (status, [(CONTENT_TYPE, content_type)], response.to_string()).into_response()
}
