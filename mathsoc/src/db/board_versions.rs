//! Version numbers of the leaderboards. The transaction that changes points also raises the
//! number.
//!
//! A process that pushes live updates polls these few rows, and reads a board only when its number
//! has changed. In this way each process learns of changes by others, in both databases.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::{Db, Result, on};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;

/// A leaderboard that is stored in `scores` and has a version number.
///
/// Their order is that in which every transaction takes them, so that two cannot deadlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScoreBoard {
    /// Points for all challenges outside of competitions.
    All,
    /// Points for the challenges of a key stage.
    Stage(KeyStage),
    /// Points for the challenges of a competition.
    Competition(CompetitionId),
}

/// Writes the board's name in the tables: `all`, `KS3`, `competition-7`.
impl fmt::Display for ScoreBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Stage(stage) => stage.fmt(f),
            Self::Competition(id) => write!(f, "competition-{id}"),
        }
    }
}

impl FromStr for ScoreBoard {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        if let Some(id) = text.strip_prefix("competition-") {
            return id.parse().map(|id| Self::Competition(CompetitionId(id))).map_err(|_| ());
        }
        match text {
            "all" => Ok(Self::All),
            stage => stage.parse().map(Self::Stage).map_err(|_| ()),
        }
    }
}

/// The scope in which points count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreScope {
    /// A key stage, and therefore also the board of all.
    Stage(KeyStage),
    /// A competition only.
    Competition(CompetitionId),
}

impl ScoreScope {
    /// Returns the scope of a challenge's points.
    pub fn of(key_stage: KeyStage, competition: Option<CompetitionId>) -> Self {
        competition.map_or(Self::Stage(key_stage), Self::Competition)
    }

    /// Returns the boards that change, in their order.
    pub fn boards(self) -> Vec<ScoreBoard> {
        match self {
            Self::Stage(stage) => vec![ScoreBoard::All, ScoreBoard::Stage(stage)],
            Self::Competition(id) => vec![ScoreBoard::Competition(id)],
        }
    }

    /// Returns the competition, if the scope is one.
    pub fn competition(self) -> Option<CompetitionId> {
        match self {
            Self::Stage(_) => None,
            Self::Competition(id) => Some(id),
        }
    }
}

/// The version numbers of all boards that have ever changed.
pub type Versions = HashMap<ScoreBoard, i64>;

/// Reads all version numbers.
pub async fn versions(db: &Db) -> Result<Versions> {
    const ALL: &str = "SELECT board, version FROM board_changes";
    let rows: Vec<(String, i64)> = on!(db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?;
    Ok(rows.into_iter().filter_map(|(board, version)| Some((board.parse().ok()?, version))).collect())
}

/// Returns the version number of one board; 0 before its first change.
pub async fn version(db: &Db, board: ScoreBoard) -> Result<i64> {
    const ONE: &str = "SELECT version FROM board_changes WHERE board = $1";
    let found: Option<i64> =
        on!(db, pool => sqlx::query_scalar(ONE).bind(board.to_string()).fetch_optional(pool).await)?;
    Ok(found.unwrap_or(0))
}

/// Raises a board's version number. It must be the last statement of a transaction, because every
/// other change to the board waits for this row.
pub(super) const CHANGED: &str = "INSERT INTO board_changes (board, version) VALUES ($1, 1)
    ON CONFLICT (board) DO UPDATE SET version = board_changes.version + 1";

/// Selects the boards that have a row of a member.
pub(super) const OF_USER: &str = "SELECT board FROM scores WHERE user_id = $1";

/// Returns the boards on which these members are, in their order.
macro_rules! boards_of {
    ($tx:ident, $users:expr) => {{
        let mut boards = std::collections::BTreeSet::new();
        for user in $users {
            let of = sqlx::query_scalar($crate::db::board_versions::OF_USER).bind(user);
            let of: Vec<String> = of.fetch_all(&mut *$tx).await?;
            boards.extend(
                of.iter().filter_map(|board| board.parse::<$crate::db::board_versions::ScoreBoard>().ok()),
            );
        }
        boards
    }};
}

/// Raises the version numbers of these boards. It must come last in a transaction.
macro_rules! raise {
    ($tx:ident, $boards:expr) => {
        for board in $boards {
            sqlx::query($crate::db::board_versions::CHANGED)
                .bind(board.to_string())
                .execute(&mut *$tx)
                .await?;
        }
    };
}
pub(super) use {boards_of, raise};
