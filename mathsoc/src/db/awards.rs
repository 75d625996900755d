//! Awards: points that an admin gives to a pupil by hand, or takes, with a reason that the pupil reads.
//!
//! | an award | counts |
//! |---|---|
//! | of a key stage | as if it were for a challenge of that stage: on its board, and on the board of all |
//! | in a competition | on the boards of the competition, and nowhere else |
//!
//! It is counted in the transaction that writes it, together with what others count meanwhile: each adds to a line, and none writes
//! what it has read. So it is with one that changes, goes into the bin, or comes out of it. What holds the order together is the
//! pupil's row, which is held first: nobody deletes an account while points are given to it.
//!
//! A board shows who has points. Who has none left, since more were taken than there were, is on no board, like who never had any.
//!
//! Why by hand, and what becomes of the former site's leaderboard: `docs/decisions/0028-awards.md`.

use super::admin_log::{Action, Actor, record};
use super::board_versions::Counting;
use super::paged::{PER_PAGE, PagePosition};
use super::users::list::{capitals, like};
use super::{Db, DbError, Paged, Result, on};
use crate::domain::award::Points;
use crate::domain::clock::now;
use crate::domain::email::EmailAddress;
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;
use crate::domain::person::FullName;
use crate::domain::title::Title;

/// Points by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// Its number.
    pub id: i64,
    /// Whose they are.
    pub user_id: i64,
    /// What they are called.
    pub full_name: FullName,
    /// Their address.
    pub email: EmailAddress,
    /// Where the points count.
    pub counting: Counting,
    /// What the competition is called, if it is one.
    pub competition: Option<String>,
    /// So many.
    pub points: Points,
    /// What they are for.
    pub reason: String,
    /// Unix seconds.
    pub awarded_at: i64,
}

impl Award {
    /// What it is called: `Ada Lovelace, +3: Poster contest`.
    pub fn title(&self) -> String {
        title(self.full_name.as_str(), self.points, &self.reason)
    }

    /// Where the points count, in words: `KS4`, or the title of a competition.
    pub fn place(&self) -> String {
        match (&self.competition, self.counting) {
            (Some(title), _) => title.clone(),
            (None, Counting::Stage(stage)) => stage.to_string(),
            (None, Counting::Competition(id)) => format!("competition {id}"),
        }
    }
}

fn title(name: &str, points: Points, reason: &str) -> String {
    format!("{name}, {points}: {reason}")
}

/// What is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAward {
    /// To whom.
    pub user_id: i64,
    /// Where it counts.
    pub counting: Counting,
    /// How many points.
    pub points: Points,
    /// What for.
    pub reason: Title,
}

/// Adds points to the lines of somebody on the boards, within a transaction. It goes last there.
macro_rules! add {
    ($tx:ident, $user:expr, $counting:expr, $points:expr) => {{
        let (user, counting, points): (i64, $crate::db::board_versions::Counting, i64) =
            ($user, $counting, $points);
        let boards = counting.boards();
        for board in boards.iter().map(ToString::to_string) {
            let add = sqlx::query($crate::db::scores::ADD).bind(&board).bind(user).bind(points);
            add.bind(counting.competition()).bind(0_i64).execute(&mut *$tx).await?;
            sqlx::query($crate::db::scores::CLEAR).bind(&board).bind(user).execute(&mut *$tx).await?;
        }
        for board in boards.iter().map(ToString::to_string) {
            sqlx::query($crate::db::board_versions::CHANGED).bind(board).execute(&mut *$tx).await?;
        }
    }};
}

/// Counts awards, or takes them back, within the transaction that moves them out of the bin or into it: `1` or `-1` times.
macro_rules! count {
    ($tx:ident, $kind:expr, $ids:expr, $times:expr) => {
        if $kind == $crate::domain::log_subject::LogSubject::Award {
            for id in $ids {
                let of = sqlx::query_as($crate::db::awards::COUNTED).bind(id);
                let it: $crate::db::awards::Counted = of.fetch_one(&mut *$tx).await?;
                let times: i64 = $times;
                $crate::db::awards::add!($tx, it.user_id, it.counting(), times * it.points.number());
            }
        }
    };
}

/// Holds the pupils of awards, before anything is written of them: the first thing in a transaction.
macro_rules! hold {
    ($tx:ident, $kind:expr, $ids:expr) => {
        if $kind == $crate::domain::log_subject::LogSubject::Award {
            for id in $ids {
                sqlx::query($crate::db::awards::HOLD_OF).bind(id).execute(&mut *$tx).await?;
            }
        }
    };
}
pub(super) use {add, count, hold};

