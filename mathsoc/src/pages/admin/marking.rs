//! The page that shows what a change would do to verdicts, tries, points and leaderboards, before
//! it is made.

use std::collections::HashMap;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use palisade::template::SafeHtml;

use crate::db::board_versions::ScoreBoard;
use crate::db::competitions;
use crate::db::marking::{BoardChange, MarkingReport, PupilChange, counted};
use crate::error::Error;
use crate::pages::parts::{Frame, Layout, Section, filters};
use crate::state::App;

/// The number of pupils that the page names; of more it says how many.
const SHOWN_PUPILS: usize = 200;

/// The page.
#[derive(Template)]
#[template(path = "admin/marking.html")]
pub(super) struct Confirm {
    layout: Layout,
    token: SafeHtml,
    /// The challenge's title.
    title: String,
    report: MarkingReport,
    /// The URL to which the page sends its form.
    address: String,
    /// The fields of the form that led here.
    fields: Vec<(String, String)>,
    button: &'static str,
    competitions: HashMap<i64, String>,
}

impl Confirm {
    pub(super) fn new(frame: &Frame, title: String, report: MarkingReport, address: String) -> Self {
        let (layout, token) = (frame.layout(Section::Admin), frame.token());
        let button = "Mark again";
        Self {
            layout,
            token,
            title,
            report,
            address,
            fields: Vec::new(),
            button,
            competitions: HashMap::new(),
        }
    }

    pub(super) fn button(self, button: &'static str) -> Self {
        Self { button, ..self }
    }

    /// Sets the fields that are sent again, with the confirmation.
    pub(super) fn fields(self, fields: Vec<(String, String)>) -> Self {
        Self { fields, ..self }
    }

    /// Reads the titles of competitions whose boards change.
    pub(super) async fn boards(mut self, app: &App) -> Result<Self, Error> {
        let is_competition = |it: &BoardChange| matches!(it.board, ScoreBoard::Competition(_));
        if self.report.boards.iter().any(is_competition) {
            let all = competitions::all(&app.db).await?;
            self.competitions = all.into_iter().map(|it| (it.id.0, it.title)).collect();
        }
        Ok(self)
    }

    pub(super) fn respond(&self) -> Result<Response, Error> {
        Ok(Html(self.render()?).into_response())
    }

    fn summary(&self) -> String {
        summary(&self.report)
    }

    fn pupils(&self) -> &[PupilChange] {
        &self.report.pupils[..self.report.pupils.len().min(SHOWN_PUPILS)]
    }

    fn unnamed(&self) -> usize {
        self.report.pupils.len().saturating_sub(SHOWN_PUPILS)
    }

    fn board(&self, change: &BoardChange) -> String {
        let name = match change.board {
            ScoreBoard::All => "The leaderboard".to_owned(),
            ScoreBoard::Stage(stage) => format!("The leaderboard of {stage}"),
            ScoreBoard::Competition(id) => {
                let title = self.competitions.get(&id.0).map_or("", String::as_str);
                format!("The competition “{title}”")
            }
        };
        let points = |n: i64| counted(usize::try_from(n).unwrap_or(0), "point");
        match (change.gained, change.lost) {
            (0, 0) => format!("{name}: no points, but solved challenges"),
            (gained, 0) => format!("{name}: {} more", points(gained)),
            (0, lost) => format!("{name}: {} less", points(lost)),
            (gained, lost) => format!("{name}: {} more, {} less", points(gained), points(lost)),
        }
    }
}

impl PupilChange {
    /// Returns what happened to the member's answers, in words.
    pub(super) fn answers(&self) -> String {
        let parts = [
            (self.turned_right, format!("{} now right", counted(self.turned_right, "answer"))),
            (self.turned_wrong, format!("{} now wrong", counted(self.turned_wrong, "answer"))),
            (self.tries_back, format!("{} back", counted(self.tries_back, "try"))),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text);
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Returns the points before and after.
    pub(super) fn points(&self) -> String {
        let (before, after) = (self.points_before, self.points_after);
        if before == after { format!("{after}") } else { format!("{before} → {after}") }
    }
}

/// Returns the changes in a sentence or two.
pub(super) fn summary(report: &MarkingReport) -> String {
    let (gained, lost) = report.gainers_and_losers();
    let pupils = |n: usize| counted(n, "pupil");
    let mut parts = Vec::new();
    if report.turned_right() > 0 {
        parts.push(format!("{} now right", counted(report.turned_right(), "answer")));
    }
    if report.turned_wrong() > 0 {
        parts.push(format!("{} now wrong", counted(report.turned_wrong(), "answer")));
    }
    if report.tries_back() > 0 {
        parts.push(format!("{} given back", counted(report.tries_back(), "try")));
    }
    parts.push(match (gained, lost) {
        (0, 0) => "nobody’s points change".to_owned(),
        (gained, 0) => format!("{} with more points", pupils(gained)),
        (0, lost) => format!("{} with fewer points", pupils(lost)),
        (gained, lost) => format!("{} with more points, {} with fewer", pupils(gained), pupils(lost)),
    });
    let text = parts.join("; ");
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
