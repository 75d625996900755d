//! The trash: soft deletion with one minute to undo, then permanent deletion.
//!
//! Each table has a column `deleted_at`, and queries for readers skip rows that have a value in
//! it. Restoring a row is therefore one update, regardless of the rows that depend on it: a
//! challenge's answers, an account's points, which leaderboards leave out in between. Awards are the exception: their points leave the
//! leaderboards, and return to them, in the same transaction.

use super::admin_log::{Action, Actor, record};
use super::{Db, DbError, Result, awards, board_versions, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;

/// Tells the leaderboards that accounts left them, or are back.
macro_rules! raise_boards {
    ($tx:ident, $kind:expr, $ids:expr) => {
        if $kind == LogSubject::User {
            let boards = board_versions::boards_of!($tx, $ids);
            board_versions::raise!($tx, &boards);
        }
    };
}

/// The time in which a deleted thing can be restored, in seconds.
pub const RESTORE_GRACE: i64 = 60;

/// A thing in the trash.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Deleted {
    pub id: i64,
    /// Its title or name.
    pub title: String,
}

/// Returns the title of a thing that is not in the trash.
pub async fn title(db: &Db, kind: LogSubject, id: i64) -> Result<Option<String>> {
    let sql = Sql::of(kind).title;
    Ok(on!(db, pool => sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await)?)
}

/// Moves a thing to the trash and returns its title.
///
/// # Errors
/// Fails if it does not exist, or another thing needs it.
pub async fn delete(
    db: &Db,
    by: &Actor,
    kind: LogSubject,
    id: i64,
) -> std::result::Result<String, TrashError> {
    let sql = Sql::of(kind);
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        awards::lock!(tx, kind, [id]);
        if let Some(lock) = lock(kind) {
            sqlx::query(lock).bind(id).execute(&mut *tx).await?;
        }
        let title: Option<String> = sqlx::query_scalar(sql.delete).bind(id).bind(now()).fetch_optional(&mut *tx).await?;
        let Some(title) = title else {
            let existing: Option<String> = sqlx::query_scalar(sql.title).bind(id).fetch_optional(&mut *tx).await?;
            return Err(existing.map_or(TrashError::NotFound, |_| TrashError::InUse(sql.in_use)));
        };
        record!(tx, by, Action::Deleted, kind, id, &title, "");
        awards::apply!(tx, kind, [id], -1);
        raise_boards!(tx, kind, [id]);
        tx.commit().await?;
        Ok(title)
    })
}

/// Restores a thing from the trash and returns its title.
///
/// # Errors
/// Fails if it is not in the trash any more.
pub async fn restore(
    db: &Db,
    by: &Actor,
    kind: LogSubject,
    id: i64,
) -> std::result::Result<String, TrashError> {
    let sql = Sql::of(kind);
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        awards::lock!(tx, kind, [id]);
        let title: Option<String> =
            sqlx::query_scalar(sql.restore).bind(id).bind(now() - RESTORE_GRACE).fetch_optional(&mut *tx).await?;
        let title = title.ok_or(TrashError::TooLate)?;
        record!(tx, by, Action::Restored, kind, id, &title, "");
        awards::apply!(tx, kind, [id], 1);
        raise_boards!(tx, kind, [id]);
        tx.commit().await?;
        Ok(title)
    })
}

/// Moves things to the trash in one transaction and returns their number. Skips those that cannot
/// be deleted.
pub async fn delete_all(db: &Db, by: &Actor, kind: LogSubject, ids: &[i64]) -> Result<usize> {
    let sql = Sql::of(kind);
    let mut deleted = 0;
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        awards::lock!(tx, kind, ids);
        for id in ids {
            let delete = sqlx::query_scalar(sql.delete).bind(id).bind(now());
            let title: Option<String> = delete.fetch_optional(&mut *tx).await?;
            if let Some(title) = title {
                record!(tx, by, Action::Deleted, kind, id, &title, "");
                awards::apply!(tx, kind, [id], -1);
                deleted += 1;
            }
        }
        raise_boards!(tx, kind, ids);
        tx.commit().await?;
    });
    Ok(deleted)
}

