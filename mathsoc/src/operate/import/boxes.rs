//! Imports answer boxes. Their order is kept, but they are renumbered, because the source may
//! repeat a number.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::job::{Job, single_line};
use super::round::Round;
use super::{ImportError, Line};
use crate::db::tx::within;

pub(super) async fn import(job: &mut Job<'_>, round: Round) -> Result<Line, ImportError> {
    const LAST: &str = "SELECT COALESCE(max(position), 0) FROM answer_boxes WHERE challenge_id = $1";
    const INSERT: &str = "INSERT INTO answer_boxes (challenge_id, position, label, answer)
        VALUES ($1, $2, $3, $4) RETURNING id";
    let (table, what) = round.boxes();
    let mut line = Line::new(what);
    let columns = ["challenge_id", "box_label", "correct_answer", "order"];
    let mut rows = job.rows(&mut line, &[table], &columns).await?;
    rows.sort_by_key(|row| (row.number("order"), row.id));
    let mut last = HashMap::new();
    for row in rows {
        job.show_progress(&line);
        if job.was_imported(round.answer_box(), row.id) {
            line.known += 1;
            continue;
        }
        let of = row.number("challenge_id").unwrap_or(0);
        let Some(challenge) = job.new_id(round.challenge(), of) else {
            line.skip(row.id, format!("its challenge {of} is not here"));
            continue;
        };
        let Some(answer) = row.text("correct_answer") else {
            line.skip(row.id, "it has no answer");
            continue;
        };
        if let Err(unreadable) = answers::normalize(answer) {
            line.remark(
                row.id,
                format!("it cannot be solved, because its answer cannot be read. {}", unreadable.message),
            );
        }
        let position = match last.entry(challenge) {
            Entry::Occupied(position) => position.into_mut(),
            Entry::Vacant(entry) => {
                let position: i64 = within!(&mut job.tx, link => {
                    sqlx::query_scalar(LAST).bind(challenge).fetch_one(&mut **link).await?
                });
                entry.insert(position)
            }
        };
        *position += 1;
        let label = single_line(row.text("box_label").unwrap_or("Answer"), 100);
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(INSERT).bind(challenge).bind(*position);
            insert.bind(&label).bind(answer).fetch_one(&mut **link).await?
        });
        job.record(round.answer_box(), row.id, id).await?;
        line.added += 1;
    }
    job.show_progress(&line);
    Ok(line)
}
