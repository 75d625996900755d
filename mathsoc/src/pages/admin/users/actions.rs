//! Actions on one account, each a POST: password link, verification, logout, role, second factor.
//!
//! The last two need step-up authentication of the admin.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use palisade::{Session, SignedIn};
use serde::Deserialize;

use crate::db::users::edit::{self, Change, ChangeError};
use crate::db::users::{self, RightsError, User};
use crate::domain::person::Role;
use crate::error::Error;
use crate::pages::account::{RECENT_AUTH, reset_password, send, welcome};
use crate::pages::admin::{actor, redirect_with_notice};
use crate::pages::parts::address::Id;
use crate::pages::parts::form::{Field, FormPage};
use crate::pages::parts::{Frame, Section};
use crate::state::App;
use crate::web::signed_in::Admin;

async fn found(app: &App, id: i64) -> Result<User, Error> {
    users::by_id(&app.db, id).await?.ok_or_else(Error::not_found)
}

fn page_of(id: i64) -> String {
    format!("/admin/users/{id}")
}

/// `POST /admin/users/{id}/letter`: e-mails a link to choose a password, to the user alone.
pub(crate) async fn letter(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    let user = found(&app, id).await?;
    let stored = users::login_by_id(&app.db, id).await?;
    edit::note_link(&app.db, &actor(&admin), &user).await?;
    if stored.is_some_and(|stored| stored.hash.is_usable()) {
        send(&app, &user.email, &reset_password(&app, &user));
        let message = format!("A letter goes to {}. Its link works for two hours.", user.email);
        redirect_with_notice(&session, &page_of(id), &message).await
    } else {
        send(&app, &user.email, &welcome(&app, &user));
        let message = format!("A letter goes to {}. Its link works for a week.", user.email);
        redirect_with_notice(&session, &page_of(id), &message).await
    }
}

/// `POST /admin/users/{id}/verify`.
pub(crate) async fn verify(
    app: State<App>,
    id: Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    change(app, id, admin, session, Change::Verify, "The address is taken to be theirs.").await
}

/// `POST /admin/users/{id}/log_out`.
pub(crate) async fn log_out(
    app: State<App>,
    id: Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    change(app, id, admin, session, Change::LogOut, "They are logged out everywhere.").await
}

async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    session: Session,
    change: Change,
    message: &str,
) -> Result<Response, Error> {
    found(&app, id).await?;
    match edit::change_all(&app.db, &actor(&admin), &[id], change).await {
        Ok(0) => redirect_with_notice(&session, &page_of(id), "There was nothing to change.").await,
        Ok(_) => redirect_with_notice(&session, &page_of(id), message).await,
        Err(ChangeError::NoSchool) => Err(Error::not_found()),
        Err(ChangeError::Db(error)) => Err(error.into()),
    }
}

fn factor_page(frame: &Frame, user: &User) -> FormPage {
    FormPage::new(frame, "Remove the second step?", "Remove it")
        .section(Section::Admin)
        .lead(format!(
            "{} logs in by password alone afterwards, and is logged out everywhere. Do it only when you know who asks: whoever has \
             the password alone wants just this.",
            user.full_name
        ))
        .link("Leave it as it is", page_of(user.id))
}

/// `GET /admin/users/{id}/second_factor`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
/// Returns [`Error::not_found`] for the admin's own account.
pub(crate) async fn show_factor(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
) -> Result<Response, Error> {
    admin.require_recent_auth(RECENT_AUTH).await?;
    let user = found(&app, id).await?;
    if !user.has_second_factor || admin.user.id == id {
        return Err(Error::not_found());
    }
    factor_page(&frame, &user).respond()
}

/// `POST /admin/users/{id}/second_factor`. Admins remove their own on `/profile/second_factor`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
/// Returns [`Error::not_found`] for the admin's own account.
pub(crate) async fn remove_factor(
    app: State<App>,
    id: Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    admin.require_recent_auth(RECENT_AUTH).await?;
    if admin.user.id == id.0 {
        return Err(Error::not_found());
    }
    let message = "The second step is removed, and they are logged out everywhere.";
    change(app, id, admin, session, Change::RemoveFactor, message).await
}

#[derive(Deserialize)]
pub(crate) struct Rights {
    #[serde(default)]
    role: String,
}

fn role_page(frame: &Frame, user: &User) -> FormPage {
    let choices = [(Role::Pupil, "Pupil: answers challenges"), (Role::Admin, "Admin: may do everything")];
    let choices = choices.map(|(role, text)| (role.name().to_owned(), text.to_owned()));
    FormPage::new(frame, "Change the role", "Save")
        .section(Section::Admin)
        .lead(format!("What may {} do? Other rights end all of their sessions.", user.full_name))
        .fields([Field::select("role", "Role", choices.into()).value(user.role.name())])
        .link("Leave it as it is", page_of(user.id))
}

/// `GET /admin/users/{id}/role`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn show_role(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
) -> Result<Response, Error> {
    admin.require_recent_auth(RECENT_AUTH).await?;
    role_page(&frame, &found(&app, id).await?).respond()
}

/// `POST /admin/users/{id}/role`. Admins cannot demote themselves, so that one always remains.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn change_role(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(rights): Form<Rights>,
) -> Result<Response, Error> {
    admin.require_recent_auth(RECENT_AUTH).await?;
    let user = found(&app, id).await?;
    let Some(role) = [Role::Pupil, Role::Admin].into_iter().find(|role| role.name() == rights.role) else {
        return role_page(&frame, &user).problem(Some("Choose one of the roles.")).respond();
    };
    match users::change_role(&app.db, &actor(&admin), id, role).await {
        Ok(Some(_)) => redirect_with_notice(&session, &page_of(id), "The role is saved.").await,
        Ok(None) => Err(Error::not_found()),
        Err(RightsError::Db(error)) => Err(error.into()),
        Err(RightsError::LastAdmin) => role_page(&frame, &user)
            .problem(Some("This is the only admin. Make somebody else one first."))
            .respond(),
        Err(own @ RightsError::Own) => role_page(&frame, &user).problem(Some(own.to_string())).respond(),
    }
}
