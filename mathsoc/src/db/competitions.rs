//! Competitions: challenges with an opening and a closing time, for invited schools.
//!
//! Pupils of invited schools, and admins, see:
//! 1. before it opens: its announcement;
//! 2. while it is open: its challenges and boards. Pupils answer for points;
//! 3. after it has closed: the right answers and the results.
//!
//! Everyone else sees nothing.
//!
//! A challenge of a competition also obeys its own release and lock times. It counts on the
//! competition's boards only, and appears in no other list. It gives the usual points: three for
//! the first pupil who solves it, one for every later pupil.

use super::admin_log::{Action, Actor, record};
use super::challenges::ChallengeSummary;
use super::versions::{Saved, unsaved};
use super::{Db, DbError, Paged, Result, on, paged};
use crate::domain::ids::CompetitionId;
use crate::domain::log_subject::LogSubject;

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Competition {
    pub id: CompetitionId,
    /// The title, plain text.
    pub title: String,
    /// The description, plain text.
    pub summary: String,
    /// The time from which its challenges are visible; Unix seconds.
    pub opens_at: i64,
    /// The time from which they take no answers and show the right ones; Unix seconds.
    pub closes_at: i64,
}

/// The phase of a competition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not opened.
    Ahead,
    /// Its challenges take answers.
    Open,
    /// It has closed.
    Closed,
}

impl Competition {
    /// Returns the phase at `now`, in Unix seconds.
    pub fn phase(&self, now: i64) -> Phase {
        if now < self.opens_at {
            Phase::Ahead
        } else if now < self.closes_at {
            Phase::Open
        } else {
            Phase::Closed
        }
    }
}

/// The content of a new or changed competition.
#[derive(Clone, Debug)]
pub struct Details {
    /// The title, plain text.
    pub title: String,
    /// The description, plain text.
    pub summary: String,
    /// The opening time; Unix seconds.
    pub opens_at: i64,
    /// The closing time, later than the opening; Unix seconds.
    pub closes_at: i64,
}

/// An error of a new or changed competition.
#[derive(Debug, thiserror::Error)]
pub enum CompetitionError {
    /// It would close before it opens.
    #[error("A competition closes after it opens: choose a later time for its end.")]
    Times,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for CompetitionError {
    fn from(error: sqlx::Error) -> Self {
        let kind = error.as_database_error();
        if kind.is_some_and(|it| it.is_check_violation()) { Self::Times } else { Self::Db(error.into()) }
    }
}

macro_rules! columns {
    () => {
        "SELECT c.id, c.title, c.summary, c.opens_at, c.closes_at FROM competitions c"
    };
}

/// Returns the competitions that a member may see, latest first.
pub async fn of_member(db: &Db, user: i64) -> Result<Vec<Competition>> {
    const ALL: &str = concat!(
        columns!(),
        " WHERE EXISTS (SELECT 1 FROM competition_members m WHERE m.competition_id = c.id AND m.user_id = $1)
        ORDER BY c.opens_at DESC, c.id DESC"
    );
    Ok(on!(db, pool => sqlx::query_as(ALL).bind(user).fetch_all(pool).await)?)
}

/// Returns a competition if a member may see it.
pub async fn by_id(db: &Db, id: CompetitionId, user: i64) -> Result<Option<Competition>> {
    const ONE: &str = concat!(
        columns!(),
        " JOIN competition_members m ON m.competition_id = c.id AND m.user_id = $2 WHERE c.id = $1"
    );
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).bind(user).fetch_optional(pool).await)?)
}

/// Returns the released challenges of a competition in the order of their ids; none before it
/// opens.
pub async fn challenges(db: &Db, id: CompetitionId, now: i64) -> Result<Vec<ChallengeSummary>> {
    const ALL: &str = "SELECT c.id, c.title, c.key_stage, c.summary, c.released_at, COALESCE(c.closed_at, c.locked_at) AS closes_at
        FROM challenges c JOIN competitions k ON k.id = c.competition_id
        WHERE c.competition_id = $1 AND k.opens_at <= $2 AND c.is_draft = 0
            AND c.released_at <= $2 AND c.deleted_at IS NULL ORDER BY c.id";
    Ok(on!(db, pool => sqlx::query_as(ALL).bind(id).bind(now).fetch_all(pool).await)?)
}

