//! Awards: points that an admin gives to a pupil by hand, or takes away, with a reason that the
//! pupil reads.
//!
//! | award | counts |
//! |---|---|
//! | for a key stage | like a challenge of that stage: on its board and on the board of all |
//! | in a competition | on the competition's boards only |
//!
//! The transaction that writes an award also updates the boards. The update adds to the stored
//! sum, so that concurrent changes are not lost. The same holds for changes, deletions and
//! restores. Each of these transactions locks the pupil's row first, so that the account cannot
//! be deleted before the commit.
//!
//! A board shows members with positive points only. A pupil whose points were taken away is on no
//! board, like one who never had any.
//!
//! The reasons, and the treatment of the former site's leaderboard, are in
//! `docs/decisions/0028-awards.md`.

use super::admin_log::{Action, Actor, record};
use super::board_versions::ScoreScope;
use super::paged::{PER_PAGE, PagePosition};
use super::users::list::{capitals, like};
use super::versions::Saved;
use super::{Db, DbError, Paged, Result, on};
use crate::domain::award::Points;
use crate::domain::clock::now;
use crate::domain::email::EmailAddress;
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;
use crate::domain::person::FullName;
use crate::domain::title::Title;

/// An award with the pupil's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    pub id: i64,
    /// The pupil's account.
    pub user_id: i64,
    /// The pupil's name.
    pub full_name: FullName,
    /// The pupil's address.
    pub email: EmailAddress,
    /// The scope in which the points count.
    pub scope: ScoreScope,
    /// The competition's title, if the scope is one.
    pub competition: Option<String>,
    pub points: Points,
    pub reason: String,
    /// Unix seconds.
    pub awarded_at: i64,
}

impl Award {
    /// Returns the title: `Ada Lovelace, +3: Poster contest`.
    pub fn title(&self) -> String {
        title(self.full_name.as_str(), self.points, &self.reason)
    }

    /// Returns the scope as text: `KS4`, or the title of a competition.
    pub fn place(&self) -> String {
        match (&self.competition, self.scope) {
            (Some(title), _) => title.clone(),
            (None, ScoreScope::Stage(stage)) => stage.to_string(),
            (None, ScoreScope::Competition(id)) => format!("competition {id}"),
        }
    }
}

fn title(name: &str, points: Points, reason: &str) -> String {
    format!("{name}, {points}: {reason}")
}

/// A new award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAward {
    /// The pupil's account.
    pub user_id: i64,
    /// The scope in which the points count.
    pub scope: ScoreScope,
    pub points: Points,
    pub reason: Title,
}

/// Adds points to a member's rows on the boards, within a transaction. It must come last there.
macro_rules! add {
    ($tx:ident, $user:expr, $scope:expr, $points:expr) => {{
        let (user, scope, points): (i64, $crate::db::board_versions::ScoreScope, i64) =
            ($user, $scope, $points);
        let boards = scope.boards();
        for board in boards.iter().map(ToString::to_string) {
            let add = sqlx::query($crate::db::scores::ADD).bind(&board).bind(user).bind(points);
            add.bind(scope.competition()).bind(0_i64).execute(&mut *$tx).await?;
            sqlx::query($crate::db::scores::CLEAR).bind(&board).bind(user).execute(&mut *$tx).await?;
        }
        for board in boards.iter().map(ToString::to_string) {
            sqlx::query($crate::db::board_versions::CHANGED).bind(board).execute(&mut *$tx).await?;
        }
    }};
}

/// Adds an award's points within the transaction that moves it out of the trash or into it, `1` or
/// `-1` times.
macro_rules! apply {
    ($tx:ident, $kind:expr, $ids:expr, $times:expr) => {
        if $kind == $crate::domain::log_subject::LogSubject::Award {
            for id in $ids {
                let of = sqlx::query_as($crate::db::awards::STORED_POINTS).bind(id);
                let it: $crate::db::awards::StoredPoints = of.fetch_one(&mut *$tx).await?;
                let times: i64 = $times;
                $crate::db::awards::add!($tx, it.user_id, it.scope(), times * it.points.number());
            }
        }
    };
}

