//! `/`: the newest challenges and articles, what is announced, and the newest newsletter.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::{Frame, Here, Layout, filters, shown};
use crate::db::announcements::{self, Announcement};
use crate::db::articles::{self, ArticleSummary};
use crate::db::challenges::{self, ChallengeSummary};
use crate::db::newsletters::{self, Newsletter};
use crate::db::submissions;
use crate::error::Error;
use crate::state::App;

const CHALLENGES: u32 = 6;
const ARTICLES: u32 = 3;

#[derive(Template)]
#[template(path = "home.html")]
pub(in crate::pages) struct Home {
    layout: Layout,
    announcement: Option<Announcement>,
    challenges: Vec<ChallengeSummary>,
    articles: Vec<ArticleSummary>,
    newsletter: Option<Newsletter>,
}

/// `GET /`.
///
/// # Errors
///
/// When the database does not answer.
pub async fn home(State(app): State<App>, frame: Frame) -> Result<Html<String>, Error> {
    let announcement = announcements::latest(&app.db).await?;
    shown(&Home::new(&app, &frame, frame.layout(Here::Home), announcement).await?)
}

impl Home {
    async fn new(
        app: &App,
        frame: &Frame,
        layout: Layout,
        announcement: Option<Announcement>,
    ) -> Result<Self, Error> {
        let mut challenges = challenges::latest(&app.db, CHALLENGES).await?;
        if let Some(user) = frame.user() {
            submissions::mark(&app.db, user.id, &mut challenges).await?;
        }
        Ok(Self {
            layout,
            announcement,
            challenges,
            articles: articles::latest(&app.db, ARTICLES).await?,
            newsletter: newsletters::latest(&app.db).await?,
        })
    }

    /// The page with an announcement that is not kept yet.
    pub(in crate::pages) async fn preview(
        app: &App,
        frame: &Frame,
        announcement: Announcement,
    ) -> Result<Self, Error> {
        let layout = frame.preview();
        Self::new(app, frame, layout, Some(announcement)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::looks;

    #[test]
    fn an_empty_site_says_so() {
        let home = Home {
            layout: looks::layout(),
            announcement: None,
            challenges: vec![],
            articles: vec![],
            newsletter: None,
        };
        let page = home.render().unwrap();
        looks::check(&page, "Problems worth a&nbsp;lunch hour");
        assert!(page.contains("No challenge has been set yet") && !page.contains("class=\"notice\""));
    }

    #[test]
    fn what_is_new_is_there_and_escaped() {
        let home = Home {
            layout: looks::layout(),
            announcement: Some(Announcement {
                id: 1,
                title: "Bring <b>cake</b>".to_owned(),
                body: r"At \(12{:}50\) & later".to_owned(),
                published_at: 0,
            }),
            challenges: vec![ChallengeSummary {
                id: 7,
                title: "Sums & differences".to_owned(),
                key_stage: challenges::KeyStage::Ks4,
                summary: r"Find \(x^2\).".to_owned(),
                released_at: 951_782_400,
                mark: None,
            }],
            articles: vec![],
            newsletter: None,
        };
        let page = home.render().unwrap();
        looks::check(&page, "Problems worth a&nbsp;lunch hour");
        assert!(page.contains("Bring &#60;b&#62;cake") && page.contains("</math> &amp; later"), "{page}");
        assert!(page.contains(r#"<a href="/challenges/7">Sums &#38; differences</a>"#), "{page}");
        assert!(
            page.contains("<msup>") && page.contains(r#"<time datetime="2000-02-29">29 February 2000"#),
            "{page}"
        );
    }
}
