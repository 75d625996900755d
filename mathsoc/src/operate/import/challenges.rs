//! Imports challenges, with their release and lock times.

use super::job::{ImportKind, Job, single_line};
use super::source::OldRow;
use super::time::TimeError;
use super::{ImportError, Line};
use crate::db::tx::within;
use crate::domain::key_stage::KeyStage;

const COLUMNS: [&str; 8] = [
    "title",
    "content",
    "key_stage",
    "date_posted",
    "release_at",
    "is_manually_locked",
    "lock_after_hours",
    "file_url",
];
/// The length of the summary in lists.
const SUMMARY: usize = 200;

pub(super) async fn import(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const SQLITE: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, id, closed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    const POSTGRES: &str =
        "INSERT INTO challenges (title, key_stage, summary, statement, released_at, locked_at, id, closed_at)
        OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6,
            COALESCE($7, nextval(pg_get_serial_sequence('challenges', 'id'))), $8) RETURNING id";
    let mut line = Line::new("challenges");
    for row in job.rows(&mut line, &["challenge"], &COLUMNS).await? {
        job.show_progress(&line);
        if job.was_imported(ImportKind::Challenge, row.id) {
            line.known += 1;
            continue;
        }
        let stage = match row.text("key_stage").unwrap_or_default().parse::<KeyStage>() {
            Ok(stage) => stage,
            Err(error) => {
                line.skip(row.id, error.to_string());
                continue;
            }
        };
        let Ok((released, locked, closed)) = times(job, &row, &mut line) else {
            line.skip(row.id, "one of its times cannot be read");
            continue;
        };
        let statement = match job.clean(row.text("content").unwrap_or_default()) {
            Ok(statement) => statement,
            Err(error) => {
                line.skip(row.id, format!("its text cannot be shown: {error}"));
                continue;
            }
        };
        let mut title = single_line(row.text("title").unwrap_or_default(), 100);
        if title.is_empty() {
            line.remark(row.id, "it had no title");
            title = format!("Challenge {}", row.id);
        }
        if let Some(file) = row.text("file_url") {
            line.remark(row.id, format!("without its file {file:?}: add it by hand"));
        }
        let (number, insert) =
            (job.reusable_id("challenges", row.id).await?, job.statement(SQLITE, POSTGRES));
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(insert).bind(&title).bind(stage.name());
            let insert = insert.bind(statement.excerpt(SUMMARY)).bind(statement.as_str());
            insert.bind(released).bind(locked).bind(number).bind(closed).fetch_one(&mut **link).await?
        });
        job.note_id("challenges", id);
        job.record(ImportKind::Challenge, row.id, id).await?;
        line.added += 1;
    }
    job.show_progress(&line);
    Ok(line)
}

/// Returns the time of release, the scheduled lock, which is a number of hours after `release_at`,
/// and the time of a lock by hand.
fn times(job: &Job<'_>, row: &OldRow, line: &mut Line) -> Result<(i64, Option<i64>, Option<i64>), TimeError> {
    let posted = row.time("date_posted", job.offset())?;
    let release = row.time("release_at", job.offset())?;
    let released = release.or(posted).unwrap_or_else(|| {
        line.remark(row.id, "it had no date, and has today's");
        job.now
    });
    let closed = row.flag("is_manually_locked").then(|| job.now.max(released));
    let hours = row.number("lock_after_hours").filter(|hours| *hours > 0);
    let locked =
        release.zip(hours).and_then(|(release, hours)| release.checked_add(hours.checked_mul(3600)?));
    Ok((released, locked, closed))
}