/// Locks the rows of the pupils of awards. It must come first in a transaction.
macro_rules! lock {
    ($tx:ident, $kind:expr, $ids:expr) => {
        if $kind == $crate::domain::log_subject::LogSubject::Award {
            for id in $ids {
                sqlx::query($crate::db::awards::LOCK_PUPIL).bind(id).execute(&mut *$tx).await?;
            }
        }
    };
}
pub(super) use {add, apply, lock};

/// Creates an award and returns its id.
///
/// # Errors
/// Fails if the pupil does not exist, or is not in the competition.
pub async fn create(db: &Db, by: &Actor, new: &NewAward) -> std::result::Result<i64, AwardError> {
    const LOCK: &str = "UPDATE users SET role = role WHERE id = $1 AND role = 'pupil' AND deleted_at IS NULL
        RETURNING full_name";
    const MEMBER: &str =
        "SELECT count(*) FROM competition_members WHERE competition_id = $1 AND user_id = $2";
    const INSERT: &str = "INSERT INTO awards (user_id, key_stage, competition_id, points, reason, awarded_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let NewAward { user_id, scope, points, reason } = new;
    let stage = match scope {
        ScoreScope::Stage(stage) => Some(stage.name()),
        ScoreScope::Competition(_) => None,
    };
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let name: Option<String> = sqlx::query_scalar(LOCK).bind(user_id).fetch_optional(&mut *tx).await?;
        let name = name.ok_or(AwardError::NoPupil)?;
        if let Some(competition) = scope.competition() {
            let member: i64 =
                sqlx::query_scalar(MEMBER).bind(competition).bind(user_id).fetch_one(&mut *tx).await?;
            if member == 0 {
                return Err(AwardError::NotInvited);
            }
        }
        let insert = sqlx::query_scalar(INSERT).bind(user_id).bind(stage).bind(scope.competition());
        let id: i64 = insert.bind(points).bind(reason.as_str()).bind(now()).fetch_one(&mut *tx).await?;
        let board = scope.boards().last().map(ToString::to_string).unwrap_or_default();
        record!(tx, by, Action::Created, LogSubject::Award, id, title(&name, *points, reason.as_str()), board);
        add!(tx, *user_id, *scope, points.number());
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes points and reason of this version of an award.
pub async fn change(
    db: &Db,
    by: &Actor,
    id: i64,
    version: i64,
    points: Points,
    reason: &Title,
) -> Result<Saved> {
    const NAME: &str = "SELECT full_name FROM users WHERE id = $1";
    const CHANGE: &str =
        "UPDATE awards SET points = $2, reason = $3, version = version + 1 WHERE id = $1 AND version = $4";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let locked = sqlx::query(LOCK_PUPIL).bind(id).execute(&mut *tx).await?.rows_affected();
        let before: Option<StoredPoints> = sqlx::query_as(STORED_POINTS).bind(id).fetch_optional(&mut *tx).await?;
        let Some(before) = before.filter(|it| locked > 0 && !it.deleted) else { return Ok(Saved::Missing) };
        let name: String = sqlx::query_scalar(NAME).bind(before.user_id).fetch_one(&mut *tx).await?;
        let change = sqlx::query(CHANGE).bind(id).bind(points).bind(reason.as_str()).bind(version);
        if change.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(Saved::Conflict);
        }
        let more = points.number() - before.points.number();
        let detail = if more == 0 { String::new() } else { format!("{} before", before.points) };
        record!(tx, by, Action::Changed, LogSubject::Award, id, title(&name, points, reason.as_str()), detail);
        if more != 0 {
            add!(tx, before.user_id, before.scope(), more);
        }
        tx.commit().await?;
        Ok(Saved::Done)
    })
}

/// Locks the pupil's row without a change, so that other changes and the deletion of the account
/// wait.
pub(super) const LOCK_PUPIL: &str = "UPDATE users SET role = role
    WHERE id = (SELECT user_id FROM awards WHERE id = $1) AND deleted_at IS NULL";
pub(super) const STORED_POINTS: &str = "SELECT user_id, key_stage, competition_id, points, deleted_at IS NOT NULL AS deleted FROM awards WHERE id = $1";

