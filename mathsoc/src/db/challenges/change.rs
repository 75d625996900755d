//! Changes of a challenge. What follows from them for answers, points and leaderboards is done in
//! the same transaction.

use std::collections::BTreeSet;

use super::edit::{Draft, EditError, INSERT_BOX, KEEP_COMPETITION};
use crate::db::admin_log::{Action, Actor, record};
use crate::db::board_versions::ScoreScope;
use crate::db::files::note_uses;
use crate::db::marking::rulings::Mode;
use crate::db::marking::{self, BoxKey, KeyChange, MarkingReport, Rejudge};
use crate::db::tx::{Tx, within};
use crate::db::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;

#[derive(sqlx::FromRow)]
struct Stored {
    version: i64,
    #[sqlx(try_from = "String")]
    key_stage: KeyStage,
    competition_id: Option<CompetitionId>,
}

/// Changes a challenge and its boxes, and marks its answers again, in one transaction. Deletes a
/// box that the draft omits, if it has no answers.
///
/// # Errors
/// Fails if the challenge or a box does not exist, someone else has saved it since, an answered box
/// would be deleted, or the competition does not exist.
pub async fn change(
    db: &Db,
    by: &Actor,
    id: i64,
    new: &Draft,
) -> std::result::Result<MarkingReport, EditError> {
    attempt(db, by, id, new, Mode::Commit).await
}

/// Returns what [`change`] would do to answers, points and leaderboards, and changes nothing.
///
/// # Errors
/// As [`change`].
pub async fn preview(
    db: &Db,
    by: &Actor,
    id: i64,
    new: &Draft,
) -> std::result::Result<MarkingReport, EditError> {
    attempt(db, by, id, new, Mode::Preview).await
}

async fn attempt(
    db: &Db,
    by: &Actor,
    id: i64,
    new: &Draft,
    mode: Mode,
) -> std::result::Result<MarkingReport, EditError> {
    const STORED: &str =
        "SELECT version, key_stage, competition_id FROM challenges WHERE id = $1 AND deleted_at IS NULL";
    let mut reading = Tx::snapshot(db).await?;
    let keys = marking::keys(&mut reading, id).await?;
    reading.rollback().await?;
    let mut judge = marking::prepare(db, id, &changed_keys(&keys, new)).await?;

    let mut tx = Tx::writing(db).await?;
    marking::lock(&mut tx, id).await?;
    let stored: Option<Stored> = within!(&mut tx, link => {
        sqlx::query_as(STORED).bind(id).fetch_optional(&mut **link).await?
    });
    let stored = stored.ok_or(EditError::NotFound)?;
    if stored.version != new.version {
        return Err(EditError::Conflict);
    }
    if let Some(competition) = new.competition {
        let kept = within!(&mut tx, link => {
            sqlx::query(KEEP_COMPETITION).bind(competition).execute(&mut **link).await?.rows_affected()
        });
        if kept == 0 {
            return Err(EditError::NoCompetition);
        }
    }
    let before = marking::keys(&mut tx, id).await?;
    let changed = changed_keys(&before, new);
    let rejudge = Rejudge::Boxes(changed.iter().map(|key| key.id).collect::<BTreeSet<_>>());
    write(&mut tx, id, new).await?;
    write_boxes(&mut tx, id, new).await?;
    let scope = ScoreScope::of(stored.key_stage, stored.competition_id);
    let mut report = marking::remark(&mut tx, id, scope, &rejudge, &mut judge).await?;
    let key_change = |after: &BoxKey| {
        let before = before.iter().find(|before| before.id == after.id)?;
        KeyChange::between(before, after)
    };
    report.keys = changed.iter().filter_map(key_change).collect();
    within!(&mut tx, link => {
        let tx = &mut **link;
        let title = new.title.as_str();
        note_uses!(tx, LogSubject::Challenge, id, &[&new.summary, &new.statement, &new.help.solution]);
        record!(tx, by, Action::Changed, LogSubject::Challenge, id, title, report.to_string());
    });
    mode.end(tx).await?;
    Ok(report)
}

/// Returns the keys of the draft that differ from the stored ones.
fn changed_keys(stored: &[BoxKey], new: &Draft) -> Vec<BoxKey> {
    let changed = |key: &BoxKey| {
        let it = new.boxes.iter().find(|it| it.id == Some(key.id))?;
        let (label, answer, rules) = (it.label.clone(), it.answer.clone(), it.rules.clone());
        let new = BoxKey { label, answer, rules, ..key.clone() };
        (new.answer != key.answer || new.rules != key.rules).then_some(new)
    };
    stored.iter().filter_map(changed).collect()
}

