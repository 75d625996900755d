//! `/admin`: what admins do. The gate around the group wants an admin; every change is a POST with a token, and has its line
//! in the log.
//!
//! A section of things that admins look after has these addresses:
//!
//! | address | is |
//! |---|---|
//! | `/admin/schools` | the list, with what was deleted within the last minute and can be put back |
//! | `/admin/schools/new` | a form; what it sends makes one |
//! | `/admin/schools/{id}` | the same form with what there is; what it sends changes it |
//! | `/admin/bin/schools/{id}` | asks whether it is to be deleted; what it sends deletes it |
//! | `/admin/bin/schools/{id}/restore` | puts it back (POST) |
//!
//! Users have besides what is done to them, and to many of them together: see [`users`].
//!
//! A picture for a text is sent by the editor, or where no script runs by `/admin/pictures/new`: see [`pictures`].
//!
//! To add one: a [`LogSubject`], a file here with the list and the form, the reads and writes in `db` (which write the log in the
//! same transaction), and its lines in `routes.rs`. Deleting and putting back are there for every kind.

pub(crate) mod announcements;
pub(crate) mod articles;
pub(crate) mod awards;
mod challenge_form;
pub(crate) mod challenges;
mod chart;
pub(crate) mod competitions;
pub(crate) mod export;
pub(crate) mod home;
pub(crate) mod log;
pub(crate) mod newsletters;
pub(crate) mod pictures;
pub(crate) mod reports;
pub(crate) mod schools;
pub(crate) mod tester;
pub(crate) mod trash;
pub(crate) mod users;

use std::convert::Infallible;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{Html, Response};
use http::request::Parts;
use palisade::redirect::SafePath;
use palisade::{Redirect, Session, SignedIn};

use super::parts::frame::notice;
use super::parts::pager::Pager;
use super::parts::stages::Filter;
use super::parts::{Frame, Layout, Section, TrustedHtml, filters, render};
use crate::db::admin_log::Actor;
use crate::db::trash::Deleted;
use crate::db::{self, Paged};
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::state::App;
use crate::web::signed_in::Admin;

/// The list of a section.
#[derive(Template)]
#[template(path = "admin/list.html")]
struct List {
    layout: Layout,
    token: TrustedHtml,
    kind: LogSubject,
    title: &'static str,
    /// What the button that makes one says.
    new: Option<&'static str>,
    /// What is looked for, where one can look for something.
    search: Option<String>,
    filters: Vec<Filter>,
    deleted: Vec<Deleted>,
    rows: Vec<Row>,
    pager: Pager,
}

/// One thing in a list.
struct Row {
    id: i64,
    title: String,
    /// What else there is to say of it, each with a word before it.
    facts: Vec<String>,
}

impl List {
    /// Whether something is looked for.
    fn is_narrow(&self) -> bool {
        self.search.as_ref().is_some_and(|search| !search.is_empty())
    }

    async fn page<T>(
        app: &App,
        frame: &Frame,
        kind: LogSubject,
        (title, new): (&'static str, &'static str),
        found: Paged<T>,
        row: impl FnMut(T) -> Row,
    ) -> Result<Html<String>, Error> {
        let deleted = db::trash::recent(&app.db, kind).await?;
        let pager = Pager::new(format!("/admin/{}", kind.section()), found.page, found.pages);
        let rows = found.items.into_iter().map(row).collect();
        let (layout, token) = (frame.layout(Section::Admin), frame.token());
        let (new, search, filters) = (Some(new), None, Vec::new());
        render(&Self { layout, token, kind, title, new, search, filters, deleted, rows, pager })
    }
}

/// Which page of a list the address asks for; what is no number is the first.
pub(crate) struct PageNumber(u32);

impl<S: Send + Sync> FromRequestParts<S> for PageNumber {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(super::parts::address::Listing::parse(parts.uri.query().unwrap_or_default()).page))
    }
}

/// The admin, as the log names them.
fn actor(admin: &SignedIn<Admin>) -> Actor {
    Actor { id: Some(admin.user.id), name: admin.user.full_name.to_string() }
}

/// Back to the list of a section, with something to say there.
async fn redirect_to_list(session: &Session, kind: LogSubject, message: &str) -> Result<Response, Error> {
    redirect_with_notice(session, &format!("/admin/{}", kind.section()), message).await
}

/// Back to a page, with something to say there.
async fn redirect_with_notice(session: &Session, page: &str, message: &str) -> Result<Response, Error> {
    notice(session, message).await?;
    Ok(Redirect::to(page.parse().unwrap_or(SafePath::of("/admin"))).into_response())
}
