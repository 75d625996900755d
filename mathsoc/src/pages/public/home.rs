//! `/`: the newest challenges, articles and newsletter, and the current announcement.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::db::announcements::Announcement;
use crate::db::challenges::ChallengeSummary;
use crate::db::home::{self, HomeContent};
use crate::db::submissions;
use crate::error::Error;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "home.html")]
pub(in crate::pages) struct Home {
    layout: Layout,
    content: Arc<HomeContent>,
    /// The challenges with the progress of the signed-in user.
    marked: Option<Vec<ChallengeSummary>>,
}

/// `GET /`.
pub(crate) async fn home(State(app): State<App>, frame: Frame) -> Result<Html<String>, Error> {
    render(&Home::new(&app, &frame, frame.layout(Section::Home), home::page(&app.db).await?).await?)
}

impl Home {
    async fn new(app: &App, frame: &Frame, layout: Layout, content: Arc<HomeContent>) -> Result<Self, Error> {
        let marked = match frame.user() {
            Some(user) => {
                let mut challenges = content.challenges.clone();
                submissions::load_progress(&app.db, user.id, &mut challenges).await?;
                Some(challenges)
            }
            None => None,
        };
        Ok(Self { layout, content, marked })
    }

    /// Renders the page with an announcement that is not saved.
    pub(in crate::pages) async fn preview(
        app: &App,
        frame: &Frame,
        announcement: Announcement,
    ) -> Result<Self, Error> {
        let content =
            HomeContent { announcement: Some(announcement), ..(*home::page(&app.db).await?).clone() };
        Self::new(app, frame, frame.preview(), Arc::new(content)).await
    }

    fn challenges(&self) -> &[ChallengeSummary] {
        self.marked.as_ref().unwrap_or(&self.content.challenges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key_stage::KeyStage;
    use crate::pages::parts::page_checks;

    #[test]
    fn an_empty_site_says_so() {
        let home = Home { layout: page_checks::layout(), content: Arc::default(), marked: None };
        let page = home.render().unwrap();
        page_checks::check(&page, "Problems worth a&nbsp;lunch hour");
        assert!(page.contains("No challenge has been set yet") && !page.contains("class=\"notice\""));
    }

    #[test]
    fn shows_new_content_escaped() {
        let content = HomeContent {
            announcement: Some(Announcement {
                id: 1,
                title: "Bring <b>cake</b>".to_owned(),
                body: r"At \(12{:}50\) & later".to_owned(),
                published_at: 0,
            }),
            challenges: vec![ChallengeSummary {
                closes_at: None,
                id: 7,
                title: "Sums & differences".to_owned(),
                key_stage: KeyStage::Ks4,
                summary: r"Find \(x^2\).".to_owned(),
                released_at: 951_782_400,
                progress: None,
            }],
            ..HomeContent::default()
        };
        let home = Home { layout: page_checks::layout(), content: Arc::new(content), marked: None };
        let page = home.render().unwrap();
        page_checks::check(&page, "Problems worth a&nbsp;lunch hour");
        assert!(page.contains("Bring &#60;b&#62;cake") && page.contains("</math> &amp; later"), "{page}");
        assert!(page.contains(r#"<a href="/challenges/7">Sums &#38; differences</a>"#), "{page}");
        assert!(
            page.contains("<msup>") && page.contains(r#"<time datetime="2000-02-29">29 February 2000"#),
            "{page}"
        );
    }
}
