//! `/password_reset`, `/password_reset/{token}` and `/welcome/{token}`: password links.
//!
//! `/welcome/{token}` sets the first password of an account that an admin has created.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use palisade::password::Password;
use palisade::rate_limit::RateLimitKey;
use palisade::redirect::SafePath;
use palisade::{Redirect, Session};
use serde::Deserialize;

use super::register::link_error_page;
use super::register::password_field;
use super::{Visitor, password_problem, reset_password, send, send_within_limits};
use crate::db::users;
use crate::domain::email::EmailAddress;
use crate::error::Error;
use crate::limits::LETTERS;
use crate::links::{LinkError, Purpose};
use crate::mail::PasswordChanged;
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage, MessagePage};
use crate::pages::parts::frame::notice;
use crate::state::App;

#[derive(Deserialize)]
pub(crate) struct ResetRequestForm {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub(crate) struct NewPasswordForm {
    password: Option<Password>,
}

fn page(frame: &Frame, email: &str) -> FormPage {
    FormPage::new(frame, "A new password", "Send me a link")
        .lead("We send a link to your address. It works for two hours.")
        .fields([Field::email("E-mail address").value(email)])
        .link("I remember it after all", "/login")
}

/// `GET /password_reset`.
pub(crate) async fn show(frame: Frame) -> Result<Response, Error> {
    page(&frame, "").respond()
}

/// `POST /password_reset`. The response does not reveal if the address has an account.
///
/// # Errors
/// Returns 429 after too many requests from this client.
pub(crate) async fn take(
    State(app): State<App>,
    frame: Frame,
    Form(form): Form<ResetRequestForm>,
) -> Result<Response, Error> {
    let email = match form.email.parse::<EmailAddress>() {
        Ok(email) => email,
        Err(error) => {
            let field = Field::email("E-mail address").value(&form.email).error(Some(error));
            return page(&frame, "").fields([field]).respond();
        }
    };
    if let Some(user) = users::by_email(&app.db, &email).await? {
        send_within_limits(&app, &user.email, &reset_password(&app, &user)).await?;
    }
    MessagePage::new(
        &frame,
        "Look into your mail",
        "If there is an account with this address, we have sent a letter to it with a link to choose a new password.",
    )
    .paragraph("If nothing comes within a few minutes, look where unwanted mail goes, or try another of your addresses. After a few letters in one hour we send no more: the links in those you have still work.")
    .respond()
}

fn new_page(frame: &Frame, purpose: Purpose) -> FormPage {
    let title = if purpose == Purpose::Welcome { "Choose a password" } else { "Choose a new password" };
    FormPage::new(frame, title, "Keep this password").fields([password_field()])
}

/// `GET /password_reset/{token}`.
pub(crate) async fn show_new(app: State<App>, frame: Frame, token: Path<String>) -> Result<Response, Error> {
    show_form(app, frame, token, Purpose::ResetPassword).await
}

/// `GET /welcome/{token}`.
pub(crate) async fn show_first(
    app: State<App>,
    frame: Frame,
    token: Path<String>,
) -> Result<Response, Error> {
    show_form(app, frame, token, Purpose::Welcome).await
}

async fn show_form(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
    purpose: Purpose,
) -> Result<Response, Error> {
    match app.links.look(purpose, &token).await {
        Ok(_) => new_page(&frame, purpose).respond(),
        Err(error) => link_error_page(&frame, error),
    }
}

/// `POST /password_reset/{token}`: ends every session of the account.
///
/// # Errors
/// Returns 503 if too many passwords are being hashed.
pub(crate) async fn take_new(
    app: State<App>,
    visitor: Visitor,
    frame: Frame,
    session: Session,
    token: Path<String>,
    form: Form<NewPasswordForm>,
) -> Result<Response, Error> {
    take_form(app, (visitor, frame, session), token, form, Purpose::ResetPassword).await
}

/// `POST /welcome/{token}`.
///
/// # Errors
/// Returns 503 if too many passwords are being hashed.
pub(crate) async fn take_first(
    app: State<App>,
    visitor: Visitor,
    frame: Frame,
    session: Session,
    token: Path<String>,
    form: Form<NewPasswordForm>,
) -> Result<Response, Error> {
    take_form(app, (visitor, frame, session), token, form, Purpose::Welcome).await
}

/// Sets the password, and logs in: the link has shown that the visitor owns the address.
async fn take_form(
    State(app): State<App>,
    (visitor, frame, session): (Visitor, Frame, Session),
    Path(token): Path<String>,
    Form(form): Form<NewPasswordForm>,
    purpose: Purpose,
) -> Result<Response, Error> {
    let link = match app.links.look(purpose, &token).await {
        Ok(link) => link,
        Err(error) => return link_error_page(&frame, error),
    };
    let user = users::by_id(&app.db, link.user_id).await?.ok_or_else(Error::not_found)?;
    let password = form.password.unwrap_or_else(|| Password::from(""));
    let about = [user.full_name.as_str(), user.email.as_str()];
    if let Some(weak) = password_problem(user.role, &password, &about).await {
        return new_page(&frame, purpose).fields([password_field().error(Some(weak))]).respond();
    }
    let new = app.passwords.hash(password).await?;
    let link = match app.links.consume(purpose, &token).await {
        Ok(link) => link,
        Err(error) => return link_error_page(&frame, error),
    };
    let Some(epoch) = users::set_password(&app.db, user.id, link.epoch, &new.hash).await? else {
        return link_error_page(&frame, LinkError::Outdated);
    };
    users::verify_email(&app.db, user.id).await?;
    app.limits.of(&LETTERS).reset(RateLimitKey::email(&user.email.key())).await.ok();
    let url = |path: &str| app.config.site_url.link(path);
    if purpose == Purpose::ResetPassword {
        send(&app, &user.email, &PasswordChanged { reset: url("/password_reset"), site: url("/") });
    }
    if user.has_second_factor {
        // The epoch has ended this browser's session; a new one has to carry the notice.
        if session.sign_in().await?.is_some_and(|sign_in| sign_in.user == user.id.to_string()) {
            session.end_outdated().await?;
        }
        notice(
            &session,
            "Your password is changed, and you are logged out everywhere. Log in with the new one.",
        )
        .await?;
        return Ok(Redirect::to(SafePath::of("/login")).into_response());
    }
    session.log_in(new.proof_with_epoch(user.id, epoch)).await?;
    let said = if purpose == Purpose::Welcome {
        "Your password is kept, and you are logged in. Welcome!"
    } else {
        "Your password is changed. You are logged in here, and logged out everywhere else."
    };
    notice(&session, said).await?;
    let mut response = Redirect::to(SafePath::of("/")).into_response();
    visitor.remember(&user.email, &mut response);
    Ok(response)
}
