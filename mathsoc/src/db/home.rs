//! What the front page shows to everybody.

use std::sync::Arc;

use super::announcements::{self, Announcement};
use super::articles::{self, ArticleSummary};
use super::challenges::{self, ChallengeSummary};
use super::newsletters::{self, Newsletter};
use super::{Db, Result};

const CHALLENGES: u32 = 6;
const ARTICLES: u32 = 3;

/// What is announced, and what is newest.
#[derive(Clone, Debug, Default)]
pub struct HomeContent {
    /// What is announced.
    pub announcement: Option<Announcement>,
    /// The newest challenges.
    pub challenges: Vec<ChallengeSummary>,
    /// The newest articles.
    pub articles: Vec<ArticleSummary>,
    /// The newest newsletter.
    pub newsletter: Option<Newsletter>,
}

/// What the front page shows now.
///
/// # Errors
/// When the database gives no answer.
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
