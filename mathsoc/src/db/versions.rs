//! Optimistic locking of what admins edit: each row has a version, which every change raises.
//!
//! A form carries the version that it shows. A change of an older version is not made, so that
//! no admin overwrites unseen what another has saved.

use super::{Db, Result, on};
use crate::domain::log_subject::LogSubject;

/// The result of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It is saved.
    Done,
    /// Someone else has saved a newer version. Nothing was changed.
    Conflict,
    /// The row does not exist, or is in the trash.
    Missing,
}

macro_rules! version_of {
    ($table:literal) => {
        concat!("SELECT version FROM ", $table, " WHERE id = $1 AND deleted_at IS NULL")
    };
}

/// Returns the version of a row that is not in the trash. Read it before the content: if both are
/// of different times, a save is then refused once too often, and never once too seldom.
pub async fn of(db: &Db, kind: LogSubject, id: i64) -> Result<Option<i64>> {
    let sql = match kind {
        LogSubject::Announcement => version_of!("announcements"),
        LogSubject::Challenge => version_of!("challenges"),
        LogSubject::Competition => version_of!("competitions"),
        LogSubject::Article => version_of!("articles"),
        LogSubject::Newsletter => version_of!("newsletters"),
        LogSubject::School => version_of!("schools"),
        LogSubject::User => version_of!("users"),
        LogSubject::Award => version_of!("awards"),
    };
    Ok(on!(db, pool => sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await)?)
}

/// Returns the reason for which a change has found no row of its version.
pub(super) async fn unsaved(db: &Db, kind: LogSubject, id: i64) -> Result<Saved> {
    Ok(if of(db, kind, id).await?.is_some() { Saved::Conflict } else { Saved::Missing })
}
