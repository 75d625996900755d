//! Imports announcements. They are plain text here, so their HTML is reduced to its text.

use super::job::{ImportKind, Job, single_line};
use super::{ImportError, Line};
use crate::db::tx::within;

/// The longest text that is kept, in characters.
const MAX_CHARS: usize = 10_000;

pub(super) async fn import(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const INSERT: &str =
        "INSERT INTO announcements (title, body, published_at) VALUES ($1, $2, $3) RETURNING id";
    let mut line = Line::new("announcements");
    for row in job.rows(&mut line, &["announcement"], &["title", "content", "date_posted"]).await? {
        job.show_progress(&line);
        if job.was_imported(ImportKind::Announcement, row.id) {
            line.known += 1;
            continue;
        }
        let body = match job.clean(row.text("content").unwrap_or_default()) {
            Ok(body) => body.excerpt(MAX_CHARS),
            Err(error) => {
                line.skip(row.id, format!("its text cannot be shown: {error}"));
                continue;
            }
        };
        let Ok(posted) = row.time("date_posted", job.offset()) else {
            line.skip(row.id, "its date cannot be read");
            continue;
        };
        let title = single_line(row.text("title").unwrap_or("Announcement"), 100);
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(INSERT).bind(&title).bind(&body).bind(posted.unwrap_or(job.now));
            insert.fetch_one(&mut **link).await?
        });
        job.record(ImportKind::Announcement, row.id, id).await?;
        line.added += 1;
    }
    job.show_progress(&line);
    Ok(line)
}
