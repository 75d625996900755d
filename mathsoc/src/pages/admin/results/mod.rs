//! `/admin/challenges/{id}/results`: who answered what, and the rulings about it.
//!
//! The page has, for each box, its key, the most frequent wrong answers and the answers that are
//! accepted too; and a table of the members who tried, with every answer, its verdict and its time.
//! [`rulings`] takes the buttons, [`pupil`] is the page of one member, [`files`] has both as CSV.

pub(crate) mod files;
pub(crate) mod pupil;
pub(crate) mod rulings;

use std::convert::Infallible;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::response::Html;
use http::request::Parts;
use palisade::template::SafeHtml;
use url::form_urlencoded::parse;

use super::class_filter;
use crate::db::challenges::edit;
use crate::db::results::{self, BoxSummary, GivenAnswer, ResultFilter, ResultRow};
use crate::db::schools::{self, School};
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::Day;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

/// The filters and the page in the URL: `?school=3&year=8&page=2`. A year may be a key stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResultQuery {
    filter: ResultFilter,
    page: u32,
}

impl ResultQuery {
    fn parse(query: &str) -> Self {
        let mut found = Self { page: 1, ..Self::default() };
        let filter = &mut found.filter;
        for (name, value) in parse(query.as_bytes()) {
            if !class_filter::read(filter, &name, &value) && name == "page" {
                found.page = class_filter::read_page(&value);
            }
        }
        found
    }

    /// Returns the filters as form fields.
    fn fields(&self) -> class_filter::Fields {
        class_filter::fields(self.filter)
    }

    fn address(&self, path: &str) -> String {
        class_filter::address(path, self.fields())
    }

    fn chosen(&self, field: &str, value: &str) -> bool {
        class_filter::is_chosen(&self.fields(), field, value)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ResultQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[derive(Template)]
#[template(path = "admin/results.html")]
struct ResultsPage {
    layout: Layout,
    token: SafeHtml,
    id: i64,
    title: String,
    boxes: Vec<BoxSummary>,
    schools: Vec<School>,
    query: ResultQuery,
    rows: Vec<ResultRow>,
    total: i64,
    pager: Pager,
}

impl ResultsPage {
    fn answers<'a>(&self, row: &'a ResultRow, answer_box: &BoxSummary) -> Vec<&'a GivenAnswer> {
        row.answers.iter().filter(|answer| answer.box_id == answer_box.id).collect()
    }

    fn file(&self) -> String {
        self.query.address(&format!("/admin/challenges/{}/results.csv", self.id))
    }

    fn is_narrow(&self) -> bool {
        !self.query.fields().is_empty()
    }
}

impl GivenAnswer {
    /// Returns the time in London: `3 December, 10:15`.
    pub(crate) fn when(&self) -> String {
        let day = Day::of_unix(self.submitted_at);
        format!("{}, {}", day.short(), day.hour())
    }

    /// Returns a remark about the answer's ruling, such as “accepted by hand”; empty if there is none.
    pub(crate) fn remark(&self) -> &'static str {
        match (self.ruling.as_deref(), self.number) {
            (Some("accepted"), _) => "accepted by hand",
            (Some("returned"), None) => "try given back",
            (_, None) => "does not count",
            _ => "",
        }
    }

    /// Returns `true` if its try can be given back.
    pub(crate) fn costs_a_try(&self) -> bool {
        !self.correct && self.number.is_some()
    }

    pub(crate) fn is_accepted_by_hand(&self) -> bool {
        self.ruling.as_deref() == Some("accepted")
    }
}

/// `GET /admin/challenges/{id}/results?school=3&year=8&page=2`.
pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id,
    query: ResultQuery,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let draft = edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let found = results::page(&app.db, id, &query.filter, query.page).await?;
    let path = format!("/admin/challenges/{id}/results");
    render(&ResultsPage {
        layout: frame.layout(Section::Admin),
        token: frame.token(),
        id,
        title: draft.title.to_string(),
        boxes: results::boxes(&app.db, id).await?,
        schools: schools::all(&app.db).await?,
        query,
        rows: found.items,
        total: found.total,
        pager: Pager::new(query.address(&path), found.page, found.pages),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_round_trip_through_the_url() {
        for address in ["/x", "/x?school=3&year=9", "/x?school=none&year=none", "/x?year=KS4"] {
            let query = address.split_once('?').map_or("", |(_, query)| query);
            assert_eq!(ResultQuery::parse(query).address("/x"), address);
        }
        assert_eq!(ResultQuery::parse("school=x&year=6&page=0"), ResultQuery::parse(""));
    }
}
