//! Imports newsletters, with their PDFs from the source's folder of uploads.

use std::path::{Path, PathBuf};

use palisade::upload::{FileType as FileKind, Upload};
use tokio::fs;

use super::job::{ImportKind, Job, single_line};
use super::source::OldRow;
use super::{Files, ImportError, Line};
use crate::db::files::{USE, named_in};
use crate::db::tx::within;
use crate::domain::log_subject;

/// The length of the summary in lists.
const SUMMARY: usize = 200;

const SQLITE: &str = "INSERT INTO newsletters (title, summary, body, published_at, file_id, id)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
const POSTGRES: &str = "INSERT INTO newsletters (title, summary, body, published_at, file_id, id)
    OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5,
        COALESCE($6, nextval(pg_get_serial_sequence('newsletters', 'id')))) RETURNING id";
const FILE: &str =
    "INSERT INTO files (id, name, kind, size, sha256, uploaded_by, uploaded_at, quarantined_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Imports newsletters from rows of the table of articles.
pub(super) async fn import(job: &mut Job<'_>, rows: Vec<OldRow>) -> Result<Line, ImportError> {
    let mut line = Line::new("newsletters");
    line.read = rows.len();
    for row in rows {
        job.show_progress(&line);
        if job.was_imported(ImportKind::Newsletter, row.id) {
            line.known += 1;
            continue;
        }
        let body = match job.clean(row.text("content").unwrap_or_default()) {
            Ok(body) => body,
            Err(error) => {
                line.skip(row.id, format!("its text cannot be shown: {error}"));
                continue;
            }
        };
        let Ok(posted) = row.time("date_posted", job.offset()) else {
            line.skip(row.id, "its date cannot be read");
            continue;
        };
        let pdf = match row.text("file_url") {
            None if body.is_empty() => {
                line.skip(row.id, "it has neither a text nor a file");
                continue;
            }
            None => None,
            Some(called) => match pdf(job, called).await? {
                Ok(pdf) => pdf,
                Err(why) => {
                    line.skip(row.id, why);
                    continue;
                }
            },
        };
        let posted = posted.unwrap_or_else(|| {
            line.remark(row.id, "it had no date, and has today's");
            job.now
        });
        let mut title = single_line(row.text("title").unwrap_or_default(), 100);
        if title.is_empty() {
            line.remark(row.id, "it had no title");
            title = format!("Newsletter {}", row.id);
        }
        let mut summary = body.excerpt(SUMMARY);
        if summary.is_empty() {
            summary = "As it was printed.".to_owned();
        }
        let file = match &pdf {
            Some(pdf) => Some(insert_file(job, &row, pdf).await?),
            None => None,
        };
        let (number, insert) =
            (job.reusable_id("newsletters", row.id).await?, job.statement(SQLITE, POSTGRES));
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
        job.note_id("newsletters", id);
        job.record(ImportKind::Newsletter, row.id, id).await?;
        line.added += 1;
    }
    job.show_progress(&line);
    Ok(line)
}

/// Checks the PDF like an upload and stores it, except in a dry run; or returns the reason why it
/// is rejected.
async fn pdf(job: &mut Job<'_>, called: &str) -> Result<Result<Option<Upload>, String>, ImportError> {
    let Some((files, is_to_be_stored)) = job.files() else {
        return Ok(Err(format!("its PDF {called:?} is not imported without --files")));
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
        Err(rejection @ palisade::upload::UploadRejection::File { .. }) => {
            return Ok(Err(rejection.message().into_owned()));
        }
        Err(rejection) => return Err(ImportError::Files(rejection)),
    };
    if !is_to_be_stored {
        return Ok(Ok(None));
    }
    let stored = uploads.keep(file).await.map_err(ImportError::Files)?;
    job.stored.push(stored.id);
    Ok(Ok(Some(stored)))
}

/// Finds the file: at the path in its row, or by its name in the folder or its subfolder
/// `newsletters`. A path outside the folder is rejected.
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

/// Inserts the row of a stored file, and returns its id.
async fn insert_file(job: &mut Job<'_>, row: &OldRow, file: &Upload) -> Result<String, ImportError> {
    let id = file.id.to_string();
    let by = row.number("user_id").and_then(|user| job.new_id(ImportKind::User, user));
    let size = i64::try_from(file.bytes).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let now = job.now;
    within!(&mut job.tx, link => {
        let insert = sqlx::query(FILE).bind(&id).bind(file.name.as_str()).bind(file.file_type.to_string());
        let insert = insert.bind(size).bind(file.digest.to_string()).bind(by).bind(now);
        insert.bind(file.quarantined.then_some(now)).execute(&mut **link).await?;
    });
    Ok(id)
}