/// The stored points of an award and their scope.
#[derive(sqlx::FromRow)]
pub(super) struct StoredPoints {
    pub(super) user_id: i64,
    key_stage: Option<String>,
    competition_id: Option<CompetitionId>,
    pub(super) points: Points,
    deleted: bool,
}

impl StoredPoints {
    pub(super) fn scope(&self) -> ScoreScope {
        scope(self.key_stage.as_deref(), self.competition_id)
    }
}

/// A constraint guarantees that exactly one of both has a value, and a valid key stage.
fn scope(key_stage: Option<&str>, competition: Option<CompetitionId>) -> ScoreScope {
    let stage = || key_stage.and_then(|stage| stage.parse().ok()).unwrap_or(KeyStage::Ks3);
    competition.map_or_else(|| ScoreScope::Stage(stage()), ScoreScope::Competition)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    full_name: FullName,
    #[sqlx(try_from = "String")]
    email: EmailAddress,
    key_stage: Option<String>,
    competition_id: Option<CompetitionId>,
    competition: Option<String>,
    points: Points,
    reason: String,
    awarded_at: i64,
}

impl From<Row> for Award {
    fn from(row: Row) -> Self {
        let Row { id, user_id, full_name, email, key_stage, competition_id, competition, .. } = row;
        let scope = scope(key_stage.as_deref(), competition_id);
        let Row { points, reason, awarded_at, .. } = row;
        Self { id, user_id, full_name, email, scope, competition, points, reason, awarded_at }
    }
}

macro_rules! shown {
    ($what:literal, $and:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM awards a JOIN users u ON u.id = a.user_id LEFT JOIN competitions k ON k.id = a.competition_id
                WHERE a.deleted_at IS NULL AND u.deleted_at IS NULL AND k.deleted_at IS NULL AND ",
            $and
        )
    };
    ($and:literal) => {
        shown!(
            "a.id, a.user_id, u.full_name, u.email, a.key_stage, a.competition_id, k.title AS competition, a.points, a.reason,
                a.awarded_at",
            $and
        )
    };
}

/// Returns a page of ten awards, newest first, of pupils whose name or address contains the text.
pub async fn page(db: &Db, text: &str, page: u32) -> Result<Paged<Award>> {
    const COUNT: &str = shown!(
        "count(*)",
        "(lower(u.full_name) LIKE lower($1) ESCAPE '!' OR lower(u.full_name) LIKE lower($2) ESCAPE '!'
            OR u.email_key LIKE lower($1) ESCAPE '!')"
    );
    const LIST: &str = shown!(
        "(lower(u.full_name) LIKE lower($1) ESCAPE '!' OR lower(u.full_name) LIKE lower($2) ESCAPE '!'
            OR u.email_key LIKE lower($1) ESCAPE '!') ORDER BY a.awarded_at DESC, a.id DESC LIMIT $3 OFFSET $4"
    );
    let (as_typed, capitals) = (like(text), like(&capitals(text)));
    let total = on!(db, pool => {
        sqlx::query_scalar(COUNT).bind(&as_typed).bind(&capitals).fetch_one(pool).await
    })?;
    let position = PagePosition::new(page, total);
    let rows: Vec<Row> = on!(db, pool => {
        let list = sqlx::query_as(LIST).bind(&as_typed).bind(&capitals).bind(PER_PAGE).bind(position.offset());
        list.fetch_all(pool).await
    })?;
    Ok(position.with(rows.into_iter().map(Award::from).collect()))
}

/// Returns all awards of one pupil, newest first.
pub async fn of_user(db: &Db, user: i64) -> Result<Vec<Award>> {
    const LIST: &str = shown!("a.user_id = $1 ORDER BY a.awarded_at DESC, a.id DESC");
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(LIST).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(Award::from).collect())
}

/// Returns the award with this id.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<Award>> {
    const ONE: &str = shown!("a.id = $1");
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    Ok(row.map(Award::from))
}

/// An error of a new award.
#[derive(Debug, thiserror::Error)]
pub enum AwardError {
    /// The account does not exist, or is an admin's.
    #[error("There is no pupil with this account any more.")]
    NoPupil,
    /// The pupil may not see the competition.
    #[error("Their school is not invited to this competition. Choose another, or a key stage.")]
    NotInvited,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for AwardError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