/// Restores everything of one kind that is still in the trash, in one transaction. Returns the
/// number.
pub async fn restore_all(db: &Db, by: &Actor, kind: LogSubject) -> Result<usize> {
    let sql = Sql::of(kind);
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let rows: Vec<Deleted> = sqlx::query_as(sql.restore_all).bind(now() - RESTORE_GRACE).fetch_all(&mut *tx).await?;
        for Deleted { id, title } in &rows {
            record!(tx, by, Action::Restored, kind, id, title, "");
            awards::apply!(tx, kind, [id], 1);
        }
        raise_boards!(tx, kind, rows.iter().map(|row| row.id));
        tx.commit().await?;
        Ok(rows.len())
    })
}

/// Returns up to 20 things of one kind that can be restored, most recently deleted first.
pub async fn recent(db: &Db, kind: LogSubject) -> Result<Vec<Deleted>> {
    let sql = Sql::of(kind).recent;
    Ok(on!(db, pool => sqlx::query_as(sql).bind(now() - RESTORE_GRACE).fetch_all(pool).await)?)
}

/// Deletes expired rows of the trash permanently, with the rows that depend on them. Returns the
/// number of rows.
pub async fn empty(db: &Db) -> Result<u64> {
    let before = now() - RESTORE_GRACE;
    let mut deleted = 0;
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        for sql in RELEASE_DEPENDENTS {
            sqlx::query(sql).bind(before).execute(&mut *tx).await?;
        }
        for kind in LogSubject::ALL {
            let rows = sqlx::query(Sql::of(kind).empty).bind(before).execute(&mut *tx).await?.rows_affected();
            if rows > 0 {
                // Without this, their files would still count as used.
                sqlx::query(Sql::of(kind).release).bind(kind.name()).execute(&mut *tx).await?;
            }
            deleted += rows;
        }
        tx.commit().await?;
    });
    Ok(deleted)
}

