//! Reads a member's answers and progress for the pages of challenges.

use std::collections::HashMap;
use std::sync::Arc;

use crate::db::challenges::{ChallengeProgress, ChallengeSummary};
use crate::db::{Db, DbError, Result, on};
use crate::domain::scoring::TRIES;

/// The last answer of a pupil in one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// The number of tries that remain.
    pub tries_left: u8,
    pub solved: bool,
    /// The last answer as it was typed.
    pub given: String,
    /// The hint that came with the verdict.
    pub hint: Option<String>,
}

#[derive(sqlx::FromRow)]
struct AnswerRow {
    box_id: i64,
    #[sqlx(rename = "try")]
    number: Option<i64>,
    given: String,
    correct: bool,
    hint: Option<String>,
}

/// Returns the pupil's last answer in each tried box of a challenge, by box id.
pub async fn last_answers(db: &Db, user: i64, challenge: i64) -> Result<HashMap<i64, LastAnswer>> {
    // SQLite joins the tables of a CROSS JOIN in this order: it looks up a few boxes instead of
    // all submissions of the member.
    const LAST: &str = "SELECT s.box_id, s.try, s.given, s.verdict = 'right' AS correct, s.hint
        FROM answer_boxes b CROSS JOIN submissions s
        WHERE b.challenge_id = $2 AND s.user_id = $1 AND s.box_id = b.id ORDER BY s.box_id, s.submitted_at, s.id";
    let read = async || {
        let rows: Vec<AnswerRow> =
            on!(db, pool => sqlx::query_as(LAST).bind(user).bind(challenge).fetch_all(pool).await)?;
        let mut last: HashMap<i64, LastAnswer> = HashMap::new();
        for AnswerRow { box_id, number, given, correct, hint } in rows {
            let it = last.entry(box_id).or_insert(LastAnswer {
                tries_left: TRIES,
                solved: false,
                given: String::new(),
                hint: None,
            });
            it.tries_left -= u8::from(number.is_some() && it.tries_left > 0);
            // What came after a right answer is not shown.
            if !it.solved {
                (it.given, it.hint, it.solved) = (given, hint, correct && number.is_some());
            }
        }
        Ok(last)
    };
    db.cached(|tables| &tables.last_answers, (user, challenge), read).await
}

/// Fills in the pupil's progress with each challenge of a list.
pub async fn load_progress(db: &Db, user: i64, challenges: &mut [ChallengeSummary]) -> Result<()> {
    const ALL: &str = "SELECT challenge_id, solved_at IS NOT NULL FROM progress
        WHERE user_id = $1 AND challenge_id BETWEEN $2 AND $3";
    let ids = challenges.iter().map(|challenge| challenge.id);
    let (Some(first), Some(last)) = (ids.clone().min(), ids.max()) else { return Ok(()) };
    let read = async || {
        let rows: Vec<(i64, bool)> = on!(db, pool => {
            sqlx::query_as(ALL).bind(user).bind(first).bind(last).fetch_all(pool).await
        })?;
        Ok::<_, DbError>(Arc::new(rows.into_iter().collect()))
    };
    let progress: Arc<HashMap<_, _>> =
        db.cached(|tables| &tables.challenge_progress, (user, first, last), read).await?;
    for challenge in challenges {
        let solved = progress.get(&challenge.id);
        challenge.progress =
            solved.map(|solved| if *solved { ChallengeProgress::Solved } else { ChallengeProgress::Tried });
    }
    Ok(())
}
