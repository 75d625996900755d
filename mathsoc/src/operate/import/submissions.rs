//! What members have answered.
//!
//! The Flask site counted three tries a box until one box of the challenge was right, and none after. Here it is three for each
//! box, and none after the right one. Of more than three the first ones are kept; where a right one came later, it is the last.

use std::collections::{BTreeMap, HashMap};

use answers::{AnswerRules, Comparison};

use super::job::{ImportKind, Job};
use super::round::Round;
use super::source::OldRow;
use super::{ImportError, Line};
use crate::db::submissions::TRIES;
use crate::db::tx::within;

/// The longest answer that is kept.
const LONGEST: usize = 1000;

/// An answer, ready to be kept.
struct Answer {
    old_id: i64,
    given: String,
    is_right: bool,
    at: i64,
}

/// What is here of one pupil and one box.
#[derive(Clone, Copy, Default)]
struct Here {
    tries: usize,
    is_solved: bool,
}

pub(super) async fn take(job: &mut Job<'_>, round: Round) -> Result<Line, ImportError> {
    let (table, what) = round.submissions();
    let mut line = Line::new(what);
    let columns = ["user_id", "answer_box_id", "answer", "is_correct", "submitted_at"];
    let rows = job.rows(&mut line, &[table], &columns).await?;
    let expected = expected(job).await?;
    let mut by_box = BTreeMap::<_, Vec<Answer>>::new();
    for row in rows {
        if job.knows(round.submission(), row.id) {
            line.known += 1;
            continue;
        }
        let (user, answer_box) =
            (row.number("user_id").unwrap_or(0), row.number("answer_box_id").unwrap_or(0));
        let Some(user_here) = job.here(ImportKind::User, user) else {
            line.leave_out(row.id, format!("its user {user} is not here"));
            continue;
        };
        let Some(box_here) = job.here(round.answer_box(), answer_box) else {
            line.leave_out(row.id, format!("its box {answer_box} is not here"));
            continue;
        };
        match read(job, &row, expected.get(&box_here), &mut line) {
            Ok(answer) => by_box.entry((user_here, box_here)).or_default().push(answer),
            Err(why) => line.leave_out(row.id, why),
        }
    }
    let here = counted(job).await?;
    for ((user, answer_box), answers) in by_box {
        let here = here.get(&(user, answer_box)).copied().unwrap_or_default();
        keep(job, &mut line, round.submission(), (user, answer_box), here, answers).await?;
    }
    job.step(&line);
    Ok(line)
}

/// The right answers, by box.
async fn expected(job: &mut Job<'_>) -> Result<HashMap<i64, String>, ImportError> {
    const ALL: &str = "SELECT id, answer FROM answer_boxes";
    let rows: Vec<(i64, String)> =
        within!(&mut job.tx, link => sqlx::query_as(ALL).fetch_all(&mut **link).await?);
    Ok(rows.into_iter().collect())
}

/// What is here already, by pupil and box.
async fn counted(job: &mut Job<'_>) -> Result<HashMap<(i64, i64), Here>, ImportError> {
    const ALL: &str = "SELECT user_id, box_id, verdict = 'right' FROM submissions";
    let rows: Vec<(i64, i64, bool)> =
        within!(&mut job.tx, link => sqlx::query_as(ALL).fetch_all(&mut **link).await?);
    let mut here = HashMap::<_, Here>::new();
    for (user, answer_box, is_right) in rows {
        let it = here.entry((user, answer_box)).or_default();
        it.tries += 1;
        it.is_solved |= is_right;
    }
    Ok(here)
}

fn read(job: &Job<'_>, row: &OldRow, expected: Option<&String>, line: &mut Line) -> Result<Answer, String> {
    let given = row.text("answer").ok_or("it has no answer")?;
    let at = row.time("submitted_at", job.offset()).map_err(|_| "its time cannot be read")?;
    let is_right = match row.text("is_correct") {
        Some(_) => row.flag("is_correct"),
        None => {
            let expected = expected.map(String::as_str).unwrap_or_default();
            match answers::compare(expected, given, &AnswerRules::default()) {
                Comparison::Unreadable { .. } => {
                    return Err("nobody had judged it, and it cannot be read".to_owned());
                }
                verdict => {
                    line.remark(row.id, "nobody had judged it: it was judged now");
                    verdict.is_equal()
                }
            }
        }
    };
    let at = at.unwrap_or_else(|| {
        line.remark(row.id, "it had no time, and has that of now");
        job.now
    });
    Ok(Answer { old_id: row.id, given: given.chars().take(LONGEST).collect(), is_right, at })
}

/// Keeps as many answers of one pupil to one box as there can be.
async fn keep(
    job: &mut Job<'_>,
    line: &mut Line,
    kind: ImportKind,
    (user, answer_box): (i64, i64),
    here: Here,
    mut answers: Vec<Answer>,
) -> Result<(), ImportError> {
    const INSERT: &str = "INSERT INTO submissions (user_id, box_id, try, given, verdict, submitted_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    answers.sort_by_key(|answer| (answer.at, answer.old_id));
    let right = answers.iter().position(|answer| answer.is_right);
    let room = usize::from(TRIES).saturating_sub(here.tries);
    let wrong = room.saturating_sub(usize::from(right.is_some()));
    let mut tries = here.tries;
    for (index, answer) in answers.into_iter().enumerate() {
        job.step(line);
        if here.is_solved || right.is_some_and(|right| index > right) {
            line.leave_out(answer.old_id, "its box was solved before");
            continue;
        }
        if room == 0 || (index >= wrong && right != Some(index)) {
            line.leave_out(answer.old_id, "there are three tries for a box, and these were more");
            continue;
        }
        tries += 1;
        let count = i64::try_from(tries).unwrap_or(i64::MAX);
        let verdict = if answer.is_right { "right" } else { "wrong" };
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(INSERT).bind(user).bind(answer_box).bind(count);
            insert.bind(&answer.given).bind(verdict).bind(answer.at).fetch_one(&mut **link).await?
        });
        job.keep(kind, answer.old_id, id).await?;
        line.added += 1;
    }
    Ok(())
}
