//! Imports articles, and passes on the newsletters, which the source keeps in the same table.

use super::job::{ImportKind, Job, single_line};
use super::{ImportError, Line, newsletters};
use crate::db::tx::within;

/// The length of the teaser in lists.
const TEASER: usize = 200;

pub(super) async fn import(job: &mut Job<'_>) -> Result<[Line; 2], ImportError> {
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
        job.show_progress(&line);
        if job.was_imported(ImportKind::Article, row.id) {
            line.known += 1;
            continue;
        }
        let body = match job.clean(row.text("content").unwrap_or_default()) {
            Ok(body) if !body.is_empty() => body,
            Ok(_) => {
                line.skip(row.id, "it has no text");
                continue;
            }
            Err(error) => {
                line.skip(row.id, format!("its text cannot be shown: {error}"));
                continue;
            }
        };
        let Ok(posted) = row.time("date_posted", job.offset()) else {
            line.skip(row.id, "its date cannot be read");
            continue;
        };
        let posted = posted.unwrap_or_else(|| {
            line.remark(row.id, "it had no date, and has today's");
            job.now
        });
        let mut title = single_line(row.text("title").unwrap_or_default(), 100);
        if title.is_empty() {
            line.remark(row.id, "it had no title");
            title = format!("Article {}", row.id);
        }
        if let Some(file) = row.text("file_url") {
            line.remark(row.id, format!("without its file {file:?}: add it by hand"));
        }
        let mut author = single_line(row.text("named_creator").unwrap_or_default(), 100);
        if author.is_empty() {
            let user = row.number("user_id").and_then(|id| job.new_id(ImportKind::User, id));
            let name: Option<String> = within!(&mut job.tx, link => {
                sqlx::query_scalar(NAME).bind(user).fetch_optional(&mut **link).await?
            });
            author = name.unwrap_or_else(|| "The society".to_owned());
        }
        let (number, insert) = (job.reusable_id("articles", row.id).await?, job.statement(SQLITE, POSTGRES));
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(insert).bind(&title).bind(&author).bind(body.excerpt(TEASER));
            insert.bind(body.as_str()).bind(posted).bind(number).fetch_one(&mut **link).await?
        });
        job.note_id("articles", id);
        job.record(ImportKind::Article, row.id, id).await?;
        line.added += 1;
    }
    job.show_progress(&line);
    Ok([line, newsletters::import(job, letters).await?])
}
