//! Articles, and with them newsletters, which stand in the same table.

use super::job::{ImportKind, Job, line_of};
use super::{ImportError, Line, newsletters};
use crate::db::tx::within;

/// How long the sentences are that a list shows.
const TEASER: usize = 200;

pub(super) async fn take(job: &mut Job<'_>) -> Result<[Line; 2], ImportError> {
    const NAME: &str = "SELECT full_name FROM users WHERE id = $1";
    const SQLITE: &str = "INSERT INTO articles (title, author, teaser, body, published_at, id)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    const POSTGRES: &str = "INSERT INTO articles (title, author, teaser, body, published_at, id)
        OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5,
            COALESCE($6, nextval(pg_get_serial_sequence('articles', 'id')))) RETURNING id";
    let mut line = Line::new("articles");
    let columns = ["title", "content", "named_creator", "date_posted", "user_id", "type", "file_url"];
    let rows = job.rows(&mut line, &["article"], &columns).await?;
    let (letters, rows): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.text("type") == Some("newsletter"));
    line.read -= letters.len();
    for row in rows {
        job.step(&line);
        if job.knows(ImportKind::Article, row.id) {
            line.known += 1;
            continue;
        }
        let body = match job.clean(row.text("content").unwrap_or_default()) {
            Ok(body) if !body.is_empty() => body,
            Ok(_) => {
                line.leave_out(row.id, "it has no text");
                continue;
            }
            Err(error) => {
                line.leave_out(row.id, format!("its text cannot be shown: {error}"));
                continue;
            }
        };
        let Ok(posted) = row.time("date_posted", job.offset()) else {
            line.leave_out(row.id, "its date cannot be read");
            continue;
        };
        let posted = posted.unwrap_or_else(|| {
            line.remark(row.id, "it had no date, and has that of today");
            job.now
        });
        let mut title = line_of(row.text("title").unwrap_or_default(), 100);
        if title.is_empty() {
            line.remark(row.id, "it had no title");
            title = format!("Article {}", row.id);
        }
        if let Some(file) = row.text("file_url") {
            line.remark(row.id, format!("without its file {file:?}: put it there by hand"));
        }
        let mut author = line_of(row.text("named_creator").unwrap_or_default(), 100);
        if author.is_empty() {
            let user = row.number("user_id").and_then(|id| job.here(ImportKind::User, id));
            let name: Option<String> = within!(&mut job.tx, link => {
                sqlx::query_scalar(NAME).bind(user).fetch_optional(&mut **link).await?
            });
            author = name.unwrap_or_else(|| "The society".to_owned());
        }
        let (number, insert) = (job.number("articles", row.id).await?, job.text(SQLITE, POSTGRES));
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(insert).bind(&title).bind(&author).bind(body.excerpt(TEASER));
            insert.bind(body.as_str()).bind(posted).bind(number).fetch_one(&mut **link).await?
        });
        job.gave("articles", id);
        job.keep(ImportKind::Article, row.id, id).await?;
        line.added += 1;
    }
    job.step(&line);
    Ok([line, newsletters::take(job, letters).await?])
}
