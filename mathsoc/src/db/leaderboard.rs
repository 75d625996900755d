//! Leaderboards: who has how many points, for challenges of one key stage or of all, in one class, or in a competition.
//!
//! The sums stand in tables that are kept as answers and [`awards`](super::awards) come in (see
//! [`submissions`](super::submissions)); reading a page walks an index and no answers. Who has no points, or fewer than none since some
//! were taken away, is on no board. Who has as many points has the same rank, and the next one's is as much lower: 1, 2, 2, 4.
//!
//! | board | is | read by |
//! |---|---|---|
//! | all, key stage | everybody with points for these challenges | the sums' index; the rank is one count of higher points |
//! | class | pupils of one school and year, by the points of the board of all | the index of users by class |
//! | competition | everybody with points for its challenges, which count nowhere else | as the first |

use super::board_versions::Changing;
use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::{FullName, Year};

/// Which leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// Points for all challenges that belong to no competition.
    All,
    /// Those for challenges of one key stage.
    Stage(KeyStage),
    /// As the board of all, but only pupils of one school and year.
    Class {
        /// The school.
        school: i64,
        /// The year.
        year: Year,
    },
    /// Points for the challenges of a competition.
    Competition(CompetitionId),
}

impl Board {
    /// Under which name its changes are counted.
    pub fn changing(self) -> Changing {
        match self {
            Self::All | Self::Class { .. } => Changing::All,
            Self::Stage(stage) => Changing::Stage(stage),
            Self::Competition(id) => Changing::Competition(id),
        }
    }
}

impl From<Option<KeyStage>> for Board {
    fn from(stage: Option<KeyStage>) -> Self {
        stage.map_or(Self::All, Self::Stage)
    }
}

/// One line of a leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Whose it is.
    pub user_id: i64,
    /// The name by which they are shown.
    pub full_name: FullName,
    /// Their school, on the board of a competition.
    pub school: Option<String>,
    /// From 1; the same for the same points.
    pub rank: i64,
    /// The points.
    pub points: i64,
    /// How many challenges they are for.
    pub solved: i64,
}

/// A school's pupils of one year, who have points.
macro_rules! class {
    () => {
        "(SELECT s.user_id, u.full_name, CAST(NULL AS TEXT) AS school, s.points, s.solved,
            rank() OVER (ORDER BY s.points DESC) AS rank
            FROM users u JOIN scores s ON s.board = 'all' AND s.user_id = u.id AND s.points > 0
            WHERE u.school_id = $1 AND u.year = $2 AND u.deleted_at IS NULL)"
    };
}
/// A page of ten, the most points first; past the last one, the last.
///
/// # Errors
/// When the database gives no answer.
pub async fn page(db: &Db, board: impl Into<Board>, page: u32) -> Result<Paged<Standing>> {
    let board = board.into();
    if let Board::Class { school, year } = board {
        return page_of_class(db, school, year, page).await;
    }
    let (changing, page) = (board.changing(), page.max(1));
    db.cached(|tables| &tables.boards, (changing, page), async || page_of(db, changing, page).await).await
}

async fn page_of(db: &Db, board: Changing, mut page: u32) -> Result<Paged<Standing>> {
    let name = board.to_string();
    loop {
        let offset = i64::from(page - 1) * PER_PAGE;
        let mut items: Vec<Standing> = on!(db, pool => {
            sqlx::query_as(LIST).bind(&name).bind(PER_PAGE).bind(offset).fetch_all(pool).await
        })?;
        let top = items.first().map(|first| first.points);
        let (total, higher): (i64, i64) =
            on!(db, pool => sqlx::query_as(COUNTS).bind(&name).bind(top).fetch_one(pool).await)?;
        let place = PagePosition::new(page, total);
        if place.is_at(page) {
            rank(&mut items, offset, higher);
            return Ok(place.with(items));
        }
        page = place.page();
    }
}

/// The members of a page are found in the index alone; what else there is of them is looked up for ten, and not for those before.
const LIST: &str = "SELECT t.user_id, u.full_name, h.name AS school, t.points, s.solved,
        row_number() OVER (ORDER BY t.points DESC, t.user_id) AS rank
    FROM (SELECT user_id, points FROM scores WHERE board = $1 AND points > 0
        ORDER BY points DESC, user_id LIMIT $2 OFFSET $3) t
    JOIN scores s ON s.board = $1 AND s.user_id = t.user_id
    JOIN users u ON u.id = t.user_id LEFT JOIN schools h ON h.id = s.school_id
    ORDER BY t.points DESC, t.user_id";
