//! Competitions: challenges against the clock, for the schools that are invited.
//!
//! | | before it opens | while it is open | after it has closed |
//! |---|---|---|---|
//! | pupils of invited schools, and admins | see that it will be | see its challenges and boards; pupils answer for points | see the answers, and what came of it |
//! | everybody else | nothing | nothing | nothing |
//!
//! A challenge of a competition obeys its own release and lock too, counts on the competition's boards only, and is in no list
//! but the competition's. It gives the points that every challenge gives: three for whoever solves it first, one afterwards.
//!
//! A competition's number is a type of its own, so that it is never taken for a challenge's.

use super::admin_log::{Action, Actor, record};
use super::challenges::ChallengeSummary;
use super::{Db, DbError, Paged, Result, on, paged};
use crate::domain::ids::CompetitionId;
use crate::domain::log_subject::LogSubject;

/// A competition.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Competition {
    /// Its number.
    pub id: CompetitionId,
    /// The title, plain text.
    pub title: String,
    /// What it is about, plain text.
    pub summary: String,
    /// From then on its challenges are there; unix seconds.
    pub opens_at: i64,
    /// From then on they take no answers, and show their own; unix seconds.
    pub closes_at: i64,
}

/// Where a competition is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It will open.
    Ahead,
    /// Its challenges take answers.
    Open,
    /// It is over.
    Closed,
}

impl Competition {
    /// Where it is at this time, in unix seconds.
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

/// What can be said of a competition: its title, what it is about, and its time.
#[derive(Clone, Debug)]
pub struct Details {
    /// The title, plain text.
    pub title: String,
    /// What it is about, plain text.
    pub summary: String,
    /// When it opens; unix seconds.
    pub opens_at: i64,
    /// When it closes, later than it opens.
    pub closes_at: i64,
}

/// Why a competition is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum CompetitionError {
    /// It would close before it opens.
    #[error("A competition closes after it opens: choose a later time for its end.")]
    Times,
    /// The database gave no answer.
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

/// The competitions that this member may see, the latest first.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_member(db: &Db, user: i64) -> Result<Vec<Competition>> {
    const ALL: &str = concat!(
        columns!(),
        " WHERE EXISTS (SELECT 1 FROM competition_members m WHERE m.competition_id = c.id AND m.user_id = $1)
        ORDER BY c.opens_at DESC, c.id DESC"
    );
    Ok(on!(db, pool => sqlx::query_as(ALL).bind(user).fetch_all(pool).await)?)
}

/// The competition with this number, if this member may see it.
///
/// # Errors
/// When the database gives no answer.
pub async fn by_id(db: &Db, id: CompetitionId, user: i64) -> Result<Option<Competition>> {
    const ONE: &str = concat!(
        columns!(),
        " JOIN competition_members m ON m.competition_id = c.id AND m.user_id = $2 WHERE c.id = $1"
    );
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).bind(user).fetch_optional(pool).await)?)
}

/// The challenges of a competition, in the order in which they were set: none before it opens, and none before its own release.
///
/// # Errors
/// When the database gives no answer.
pub async fn challenges(db: &Db, id: CompetitionId, now: i64) -> Result<Vec<ChallengeSummary>> {
    const ALL: &str = "SELECT c.id, c.title, c.key_stage, c.summary, c.released_at
        FROM challenges c JOIN competitions k ON k.id = c.competition_id
        WHERE c.competition_id = $1 AND k.opens_at <= $2 AND c.released_at <= $2 ORDER BY c.id";
    Ok(on!(db, pool => sqlx::query_as(ALL).bind(id).bind(now).fetch_all(pool).await)?)
}

/// All competitions, the latest first.
///
/// # Errors
/// When the database gives no answer.
pub async fn all(db: &Db) -> Result<Vec<Competition>> {
    const ALL: &str = concat!(columns!(), " WHERE c.deleted_at IS NULL ORDER BY c.opens_at DESC, c.id DESC");
    Ok(on!(db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?)
}

/// A page of ten of all competitions, the latest first.
///
/// # Errors
/// When the database gives no answer.
pub async fn page(db: &Db, page: u32) -> Result<Paged<Competition>> {
    const COUNT: &str = "SELECT count(*) FROM competitions WHERE deleted_at IS NULL";
    const LIST: &str = concat!(
        columns!(),
        " WHERE c.deleted_at IS NULL ORDER BY c.opens_at DESC, c.id DESC LIMIT $1 OFFSET $2"
    );
    paged::whole(db, page, COUNT, LIST).await
}

/// The schools that are invited to a competition.
///
/// # Errors
/// When the database gives no answer.
pub async fn invited(db: &Db, id: CompetitionId) -> Result<Vec<i64>> {
    const INVITED: &str =
        "SELECT school_id FROM competition_schools WHERE competition_id = $1 ORDER BY school_id";
    Ok(on!(db, pool => sqlx::query_scalar(INVITED).bind(id).fetch_all(pool).await)?)
}

/// Makes a competition, to which nobody is invited yet.
///
/// # Errors
/// When it would close before it opens, or the database gives no answer.
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

/// Changes a competition, also to open it again. Whether there is one.
///
/// # Errors
/// When it would close before it opens, or the database gives no answer.
pub async fn update(
    db: &Db,
    by: &Actor,
    id: CompetitionId,
    new: &Details,
) -> std::result::Result<bool, CompetitionError> {
    const SET: &str = "UPDATE competitions SET title = $2, summary = $3, opens_at = $4, closes_at = $5
        WHERE id = $1 AND deleted_at IS NULL";
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let set = sqlx::query(SET).bind(id).bind(&new.title).bind(&new.summary);
        let there = set.bind(new.opens_at).bind(new.closes_at).execute(&mut *tx).await?.rows_affected() > 0;
        if there {
            record!(tx, by, Action::Changed, LogSubject::Competition, id.0, &new.title, "");
            tx.commit().await?;
        }
        Ok(there)
    })
}

/// Closes an open competition at once; one that is ahead or closed stays as it is. Its title, if it was open.
///
/// # Errors
/// When the database gives no answer.
pub async fn lock(db: &Db, by: &Actor, id: CompetitionId, now: i64) -> Result<Option<String>> {
    const LOCK: &str = "UPDATE competitions SET closes_at = $2
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

/// Invites a school; once more is no mistake, and changes nothing.
///
/// # Errors
/// When there is no such competition or school, or the database gives no answer.
pub async fn invite(db: &Db, by: &Actor, id: CompetitionId, school: i64) -> Result<()> {
    const INVITE: &str =
        "INSERT INTO competition_schools (competition_id, school_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
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

/// Takes an invitation back: the school's pupils see nothing of the competition any more. What they have won stays on the board
/// of pupils, and comes back with another invitation. Whether there was one.
///
/// # Errors
/// When the database gives no answer.
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

/// Puts a challenge that nobody has tried into a competition. Whether it is there now: what somebody has tried, or what belongs
/// to another, stays where it counts.
///
/// # Errors
/// When there is no such competition, or the database gives no answer.
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