/// An error of a deletion or a restore.
#[derive(Debug, thiserror::Error)]
pub enum TrashError {
    /// The thing does not exist.
    #[error("this thing does not exist")]
    NotFound,
    /// Another thing needs it; the text says which.
    #[error("{0}")]
    InUse(&'static str),
    /// The minute is over.
    #[error("It is too late: what is deleted can be put back for one minute.")]
    TooLate,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for TrashError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// Returns the statement that locks a row to which others refer. A transaction that adds such a
/// reference locks it too, so that the next statement sees the reference.
fn lock(kind: LogSubject) -> Option<&'static str> {
    match kind {
        LogSubject::Competition => Some("UPDATE competitions SET title = title WHERE id = $1"),
        LogSubject::School => Some("UPDATE schools SET name = name WHERE id = $1"),
        _ => None,
    }
}

/// Removes the points of expired challenges from every leaderboard, and the sessions of expired
/// accounts.
const RELEASE_DEPENDENTS: [&str; 4] = [
    "UPDATE scores SET
        points = points - (SELECT COALESCE(CAST(sum(p.points) AS BIGINT), 0) FROM progress p JOIN challenges c ON c.id = p.challenge_id
            WHERE p.user_id = scores.user_id AND p.points > 0 AND c.deleted_at <= $1 AND CASE WHEN c.competition_id IS NULL
                THEN scores.board IN ('all', c.key_stage) ELSE scores.competition_id = c.competition_id END),
        solved = solved - (SELECT count(*) FROM progress p JOIN challenges c ON c.id = p.challenge_id
            WHERE p.user_id = scores.user_id AND p.points > 0 AND c.deleted_at <= $1 AND CASE WHEN c.competition_id IS NULL
                THEN scores.board IN ('all', c.key_stage) ELSE scores.competition_id = c.competition_id END)
        WHERE user_id IN (SELECT p.user_id FROM progress p JOIN challenges c ON c.id = p.challenge_id WHERE c.deleted_at <= $1)",
    "DELETE FROM scores WHERE solved <= 0 AND points = 0 AND $1 > 0",
    "UPDATE board_changes SET version = version + 1 WHERE EXISTS (SELECT 1 FROM challenges WHERE deleted_at <= $1)
        OR EXISTS (SELECT 1 FROM users WHERE deleted_at <= $1)",
    "DELETE FROM sessions WHERE user_id IN (SELECT CAST(id AS TEXT) FROM users WHERE deleted_at <= $1)",
];

/// The statements for one table.
struct Sql {
    title: &'static str,
    delete: &'static str,
    restore: &'static str,
    restore_all: &'static str,
    recent: &'static str,
    empty: &'static str,
    release: &'static str,
    in_use: &'static str,
}

macro_rules! table {
    ($table:literal, $title:literal) => {
        table!($table, $title, "", "", "")
    };
    ($table:literal, $title:literal, $also:literal, $unless:literal, $in_use:literal) => {
        Sql {
            title: concat!("SELECT ", $title, " FROM ", $table, " WHERE id = $1 AND deleted_at IS NULL"),
            delete: concat!(
                "UPDATE ",
                $table,
                " SET deleted_at = $2",
                $also,
                " WHERE id = $1 AND deleted_at IS NULL",
                $unless,
                " RETURNING ",
                $title
            ),
            restore: concat!(
                "UPDATE ",
                $table,
                " SET deleted_at = NULL WHERE id = $1 AND deleted_at > $2 RETURNING ",
                $title
            ),
            restore_all: concat!(
                "UPDATE ",
                $table,
                " SET deleted_at = NULL WHERE deleted_at > $1 RETURNING id, ",
                $title,
                " AS title"
            ),
            recent: concat!(
                "SELECT id, ",
                $title,
                " AS title FROM ",
                $table,
                " WHERE deleted_at > $1 ORDER BY deleted_at DESC, id DESC LIMIT 20"
            ),
            empty: concat!("DELETE FROM ", $table, " WHERE deleted_at <= $1", $unless),
            release: concat!(
                "DELETE FROM file_uses WHERE kind = $1 AND NOT EXISTS (SELECT 1 FROM ",
                $table,
                " t WHERE t.id = file_uses.subject_id)"
            ),
            in_use: $in_use,
        }
    };
}

impl Sql {
    const fn of(kind: LogSubject) -> Self {
        match kind {
            LogSubject::Announcement => table!("announcements", "title"),
            LogSubject::Challenge => table!("challenges", "title"),
            LogSubject::Competition => table!(
                "competitions",
                "title",
                "",
                " AND NOT EXISTS (SELECT 1 FROM challenges WHERE competition_id = competitions.id)",
                "This competition has challenges. Delete them first, or leave it closed."
            ),
            LogSubject::Article => table!("articles", "title"),
            LogSubject::Newsletter => table!("newsletters", "title"),
            LogSubject::School => table!(
                "schools",
                "name",
                "",
                " AND NOT EXISTS (SELECT 1 FROM users WHERE school_id = schools.id)",
                "Somebody belongs to this school. Move its pupils first."
            ),
            LogSubject::User => table!(
                "users",
                "full_name",
                ", epoch = epoch + 1",
                " AND role <> 'admin'",
                "An admin is not deleted. Take the rights away first."
            ),
            LogSubject::Award => table!(
                "awards",
                "(SELECT u.full_name FROM users u WHERE u.id = user_id)
                    || CASE WHEN points > 0 THEN ', +' ELSE ', −' END || CAST(abs(points) AS TEXT) || ': ' || reason"
            ),
        }
    }
}
