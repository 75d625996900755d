//! `/admin/log`: the log of all changes by admins.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::{PageNumber, filters};
use crate::db::Paged;
use crate::db::admin_log::{self, Entry};
use crate::error::Error;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "admin/log.html")]
struct Log {
    layout: Layout,
    found: Paged<Entry>,
    pager: Pager,
}

/// `GET /admin/log?page=2`.
pub(crate) async fn show(
    State(app): State<App>,
    PageNumber(page): PageNumber,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = admin_log::page(&app.db, None, page).await?;
    let pager = Pager::new("/admin/log", found.page, found.pages);
    render(&Log { layout: frame.layout(Section::Admin), found, pager })
}
