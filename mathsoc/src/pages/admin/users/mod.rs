//! `/admin/users`: the section of users.
//!
//! | path | page |
//! |---|---|
//! | `/admin/users?q=ada&year=KS3` | the filtered list; its checkboxes select users for `bulk` |
//! | `/admin/users/new` | creates an account, and e-mails a link to choose a password |
//! | `/admin/users/import` | the same for a list of people, after a preview |
//! | `/admin/users/bulk` | previews an action on several users; POST applies it to all or none |
//! | `/admin/users/restore` | POST restores the users deleted within the last minute |
//! | `/admin/users/{id}` | one user; the actions on it are POSTs below this path |
//!
//! Admins never see, choose or send a password: e-mails contain links. To change a role or to
//! remove a second factor, the admin has to pass step-up authentication.

pub(crate) mod actions;
pub(crate) mod bulk;
pub(crate) mod details;
pub(crate) mod import;
pub(crate) mod one;
pub(crate) mod search;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::template::SafeHtml;
use palisade::{Session, SignedIn};

use self::search::UserSearch;
use super::{actor, redirect_to_list};
use crate::db::Paged;
use crate::db::schools::{self, School};
use crate::db::trash::{self, Deleted};
use crate::db::users::list::{self, Person};
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Template)]
#[template(path = "admin/users.html")]
struct Users {
    layout: Layout,
    token: SafeHtml,
    search: UserSearch,
    schools: Vec<School>,
    deleted: Vec<Deleted>,
    found: Paged<Person>,
    pager: Pager,
}

/// `GET /admin/users?q=ada&school=1&year=KS3&role=pupil&unverified=yes&page=2`.
pub(crate) async fn list(
    State(app): State<App>,
    search: UserSearch,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = list::page(&app.db, &search.wanted, search.page).await?;
    let pager = Pager::new(search.address("/admin/users"), found.page, found.pages);
    let schools = schools::all(&app.db).await?;
    let deleted = trash::recent(&app.db, LogSubject::User).await?;
    let (layout, token) = (frame.layout(Section::Admin), frame.token());
    render(&Users { layout, token, search, schools, deleted, found, pager })
}

/// `POST /admin/users/restore`.
pub(crate) async fn restore(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    let count = trash::restore_all(&app.db, &actor(&admin), LogSubject::User).await?;
    let message = match count {
        0 => "It is too late: what is deleted can be put back for one minute.".to_owned(),
        count => format!("{} back.", users_are(count)),
    };
    redirect_to_list(&session, LogSubject::User, &message).await
}

/// Returns the subject and verb of a message: `2 users are`.
fn users_are(count: usize) -> String {
    if count == 1 { "One user is".to_owned() } else { format!("{count} users are") }
}
