//! Newsletters, with their PDFs from the folder of uploads of the former site.

use std::path::{Path, PathBuf};

use palisade::upload::{FileType as FileKind, Upload};
use tokio::fs;

use super::job::{ImportKind, Job, line_of};
use super::source::OldRow;
use super::{Files, ImportError, Line};
use crate::db::files::{USE, named_in};
use crate::db::tx::within;
use crate::domain::log_subject;

/// How long the sentences are that a list shows.
const SUMMARY: usize = 200;

const SQLITE: &str = "INSERT INTO newsletters (title, summary, body, published_at, file_id, id)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
const POSTGRES: &str = "INSERT INTO newsletters (title, summary, body, published_at, file_id, id)
    OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5,
        COALESCE($6, nextval(pg_get_serial_sequence('newsletters', 'id')))) RETURNING id";
const FILE: &str =
    "INSERT INTO files (id, name, kind, size, sha256, uploaded_by, uploaded_at, quarantined_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Takes these rows of the table of articles.
pub(super) async fn take(job: &mut Job<'_>, rows: Vec<OldRow>) -> Result<Line, ImportError> {
    let mut line = Line::new("newsletters");
    line.read = rows.len();
    for row in rows {
        job.step(&line);
        if job.knows(ImportKind::Newsletter, row.id) {
            line.known += 1;
            continue;
        }
        let body = match job.clean(row.text("content").unwrap_or_default()) {
            Ok(body) => body,
            Err(error) => {
                line.leave_out(row.id, format!("its text cannot be shown: {error}"));
                continue;
            }
        };
        let Ok(posted) = row.time("date_posted", job.offset()) else {
            line.leave_out(row.id, "its date cannot be read");
            continue;
        };
        let pdf = match row.text("file_url") {
            None if body.is_empty() => {
                line.leave_out(row.id, "it has neither a text nor a file");
                continue;
            }
            None => None,
            Some(called) => match pdf(job, called).await? {
                Ok(pdf) => pdf,
                Err(why) => {
                    line.leave_out(row.id, why);
                    continue;
                }
            },
        };
        let posted = posted.unwrap_or_else(|| {
            line.remark(row.id, "it had no date, and has that of today");
            job.now
        });
        let mut title = line_of(row.text("title").unwrap_or_default(), 100);
        if title.is_empty() {
            line.remark(row.id, "it had no title");
            title = format!("Newsletter {}", row.id);
        }
        let mut summary = body.excerpt(SUMMARY);
        if summary.is_empty() {
            summary = "As it was printed.".to_owned();
        }
        let file = match &pdf {
            Some(pdf) => Some(write_down(job, &row, pdf).await?),
            None => None,
        };
        let (number, insert) = (job.number("newsletters", row.id).await?, job.text(SQLITE, POSTGRES));
        let id: i64 = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(insert).bind(&title).bind(&summary).bind(body.as_str());
            insert.bind(posted).bind(&file).bind(number).fetch_one(&mut **link).await?
        });
        let pictures = named_in(body.as_str()).into_iter().map(|id| id.to_string());
        for shown in pictures.chain(file) {
            within!(&mut job.tx, link => {
                let used = sqlx::query(USE).bind(&shown).bind(log_subject::LogSubject::Newsletter.name()).bind(id);
                used.execute(&mut **link).await?;
            });
        }
        job.gave("newsletters", id);
        job.keep(ImportKind::Newsletter, row.id, id).await?;
        line.added += 1;
    }
    job.step(&line);
    Ok(line)
}

/// The PDF, judged as if somebody had sent it, and kept, but in a dry run; or why it is not there.
async fn pdf(job: &mut Job<'_>, called: &str) -> Result<Result<Option<Upload>, String>, ImportError> {
    let Some((files, is_to_be_kept)) = job.files() else {
        return Ok(Err(format!(
            "its PDF {called:?} is not taken without the folder that it is in: see --files"
        )));
    };
    let uploads = files.uploads.clone().file_types([FileKind::Pdf]);
    let Some(path) = find(files, called).await else {
        return Ok(Err(format!("its PDF {called:?} is not in {}", files.from.display())));
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = match fs::metadata(&path).await {
        Ok(it) if it.len() > uploads.request_limit_bytes() => {
            return Ok(Err(format!("its PDF {called:?} is larger than MAX_CONTENT_LENGTH")));
        }
        Ok(_) => fs::read(&path).await,
        Err(error) => Err(error),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(format!("its PDF {called:?} cannot be read: {error}"))),
    };
    let file = match uploads.take_file(&name, &bytes).await {
        Ok(file) => file,
        Err(refusal @ palisade::upload::UploadRejection::File { .. }) => {
            return Ok(Err(refusal.message().into_owned()));
        }
        Err(refusal) => return Err(ImportError::Files(refusal)),
    };
    if !is_to_be_kept {
        return Ok(Ok(None));
    }
    let kept = uploads.keep(file).await.map_err(ImportError::Files)?;
    job.kept.push(kept.id);
    Ok(Ok(Some(kept)))
}

/// Where the file lies: as its row says, or under its name in the folder or in that of newsletters. Never outside of the folder.
async fn find(files: &Files, called: &str) -> Option<PathBuf> {
    let called = called.trim_start_matches('/').trim_start_matches("static/").trim_start_matches("uploads/");
    let name = Path::new(called.rsplit(['/', '\\']).next()?);
    let root = fs::canonicalize(&files.from).await.ok()?;
    for path in [Path::new(called).to_owned(), name.to_owned(), Path::new("newsletters").join(name)] {
        let Ok(path) = fs::canonicalize(root.join(path)).await else { continue };
        if path.starts_with(&root) && fs::metadata(&path).await.is_ok_and(|it| it.is_file()) {
            return Some(path);
        }
    }
    None
}

/// Writes down a file that is kept; its id.
async fn write_down(job: &mut Job<'_>, row: &OldRow, file: &Upload) -> Result<String, ImportError> {
    let id = file.id.to_string();
    let by = row.number("user_id").and_then(|user| job.here(ImportKind::User, user));
    let size = i64::try_from(file.bytes).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let now = job.now;
    within!(&mut job.tx, link => {
        let insert = sqlx::query(FILE).bind(&id).bind(file.name.as_str()).bind(file.file_type.to_string());
        let insert = insert.bind(size).bind(file.digest.to_string()).bind(by).bind(now);
        insert.bind(file.quarantined.then_some(now)).execute(&mut **link).await?;
    });
    Ok(id)
}
