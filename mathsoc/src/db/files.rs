//! Uploaded files: their metadata, their uses, and the access rule that follows.
//!
//! Everyone may read a file if:
//! 1. the scanner has passed it, and
//! 2. something visible uses it: released, and not in the trash. A use is a row of `file_uses`,
//!    and [`SHOWN`] has a condition for each kind of visible content.
//!
//! Code that stores a text records in the same transaction which files it uses:
//! `note_uses!(tx, LogSubject::Article, id, &[&body])`.

use palisade::upload::{Upload, UploadId};

use super::{Db, DbError, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;

/// The path prefix of file URLs, in front of the id.
pub const PREFIX: &str = "/files/";

/// Selects a use of the current file that is visible at `$2`, with one condition per kind. A file
/// of an open competition is readable for anyone who knows its URL, which cannot be guessed.
macro_rules! shown {
    () => {
        "SELECT 1 FROM file_uses WHERE file_id = files.id AND (
            kind = 'challenge' AND EXISTS (SELECT 1 FROM challenges
                WHERE id = file_uses.subject_id AND is_draft = 0 AND released_at <= $2 AND deleted_at IS NULL
                    AND (competition_id IS NULL OR EXISTS (SELECT 1 FROM competitions k
                        WHERE k.id = challenges.competition_id AND k.opens_at <= $2)))
            OR kind = 'article' AND EXISTS (SELECT 1 FROM articles
                WHERE id = file_uses.subject_id AND published_at <= $2 AND deleted_at IS NULL)
            OR kind = 'newsletter' AND EXISTS (SELECT 1 FROM newsletters
                WHERE id = file_uses.subject_id AND published_at <= $2 AND deleted_at IS NULL)
        )"
    };
}

macro_rules! columns {
    () => {
        "SELECT id, name, kind, size, sha256, quarantined_at IS NOT NULL AS quarantined FROM files "
    };
}

/// The access rule as SQL.
pub const SHOWN: &str = shown!();

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    kind: String,
    size: i64,
    sha256: String,
    quarantined: bool,
}

impl TryFrom<Row> for Upload {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let wrong = |error: palisade::upload::UploadParseError| sqlx::Error::Decode(error.into());
        let size = u64::try_from(row.size).map_err(|error| sqlx::Error::Decode(error.into()))?;
        let (id, kind) = (row.id.parse().map_err(wrong)?, row.kind.parse().map_err(wrong)?);
        Ok(Self::from_parts(id, &row.name, kind, size, row.sha256.parse().map_err(wrong)?, row.quarantined))
    }
}

/// Stores the metadata of an uploaded file.
pub async fn insert(db: &Db, file: &Upload, dimensions: Option<(u32, u32)>, by: i64) -> Result<()> {
    const INSERT: &str = "INSERT INTO files
            (id, name, kind, size, sha256, width, height, uploaded_by, uploaded_at, quarantined_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (width, height) = dimensions.map(|(width, height)| (i64::from(width), i64::from(height))).unzip();
    let size = i64::try_from(file.bytes).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let now = now();
    on!(db, pool => {
        let insert = sqlx::query(INSERT).bind(file.id.to_string()).bind(file.name.as_str());
        let insert = insert.bind(file.file_type.to_string()).bind(size).bind(file.digest.to_string());
        let insert = insert.bind(width).bind(height).bind(by).bind(now).bind(file.quarantined.then_some(now));
        insert.execute(pool).await.map(drop)
    })?;
    Ok(())
}

/// Returns a file that everyone may read now.
pub async fn shown(db: &Db, id: UploadId) -> Result<Option<Upload>> {
    const ONE: &str =
        concat!(columns!(), "WHERE id = $1 AND quarantined_at IS NULL AND EXISTS (", shown!(), ")");
    let row: Option<Row> =
        on!(db, pool => sqlx::query_as(ONE).bind(id.to_string()).bind(now()).fetch_optional(pool).await)?;
    row.map(Upload::try_from).transpose()
}

/// Returns any file, used or not, for admins.
pub async fn any(db: &Db, id: UploadId) -> Result<Option<Upload>> {
    const ONE: &str = concat!(columns!(), "WHERE id = $1");
    let row: Option<Row> =
        on!(db, pool => sqlx::query_as(ONE).bind(id.to_string()).fetch_optional(pool).await)?;
    row.map(Upload::try_from).transpose()
}

/// Returns the files in quarantine, oldest first, at most a hundred.
pub async fn waiting(db: &Db) -> Result<Vec<Upload>> {
    const LIST: &str =
        concat!(columns!(), "WHERE quarantined_at IS NOT NULL ORDER BY quarantined_at, id LIMIT 100");
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(LIST).fetch_all(pool).await)?;
    rows.into_iter().map(Upload::try_from).collect()
}