/// Gives points; the number of the award.
///
/// # Errors
/// When there is no such pupil, they are not in the competition, or the database gives no answer.
pub async fn create(db: &Db, by: &Actor, new: &NewAward) -> std::result::Result<i64, AwardError> {
    const HOLD: &str = "UPDATE users SET role = role WHERE id = $1 AND role = 'pupil' AND deleted_at IS NULL
        RETURNING full_name";
    const MEMBER: &str =
        "SELECT count(*) FROM competition_members WHERE competition_id = $1 AND user_id = $2";
    const INSERT: &str = "INSERT INTO awards (user_id, key_stage, competition_id, points, reason, awarded_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let NewAward { user_id, counting, points, reason } = new;
    let stage = match counting {
        Counting::Stage(stage) => Some(stage.name()),
        Counting::Competition(_) => None,
    };
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let name: Option<String> = sqlx::query_scalar(HOLD).bind(user_id).fetch_optional(&mut *tx).await?;
        let name = name.ok_or(AwardError::NoPupil)?;
        if let Some(competition) = counting.competition() {
            let member: i64 =
                sqlx::query_scalar(MEMBER).bind(competition).bind(user_id).fetch_one(&mut *tx).await?;
            if member == 0 {
                return Err(AwardError::NotInvited);
            }
        }
        let insert = sqlx::query_scalar(INSERT).bind(user_id).bind(stage).bind(counting.competition());
        let id: i64 = insert.bind(points).bind(reason.as_str()).bind(now()).fetch_one(&mut *tx).await?;
        let board = counting.boards().last().map(ToString::to_string).unwrap_or_default();
        record!(tx, by, Action::Created, LogSubject::Award, id, title(&name, *points, reason.as_str()), board);
        add!(tx, *user_id, *counting, points.number());
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes how many points they are, and what for; `false` when there is none with this number.
///
/// # Errors
/// When the database gives no answer.
pub async fn change(db: &Db, by: &Actor, id: i64, points: Points, reason: &Title) -> Result<bool> {
    const NAME: &str = "SELECT full_name FROM users WHERE id = $1";
    const CHANGE: &str = "UPDATE awards SET points = $2, reason = $3 WHERE id = $1";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let held = sqlx::query(HOLD_OF).bind(id).execute(&mut *tx).await?.rows_affected();
        let before: Option<Counted> = sqlx::query_as(COUNTED).bind(id).fetch_optional(&mut *tx).await?;
        let Some(before) = before.filter(|it| held > 0 && !it.deleted) else { return Ok(false) };
        let name: String = sqlx::query_scalar(NAME).bind(before.user_id).fetch_one(&mut *tx).await?;
        sqlx::query(CHANGE).bind(id).bind(points).bind(reason.as_str()).execute(&mut *tx).await?;
        let more = points.number() - before.points.number();
        let detail = if more == 0 { String::new() } else { format!("{} before", before.points) };
        record!(tx, by, Action::Changed, LogSubject::Award, id, title(&name, points, reason.as_str()), detail);
        if more != 0 {
            add!(tx, before.user_id, before.counting(), more);
        }
        tx.commit().await?;
        Ok(true)
    })
}

/// Changes nothing, but makes whoever else changes or deletes the pupil wait.
pub(super) const HOLD_OF: &str = "UPDATE users SET role = role
    WHERE id = (SELECT user_id FROM awards WHERE id = $1) AND deleted_at IS NULL";
pub(super) const COUNTED: &str = "SELECT user_id, key_stage, competition_id, points, deleted_at IS NOT NULL AS deleted FROM awards WHERE id = $1";

/// What an award adds to which boards.
#[derive(sqlx::FromRow)]
pub(super) struct Counted {
    pub(super) user_id: i64,
    key_stage: Option<String>,
    competition_id: Option<CompetitionId>,
    pub(super) points: Points,
    deleted: bool,
}

impl Counted {
    pub(super) fn counting(&self) -> Counting {
        counting(self.key_stage.as_deref(), self.competition_id)
    }
}

/// The table holds one of both, and a stage that there is.
fn counting(key_stage: Option<&str>, competition: Option<CompetitionId>) -> Counting {
    let stage = || key_stage.and_then(|stage| stage.parse().ok()).unwrap_or(KeyStage::Ks3);
    competition.map_or_else(|| Counting::Stage(stage()), Counting::Competition)
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
        let counting = counting(key_stage.as_deref(), competition_id);
        let Row { points, reason, awarded_at, .. } = row;
        Self { id, user_id, full_name, email, counting, competition, points, reason, awarded_at }
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

/// A page of ten, the last one first; those of whom a part of the name or of the address is this.
///
/// # Errors
/// When the database gives no answer.
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
    let place = PagePosition::new(page, total);
    let rows: Vec<Row> = on!(db, pool => {
        let list = sqlx::query_as(LIST).bind(&as_typed).bind(&capitals).bind(PER_PAGE).bind(place.offset());
        list.fetch_all(pool).await
    })?;
    Ok(place.with(rows.into_iter().map(Award::from).collect()))
}

/// All of one pupil, the last one first.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_user(db: &Db, user: i64) -> Result<Vec<Award>> {
    const LIST: &str = shown!("a.user_id = $1 ORDER BY a.awarded_at DESC, a.id DESC");
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(LIST).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(Award::from).collect())
}

/// The award with this number.
///
/// # Errors
/// When the database gives no answer.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<Award>> {
    const ONE: &str = shown!("a.id = $1");
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    Ok(row.map(Award::from))
}

/// Why no points are given.
#[derive(Debug, thiserror::Error)]
pub enum AwardError {
    /// The account is gone, or is an admin's.
    #[error("There is no pupil with this account any more.")]
    NoPupil,
    /// They may not see the competition.
    #[error("Their school is not invited to this competition. Choose another, or a key stage.")]
    NotInvited,
    /// The database gave no answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for AwardError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
