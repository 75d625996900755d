//! `/admin/users/{id}/answers`: all answers of one member.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::db::Paged;
use crate::db::progress::{self, SubmittedAnswer};
use crate::db::users::list;
use crate::error::Error;
use crate::pages::parts::address::{Id, Listing};
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "admin/answers.html")]
struct AnswersPage {
    layout: Layout,
    id: i64,
    name: String,
    found: Paged<SubmittedAnswer>,
    pager: Pager,
}

/// `GET /admin/users/{id}/answers?page=2`.
pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id,
    listing: Listing,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let person = list::one(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let found = progress::history(&app.db, id, listing.page).await?;
    let pager = Pager::new(format!("/admin/users/{id}/answers"), found.page, found.pages);
    let layout = frame.layout(Section::Admin);
    render(&AnswersPage { layout, id, name: person.user.full_name.to_string(), found, pager })
}