const COUNTS: &str = "SELECT count(*), count(*) FILTER (WHERE points > CAST($2 AS BIGINT)) FROM scores WHERE board = $1 AND points > 0";
const ONE: &str = "SELECT s.user_id, u.full_name, h.name AS school, s.points, s.solved,
        1 + (SELECT count(*) FROM scores b WHERE b.board = s.board AND b.points > s.points) AS rank
    FROM scores s JOIN users u ON u.id = s.user_id LEFT JOIN schools h ON h.id = s.school_id
    WHERE s.board = $1 AND s.user_id = $2 AND s.points > 0";
const CLASS_TOTAL: &str = concat!("SELECT count(*) FROM ", class!(), " line");
const CLASS_LIST: &str =
    concat!("SELECT * FROM ", class!(), " line ORDER BY points DESC, user_id LIMIT $3 OFFSET $4");
const CLASS_ONE: &str = concat!("SELECT * FROM ", class!(), " line WHERE user_id = $3");
const SCHOOLS: &str = "SELECT line.*, rank() OVER (ORDER BY points DESC) AS rank FROM (
        SELECT h.id AS school_id, h.name, CAST(COALESCE(sum(s.points), 0) AS BIGINT) AS points,
            CAST(COALESCE(sum(s.solved), 0) AS BIGINT) AS solved
        FROM competition_schools i JOIN schools h ON h.id = i.school_id
        LEFT JOIN scores s ON s.competition_id = i.competition_id AND s.school_id = i.school_id AND s.points > 0
        WHERE i.competition_id = $1 GROUP BY h.id, h.name) line
    ORDER BY points DESC, name";

/// The ranks of a page whose lines count from 1. Before its first line stand `offset` others, `higher` of them with more points.
fn rank(items: &mut [Standing], offset: i64, higher: i64) {
    let mut before: Option<(i64, i64)> = None;
    for line in items {
        line.rank = match before {
            None => higher + 1,
            Some((points, rank)) if points == line.points => rank,
            Some(_) => offset + line.rank,
        };
        before = Some((line.points, line.rank));
    }
}

async fn page_of_class(db: &Db, school: i64, year: Year, page: u32) -> Result<Paged<Standing>> {
    let total =
        on!(db, pool => sqlx::query_scalar(CLASS_TOTAL).bind(school).bind(year).fetch_one(pool).await)?;
    let place = PagePosition::new(page, total);
    let items = on!(db, pool => {
        let list = sqlx::query_as(CLASS_LIST).bind(school).bind(year).bind(PER_PAGE).bind(place.offset());
        list.fetch_all(pool).await
    })?;
    Ok(place.with(items))
}

/// The line of one member, who has none without points.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_user(db: &Db, board: impl Into<Board>, user: i64) -> Result<Option<Standing>> {
    Ok(match board.into() {
        Board::Class { school, year } => on!(db, pool => {
            sqlx::query_as(CLASS_ONE).bind(school).bind(year).bind(user).fetch_optional(pool).await
        }),
        board => on!(db, pool => {
            let one = sqlx::query_as(ONE).bind(board.changing().to_string()).bind(user);
            one.fetch_optional(pool).await
        }),
    }?)
}

/// A line of a board of schools.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SchoolStanding {
    /// The school.
    pub school_id: i64,
    /// Its name.
    pub name: String,
    /// From 1; the same for the same points.
    pub rank: i64,
    /// The points of its pupils together.
    pub points: i64,
    /// How many challenges they have solved, each pupil's counted.
    pub solved: i64,
}

/// The schools that are invited to a competition, the most points first; those without any are there too.
///
/// # Errors
/// When the database gives no answer.
pub async fn schools(db: &Db, competition: CompetitionId) -> Result<Vec<SchoolStanding>> {
    Ok(on!(db, pool => sqlx::query_as(SCHOOLS).bind(competition).fetch_all(pool).await)?)
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;

    /// How SQLite would answer.
    async fn planned(sql: &str) -> String {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect("sqlite::memory:").await.unwrap();
        crate::db::SQLITE.run(&pool).await.unwrap();
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
        rows.into_iter().map(|(.., step)| step + "\n").collect()
    }

    #[tokio::test]
    async fn no_question_walks_a_whole_table() {
        for sql in [LIST, COUNTS, ONE, CLASS_TOTAL, CLASS_LIST, CLASS_ONE, SCHOOLS] {
            let plan = planned(sql).await;
            let tables = ["s", "b", "u", "h", "i", "scores", "users", "schools", "competition_schools"];
            let whole = |line: &&str| tables.iter().any(|table| line.trim() == format!("SCAN {table}"));
            assert!(plan.contains("SEARCH") && !plan.lines().any(|line| whole(&line)), "{sql}\n{plan}");
        }
        for sql in [LIST, COUNTS, ONE] {
            let plan = planned(sql).await;
            assert!(plan.contains("COVERING INDEX scores_by_points"), "{plan}");
        }
    }
}
