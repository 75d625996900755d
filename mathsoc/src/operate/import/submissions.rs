//! Imports the answers of members.
//!
//! The source allowed three tries per box until one box of the challenge was right, and none
//! after. Here each box has three tries, and none after the right one. Of more than three the
//! first are kept; a later right answer takes the place of the last.

use std::collections::{BTreeMap, HashMap};

use answers::{AnswerRules, Comparison};

use super::job::{ImportKind, Job};
use super::round::Round;
use super::source::OldRow;
use super::{ImportError, Line};
use crate::db::tx::within;
use crate::domain::scoring::TRIES;

/// The longest stored answer, in characters.
const MAX_CHARS: usize = 1000;

/// An answer of the source.
struct SourceAnswer {
    old_id: i64,
    given: String,
    is_right: bool,
    at: i64,
}

/// The tries of one pupil at one box that are stored already.
#[derive(Clone, Copy, Default)]
struct StoredTries {
    tries: usize,
    is_solved: bool,
}

pub(super) async fn import(job: &mut Job<'_>, round: Round) -> Result<Line, ImportError> {
    let (table, what) = round.submissions();
    let mut line = Line::new(what);
    let columns = ["user_id", "answer_box_id", "answer", "is_correct", "submitted_at"];
    let rows = job.rows(&mut line, &[table], &columns).await?;
    let expected = expected(job).await?;
    let mut by_box = BTreeMap::<_, Vec<SourceAnswer>>::new();
    for row in rows {
        if job.was_imported(round.submission(), row.id) {
            line.known += 1;
            continue;
        }
        let (user, answer_box) =
            (row.number("user_id").unwrap_or(0), row.number("answer_box_id").unwrap_or(0));
        let Some(user_here) = job.new_id(ImportKind::User, user) else {
            line.skip(row.id, format!("its user {user} is not here"));
            continue;
        };
        let Some(box_here) = job.new_id(round.answer_box(), answer_box) else {
            line.skip(row.id, format!("its box {answer_box} is not here"));
            continue;
        };
        match read(job, &row, expected.get(&box_here), &mut line) {
            Ok(answer) => by_box.entry((user_here, box_here)).or_default().push(answer),
            Err(why) => line.skip(row.id, why),
        }
    }
    let stored = stored_tries(job).await?;
    for ((user, answer_box), answers) in by_box {
        let stored = stored.get(&(user, answer_box)).copied().unwrap_or_default();
        insert(job, &mut line, round.submission(), (user, answer_box), stored, answers).await?;
    }
    job.show_progress(&line);
    Ok(line)
}

/// Returns the right answers, by box.
async fn expected(job: &mut Job<'_>) -> Result<HashMap<i64, String>, ImportError> {
    const ALL: &str = "SELECT id, answer FROM answer_boxes";
    let rows: Vec<(i64, String)> =
        within!(&mut job.tx, link => sqlx::query_as(ALL).fetch_all(&mut **link).await?);
    Ok(rows.into_iter().collect())
}

/// Returns the stored tries, by pupil and box.
async fn stored_tries(job: &mut Job<'_>) -> Result<HashMap<(i64, i64), StoredTries>, ImportError> {
    const ALL: &str = "SELECT user_id, box_id, verdict = 'right' FROM submissions WHERE try IS NOT NULL";
    let rows: Vec<(i64, i64, bool)> =
        within!(&mut job.tx, link => sqlx::query_as(ALL).fetch_all(&mut **link).await?);
    let mut stored = HashMap::<_, StoredTries>::new();
    for (user, answer_box, is_right) in rows {
        let it = stored.entry((user, answer_box)).or_default();
        it.tries += 1;
        it.is_solved |= is_right;
    }
    Ok(stored)
}

fn read(
    job: &Job<'_>,
    row: &OldRow,
    expected: Option<&String>,
    line: &mut Line,
) -> Result<SourceAnswer, String> {
    let given = row.text("answer").ok_or("it has no answer")?;
    let at = row.time("submitted_at", job.offset()).map_err(|_| "its time cannot be read")?;
    let is_right = match row.text("is_correct") {
        Some(_) => row.flag("is_correct"),
        None => {
            let expected = expected.map(String::as_str).unwrap_or_default();
            match answers::compare(expected, given, &AnswerRules::default()) {
                Comparison::Unreadable { .. } => {
                    return Err("it had no verdict, and it cannot be read".to_owned());
                }
                Comparison::Undecided => {
                    return Err("it had no verdict, and its comparison is undecided".to_owned());
                }
                verdict => {
                    line.remark(row.id, "it had no verdict, and was judged now");
                    verdict.is_equal()
                }
            }
        }
    };
    let at = at.unwrap_or_else(|| {
        line.remark(row.id, "it had no time, and has the present time");
        job.now
    });
    Ok(SourceAnswer { old_id: row.id, given: given.chars().take(MAX_CHARS).collect(), is_right, at })
}

/// Inserts as many answers of one pupil to one box as the rules allow.
async fn insert(
    job: &mut Job<'_>,
    line: &mut Line,
    kind: ImportKind,
    (user, answer_box): (i64, i64),
    stored: StoredTries,
    mut answers: Vec<SourceAnswer>,
) -> Result<(), ImportError> {
    const INSERT: &str = "INSERT INTO submissions (user_id, box_id, try, given, verdict, submitted_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    answers.sort_by_key(|answer| (answer.at, answer.old_id));
    let right = answers.iter().position(|answer| answer.is_right);
    let room = usize::from(TRIES).saturating_sub(stored.tries);
    let wrong = room.saturating_sub(usize::from(right.is_some()));
    let mut tries = stored.tries;
    for (index, answer) in answers.into_iter().enumerate() {
        job.show_progress(line);
        if stored.is_solved || right.is_some_and(|right| index > right) {
            line.skip(answer.old_id, "its box had been solved before");
            continue;
        }
        if room == 0 || (index >= wrong && right != Some(index)) {
            line.skip(answer.old_id, "it exceeds the three tries per box");
            continue;
        }
        tries += 1;
        let count = i64::try_from(tries).unwrap_or(i64::MAX);
        let verdict = if answer.is_right { "right" } else { "wrong" };
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(INSERT).bind(user).bind(answer_box).bind(count);
            insert.bind(&answer.given).bind(verdict).bind(answer.at).fetch_one(&mut **link).await?
        });
        job.record(kind, answer.old_id, id).await?;
        line.added += 1;
    }
    Ok(())
}
