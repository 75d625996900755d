//! `/login/confirm`: asks for the password again (step-up authentication).

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use palisade::password::Password;
use palisade::redirect::{Next, SafePath};
use palisade::{Redirect, Session, SignedIn};
use serde::Deserialize;

use super::confirm_password;
use crate::db::users::User;
use crate::domain::unsent_form::SEALED;
use crate::error::Error;
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage};
use crate::pages::parts::taken_back::keep_after_log_in;
use crate::state::App;

#[derive(Deserialize)]
pub(crate) struct ConfirmForm {
    password: Option<Password>,
    #[serde(default)]
    next: Next,
    /// The form that this step carries.
    #[serde(default)]
    unsent: String,
}

/// Returns the page that carries a form for which the password is asked again.
pub(crate) fn page_for_unsent(frame: &Frame, next: &Next, sealed: &str) -> FormPage {
    page(frame, next, sealed, None).to("/login/confirm").lead("What you typed is kept, and was not sent yet.")
}

fn page(frame: &Frame, next: &Next, unsent: &str, wrong: Option<&'static str>) -> FormPage {
    let next = next.path().map(SafePath::as_str).unwrap_or_default();
    FormPage::new(frame, "Is it you?", "Go on")
        .lead("What you are about to do is important, so please give your password again.")
        .fields([
            Field::hidden("next", next),
            Field::hidden(SEALED, unsent),
            Field::password("Password").error(wrong),
        ])
        .link("Back to my account", "/profile")
}

/// `GET /login/confirm?next=…`.
pub(crate) async fn show(frame: Frame, Query(query): Query<ConfirmForm>) -> Result<Response, Error> {
    page(&frame, &query.next, "", None).respond()
}

/// `POST /login/confirm`.
///
/// # Errors
/// Returns 429 after too many attempts for this account.
pub(crate) async fn take(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Error> {
    let wrong = || page(&frame, &form.next, &form.unsent, Some("That is not your password.")).respond();
    let Some(password) = form.password.clone() else { return wrong() };
    let Some(verified) = confirm_password(&app, &user, password).await? else { return wrong() };
    session.reauthenticate(verified.proof).await?;
    let kept = keep_after_log_in(&app, &session, frame.form_pages(), (user.id, &form.unsent)).await?;
    Ok(Redirect::to(kept.unwrap_or_else(|| form.next.or("/profile"))).into_response())
}
