//! `/admin`: the dashboard, with links to all sections and statistics.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::chart::{Bar, Days};
use crate::db::dashboard::{self, DAYS, Members, Tried};
use crate::domain::clock::now;
use crate::error::Error;
use crate::pages::parts::day::{Day, starts};
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "admin/home.html")]
struct Home {
    layout: Layout,
    members: Members,
    stages: Vec<Bar>,
    schools: Vec<Bar>,
    days: Days,
    hardest: Vec<Bar>,
    easiest: Vec<Bar>,
    refusals: Vec<Bar>,
    began: Day,
}

/// `GET /admin`.
pub(crate) async fn show(State(app): State<App>, frame: Frame) -> Result<Html<String>, Error> {
    let members = dashboard::members(&app.db).await?;
    let starts = starts(now(), DAYS);
    let answers = dashboard::answers(&app.db, starts.first().copied().unwrap_or_default()).await?;
    let mut days: Vec<_> = starts.iter().map(|start| (*start, 0, 0)).collect();
    for hour in answers {
        let after = days.partition_point(|(start, ..)| *start <= hour.since);
        if let Some((_, right, total)) = after.checked_sub(1).and_then(|day| days.get_mut(day)) {
            *right += hour.right;
            *total += hour.total;
        }
    }
    let mut stages: Vec<_> = members.stages().map(|(stage, count)| (stage.name().to_owned(), count)).into();
    stages.push(("No year".to_owned(), members.without_year()));
    let mut schools = dashboard::schools(&app.db).await?;
    // The query sorts members without a school first; the chart shows them last.
    if schools.first().is_some_and(|(name, _)| name.is_none()) {
        schools.rotate_left(1);
    }
    let named =
        |(name, count): (Option<String>, i64)| (name.unwrap_or_else(|| "No school".to_owned()), count);
    let refusals = app
        .traffic
        .refusals()
        .into_iter()
        .map(|(reason, count)| (reason.replace('_', " "), i64::try_from(count).unwrap_or(i64::MAX)));
    let mut refusals: Vec<_> = refusals.collect();
    refusals.sort_by_key(|(_, count)| -count);
    render(&Home {
        layout: frame.layout(Section::Admin),
        members,
        stages: Bar::all(stages),
        schools: Bar::all(schools.into_iter().map(named)),
        days: Days::new(days),
        hardest: rates(dashboard::tried(&app.db, true).await?),
        easiest: rates(dashboard::tried(&app.db, false).await?),
        refusals: Bar::all(refusals),
        began: Day::of_unix(app.traffic.began()),
    })
}

fn rates(tried: Vec<Tried>) -> Vec<Bar> {
    let bar = |it: Tried| {
        let text = format!("{} of {}", it.solved, it.tried);
        let link = Some(format!("/challenges/{}", it.id));
        Bar { link, text, ..Bar::new(it.title, it.solved, it.tried) }
    };
    tried.into_iter().map(bar).collect()
}
