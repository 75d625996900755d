//! How often each leaderboard has changed: a number that goes up in the transaction that changes the points.
//!
//! Whoever shows a board to somebody who watches it reads these few rows now and then, and the board itself only when its
//! number is another. So one process learns what another one has counted, on both databases alike.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::{Db, Result, on};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;

/// What changes by itself: points for all challenges, for those of a key stage, or for those of a competition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Changing {
    /// Points for all challenges that belong to no competition.
    All,
    /// Points for those of a key stage.
    Stage(KeyStage),
    /// Points for those of a competition.
    Competition(CompetitionId),
}

/// `all`, `KS3`, `competition-7`: the name of the board in the tables.
impl fmt::Display for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Stage(stage) => stage.fmt(f),
            Self::Competition(id) => write!(f, "competition-{id}"),
        }
    }
}

impl FromStr for Changing {
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

/// Where points count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// With the challenges of a key stage, and so with all.
    Stage(KeyStage),
    /// In a competition, and nowhere else.
    Competition(CompetitionId),
}

impl Counting {
    /// The boards that change, always in the same order, so that no two wait for each other.
    pub fn boards(self) -> Vec<Changing> {
        match self {
            Self::Stage(stage) => vec![Changing::All, Changing::Stage(stage)],
            Self::Competition(id) => vec![Changing::Competition(id)],
        }
    }

    /// The competition, if it is one.
    pub fn competition(self) -> Option<CompetitionId> {
        match self {
            Self::Stage(_) => None,
            Self::Competition(id) => Some(id),
        }
    }
}

/// The numbers of all boards that have ever changed.
pub type Versions = HashMap<Changing, i64>;

/// Reads all numbers: a row for each key stage and competition, and one for all.
///
/// # Errors
/// When the database gives no answer.
pub async fn versions(db: &Db) -> Result<Versions> {
    const ALL: &str = "SELECT board, version FROM board_changes";
    let rows: Vec<(String, i64)> = on!(db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?;
    Ok(rows.into_iter().filter_map(|(board, version)| Some((board.parse().ok()?, version))).collect())
}

/// The number of one board; 0 before its first change.
///
/// # Errors
/// When the database gives no answer.
pub async fn version(db: &Db, board: Changing) -> Result<i64> {
    const ONE: &str = "SELECT version FROM board_changes WHERE board = $1";
    let found: Option<i64> =
        on!(db, pool => sqlx::query_scalar(ONE).bind(board.to_string()).fetch_optional(pool).await)?;
    Ok(found.unwrap_or(0))
}

/// Raises a board's number. It goes last in a transaction: everybody who changes the board waits for this row.
pub(super) const CHANGED: &str = "INSERT INTO board_changes (board, version) VALUES ($1, 1)
    ON CONFLICT (board) DO UPDATE SET version = board_changes.version + 1";
