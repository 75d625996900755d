//! `/admin`: the pages for admins.
//!
//! The guard around the route group requires an admin. Every change is a POST with a CSRF token,
//! and writes an entry to the admin log.
//!
//! A section, such as schools, has these pages:
//!
//! | path | page |
//! |---|---|
//! | `/admin/schools` | the list; entries deleted within the last minute can be restored |
//! | `/admin/schools/new` | the form for a new entry; POST creates it |
//! | `/admin/schools/{id}` | the same form for an entry; POST updates it |
//! | `/admin/bin/schools/{id}` | the confirmation page; POST moves the entry to the trash |
//! | `/admin/bin/schools/{id}/restore` | POST restores the entry |
//!
//! [`users`] has further actions, for one user and in bulk. The editor uploads a picture by
//! script; [`pictures`] is the page for browsers without script.
//!
//! To add a section, add:
//!
//! - a variant of [`LogSubject`];
//! - a file here, with the list and the form;
//! - queries in `db`, which write the log entry in the same transaction;
//! - the routes in `routes.rs`.
//!
//! Deleting and restoring work for every `LogSubject`.

pub(crate) mod announcements;
pub(crate) mod articles;
pub(crate) mod awards;
mod challenge_form;
pub(crate) mod challenges;
mod chart;
mod class_filter;
pub(crate) mod competitions;
pub(crate) mod export;
pub(crate) mod home;
pub(crate) mod limits;
pub(crate) mod log;
mod marking;
pub(crate) mod newsletters;
pub(crate) mod pictures;
pub(crate) mod reports;
pub(crate) mod results;
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
use palisade::template::SafeHtml;
use palisade::{Redirect, Session, SignedIn};

use super::parts::frame::notice;
use super::parts::pager::Pager;
use super::parts::stages::Filter;
use super::parts::{Frame, Layout, Section, filters, render};
use crate::db::admin_log::Actor;
use crate::db::trash::Deleted;
use crate::db::{self, Paged};
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::state::App;
use crate::web::signed_in::Admin;

/// The list page of a section.
#[derive(Template)]
#[template(path = "admin/list.html")]
struct List {
    layout: Layout,
    token: SafeHtml,
    subject: LogSubject,
    title: &'static str,
    /// The label of the button for a new entry.
    new: Option<&'static str>,
    /// The search text, on a list with a search field.
    search: Option<String>,
    filters: Vec<Filter>,
    deleted: Vec<Deleted>,
    rows: Vec<Row>,
    pager: Pager,
}

/// An entry of a list.
struct Row {
    id: i64,
    title: String,
    /// Further details, each a line below the title.
    facts: Vec<String>,
}

impl List {
    /// Returns `true` if the list is filtered by a search.
    fn is_narrow(&self) -> bool {
        self.search.as_ref().is_some_and(|search| !search.is_empty())
    }

    async fn page<T>(
        app: &App,
        frame: &Frame,
        subject: LogSubject,
        (title, new): (&'static str, &'static str),
        found: Paged<T>,
        row: impl FnMut(T) -> Row,
    ) -> Result<Html<String>, Error> {
        let deleted = db::trash::recent(&app.db, subject).await?;
        let pager = Pager::new(format!("/admin/{}", subject.section()), found.page, found.pages);
        let rows = found.items.into_iter().map(row).collect();
        let (layout, token) = (frame.layout(Section::Admin), frame.token());
        let (new, search, filters) = (Some(new), None, Vec::new());
        render(&Self { layout, token, subject, title, new, search, filters, deleted, rows, pager })
    }
}

/// The extractor for a page number in the query. An invalid number is page 1.
pub(crate) struct PageNumber(u32);

impl<S: Send + Sync> FromRequestParts<S> for PageNumber {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(super::parts::address::Listing::parse(parts.uri.query().unwrap_or_default()).page))
    }
}

/// Returns the admin as the author of a log entry.
fn actor(admin: &SignedIn<Admin>) -> Actor {
    Actor { id: Some(admin.user.id), name: admin.user.full_name.to_string() }
}

/// Redirects to the list of a section, with a flash message.
async fn redirect_to_list(session: &Session, subject: LogSubject, message: &str) -> Result<Response, Error> {
    redirect_with_notice(session, &format!("/admin/{}", subject.section()), message).await
}

/// Redirects to a page, with a flash message.
async fn redirect_with_notice(session: &Session, page: &str, message: &str) -> Result<Response, Error> {
    notice(session, message).await?;
    Ok(Redirect::to(page.parse().unwrap_or(SafePath::of("/admin"))).into_response())
}
