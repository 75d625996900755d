//! `POST /challenges/{id}/answers`: submits an answer with the form on a challenge's page.
//!
//! A counted answer redirects to the page, which shows the result. An answer that cannot be parsed
//! is shown again with status 422, and does not use up a try.

use answers::Comparison;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use palisade::redirect::SafePath;
use palisade::{Redirect, Session, SignedIn};
use serde::Deserialize;

use super::challenges::{ChallengePage, UnparsedAnswer};
use crate::db::submissions::{AnswerPlace, Outcome, SubmitError, submit};
use crate::db::users::User;
use crate::domain::clock::now;
use crate::domain::scoring::FIRST;
use crate::error::Error;
use crate::pages::parts::Frame;
use crate::pages::parts::address::Id;
use crate::pages::parts::frame::notice;
use crate::state::App;

/// The form of an answer box.
#[derive(Deserialize)]
pub(crate) struct AnswerForm {
    #[serde(default, rename = "box")]
    answer_box: String,
    #[serde(default)]
    answer: String,
}

/// `POST /challenges/{id}/answers`.
///
/// # Errors
/// Returns [`Error::not_found`] if the challenge has no such box, or is not published yet.
pub(crate) async fn take(
    State(app): State<App>,
    Id(challenge): Id,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Error> {
    let place =
        AnswerPlace { challenge, answer_box: form.answer_box.parse().map_err(|_| Error::not_found())? };
    let message = match submit(&app.db, user.id, place, &form.answer, now()).await {
        Ok(Outcome { verdict: Comparison::Unreadable { message: why, .. }, .. }) => {
            let unparsed = UnparsedAnswer { answer_box: place.answer_box, text: form.answer, why };
            let page = ChallengePage::new(&app, challenge, &frame, Some(unparsed)).await?;
            return Ok(
                (StatusCode::UNPROCESSABLE_ENTITY, page.headers(), Html(page.render()?)).into_response()
            );
        }
        Ok(outcome) => {
            if outcome.points > 0 {
                app.live.look();
            }
            feedback(&outcome).to_owned()
        }
        Err(
            rejection @ (SubmitError::Locked
            | SubmitError::Solved
            | SubmitError::NoTriesLeft
            | SubmitError::Broken
            | SubmitError::Changing),
        ) => rejection.to_string(),
        Err(SubmitError::NotFound) => return Err(Error::not_found()),
        Err(error) => return Err(error.into()),
    };
    notice(&session, &message).await?;
    let target = format!("/challenges/{challenge}#box-{}", place.answer_box);
    let target = target.parse().unwrap_or(SafePath::of("/challenges"));
    Ok(Redirect::to(target).into_response())
}

/// Returns the result in a sentence, for the pupil.
pub(super) fn feedback(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome { solved_challenge: true, points: FIRST, .. } => {
            "That is right, and you are the first to solve this challenge: three points for you."
        }
        Outcome { solved_challenge: true, points: 1.., .. } => {
            "That is right, and the challenge is solved: one point for you."
        }
        Outcome { solved_challenge: true, .. } => "That is right, and the challenge is solved.",
        Outcome { solved_box: true, .. } => "That is right.",
        Outcome { tries_left: 0, .. } => "That is not right, and it was your last try.",
        _ => "That is not right yet.",
    }
}
