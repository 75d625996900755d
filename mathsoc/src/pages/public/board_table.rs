//! The rows of a leaderboard, for the page and for the event stream.
//!
//! | `board=` | leaderboard |
//! |---|---|
//! | `all`, or absent | all members, by the points for all challenges |
//! | `KS3`, `KS4`, `KS5` | by the points for one key stage; `key_stage=KS3` is an alias |
//! | `class` | the viewer's school and year |
//! | `competition-7` | a competition, if the viewer is invited |
//!
//! Invalid parameters fall back to the board `all`, page 1 and version 0.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;

use crate::db::board_versions::Changing;
use crate::db::leaderboard::{self, Board, SchoolStanding, Standing};
use crate::db::users::User;
use crate::domain::ids::CompetitionId;
use crate::domain::person::Role;
use crate::error::Error;
use crate::state::App;

/// The query of a leaderboard: a board, a page and a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BoardQuery {
    pub(super) name: BoardName,
    pub(super) page: u32,
    /// The version of the board that the client shows already.
    pub(super) version: i64,
}

/// A board, by its name in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoardName {
    Class,
    Of(Changing),
}

impl BoardQuery {
    fn parse(query: &str) -> Self {
        let mut parsed = Self { name: BoardName::Of(Changing::All), page: 1, version: 0 };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "page" => parsed.page = value.parse().ok().filter(|page| *page > 0).unwrap_or(1),
                "version" => parsed.version = value.parse().unwrap_or(0),
                "board" | "key_stage" if value == "class" => parsed.name = BoardName::Class,
                "board" | "key_stage" => {
                    parsed.name = BoardName::Of(value.parse().unwrap_or(Changing::All));
                }
                _ => {}
            }
        }
        parsed
    }
}

impl<S: Send + Sync> FromRequestParts<S> for BoardQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl BoardName {
    /// Resolves the board for this member. `None` for a class, without a school or a year.
    pub(super) fn board(self, user: &User) -> Option<Board> {
        match self {
            Self::Class => Some(Board::Class { school: user.school_id?, year: user.year? }),
            Self::Of(Changing::All) => Some(Board::All),
            Self::Of(Changing::Stage(stage)) => Some(Board::Stage(stage)),
            Self::Of(Changing::Competition(id)) => Some(Board::Competition(id)),
        }
    }
}

/// The rows of a board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Table {
    pub(super) lines: Vec<Line>,
    /// The viewer's own row, if it is on another page.
    pub(super) own: Option<Line>,
}

/// A row of a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    pub(super) rank: i64,
    pub(super) name: String,
    /// The school, on a board with several schools.
    pub(super) school: Option<String>,
    pub(super) points: i64,
    pub(super) solved: i64,
    /// `true` for the viewer's own row.
    pub(super) own: bool,
}

impl Line {
    fn of(standing: Standing, user: &User) -> Self {
        let Standing { user_id, full_name, school, rank, points, solved } = standing;
        Self { rank, name: full_name.to_string(), school, points, solved, own: user_id == user.id }
    }

    fn of_school(standing: SchoolStanding, user: &User) -> Self {
        let SchoolStanding { school_id, name, rank, points, solved } = standing;
        Self { rank, name, school: None, points, solved, own: user.school_id == Some(school_id) }
    }
}

/// A page of a board, with the number of pages.
pub(super) struct BoardPage {
    pub(super) table: Table,
    pub(super) page: u32,
    pub(super) pages: u32,
}

/// Loads a page of a board, with the viewer's own row.
///
/// A pupil without points ranks after everyone with points.
pub(super) async fn table(app: &App, user: &User, board: Board, page: u32) -> Result<BoardPage, Error> {
    let found = leaderboard::page(&app.db, board, page).await?;
    let here = found.items.iter().any(|line| line.user_id == user.id);
    let own = if here || found.items.is_empty() {
        None
    } else {
        match leaderboard::of_user(&app.db, board, user.id).await? {
            Some(standing) => Some(Line::of(standing, user)),
            None if user.role == Role::Pupil => Some(Line {
                rank: found.total + 1,
                name: user.full_name.to_string(),
                school: None,
                points: 0,
                solved: 0,
                own: true,
            }),
            None => None,
        }
    };
    let lines = found.items.into_iter().map(|standing| Line::of(standing, user)).collect();
    Ok(BoardPage { table: Table { lines, own }, page: found.page, pages: found.pages })
}

/// Loads the leaderboard of schools in a competition.
pub(super) async fn schools(app: &App, user: &User, id: CompetitionId) -> Result<Table, Error> {
    let found = leaderboard::schools(&app.db, id).await?;
    let lines = found.into_iter().map(|standing| Line::of_school(standing, user)).collect();
    Ok(Table { lines, own: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key_stage::KeyStage;

    #[test]
    fn invalid_parameters_fall_back_to_defaults() {
        let all = BoardQuery { name: BoardName::Of(Changing::All), page: 1, version: 0 };
        for query in ["", "board", "board=", "board=KS9&page=0&version=x", "board=competition-", "page=-1"] {
            assert_eq!(BoardQuery::parse(query), all, "{query}");
        }
        let stage = BoardName::Of(Changing::Stage(KeyStage::Ks4));
        assert_eq!(
            BoardQuery::parse("key_stage=KS4&page=3&version=41"),
            BoardQuery { name: stage, page: 3, version: 41 }
        );
        assert_eq!(BoardQuery::parse("board=KS4").name, stage);
        assert_eq!(BoardQuery::parse("board=class").name, BoardName::Class);
        let competition = BoardName::Of(Changing::Competition(CompetitionId(7)));
        assert_eq!(BoardQuery::parse("board=competition-7").name, competition);
    }
}
