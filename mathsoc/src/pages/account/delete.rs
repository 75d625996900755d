//! `/profile/delete_account`: deletes the user's account with its answers and points.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use palisade::redirect::SafePath;
use palisade::{Redirect, Session, SignedIn};
use serde::Deserialize;

use super::RECENT_AUTH;
use crate::db::users::{self, RightsError, User};
use crate::error::Error;
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage};
use crate::state::App;

#[derive(Deserialize)]
pub(crate) struct DeleteForm {
    sure: Option<String>,
}

fn page(frame: &Frame) -> FormPage {
    FormPage::new(frame, "Delete your account", "Delete my account for ever")
        .lead(
            "Your name, your address, your answers and your points will be gone. Nobody can bring them back.",
        )
        .fields([Field::checkbox("sure", "Yes, delete all of it")])
        .link("Keep my account", "/profile")
}

/// `GET /profile/delete_account`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn show(user: SignedIn<User>, frame: Frame) -> Result<Response, Error> {
    user.require_recent_auth(RECENT_AUTH).await?;
    page(&frame).respond()
}

/// `POST /profile/delete_account`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn take(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
    Form(form): Form<DeleteForm>,
) -> Result<Response, Error> {
    user.require_recent_auth(RECENT_AUTH).await?;
    if form.sure.is_none() {
        let field = Field::checkbox("sure", "Yes, delete all of it");
        return page(&frame).fields([field.error(Some("Tick this if you mean it."))]).respond();
    }
    match users::delete(&app.db, user.id).await {
        Ok(_) => {}
        Err(RightsError::LastAdmin | RightsError::Own) => {
            return page(&frame).problem(Some(RightsError::LastAdmin.to_string())).respond();
        }
        Err(RightsError::Db(error)) => return Err(error.into()),
    }
    session.log_out().await?;
    Ok(Redirect::to(SafePath::of("/")).into_response())
}
