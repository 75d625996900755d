//! `/admin/reports`: what browsers stopped on the site's pages, what to do about it, and what it would cost to allow it.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use palisade::csp::Csp;
use palisade::report::{Group, Suggestion};

use super::chart::Days;
use crate::db::numbers::DAYS;
use crate::db::reports;
use crate::error::Error;
use crate::pages::answers::now;
use crate::pages::day::{Day, starts};
use crate::pages::{Frame, Here, Layout, shown};
use crate::policy;
use crate::state::App;

#[derive(Template)]
#[template(path = "admin/reports.html")]
struct Reports {
    layout: Layout,
    days: Days,
    rows: Vec<Row>,
}

struct Row {
    group: Group,
    suggestion: Option<Suggestion>,
    first: Day,
    last: Day,
}

impl Row {
    fn new(group: Group, policy: &Csp) -> Self {
        let day = |micros: u64| Day::of_unix(i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX));
        let (first, last) = (day(group.first_seen), day(group.last_seen));
        Self { suggestion: group.suggestion(policy), group, first, last }
    }
}

/// `GET /admin/reports`.
///
/// # Errors
/// When the database gives no answer.
pub async fn show(State(app): State<App>, frame: Frame) -> Result<Html<String>, Error> {
    let policy = policy::csp(&app.config);
    let rows = reports::most(&app.db).await?.into_iter().map(|group| Row::new(group, &policy)).collect();
    let starts = starts(now(), DAYS);
    let mut days: Vec<_> = starts.iter().map(|start| (*start, 0, 0)).collect();
    // An hour that begins before midnight belongs to the day before.
    for hour in reports::hours(&app.db, starts.first().copied().unwrap_or_default()).await? {
        let after = days.partition_point(|(start, ..)| *start <= hour.since);
        if let Some((_, stopped, reported)) = after.checked_sub(1).and_then(|day| days.get_mut(day)) {
            *stopped += hour.stopped;
            *reported += hour.reported;
        }
    }
    shown(&Reports { layout: frame.layout(Here::Admin), days: Days::new(days), rows })
}
