//! `/admin/users/{id}`: a user's details, and the actions on the account.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use palisade::SignedIn;
use palisade::template::SafeHtml;

use crate::db::admin_log::{self, Entry};
use crate::db::awards;
use crate::db::leaderboard::{self, Standing};
use crate::db::users::list::{self, Person};
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    layout: Layout,
    token: SafeHtml,
    person: Person,
    standing: Option<Standing>,
    /// The number of awards.
    awards: usize,
    log: Vec<Entry>,
    /// `true` for the admin's own account.
    own: bool,
}

/// `GET /admin/users/{id}`.
pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let person = list::one(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let standing = leaderboard::of_user(&app.db, None, id).await?;
    let awards = awards::of_user(&app.db, id).await?.len();
    let log = admin_log::of_subject(&app.db, LogSubject::User, id).await?;
    let own = admin.user.id == id;
    let (layout, token) = (frame.layout(Section::Admin), frame.token());
    render(&UserPage { layout, token, person, standing, awards, log, own })
}
