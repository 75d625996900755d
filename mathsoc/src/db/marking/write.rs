//! Writes the differences of a re-marking, and changes the leaderboards by them.
//!
//! Locks are taken in the order of an answer's transaction: challenge, progress, scores, board
//! versions. Scores are taken by user, and the boards of each user from the board of all on.

use std::collections::BTreeMap;

use super::BoardChange;
use super::replay::{Answer, Standing};
use crate::db::Result;
use crate::db::board_versions::{CHANGED, ScoreBoard, ScoreScope};
use crate::db::scores;
use crate::db::tx::{Tx, within};
use crate::domain::scoring::FIRST;

/// Stores verdicts, numbers and rulings that differ.
pub(super) async fn answers(tx: &mut Tx, stored: &[Answer], answers: &[Answer]) -> Result<()> {
    // The numbers of two answers may change places, so they are taken away first.
    const CLEAR: &str = "UPDATE submissions SET try = NULL WHERE id = $1";
    const MARK: &str = "UPDATE submissions SET try = $2, verdict = $3, hint = $4, ruling = $5 WHERE id = $1";
    let changed: Vec<&Answer> =
        stored.iter().zip(answers).filter(|(old, new)| old != new).map(|(_, new)| new).collect();
    within!(tx, link => {
        for answer in &changed {
            sqlx::query(CLEAR).bind(answer.id).execute(&mut **link).await?;
        }
        for answer in &changed {
            let verdict = if answer.correct { "right" } else { "wrong" };
            let mark = sqlx::query(MARK).bind(answer.id).bind(answer.number).bind(verdict);
            mark.bind(&answer.hint).bind(&answer.ruling).execute(&mut **link).await?;
        }
    });
    Ok(())
}

/// Stores results that differ.
pub(super) async fn progress(
    tx: &mut Tx,
    challenge: i64,
    before: &[Standing],
    after: &[Standing],
) -> Result<()> {
    const SET: &str =
        "UPDATE progress SET solved_at = $3, points = $4 WHERE user_id = $1 AND challenge_id = $2";
    let changed = before.iter().zip(after).filter(|(old, new)| old != new).map(|(_, new)| new);
    // A constraint allows one first place, so the former one goes first.
    let (firsts, others): (Vec<&Standing>, Vec<&Standing>) =
        changed.partition(|it| it.points == i64::from(FIRST));
    within!(tx, link => {
        for it in others.into_iter().chain(firsts) {
            let set = sqlx::query(SET).bind(it.user_id).bind(challenge).bind(it.solved_at);
            set.bind(it.points).execute(&mut **link).await?;
        }
    });
    Ok(())
}

/// Stores the time of the first solution.
pub(super) async fn first_solved(tx: &mut Tx, challenge: i64, at: Option<i64>) -> Result<()> {
    const SET: &str = "UPDATE challenges SET first_solved_at = $2 WHERE id = $1";
    within!(tx, link => {
        sqlx::query(SET).bind(challenge).bind(at).execute(&mut **link).await?;
    });
    Ok(())
}

/// The points and solved challenges that a member gets on a board, or loses.
#[derive(Clone, Copy, Default)]
struct Difference {
    points: i64,
    solved: i64,
}

/// Changes the leaderboards, and returns those that changed.
pub(super) async fn boards(
    tx: &mut Tx,
    before: &[Standing],
    after: &[Standing],
    (old, new): (ScoreScope, ScoreScope),
) -> Result<Vec<BoardChange>> {
    let mut differences: BTreeMap<(i64, ScoreBoard), Difference> = BTreeMap::new();
    let sides = before.iter().map(|it| (it, old, -1)).chain(after.iter().map(|it| (it, new, 1)));
    for (it, scope, times) in sides.filter(|(it, ..)| it.points > 0) {
        for board in scope.boards() {
            let sum = differences.entry((it.user_id, board)).or_default();
            sum.points += times * it.points;
            sum.solved += times;
        }
    }
    differences.retain(|_, sum| sum.points != 0 || sum.solved != 0);
    let mut changes: BTreeMap<ScoreBoard, BoardChange> = BTreeMap::new();
    within!(tx, link => {
        for ((user, board), sum) in &differences {
            let name = board.to_string();
            let competition = match board {
                ScoreBoard::Competition(id) => Some(*id),
                ScoreBoard::All | ScoreBoard::Stage(_) => None,
            };
            let add = sqlx::query(scores::ADD).bind(&name).bind(user).bind(sum.points);
            add.bind(competition).bind(sum.solved).execute(&mut **link).await?;
            sqlx::query(scores::CLEAR).bind(&name).bind(user).execute(&mut **link).await?;
            let change =
                changes.entry(*board).or_insert(BoardChange { board: *board, gained: 0, lost: 0 });
            change.gained += sum.points.max(0);
            change.lost += (-sum.points).max(0);
        }
        for change in changes.values() {
            sqlx::query(CHANGED).bind(change.board.to_string()).execute(&mut **link).await?;
        }
    });
    Ok(changes.into_values().collect())
}
