//! Imports schools: matched by name, with the domain of their pupils' addresses.

use super::job::{ImportKind, Job, single_line};
use super::{ImportError, Line};
use crate::db::tx::within;
use crate::domain::email::EmailDomain;

pub(super) async fn import(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const SAME: &str = "SELECT id FROM schools WHERE name = $1";
    const DOMAIN: &str = "SELECT count(*) FROM schools WHERE email_domain = $1";
    const INSERT: &str = "INSERT INTO schools (name, email_domain) VALUES ($1, $2) RETURNING id";
    let mut line = Line::new("schools");
    for row in job.rows(&mut line, &["school"], &["name", "email_domain"]).await? {
        job.show_progress(&line);
        if job.was_imported(ImportKind::School, row.id) {
            line.known += 1;
            continue;
        }
        let name = single_line(row.text("name").unwrap_or_default(), 100);
        if name.is_empty() {
            line.skip(row.id, "it has no name");
            continue;
        }
        let same: Option<i64> = within!(&mut job.tx, link => {
            sqlx::query_scalar(SAME).bind(&name).fetch_optional(&mut **link).await?
        });
        if let Some(id) = same {
            job.record(ImportKind::School, row.id, id).await?;
            line.known += 1;
            continue;
        }
        let mut domain = None;
        if let Some(text) = row.text("email_domain") {
            match text.to_ascii_lowercase().parse::<EmailDomain>() {
                Ok(read) => {
                    let taken: i64 = within!(&mut job.tx, link => {
                        sqlx::query_scalar(DOMAIN).bind(read.as_str()).fetch_one(&mut **link).await?
                    });
                    if taken == 0 {
                        domain = Some(read);
                    } else {
                        line.remark(row.id, format!("without its domain {read}, which another school has"));
                    }
                }
                Err(error) => line.remark(row.id, format!("without its domain {text:?}: {error}")),
            }
        }
        let domain = domain.as_ref().map(EmailDomain::as_str);
        let id = within!(&mut job.tx, link => {
            sqlx::query_scalar(INSERT).bind(&name).bind(domain).fetch_one(&mut **link).await?
        });
        job.record(ImportKind::School, row.id, id).await?;
        line.added += 1;
    }
    job.show_progress(&line);
    Ok(line)
}
