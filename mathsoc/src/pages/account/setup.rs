//! `/setup/{token}`: creates the first admin, by the link that the first start prints.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use palisade::password::Password;
use palisade::redirect::SafePath;
use palisade::{Redirect, Session};
use serde::Deserialize;

use super::password_problem;
use super::register::{link_error_page, name_field, password_field};
use crate::db::users::{self, CreateError, NewUser};
use crate::domain::email::EmailAddress;
use crate::domain::person::{FullName, Role};
use crate::error::Error;
use crate::links::{LinkError, Purpose};
use crate::pages::parts::Frame;
use crate::pages::parts::form::{Field, FormPage};
use crate::pages::parts::frame::notice;
use crate::state::App;

#[derive(Deserialize)]
pub(crate) struct SetUpForm {
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    email: String,
    password: Option<Password>,
}

fn page(frame: &Frame, form: &SetUpForm) -> FormPage {
    FormPage::new(frame, "Set up the site", "Make the first admin")
        .lead("There is no admin yet. This makes the account that may do everything.")
        .fields([
            name_field().value(&form.full_name),
            Field::email("E-mail address").value(&form.email),
            password_field(),
        ])
}

/// `GET /setup/{token}`.
pub(crate) async fn show(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    match app.links.look(Purpose::SetUp, &token).await {
        Ok(_) => page(&frame, &SetUpForm { full_name: String::new(), email: String::new(), password: None })
            .respond(),
        Err(error) => link_error_page(&frame, error),
    }
}

/// `POST /setup/{token}`.
///
/// # Errors
/// Returns 503 if too many passwords are being hashed.
pub(crate) async fn take(
    State(app): State<App>,
    frame: Frame,
    session: Session,
    Path(token): Path<String>,
    Form(form): Form<SetUpForm>,
) -> Result<Response, Error> {
    if let Err(error) = app.links.look(Purpose::SetUp, &token).await {
        return link_error_page(&frame, error);
    }
    let (name, email) = (form.full_name.parse::<FullName>(), form.email.parse::<EmailAddress>());
    let password = form.password.clone().unwrap_or_else(|| Password::from(""));
    let weak = password_problem(Role::Admin, &password, &[&form.full_name, &form.email]).await;
    let (Ok(full_name), Ok(email), None) = (&name, &email, &weak) else {
        let fields = [
            name_field().value(&form.full_name).error(name.err()),
            Field::email("E-mail address").value(&form.email).error(email.err()),
            password_field().error(weak),
        ];
        return page(&frame, &form).fields(fields).respond();
    };
    let taken = |error: CreateError| {
        let field = Field::email("E-mail address").value(&form.email).error(Some(error));
        page(&frame, &form).fields([name_field().value(&form.full_name), field, password_field()]).respond()
    };
    // Checked before the token is consumed, so that the user can retry with another address.
    if users::by_email(&app.db, email).await?.is_some() {
        return taken(CreateError::EmailTaken);
    }
    let new_password = app.passwords.hash(password).await?;
    if let Err(error) = app.links.consume(Purpose::SetUp, &token).await {
        return link_error_page(&frame, error);
    }
    let new = NewUser {
        email: email.clone(),
        full_name: full_name.clone(),
        role: Role::Admin,
        school_id: None,
        year: None,
        email_is_verified: true,
    };
    let user = match users::create_first_admin(&app.db, &new, &new_password.hash).await {
        Ok(Some(user)) => user,
        Ok(None) => return link_error_page(&frame, LinkError::Outdated),
        Err(CreateError::Db(error)) => return Err(error.into()),
        Err(error @ CreateError::EmailTaken) => return taken(error),
    };
    session.log_in(new_password.proof_with_epoch(user.id, user.epoch)).await?;
    notice(&session, "The site is yours. Welcome!").await?;
    Ok(Redirect::to(SafePath::of("/profile")).into_response())
}
