//! `/admin/bin`: moves an entry of any section to the trash, and restores it.

use askama::Template;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{Html, Response};
use http::request::Parts;
use palisade::template::SafeHtml;
use palisade::{Session, SignedIn};

use super::{actor, redirect_to_list};
use crate::db::marking::counted;
use crate::db::trash::{self, TrashError};
use crate::db::{progress, results};
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;
use crate::web::signed_in::Admin;

/// The section and the id in the path.
pub(crate) struct TrashEntry {
    subject: LogSubject,
    id: i64,
}

impl FromRequestParts<App> for TrashEntry {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let Path((section, id)) = path.map_err(|_| Error::not_found())?;
        let subject = section.parse().map_err(|_| Error::not_found())?;
        let Id(id) = Id::parse(&id).ok_or_else(Error::not_found)?;
        Ok(Self { subject, id })
    }
}

#[derive(Template)]
#[template(path = "admin/delete.html")]
struct Delete {
    layout: Layout,
    token: SafeHtml,
    subject: LogSubject,
    title: String,
    /// What goes with it, in words: `75 answers of 20 pupils`.
    with_it: Option<String>,
}

/// `GET /admin/bin/{kind}/{id}`.
pub(crate) async fn show(
    State(app): State<App>,
    TrashEntry { subject, id }: TrashEntry,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let title = trash::title(&app.db, subject, id).await?.ok_or_else(Error::not_found)?;
    let with_it = match subject {
        LogSubject::Challenge => {
            let (answers, pupils) = results::size(&app.db, id).await?;
            Some(format!("{} of {}", number(answers, "answer"), number(pupils, "pupil")))
        }
        LogSubject::User => Some(number(progress::history(&app.db, id, 1).await?.total, "answer")),
        _ => None,
    };
    render(&Delete { layout: frame.layout(Section::Admin), token: frame.token(), subject, title, with_it })
}

fn number(count: i64, noun: &str) -> String {
    counted(usize::try_from(count).unwrap_or(0), noun)
}

/// `POST /admin/bin/{kind}/{id}`.
pub(crate) async fn delete(
    State(app): State<App>,
    TrashEntry { subject, id }: TrashEntry,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    let message = match trash::delete(&app.db, &actor(&admin), subject, id).await {
        Ok(title) => {
            // A deleted or restored award changes the leaderboards at once.
            app.live.look();
            format!("“{title}” is deleted. You can put it back within a minute.")
        }
        Err(error) => trash_message(error)?,
    };
    redirect_to_list(&session, subject, &message).await
}

/// `POST /admin/bin/{kind}/{id}/restore`.
pub(crate) async fn restore(
    State(app): State<App>,
    TrashEntry { subject, id }: TrashEntry,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    let message = match trash::restore(&app.db, &actor(&admin), subject, id).await {
        Ok(title) => {
            app.live.look();
            format!("“{title}” is back.")
        }
        Err(error) => trash_message(error)?,
    };
    redirect_to_list(&session, subject, &message).await
}

/// Returns the flash message for an error that the admin can understand, or the error.
fn trash_message(error: TrashError) -> Result<String, Error> {
    match error {
        TrashError::NotFound => Err(Error::not_found()),
        TrashError::Db(error) => Err(error.into()),
        error @ (TrashError::InUse(_) | TrashError::TooLate) => Ok(error.to_string()),
    }
}
