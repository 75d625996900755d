//! Leaderboards: rankings by points, for one key stage or all, for a class, and for a competition.
//!
//! The table `scores` holds the sums. Submissions and [`awards`](super::awards) update it (see
//! [`submissions`](super::submissions)), and a page is read from its index. A member without
//! positive points is on no board. Equal points have the same rank, and the next rank skips as
//! many places: 1, 2, 2, 4.
//!
//! | board | members with points | query |
//! |---|---|---|
//! | all, key stage | for these challenges | index of `scores`; the rank counts higher points |
//! | class | of one school and year, on the board of all | index of users by class |
//! | competition | for its challenges, which count nowhere else | like the first row |

use super::board_versions::ScoreBoard;
use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::{FullName, Year};

/// A leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// Points for all challenges outside of competitions.
    All,
    /// Points for the challenges of one key stage.
    Stage(KeyStage),
    /// The board of all, reduced to the pupils of one school and year.
    Class { school: i64, year: Year },
    /// Points for the challenges of a competition.
    Competition(CompetitionId),
}

impl Board {
    /// Returns the stored board that this leaderboard is read from.
    pub fn score_board(self) -> ScoreBoard {
        match self {
            Self::All | Self::Class { .. } => ScoreBoard::All,
            Self::Stage(stage) => ScoreBoard::Stage(stage),
            Self::Competition(id) => ScoreBoard::Competition(id),
        }
    }
}

impl From<Option<KeyStage>> for Board {
    fn from(stage: Option<KeyStage>) -> Self {
        stage.map_or(Self::All, Self::Stage)
    }
}

/// A row of a leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    pub user_id: i64,
    /// The name that pages show.
    pub full_name: FullName,
    /// The school, on the boards of a competition only.
    pub school: Option<String>,
    /// The rank, from 1; equal for equal points.
    pub rank: i64,
    pub points: i64,
    /// The number of solved challenges.
    pub solved: i64,
}

/// The pupils of a school and year who have points.
macro_rules! class {
    () => {
        "(SELECT s.user_id, u.full_name, CAST(NULL AS TEXT) AS school, s.points, s.solved,
            rank() OVER (ORDER BY s.points DESC) AS rank
            FROM users u JOIN scores s ON s.board = 'all' AND s.user_id = u.id AND s.points > 0
            WHERE u.school_id = $1 AND u.year = $2 AND u.deleted_at IS NULL)"
    };
}
/// Returns a page of ten, most points first. A page number past the end returns the last page.
pub async fn page(db: &Db, board: impl Into<Board>, page: u32) -> Result<Paged<Standing>> {
    let board = board.into();
    if let Board::Class { school, year } = board {
        return page_of_class(db, school, year, page).await;
    }
    let (score_board, page) = (board.score_board(), page.max(1));
    db.cached(|tables| &tables.boards, (score_board, page), async || page_of(db, score_board, page).await)
        .await
}

async fn page_of(db: &Db, board: ScoreBoard, mut page: u32) -> Result<Paged<Standing>> {
    let name = board.to_string();
    loop {
        let offset = i64::from(page - 1) * PER_PAGE;
        let mut items: Vec<Standing> = on!(db, pool => {
            sqlx::query_as(LIST).bind(&name).bind(PER_PAGE).bind(offset).fetch_all(pool).await
        })?;
        let top = items.first().map(|first| first.points);
        let (total, higher): (i64, i64) =
            on!(db, pool => sqlx::query_as(COUNTS).bind(&name).bind(top).fetch_one(pool).await)?;
        let position = PagePosition::new(page, total);
        if position.is_at(page) {
            rank(&mut items, offset, higher);
            return Ok(position.with(items));
        }
        page = position.page();
    }
}

/// The accounts that boards leave out: those in the trash.
macro_rules! not_in_trash {
    () => {
        " NOT IN (SELECT id FROM users WHERE deleted_at IS NOT NULL)"
    };
}

