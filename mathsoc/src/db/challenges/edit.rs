//! Challenges as admins write them: before their time too, with their answers.

use crate::db::admin_log::{Action, Actor, record};
use crate::db::files::note_uses;
use crate::db::paged::{PER_PAGE, PagePosition};
use crate::db::{Db, DbError, Paged, Result, on};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;
use crate::domain::title::Title;

/// The most boxes of one challenge.
pub const MOST_BOXES: usize = 12;

/// What a list of all challenges shows of one.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// For which years it is meant.
    #[sqlx(try_from = "String")]
    pub key_stage: KeyStage,
    /// From when on it is shown; unix seconds.
    pub released_at: i64,
    /// From when on it takes no more answers; unix seconds.
    pub locked_at: Option<i64>,
    /// How many pupils have tried it.
    pub tried: i64,
    /// How many have solved it.
    pub solved: i64,
}

/// What a challenge is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The title.
    pub title: Title,
    /// For which years it is meant.
    pub key_stage: KeyStage,
    /// One or two sentences, plain with formulas.
    pub summary: String,
    /// The problem itself, rich text.
    pub statement: String,
    /// From when on it is shown; unix seconds.
    pub released_at: i64,
    /// From when on it takes no more answers and shows its own; unix seconds.
    pub locked_at: Option<i64>,
    /// The competition that it belongs to; none for everybody's.
    pub competition: Option<i64>,
    /// Where the answers go, in order.
    pub boxes: Vec<DraftBox>,
}

/// What a box is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DraftBox {
    /// Its number; none for a new one.
    pub id: Option<i64>,
    /// What is asked for.
    pub label: String,
    /// The right answer.
    pub answer: String,
    /// How strict it is, as [`answers::AnswerRules`] is written.
    pub rules: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    title: String,
    #[sqlx(try_from = "String")]
    key_stage: KeyStage,
    summary: String,
    statement: String,
    released_at: i64,
    locked_at: Option<i64>,
    competition_id: Option<i64>,
}

/// A page of ten of all challenges, of one key stage or of all; those that come last first.
///
/// # Errors
/// When the database gives no answer.
pub async fn all(db: &Db, key_stage: Option<KeyStage>, page: u32) -> Result<Paged<Listed>> {
    const COUNT: &str =
        "SELECT count(*) FROM challenges WHERE deleted_at IS NULL AND ($1 IS NULL OR key_stage = $1)";
    const LIST: &str = "SELECT id, title, key_stage, released_at, locked_at,
            (SELECT count(*) FROM progress WHERE challenge_id = challenges.id) AS tried,
            (SELECT count(*) FROM progress WHERE challenge_id = challenges.id AND solved_at IS NOT NULL) AS solved
        FROM challenges WHERE deleted_at IS NULL AND ($1 IS NULL OR key_stage = $1)
        ORDER BY released_at DESC, id DESC LIMIT $2 OFFSET $3";
    let stage = key_stage.map(KeyStage::name);
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(stage).fetch_one(pool).await)?;
    let place = PagePosition::new(page, total);
    let items = on!(db, pool => {
        sqlx::query_as(LIST).bind(stage).bind(PER_PAGE).bind(place.offset()).fetch_all(pool).await
    })?;
    Ok(place.with(items))
}

/// The challenge with this number, as it was written.
///
/// # Errors
/// When the database gives no answer.
pub async fn any(db: &Db, id: i64) -> Result<Option<Draft>> {
    const ONE: &str = "SELECT title, key_stage, summary, statement, released_at, locked_at, competition_id
        FROM challenges WHERE id = $1 AND deleted_at IS NULL";
    const BOXES: &str =
        "SELECT id, label, answer, rules FROM answer_boxes WHERE challenge_id = $1 ORDER BY position";
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    let Some(row) = row else { return Ok(None) };
    let boxes = on!(db, pool => sqlx::query_as(BOXES).bind(id).fetch_all(pool).await)?;
    let Row { title, key_stage, summary, statement, released_at, locked_at, competition_id: competition } =
        row;
    let title = title.parse::<Title>().map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Some(Draft { title, key_stage, summary, statement, released_at, locked_at, competition, boxes }))
}

/// Makes a challenge; its number.
///
/// # Errors
/// When the database gives no answer.
pub async fn create(db: &Db, by: &Actor, new: &Draft) -> Result<i64> {
    const INSERT: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, competition_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let title = new.title.as_str();
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let insert = sqlx::query_scalar(INSERT).bind(title).bind(new.key_stage.name()).bind(&new.summary);
        let insert = insert.bind(&new.statement).bind(new.released_at).bind(new.locked_at).bind(new.competition);
        let id: i64 = insert.fetch_one(&mut *tx).await?;
        for (position, it) in (1_i64..).zip(&new.boxes) {
            let insert = sqlx::query(INSERT_BOX).bind(id).bind(position).bind(&it.label).bind(&it.answer).bind(&it.rules);
            insert.execute(&mut *tx).await?;
        }
        note_uses!(tx, LogSubject::Challenge, id, &[&new.summary, &new.statement]);
        record!(tx, by, Action::Created, LogSubject::Challenge, id, title, "");
        tx.commit().await?;
        Ok(id)
    })
}