async fn write(tx: &mut Tx, id: i64, new: &Draft) -> Result<()> {
    const CHANGE: &str = "UPDATE challenges SET title = $2, key_stage = $3, summary = $4, statement = $5,
            released_at = $6, locked_at = $7, competition_id = $8, is_draft = $9, hint = $10, hint_after = $11,
            solution = $12, solution_when_done = $13, version = version + 1, key_version = key_version + 1
        WHERE id = $1";
    let help = &new.help;
    within!(tx, link => {
        let change = sqlx::query(CHANGE).bind(id).bind(new.title.as_str()).bind(new.key_stage.name());
        let change = change.bind(&new.summary).bind(&new.statement).bind(new.released_at).bind(new.locked_at);
        let change = change.bind(new.competition).bind(i64::from(new.is_draft)).bind(&help.hint);
        let change = change.bind(help.hint_after).bind(&help.solution).bind(i64::from(help.solution_when_done));
        change.execute(&mut **link).await?;
    });
    Ok(())
}

async fn write_boxes(tx: &mut Tx, id: i64, new: &Draft) -> std::result::Result<(), EditError> {
    // Negative positions make room for the new ones.
    const ASIDE: &str = "UPDATE answer_boxes SET position = -position WHERE challenge_id = $1";
    const UPDATE_BOX: &str = "UPDATE answer_boxes SET position = $3, label = $4, answer = $5, rules = $6
        WHERE id = $2 AND challenge_id = $1";
    const ANSWERED: &str = "SELECT label FROM answer_boxes b WHERE challenge_id = $1 AND position < 0
        AND EXISTS (SELECT 1 FROM submissions s WHERE s.box_id = b.id) LIMIT 1";
    const DELETE_REST: &str = "DELETE FROM answer_boxes WHERE challenge_id = $1 AND position < 0";
    within!(tx, link => {
        sqlx::query(ASIDE).bind(id).execute(&mut **link).await?;
        for (position, it) in (1_i64..).zip(&new.boxes) {
            let Some(box_id) = it.id else {
                let insert = sqlx::query(INSERT_BOX).bind(id).bind(position).bind(&it.label).bind(&it.answer);
                insert.bind(&it.rules).execute(&mut **link).await?;
                continue;
            };
            let update = sqlx::query(UPDATE_BOX).bind(id).bind(box_id).bind(position).bind(&it.label).bind(&it.answer);
            if update.bind(&it.rules).execute(&mut **link).await?.rows_affected() == 0 {
                return Err(EditError::NotFound);
            }
        }
        let answered: Option<String> = sqlx::query_scalar(ANSWERED).bind(id).fetch_optional(&mut **link).await?;
        if let Some(label) = answered {
            return Err(EditError::Answered(label));
        }
        sqlx::query(DELETE_REST).bind(id).execute(&mut **link).await?;
    });
    Ok(())
}

/// Closes an open challenge now and returns its title. Returns `None` and changes nothing if it is
/// not shown yet, or closed already.
pub async fn close(db: &Db, by: &Actor, id: i64) -> Result<Option<String>> {
    const CLOSE: &str = "UPDATE challenges SET closed_at = $2 WHERE id = $1 AND deleted_at IS NULL AND is_draft = 0
        AND released_at <= $2 AND closed_at IS NULL AND (locked_at IS NULL OR locked_at > $2) RETURNING title";
    set_closed(db, by, id, CLOSE, Action::Locked).await
}

/// Opens a closed challenge again and returns its title. A closing time that is still ahead stays;
/// one that is over goes. Returns `None` and changes nothing if the challenge is not closed.
pub async fn reopen(db: &Db, by: &Actor, id: i64) -> Result<Option<String>> {
    const REOPEN: &str = "UPDATE challenges SET closed_at = NULL,
            locked_at = CASE WHEN locked_at > $2 THEN locked_at END, version = version + 1
        WHERE id = $1 AND deleted_at IS NULL AND (closed_at IS NOT NULL OR locked_at <= $2) RETURNING title";
    set_closed(db, by, id, REOPEN, Action::Unlocked).await
}

async fn set_closed(
    db: &Db,
    by: &Actor,
    id: i64,
    sql: &'static str,
    action: Action,
) -> Result<Option<String>> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let title: Option<String> = sqlx::query_scalar(sql).bind(id).bind(now()).fetch_optional(&mut *tx).await?;
        if let Some(title) = &title {
            record!(tx, by, action, LogSubject::Challenge, id, title, "");
            tx.commit().await?;
        }
        Ok(title)
    })
}
