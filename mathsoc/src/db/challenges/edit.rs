//! Challenges for admins, including unreleased ones, with their right answers.
//!
//! Changes are in [`change`](super::change), since they mark answers again.

use crate::db::admin_log::{Action, Actor, record};
use crate::db::files::note_uses;
use crate::db::marking::MarkingError;
use crate::db::paged::{PER_PAGE, PagePosition};
use crate::db::{Db, DbError, Paged, Result, on};
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
    /// The time at which it was closed by hand; Unix seconds.
    pub closed_at: Option<i64>,
    /// `true` if only admins see it, whatever its time of release.
    pub is_draft: bool,
    /// The number of pupils who tried it.
    pub tried: i64,
    /// The number of pupils who solved it.
    pub solved: i64,
}

/// The content of a new or changed challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The version that was read, and that a change expects; 0 for a new challenge.
    pub version: i64,
    /// `true` if only admins see it, whatever its time of release.
    pub is_draft: bool,
    pub title: Title,
    pub key_stage: KeyStage,
    /// One or two sentences, plain text with formulas.
    pub summary: String,
    /// The problem, rich text.
    pub statement: String,
    pub help: Help,
    /// The time from which it is visible; Unix seconds.
    pub released_at: i64,
    /// The time from which it takes no more answers and shows the right ones; Unix seconds.
    pub locked_at: Option<i64>,
    /// The competition; `None` for a challenge that everyone sees.
    pub competition: Option<i64>,
    /// The answer boxes in order.
    pub boxes: Vec<DraftBox>,
}

/// The hint and the worked solution of a challenge. Both may be empty. Everyone sees them once the
/// challenge is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Help {
    /// Plain text with formulas.
    pub hint: String,
    /// The number of wrong answers in a box from which a pupil sees the hint, at most 2; with 0,
    /// only once the challenge is closed.
    pub hint_after: i64,
    /// Rich text.
    pub solution: String,
    /// `true` if a pupil with nothing left to answer sees the solution before.
    pub solution_when_done: bool,
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
    version: i64,
    is_draft: bool,
    title: String,
    #[sqlx(try_from = "String")]
    key_stage: KeyStage,
    summary: String,
    statement: String,
    #[sqlx(flatten)]
    help: Help,
    released_at: i64,
    locked_at: Option<i64>,
    competition_id: Option<i64>,
}

/// Returns a page of ten challenges of one key stage or of all, newest first.
pub async fn all(db: &Db, key_stage: Option<KeyStage>, page: u32) -> Result<Paged<AdminSummary>> {
    const COUNT: &str =
        "SELECT count(*) FROM challenges WHERE deleted_at IS NULL AND ($1 IS NULL OR key_stage = $1)";
    const LIST: &str = "SELECT id, title, key_stage, released_at, locked_at, closed_at, is_draft = 1 AS is_draft,
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
    const ONE: &str =
        "SELECT version, is_draft = 1 AS is_draft, title, key_stage, summary, statement, hint, hint_after,
            solution, solution_when_done = 1 AS solution_when_done, released_at, locked_at, competition_id
        FROM challenges WHERE id = $1 AND deleted_at IS NULL";
    const BOXES: &str =
        "SELECT id, label, answer, rules FROM answer_boxes WHERE challenge_id = $1 ORDER BY position";
    let row: Option<Row> = on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?;
    let Some(row) = row else { return Ok(None) };
    let boxes = on!(db, pool => sqlx::query_as(BOXES).bind(id).fetch_all(pool).await)?;
    let title = row.title.parse::<Title>().map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Some(Draft {
        version: row.version,
        is_draft: row.is_draft,
        title,
        key_stage: row.key_stage,
        summary: row.summary,
        statement: row.statement,
        help: row.help,
        released_at: row.released_at,
        locked_at: row.locked_at,
        competition: row.competition_id,
        boxes,
    }))
}

/// Returns the time at which a challenge was closed by hand, if it was.
pub async fn closed_at(db: &Db, id: i64) -> Result<Option<i64>> {
    const ONE: &str = "SELECT closed_at FROM challenges WHERE id = $1 AND deleted_at IS NULL";
    let found: Option<Option<i64>> =
        on!(db, pool => sqlx::query_scalar(ONE).bind(id).fetch_optional(pool).await)?;
    Ok(found.flatten())
}

/// Creates a challenge and returns its id.
///
/// # Errors
/// Fails if the competition does not exist, or is in the trash.
pub async fn create(db: &Db, by: &Actor, new: &Draft) -> std::result::Result<i64, EditError> {
    const INSERT: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at,
            competition_id, is_draft, hint, hint_after, solution, solution_when_done)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id";
    let (title, help) = (new.title.as_str(), &new.help);
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        if let Some(competition) = new.competition {
            let kept = sqlx::query(KEEP_COMPETITION).bind(competition).execute(&mut *tx).await?;
            if kept.rows_affected() == 0 {
                return Err(EditError::NoCompetition);
            }
        }
        let insert = sqlx::query_scalar(INSERT).bind(title).bind(new.key_stage.name()).bind(&new.summary);
        let insert = insert.bind(&new.statement).bind(new.released_at).bind(new.locked_at).bind(new.competition);
        let insert = insert.bind(i64::from(new.is_draft)).bind(&help.hint).bind(help.hint_after);
        let insert = insert.bind(&help.solution).bind(i64::from(help.solution_when_done));
        let id: i64 = insert.fetch_one(&mut *tx).await?;
        for (position, it) in (1_i64..).zip(&new.boxes) {
            let insert = sqlx::query(INSERT_BOX).bind(id).bind(position).bind(&it.label).bind(&it.answer).bind(&it.rules);
            insert.execute(&mut *tx).await?;
        }
        note_uses!(tx, LogSubject::Challenge, id, &[&new.summary, &new.statement, &help.solution]);
        record!(tx, by, Action::Created, LogSubject::Challenge, id, title, "");
        tx.commit().await?;
        Ok(id)
    })
}

/// Locks the row of a competition that is not in the trash, so that it does not go there before
/// the commit. Parameter: competition.
pub(super) const KEEP_COMPETITION: &str =
    "UPDATE competitions SET title = title WHERE id = $1 AND deleted_at IS NULL";

pub(super) const INSERT_BOX: &str =
    "INSERT INTO answer_boxes (challenge_id, position, label, answer, rules) VALUES ($1, $2, $3, $4, $5)";

/// An error of a changed challenge.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The challenge or one of the boxes does not exist.
    #[error("the challenge or its answer box does not exist")]
    NotFound,
    /// Someone else has saved the challenge since it was read.
    #[error("Somebody else has saved this since you opened it.")]
    Conflict,
    /// An answered box would be deleted.
    #[error("Somebody has answered “{0}”: the box cannot go any more, but you can change it.")]
    Answered(String),
    /// The competition does not exist, or is in the trash.
    #[error("This competition is not there any more. Choose another, or none.")]
    NoCompetition,
    /// The answers could not be marked again.
    #[error("the answers could not be marked again")]
    Marking(#[source] MarkingError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

impl From<MarkingError> for EditError {
    fn from(error: MarkingError) -> Self {
        match error {
            MarkingError::Db(error) => Self::Db(error),
            other => Self::Marking(other),
        }
    }
}
