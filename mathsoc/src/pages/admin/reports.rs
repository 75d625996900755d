//! `/admin/reports`: the browsers' reports of policy violations, with advice on each.
//!
//! | path | page |
//! |---|---|
//! | `/admin/reports` | the chart by day, and the groups of reports |
//! | `/admin/reports/{id}/forget` | POST deletes a group; a later report creates a new one |
//! | `/admin/reports/forget` | POST deletes all groups, but not the chart |

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::reporting::{Disposition, PolicySuggestion, ReportGroup, ReportKind};
use palisade::template::SafeHtml;
use palisade::{Session, SignedIn};

use super::chart::Days;
use super::{actor, redirect_with_notice};
use crate::config::Config;
use crate::db::dashboard::DAYS;
use crate::db::reports::{self, StoredReport};
use crate::domain::clock::now;
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::{Day, starts};
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;
use crate::web::policy;
use crate::web::signed_in::Admin;

const PATH: &str = "/admin/reports";

#[derive(Template)]
#[template(path = "admin/reports.html")]
struct Reports {
    layout: Layout,
    token: SafeHtml,
    days: Days,
    rows: Vec<Row>,
    /// `true` if a report-only policy is configured.
    trial: bool,
}

struct Row {
    id: i64,
    group: ReportGroup,
    /// The change that would allow the source, and the setting to write it to.
    suggestion: Option<(PolicySuggestion, &'static str)>,
    first: Day,
    last: Day,
}

impl Row {
    fn new(StoredReport { id, group }: StoredReport, config: &Config) -> Self {
        let day = |micros: u64| Day::of_unix(i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX));
        let (first, last) = (day(group.first_seen), day(group.last_seen));
        Self { id, suggestion: policy::suggestion(config, &group), group, first, last }
    }

    /// Returns `true` if only the report-only policy is violated.
    fn on_trial(&self) -> bool {
        self.group.kind == ReportKind::Csp && self.group.disposition == Disposition::Reported
    }
}

/// `GET /admin/reports`.
pub(crate) async fn show(State(app): State<App>, frame: Frame) -> Result<Html<String>, Error> {
    let stored = reports::most(&app.db).await?;
    let rows = stored.into_iter().map(|stored| Row::new(stored, &app.config)).collect();
    let starts = starts(now(), DAYS);
    let mut days: Vec<_> = starts.iter().map(|start| (*start, 0, 0)).collect();
    // Each hour counts towards the day in which it begins.
    for hour in reports::hours(&app.db, starts.first().copied().unwrap_or_default()).await? {
        let after = days.partition_point(|(start, ..)| *start <= hour.since);
        if let Some((_, stopped, reported)) = after.checked_sub(1).and_then(|day| days.get_mut(day)) {
            *stopped += hour.stopped;
            *reported += hour.reported;
        }
    }
    let (layout, token) = (frame.layout(Section::Admin), frame.token());
    let trial = policy::report_only_csp(&app.config).is_some();
    render(&Reports { layout, token, days: Days::new(days), rows, trial })
}

/// `POST /admin/reports/{id}/forget`. Succeeds if the group is deleted already.
pub(crate) async fn forget(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    reports::forget(&app.db, &actor(&admin), id).await?;
    redirect_with_notice(&session, PATH, "It is forgotten. If it happens again, it will be here again.").await
}

/// `POST /admin/reports/forget`.
pub(crate) async fn forget_all(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    reports::forget_all(&app.db, &actor(&admin)).await?;
    redirect_with_notice(&session, PATH, "All of them are forgotten. What happens again will be here again.")
        .await
}
