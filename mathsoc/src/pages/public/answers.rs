//! `POST /challenges/{id}/answers`: an answer by the form of a challenge's page.
//!
//! What is taken leads back to the page, which shows what came of it; what cannot be read comes back to be put right, with
//! status 422, and has used up no try.

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
use crate::db::submissions::{AnswerPlace, FIRST, Outcome, SubmitError, submit};
use crate::db::users::User;
use crate::domain::clock::now;
use crate::error::Error;
use crate::pages::parts::Frame;
use crate::pages::parts::address::Id;
use crate::pages::parts::frame::notice;
use crate::state::App;

/// An answer, and the box it goes into.
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
/// Returns [`Error::NotFound`] if the challenge has no such box, or is not published yet.
pub(crate) async fn take(
    State(app): State<App>,
    Id(challenge): Id,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Error> {
    let place = AnswerPlace { challenge, answer_box: form.answer_box.parse().map_err(|_| Error::NotFound)? };
    let message = match submit(&app.db, user.id, place, &form.answer, now()).await {
        Ok(Outcome { verdict: Comparison::Unreadable { message: why, .. }, .. }) => {
            let unparsed = UnparsedAnswer { answer_box: place.answer_box, typed: form.answer, why };
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
            | SubmitError::Broken),
        ) => rejection.to_string(),
        Err(error) => return Err(error.into()),
    };
    notice(&session, &message).await?;
    let target = format!("/challenges/{challenge}#box-{}", place.answer_box);
    let target = target.parse().unwrap_or(SafePath::of("/challenges"));
    Ok(Redirect::to(target).into_response())
}

/// What came of it, in a sentence.
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