/// Changes a challenge and its boxes, all or nothing. A box that the draft leaves out goes, if nobody has answered it; what was
/// answered keeps its verdict.
///
/// # Errors
/// When there is no such challenge or box, somebody has answered a box that was to go, or the database gives no answer.
pub async fn change(db: &Db, by: &Actor, id: i64, new: &Draft) -> std::result::Result<(), EditError> {
    const CHANGE: &str = "UPDATE challenges SET title = $2, key_stage = $3, summary = $4, statement = $5,
        released_at = $6, locked_at = $7, competition_id = $8 WHERE id = $1 AND deleted_at IS NULL";
    // What was answered counts where it was answered.
    const ELSEWHERE: &str = "SELECT count(*) FROM challenges c WHERE c.id = $1
        AND COALESCE(c.competition_id, 0) <> COALESCE(CAST($2 AS BIGINT), 0)
        AND EXISTS (SELECT 1 FROM progress p WHERE p.challenge_id = c.id)";
    // Out of the way of the positions to come.
    const ASIDE: &str = "UPDATE answer_boxes SET position = -position WHERE challenge_id = $1";
    const KEEP: &str = "UPDATE answer_boxes SET position = $3, label = $4, answer = $5, rules = $6
        WHERE id = $2 AND challenge_id = $1";
    const ANSWERED: &str = "SELECT label FROM answer_boxes b WHERE challenge_id = $1 AND position < 0
        AND EXISTS (SELECT 1 FROM submissions s WHERE s.box_id = b.id) LIMIT 1";
    const REST: &str = "DELETE FROM answer_boxes WHERE challenge_id = $1 AND position < 0";
    let title = new.title.as_str();
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(title).bind(new.key_stage.name()).bind(&new.summary);
        let change = change.bind(&new.statement).bind(new.released_at).bind(new.locked_at).bind(new.competition);
        let elsewhere = sqlx::query_scalar(ELSEWHERE).bind(id).bind(new.competition);
        let elsewhere: i64 = elsewhere.fetch_one(&mut *tx).await?;
        if elsewhere > 0 {
            return Err(EditError::Tried);
        }
        if change.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(EditError::NotFound);
        }
        sqlx::query(ASIDE).bind(id).execute(&mut *tx).await?;
        for (position, it) in (1_i64..).zip(&new.boxes) {
            let Some(box_id) = it.id else {
                let insert = sqlx::query(INSERT_BOX).bind(id).bind(position).bind(&it.label).bind(&it.answer);
                insert.bind(&it.rules).execute(&mut *tx).await?;
                continue;
            };
            let keep = sqlx::query(KEEP).bind(id).bind(box_id).bind(position).bind(&it.label).bind(&it.answer);
            if keep.bind(&it.rules).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(EditError::NotFound);
            }
        }
        let answered: Option<String> = sqlx::query_scalar(ANSWERED).bind(id).fetch_optional(&mut *tx).await?;
        if let Some(label) = answered {
            return Err(EditError::Answered(label));
        }
        sqlx::query(REST).bind(id).execute(&mut *tx).await?;
        note_uses!(tx, LogSubject::Challenge, id, &[&new.summary, &new.statement]);
        record!(tx, by, Action::Changed, LogSubject::Challenge, id, title, "");
        tx.commit().await?;
        Ok(())
    })
}

/// Locks a challenge now, or takes the lock away; its title, if there is such a challenge.
///
/// # Errors
/// When the database gives no answer.
pub async fn lock(db: &Db, by: &Actor, id: i64, locked: bool) -> Result<Option<String>> {
    const LOCK: &str =
        "UPDATE challenges SET locked_at = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING title";
    let action = if locked { Action::Locked } else { Action::Unlocked };
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let lock = sqlx::query_scalar(LOCK).bind(id).bind(locked.then(now));
        let title: Option<String> = lock.fetch_optional(&mut *tx).await?;
        if let Some(title) = &title {
            record!(tx, by, action, LogSubject::Challenge, id, title, "");
            tx.commit().await?;
        }
        Ok(title)
    })
}

const INSERT_BOX: &str =
    "INSERT INTO answer_boxes (challenge_id, position, label, answer, rules) VALUES ($1, $2, $3, $4, $5)";

/// Why a challenge is not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such challenge, or it has no such box.
    #[error("there is nothing of this number")]
    NotFound,
    /// Somebody has answered a box that was to go.
    #[error("Somebody has answered “{0}”: the box cannot go any more, but you can change it.")]
    Answered(String),
    /// Somebody has tried it, so it stays in its competition, or outside of any.
    #[error(
        "Somebody has tried this challenge: it counts where it is, so it cannot go into a competition or out of one."
    )]
    Tried,
    /// The database gave no answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
