//! Typed text on its way back into its form: after a log-in, or when its writer asks for it.

use palisade::Session;
use palisade::redirect::SafePath;

use super::frame::notice;
use super::unsent::TAKE_BACK;
use crate::db::drafts;
use crate::domain::clock::now;
use crate::domain::unsent_form::UnsentForm;
use crate::error::Error;
use crate::state::App;
use crate::web::route_map::FormPages;

/// Keeps a sealed form as a draft of the account that has just logged in. Returns the page that
/// shows it: the front page for the form of another account, since people share computers, and its
/// page may be closed to this one.
pub(crate) async fn keep_after_log_in(
    app: &App,
    session: &Session,
    pages: &FormPages,
    (user, sealed): (i64, &str),
) -> Result<Option<SafePath>, Error> {
    if sealed.is_empty() {
        return Ok(None);
    }
    let text = match UnsentForm::open(&app.keyring, sealed, now()) {
        Some(form) if form.owner == Some(user) => {
            drafts::save(&app.db, user, &form, now()).await?;
            return take_back(session, pages, &form.path).await.map(Some);
        }
        Some(_) => "What was typed before belongs to another account, so it is not shown.",
        None => "What was typed before is not shown any more: it is kept for an hour.",
    };
    notice(session, text).await?;
    Ok(Some(SafePath::of("/")))
}

/// Returns the page that shows a draft: its form, filled in, or the page for all other forms.
pub(crate) async fn take_back(session: &Session, pages: &FormPages, path: &str) -> Result<SafePath, Error> {
    match path.parse::<SafePath>() {
        Ok(form) if pages.has_path(path) => {
            session.set(TAKE_BACK, path).await?;
            Ok(form)
        }
        _ => Ok(SafePath::of("/unsent").query("form", path).unwrap_or(SafePath::of("/unsent"))),
    }
}