/// The inner query finds the members of the page in the index alone, so that the joins run for ten
/// rows and not for all rows before them.
const LIST: &str = concat!(
    "SELECT t.user_id, u.full_name, h.name AS school, t.points, s.solved,
        row_number() OVER (ORDER BY t.points DESC, t.user_id) AS rank
    FROM (SELECT user_id, points FROM scores WHERE board = $1 AND points > 0 AND user_id",
    not_in_trash!(),
    "   ORDER BY points DESC, user_id LIMIT $2 OFFSET $3) t
    JOIN scores s ON s.board = $1 AND s.user_id = t.user_id
    JOIN users u ON u.id = t.user_id LEFT JOIN schools h ON h.id = s.school_id
    ORDER BY t.points DESC, t.user_id"
);
const COUNTS: &str = concat!(
    "SELECT count(*), count(*) FILTER (WHERE points > CAST($2 AS BIGINT)) FROM scores
    WHERE board = $1 AND points > 0 AND user_id",
    not_in_trash!()
);
const ONE: &str = concat!(
    "SELECT s.user_id, u.full_name, h.name AS school, s.points, s.solved, 1 + (SELECT count(*) FROM scores b
        WHERE b.board = s.board AND b.points > s.points AND b.user_id",
    not_in_trash!(),
    ") AS rank
    FROM scores s JOIN users u ON u.id = s.user_id LEFT JOIN schools h ON h.id = s.school_id
    WHERE s.board = $1 AND s.user_id = $2 AND s.points > 0 AND u.deleted_at IS NULL"
);
const CLASS_TOTAL: &str = concat!("SELECT count(*) FROM ", class!(), " line");
const CLASS_LIST: &str =
    concat!("SELECT * FROM ", class!(), " line ORDER BY points DESC, user_id LIMIT $3 OFFSET $4");
const CLASS_ONE: &str = concat!("SELECT * FROM ", class!(), " line WHERE user_id = $3");
const SCHOOLS: &str = concat!(
    "SELECT line.*, rank() OVER (ORDER BY points DESC) AS rank FROM (
        SELECT h.id AS school_id, h.name, CAST(COALESCE(sum(s.points), 0) AS BIGINT) AS points,
            CAST(COALESCE(sum(s.solved), 0) AS BIGINT) AS solved
        FROM competition_schools i JOIN schools h ON h.id = i.school_id
        LEFT JOIN scores s ON s.competition_id = i.competition_id AND s.school_id = i.school_id AND s.points > 0
            AND s.user_id",
    not_in_trash!(),
    "   WHERE i.competition_id = $1 GROUP BY h.id, h.name) line
    ORDER BY points DESC, name"
);

/// Computes the ranks of a page. `offset` rows precede it, `higher` of them with more points than
/// its first row.
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
    let position = PagePosition::new(page, total);
    let items = on!(db, pool => {
        let list = sqlx::query_as(CLASS_LIST).bind(school).bind(year).bind(PER_PAGE).bind(position.offset());
        list.fetch_all(pool).await
    })?;
    Ok(position.with(items))
}

/// Returns the row of one member, or `None` if the member has no points.
pub async fn of_user(db: &Db, board: impl Into<Board>, user: i64) -> Result<Option<Standing>> {
    Ok(match board.into() {
        Board::Class { school, year } => on!(db, pool => {
            sqlx::query_as(CLASS_ONE).bind(school).bind(year).bind(user).fetch_optional(pool).await
        }),
        board => on!(db, pool => {
            let one = sqlx::query_as(ONE).bind(board.score_board().to_string()).bind(user);
            one.fetch_optional(pool).await
        }),
    }?)
}

/// A row of a competition's board of schools.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SchoolStanding {
    pub school_id: i64,
    pub name: String,
    /// The rank, from 1; equal for equal points.
    pub rank: i64,
    /// The sum of its pupils' points.
    pub points: i64,
    /// The sum of its pupils' solved challenges.
    pub solved: i64,
}

/// Returns the schools invited to a competition, most points first, including those without
/// points.
pub async fn schools(db: &Db, competition: CompetitionId) -> Result<Vec<SchoolStanding>> {
    Ok(on!(db, pool => sqlx::query_as(SCHOOLS).bind(competition).fetch_all(pool).await)?)
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;

    /// Returns SQLite's query plan.
    async fn planned(sql: &str) -> String {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect("sqlite::memory:").await.unwrap();
        crate::db::SQLITE.run(&pool).await.unwrap();
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
        rows.into_iter().map(|(.., step)| step + "\n").collect()
    }

    #[tokio::test]
    async fn queries_use_indexes() {
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
