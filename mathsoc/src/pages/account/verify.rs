//! `/verify_email/{token}`: verifies the e-mail address of an account.

use axum::extract::{Path, State};
use axum::response::Response;
use palisade::redirect::SafePath;
use palisade::{Redirect, Session};

use crate::db::users;
use crate::error::Error;
use crate::links::{LinkError, Purpose};
use crate::pages::parts::Frame;
use crate::pages::parts::form::{FormPage, MessagePage};
use crate::pages::parts::frame::notice;
use crate::state::App;

/// `GET /verify_email/{token}`. Only the button consumes the token, as mail scanners open links.
pub(crate) async fn show(
    State(app): State<App>,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    match app.links.look(Purpose::VerifyAddress, &token).await {
        Ok(_) => FormPage::new(&frame, "Is this your address?", "Yes, it is mine")
            .lead("Press the button, and your account is ready.")
            .respond(),
        Err(error) => link_error_page(&frame, error),
    }
}

/// `POST /verify_email/{token}`.
pub(crate) async fn take(
    State(app): State<App>,
    frame: Frame,
    session: Session,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    match app.links.consume(Purpose::VerifyAddress, &token).await {
        Ok(link) => {
            users::verify_email(&app.db, link.user_id).await?;
            notice(&session, "Your address is verified. You can log in now.").await?;
            Ok(Redirect::to(SafePath::of("/login")).into_response())
        }
        Err(error) => link_error_page(&frame, error),
    }
}

/// Renders the page for an invalid or expired link.
pub(super) fn link_error_page(frame: &Frame, error: LinkError) -> Result<Response, Error> {
    match error {
        LinkError::Db(error) => Err(error.into()),
        error => MessagePage::new(frame, "This link does not work", error.to_string())
            .link("Log in", "/login")
            .link("Ask for a new password", "/password_reset")
            .respond(),
    }
}
