//! `/profile/change_password`: changes the password, and ends every other session of the account.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use palisade::password::Password;
use palisade::redirect::SafePath;
use palisade::{Redirect, Session, SignedIn};
use serde::Deserialize;

use super::{confirm_password, password_problem, send};
use crate::db::users::{self, User};
use crate::error::Error;
use crate::mail::PasswordChanged;
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage};
use crate::pages::parts::frame::notice;
use crate::state::App;

#[derive(Deserialize)]
pub(crate) struct ChangePasswordForm {
    password: Option<Password>,
    new_password: Option<Password>,
}

fn new_field() -> Field {
    Field::new_password("new_password", "New password")
        .hint("Three or four words make a good one. At least 8 characters.")
}

fn page(frame: &Frame) -> FormPage {
    FormPage::new(frame, "Change your password", "Change it")
        .lead("You stay logged in here, and are logged out everywhere else.")
        .fields([Field::password("Your password now"), new_field()])
        .link("Back to my account", "/profile")
}

/// `GET /profile/change_password`.
pub(crate) async fn show(frame: Frame) -> Result<Response, Error> {
    page(&frame).respond()
}

/// `POST /profile/change_password`.
///
/// # Errors
/// Returns 429 after too many attempts for this account.
pub(crate) async fn take(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
    Form(form): Form<ChangePasswordForm>,
) -> Result<Response, Error> {
    let empty = || Password::from("");
    let (old, new) = (form.password.unwrap_or_else(empty), form.new_password.unwrap_or_else(empty));
    let about = [user.full_name.as_str(), user.email.as_str()];
    if let Some(weak) = password_problem(user.role, &new, &about).await {
        return page(&frame)
            .fields([Field::password("Your password now"), new_field().error(Some(weak))])
            .respond();
    }
    if confirm_password(&app, &user, old).await?.is_none() {
        let wrong = Field::password("Your password now").error(Some("That is not your password."));
        return page(&frame).fields([wrong, new_field()]).respond();
    }
    let new = app.passwords.hash(new).await?;
    let Some(epoch) = users::set_password(&app.db, user.id, user.epoch, &new.hash).await? else {
        return page(&frame)
            .problem(Some("Your account was changed from elsewhere just now. Please try again."))
            .respond();
    };
    session.password_changed(new.proof_with_epoch(user.id, epoch)).await?;
    let url = |path: &str| app.config.site_url.link(path);
    send(&app, &user.email, &PasswordChanged { reset: url("/password_reset"), site: url("/") });
    notice(&session, "Your password is changed. You are logged out everywhere else.").await?;
    Ok(Redirect::to(SafePath::of("/profile")).into_response())
}
