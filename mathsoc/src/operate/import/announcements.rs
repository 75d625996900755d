//! Announcements: here a plain text, so that of their HTML the text is kept.

use super::job::{ImportKind, Job, line_of};
use super::{ImportError, Line};
use crate::db::tx::within;

/// The longest announcement that is kept.
const LONGEST: usize = 10_000;

pub(super) async fn take(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const INSERT: &str =
        "INSERT INTO announcements (title, body, published_at) VALUES ($1, $2, $3) RETURNING id";
    let mut line = Line::new("announcements");
    for row in job.rows(&mut line, &["announcement"], &["title", "content", "date_posted"]).await? {
        job.step(&line);
        if job.knows(ImportKind::Announcement, row.id) {
            line.known += 1;
            continue;
        }
        let body = match job.clean(row.text("content").unwrap_or_default()) {
            Ok(body) => body.excerpt(LONGEST),
            Err(error) => {
                line.leave_out(row.id, format!("its text cannot be shown: {error}"));
                continue;
            }
        };
        let Ok(posted) = row.time("date_posted", job.offset()) else {
            line.leave_out(row.id, "its date cannot be read");
            continue;
        };
        let title = line_of(row.text("title").unwrap_or("Announcement"), 100);
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(INSERT).bind(&title).bind(&body).bind(posted.unwrap_or(job.now));
            insert.fetch_one(&mut **link).await?
        });
        job.keep(ImportKind::Announcement, row.id, id).await?;
        line.added += 1;
    }
    job.step(&line);
    Ok(line)
}
