//! Challenges for admins, including unreleased ones, with their right answers.

use crate::db::admin_log::{Action, Actor, record};
use crate::db::files::note_uses;
use crate::db::paged::{PER_PAGE, PagePosition};
use crate::db::{Db, DbError, Paged, Result, on};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;
use crate::domain::title::Title;

/// The maximum number of answer boxes in a challenge.
pub const MAX_BOXES: usize = 12;

/// A challenge in the admin's list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AdminSummary {
    pub id: i64,
    pub title: String,
    #[sqlx(try_from = "String")]
    pub key_stage: KeyStage,
    /// The time from which it is visible; Unix seconds.
    pub released_at: i64,
    /// The time from which it takes no more answers; Unix seconds.
    pub locked_at: Option<i64>,
    /// The number of pupils who tried it.
    pub tried: i64,
    /// The number of pupils who solved it.
    pub solved: i64,
}

/// The content of a new or changed challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub title: Title,
    pub key_stage: KeyStage,
    /// One or two sentences, plain text with formulas.
    pub summary: String,
    /// The problem, rich text.
    pub statement: String,
    /// The time from which it is visible; Unix seconds.
    pub released_at: i64,
    /// The time from which it takes no more answers and shows the right ones; Unix seconds.
    pub locked_at: Option<i64>,
    /// The competition; `None` for a challenge that everyone sees.
    pub competition: Option<i64>,
    /// The answer boxes in order.
    pub boxes: Vec<DraftBox>,
}

/// The content of a new or changed answer box.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DraftBox {
    /// The id; `None` for a new box.
    pub id: Option<i64>,
    /// The label, such as `x =`.
    pub label: String,
    /// The right answer.
    pub answer: String,
    /// The rules of the comparison, as [`answers::AnswerRules`] parses them.
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

/// Returns a page of ten challenges of one key stage or of all, newest first.
pub async fn all(db: &Db, key_stage: Option<KeyStage>, page: u32) -> Result<Paged<AdminSummary>> {
    const COUNT: &str =
        "SELECT count(*) FROM challenges WHERE deleted_at IS NULL AND ($1 IS NULL OR key_stage = $1)";
    const LIST: &str = "SELECT id, title, key_stage, released_at, locked_at,
            (SELECT count(*) FROM progress WHERE challenge_id = challenges.id) AS tried,
            (SELECT count(*) FROM progress WHERE challenge_id = challenges.id AND solved_at IS NOT NULL) AS solved
        FROM challenges WHERE deleted_at IS NULL AND ($1 IS NULL OR key_stage = $1)
        ORDER BY released_at DESC, id DESC LIMIT $2 OFFSET $3";
    let stage = key_stage.map(KeyStage::name);
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(stage).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let items = on!(db, pool => {
        sqlx::query_as(LIST).bind(stage).bind(PER_PAGE).bind(position.offset()).fetch_all(pool).await
    })?;
    Ok(position.with(items))
}

/// Returns a challenge with its boxes and right answers.
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

/// Creates a challenge and returns its id.
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

/// Changes a challenge and its boxes in one transaction. Deletes a box that the draft omits, if
/// it has no answers. Stored answers keep their verdicts.
///
/// # Errors
/// Fails if the challenge or a box does not exist, an answered box would be deleted, or a tried
/// challenge would change its competition.
pub async fn change(db: &Db, by: &Actor, id: i64, new: &Draft) -> std::result::Result<(), EditError> {
    const CHANGE: &str = "UPDATE challenges SET title = $2, key_stage = $3, summary = $4, statement = $5,
        released_at = $6, locked_at = $7, competition_id = $8 WHERE id = $1 AND deleted_at IS NULL";
    // Stored points stay on the boards on which they were counted.
    const MOVES_TRIED: &str = "SELECT count(*) FROM challenges c WHERE c.id = $1
        AND COALESCE(c.competition_id, 0) <> COALESCE(CAST($2 AS BIGINT), 0)
        AND EXISTS (SELECT 1 FROM progress p WHERE p.challenge_id = c.id)";
    // Negative positions make room for the new ones.
    const ASIDE: &str = "UPDATE answer_boxes SET position = -position WHERE challenge_id = $1";
    const UPDATE_BOX: &str = "UPDATE answer_boxes SET position = $3, label = $4, answer = $5, rules = $6
        WHERE id = $2 AND challenge_id = $1";
    const ANSWERED: &str = "SELECT label FROM answer_boxes b WHERE challenge_id = $1 AND position < 0
        AND EXISTS (SELECT 1 FROM submissions s WHERE s.box_id = b.id) LIMIT 1";
    const DELETE_REST: &str = "DELETE FROM answer_boxes WHERE challenge_id = $1 AND position < 0";
    let title = new.title.as_str();
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let change = sqlx::query(CHANGE).bind(id).bind(title).bind(new.key_stage.name()).bind(&new.summary);
        let change = change.bind(&new.statement).bind(new.released_at).bind(new.locked_at).bind(new.competition);
        let moves = sqlx::query_scalar(MOVES_TRIED).bind(id).bind(new.competition);
        let moves: i64 = moves.fetch_one(&mut *tx).await?;
        if moves > 0 {
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
            let update = sqlx::query(UPDATE_BOX).bind(id).bind(box_id).bind(position).bind(&it.label).bind(&it.answer);
            if update.bind(&it.rules).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(EditError::NotFound);
            }
        }
        let answered: Option<String> = sqlx::query_scalar(ANSWERED).bind(id).fetch_optional(&mut *tx).await?;
        if let Some(label) = answered {
            return Err(EditError::Answered(label));
        }
        sqlx::query(DELETE_REST).bind(id).execute(&mut *tx).await?;
        note_uses!(tx, LogSubject::Challenge, id, &[&new.summary, &new.statement]);
        record!(tx, by, Action::Changed, LogSubject::Challenge, id, title, "");
        tx.commit().await?;
        Ok(())
    })
}

/// Locks a challenge now, or unlocks it. Returns its title, or `None` if it does not exist.
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

/// An error of a changed challenge.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The challenge or one of the boxes does not exist.
    #[error("the challenge or its answer box does not exist")]
    NotFound,
    /// An answered box would be deleted.
    #[error("Somebody has answered “{0}”: the box cannot go any more, but you can change it.")]
    Answered(String),
    /// A tried challenge would move into a competition, or out of one.
    #[error(
        "Somebody has tried this challenge: it counts where it is, so it cannot go into a competition or out of one."
    )]
    Tried,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
