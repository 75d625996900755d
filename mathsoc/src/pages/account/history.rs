//! `/profile/history`: the user's answers with their results, and awards.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use palisade::SignedIn;

use crate::db::Paged;
use crate::db::awards::{self, Award};
use crate::db::progress::{self, SubmittedAnswer};
use crate::db::users::User;
use crate::error::Error;
use crate::pages::parts::address::Listing;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "history.html")]
struct History {
    layout: Layout,
    /// Shown on the first page only.
    awards: Vec<Award>,
    found: Paged<SubmittedAnswer>,
    pager: Pager,
}

/// `GET /profile/history?page=2`.
pub(crate) async fn show(
    State(app): State<App>,
    user: SignedIn<User>,
    listing: Listing,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = progress::history(&app.db, user.id, listing.page).await?;
    let pager = Pager::new("/profile/history", found.page, found.pages);
    let awards = if found.page == 1 { awards::of_user(&app.db, user.id).await? } else { Vec::new() };
    render(&History { layout: frame.layout(Section::Account), awards, found, pager })
}