/// Returns all competitions, latest first.
pub async fn all(db: &Db) -> Result<Vec<Competition>> {
    const ALL: &str = concat!(columns!(), " WHERE c.deleted_at IS NULL ORDER BY c.opens_at DESC, c.id DESC");
    Ok(on!(db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?)
}

/// Returns a page of ten of all competitions, latest first.
pub async fn page(db: &Db, page: u32) -> Result<Paged<Competition>> {
    const COUNT: &str = "SELECT count(*) FROM competitions WHERE deleted_at IS NULL";
    const LIST: &str = concat!(
        columns!(),
        " WHERE c.deleted_at IS NULL ORDER BY c.opens_at DESC, c.id DESC LIMIT $1 OFFSET $2"
    );
    paged::whole(db, page, COUNT, LIST).await
}

/// Returns the ids of the schools that are invited.
pub async fn invited(db: &Db, id: CompetitionId) -> Result<Vec<i64>> {
    const INVITED: &str =
        "SELECT school_id FROM competition_schools WHERE competition_id = $1 ORDER BY school_id";
    Ok(on!(db, pool => sqlx::query_scalar(INVITED).bind(id).fetch_all(pool).await)?)
}

/// Creates a competition without invited schools and returns its id.
///
/// # Errors
/// Fails if it would close before it opens.
pub async fn create(
    db: &Db,
    by: &Actor,
    new: &Details,
) -> std::result::Result<CompetitionId, CompetitionError> {
    const INSERT: &str = "INSERT INTO competitions (title, summary, opens_at, closes_at)
        VALUES ($1, $2, $3, $4) RETURNING id";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let insert = sqlx::query_scalar(INSERT).bind(&new.title).bind(&new.summary);
        let id: CompetitionId = insert.bind(new.opens_at).bind(new.closes_at).fetch_one(&mut *tx).await?;
        record!(tx, by, Action::Created, LogSubject::Competition, id.0, &new.title, "");
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes this version of a competition; later times open it again.
///
/// # Errors
/// Fails if it would close before it opens.
pub async fn update(
    db: &Db,
    by: &Actor,
    id: CompetitionId,
    version: i64,
    new: &Details,
) -> std::result::Result<Saved, CompetitionError> {
    const SET: &str = "UPDATE competitions SET title = $2, summary = $3, opens_at = $4, closes_at = $5, version = version + 1
        WHERE id = $1 AND version = $6 AND deleted_at IS NULL";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let set = sqlx::query(SET).bind(id).bind(&new.title).bind(&new.summary);
        let set = set.bind(new.opens_at).bind(new.closes_at).bind(version);
        if set.execute(&mut *tx).await?.rows_affected() > 0 {
            record!(tx, by, Action::Changed, LogSubject::Competition, id.0, &new.title, "");
            tx.commit().await?;
            return Ok(Saved::Done);
        }
    });
    Ok(unsaved(db, LogSubject::Competition, id.0).await?)
}

/// Closes an open competition now and returns its title. Returns `None` and changes nothing if it
/// is not open.
pub async fn lock(db: &Db, by: &Actor, id: CompetitionId, now: i64) -> Result<Option<String>> {
    const LOCK: &str = "UPDATE competitions SET closes_at = $2, version = version + 1
        WHERE id = $1 AND deleted_at IS NULL AND opens_at < $2 AND closes_at > $2 RETURNING title";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let title: Option<String> = sqlx::query_scalar(LOCK).bind(id).bind(now).fetch_optional(&mut *tx).await?;
        if let Some(title) = &title {
            record!(tx, by, Action::Locked, LogSubject::Competition, id.0, title, "");
            tx.commit().await?;
        }
        Ok(title)
    })
}

/// Invites a school. A second invitation, or one of a school in the trash, changes nothing.
///
/// # Errors
/// Fails if the competition or the school does not exist.
pub async fn invite(db: &Db, by: &Actor, id: CompetitionId, school: i64) -> Result<()> {
    const INVITE: &str =
        "INSERT INTO competition_schools (competition_id, school_id)
        SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT)
        WHERE NOT EXISTS (SELECT 1 FROM schools WHERE id = $2 AND deleted_at IS NOT NULL) ON CONFLICT DO NOTHING";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        if sqlx::query(INVITE).bind(id).bind(school).execute(&mut *tx).await?.rows_affected() > 0 {
            let (title, school): (String, String) =
                sqlx::query_as(NAMES).bind(id).bind(school).fetch_one(&mut *tx).await?;
            record!(tx, by, Action::Changed, LogSubject::Competition, id.0, &title, format!("{school} is invited"));
            tx.commit().await?;
        }
    });
    Ok(())
}

/// Withdraws an invitation: the school's pupils do not see the competition any more. Their points
/// stay on the board of pupils, and count for the school again after another invitation. Returns
/// `false` if the school was not invited.
pub async fn uninvite(db: &Db, by: &Actor, id: CompetitionId, school: i64) -> Result<bool> {
    const UNINVITE: &str = "DELETE FROM competition_schools WHERE competition_id = $1 AND school_id = $2";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let was = sqlx::query(UNINVITE).bind(id).bind(school).execute(&mut *tx).await?.rows_affected() > 0;
        if was {
            let (title, school): (String, String) =
                sqlx::query_as(NAMES).bind(id).bind(school).fetch_one(&mut *tx).await?;
            record!(tx, by, Action::Changed, LogSubject::Competition, id.0, &title, format!("{school} is no longer invited"));
            tx.commit().await?;
        }
        Ok(was)
    })
}

/// Moves a challenge into a competition. Returns `false` and changes nothing if someone has tried
/// the challenge, or another competition has it.
///
/// # Errors
/// Fails if the competition does not exist.
pub async fn add_challenge(db: &Db, by: &Actor, id: CompetitionId, challenge: i64) -> Result<bool> {
    const ADD: &str = "UPDATE challenges SET competition_id = $1 WHERE id = $2 AND deleted_at IS NULL
        AND (competition_id IS NULL OR competition_id = $1)
        AND (competition_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM progress p WHERE p.challenge_id = $2))
        RETURNING title";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let title: Option<String> =
            sqlx::query_scalar(ADD).bind(id).bind(challenge).fetch_optional(&mut *tx).await?;
        if let Some(title) = &title {
            record!(tx, by, Action::Changed, LogSubject::Challenge, challenge, title, format!("in competition {id}"));
            tx.commit().await?;
        }
        Ok(title.is_some())
    })
}

const NAMES: &str = "SELECT c.title, s.name FROM competitions c, schools s WHERE c.id = $1 AND s.id = $2";
