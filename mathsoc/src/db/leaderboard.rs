//! Leaderboards: who has how many points, for challenges of one key stage or of all.
//!
//! The sums stand in a table that is kept as answers come in (see [`submissions`](super::submissions)); reading a page
//! walks an index and no answers. Who has as many points has the same rank, and the next one's is as much lower: 1, 2, 2, 4.

use super::paged::{PER_PAGE, Place};
use super::{Db, Paged, Result, on};
use crate::db::challenges::KeyStage;
use crate::person::FullName;

/// One line of a leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Whose it is.
    pub user_id: i64,
    /// The name by which they are shown.
    pub full_name: FullName,
    /// From 1; the same for the same points.
    pub rank: i64,
    /// The points.
    pub points: i64,
    /// How many challenges they are for.
    pub solved: i64,
}

macro_rules! standing {
    () => {
        "SELECT s.user_id, u.full_name, s.points, s.solved, 1 + (SELECT count(*) FROM scores better
            WHERE better.board = s.board AND better.points > s.points) AS rank
            FROM scores s JOIN users u ON u.id = s.user_id AND u.deleted_at IS NULL WHERE s.board = $1"
    };
}

/// A page of ten, the most points first.
///
/// # Errors
/// When the database gives no answer.
pub async fn page(db: &Db, key_stage: Option<KeyStage>, page: u32) -> Result<Paged<Standing>> {
    const COUNT: &str = "SELECT count(*) FROM scores WHERE board = $1";
    const LIST: &str = concat!(standing!(), " ORDER BY s.points DESC, s.user_id LIMIT $2 OFFSET $3");
    let board = board(key_stage);
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(board).fetch_one(pool).await)?;
    let place = Place::new(page, total);
    let items = on!(db, pool => {
        sqlx::query_as(LIST).bind(board).bind(PER_PAGE).bind(place.offset()).fetch_all(pool).await
    })?;
    Ok(place.with(items))
}

/// The line of one member, who has none before the first challenge is solved.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_user(db: &Db, key_stage: Option<KeyStage>, user: i64) -> Result<Option<Standing>> {
    const ONE: &str = concat!(standing!(), " AND s.user_id = $2");
    let board = board(key_stage);
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(board).bind(user).fetch_optional(pool).await)?)
}

fn board(key_stage: Option<KeyStage>) -> &'static str {
    key_stage.map_or("all", KeyStage::name)
}
