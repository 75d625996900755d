//! The content of the front page.

use std::sync::Arc;

use super::announcements::{self, Announcement};
use super::articles::{self, ArticleSummary};
use super::challenges::{self, ChallengeSummary};
use super::newsletters::{self, Newsletter};
use super::{Db, Result};

const CHALLENGES: u32 = 6;
const ARTICLES: u32 = 3;

/// The announcement and the newest content.
#[derive(Clone, Debug, Default)]
pub struct HomeContent {
    pub announcement: Option<Announcement>,
    pub challenges: Vec<ChallengeSummary>,
    pub articles: Vec<ArticleSummary>,
    pub newsletter: Option<Newsletter>,
}

/// Returns the current content of the front page.
pub async fn page(db: &Db) -> Result<Arc<HomeContent>> {
    let read = async || {
        Ok(Arc::new(HomeContent {
            announcement: announcements::latest(db).await?,
            challenges: challenges::latest(db, CHALLENGES).await?,
            articles: articles::latest(db, ARTICLES).await?,
            newsletter: newsletters::latest(db).await?,
        }))
    };
    db.cached(|tables| &tables.home, (), read).await
}