/// Releases a file from quarantine after the scanner has passed it.
pub async fn pass(db: &Db, id: UploadId) -> Result<()> {
    const PASS: &str = "UPDATE files SET quarantined_at = NULL WHERE id = $1";
    on!(db, pool => sqlx::query(PASS).bind(id.to_string()).execute(pool).await.map(drop))?;
    Ok(())
}

/// Deletes a file's metadata and its uses.
pub async fn forget(db: &Db, id: UploadId) -> Result<()> {
    const FORGET: &str = "DELETE FROM files WHERE id = $1";
    on!(db, pool => sqlx::query(FORGET).bind(id.to_string()).execute(pool).await.map(drop))?;
    Ok(())
}

/// Replaces the list of files that a subject uses. Skips files that do not exist.
pub async fn use_in(db: &Db, kind: LogSubject, subject: i64, files: &[UploadId]) -> Result<()> {
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        note!(tx, kind, subject, files.iter().map(ToString::to_string));
        tx.commit().await?;
    });
    Ok(())
}

/// Used by [`note!`] only.
pub(crate) const CLEAR: &str = "DELETE FROM file_uses WHERE kind = $1 AND subject_id = $2";
/// Used by [`note!`] only.
pub(crate) const USE: &str = "INSERT INTO file_uses (file_id, kind, subject_id)
    SELECT id, $2, $3 FROM files WHERE id = $1 ON CONFLICT DO NOTHING";

/// Records file ids as used by a subject, within a transaction.
macro_rules! note {
    ($tx:ident, $kind:expr, $subject:expr, $ids:expr) => {{
        let (kind, subject): ($crate::domain::log_subject::LogSubject, i64) = ($kind, $subject);
        sqlx::query($crate::db::files::CLEAR).bind(kind.name()).bind(subject).execute(&mut *$tx).await?;
        for id in $ids {
            let one = sqlx::query($crate::db::files::USE).bind(id).bind(kind.name()).bind(subject);
            one.execute(&mut *$tx).await?;
        }
    }};
}

/// Records the files that these texts link to, within a transaction:
/// `note_uses!(tx, LogSubject::Article, id, &[&body])`.
macro_rules! note_uses {
    ($tx:ident, $kind:expr, $subject:expr, $texts:expr) => {{
        let texts: &[&str] = $texts;
        let ids: Vec<_> = texts.iter().flat_map(|text| $crate::db::files::named_in(text)).collect();
        $crate::db::files::note!($tx, $kind, $subject, ids.iter().map(ToString::to_string));
    }};
}
pub(crate) use {note, note_uses};

/// Returns the ids of the files that a text links to.
pub fn named_in(text: &str) -> Vec<UploadId> {
    let after = text.split(PREFIX).skip(1);
    let ids = after.filter_map(|rest| rest.get(..32)?.parse().ok());
    let mut ids: Vec<UploadId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_file_ids_in_a_text() {
        let (a, b) = ("a".repeat(32), "0123456789abcdef".repeat(2));
        let text = format!(
            "<img src=\"/files/{b}/x.png\"> and /files/{a}/y.png, /files/{b}/x.png, /files/none, /files/é"
        );
        let found: Vec<_> = named_in(&text).iter().map(ToString::to_string).collect();
        assert_eq!(found, [b, a]);
    }
}
