//! Drafts: texts that a member has typed into a form and not sent yet, at most one for each form.
//!
//! ```no_run
//! # async fn example(db: &mathsoc::db::Db, form: mathsoc::domain::unsent_form::UnsentForm) -> mathsoc::db::Result<()> {
//! use mathsoc::db::drafts;
//!
//! drafts::save(db, 7, &form, 1_767_225_600).await?;
//! let draft = drafts::of_form(db, 7, &form.path).await?.expect("it was just saved");
//! assert_eq!(draft.form, form);
//! # Ok(())
//! # }
//! ```
//!
//! | bound | value | reason |
//! |---|---|---|
//! | drafts of an account | 10; the oldest gives way | more forms than anyone has open |
//! | size of a draft | [`MAX_BYTES`] | the recorded part of a form |
//! | age | 30 days | a school's holidays |
//!
//! They go with the account. Only their writer sees them; the backup has them.

use super::{Db, Result, on};
use crate::domain::unsent_form::UnsentForm;

/// The maximum number of bytes of a draft as JSON.
pub const MAX_BYTES: usize = 256 << 10;
/// The maximum number of drafts of an account.
const MAX_DRAFTS: i64 = 10;
/// The retention of a draft, in seconds.
pub(super) const RETENTION: i64 = 30 * 24 * 60 * 60;

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub form: UnsentForm,
    /// Unix seconds.
    pub updated_at: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    form: String,
    updated_at: i64,
}

impl Row {
    /// Returns `None` for the form of another version.
    fn draft(self) -> Option<Draft> {
        Some(Draft { form: serde_json::from_str(&self.form).ok()?, updated_at: self.updated_at })
    }
}

/// Saves the draft of its form, in place of an earlier one. Returns `false` if it is too long.
pub async fn save(db: &Db, user_id: i64, form: &UnsentForm, now: i64) -> Result<bool> {
    const SAVE: &str = "INSERT INTO drafts (user_id, path, form, updated_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id, path) DO UPDATE SET form = excluded.form, updated_at = excluded.updated_at";
    // The one that is saved stays, even if others are of the same second.
    const OLDEST: &str = "DELETE FROM drafts WHERE user_id = $1 AND path <> $3 AND path NOT IN
        (SELECT path FROM drafts WHERE user_id = $1 AND path <> $3 ORDER BY updated_at DESC, path LIMIT $2)";
    // JSON writes a NUL as `\u0000`, which PostgreSQL accepts in a text.
    let json = serde_json::to_string(form).expect("a form is numbers and texts");
    if json.len() > MAX_BYTES {
        return Ok(false);
    }
    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let save = sqlx::query(SAVE).bind(user_id).bind(&form.path).bind(json).bind(now);
        save.execute(&mut *tx).await?;
        let oldest = sqlx::query(OLDEST).bind(user_id).bind(MAX_DRAFTS - 1).bind(&form.path);
        oldest.execute(&mut *tx).await?;
        tx.commit().await?;
    });
    Ok(true)
}

/// Returns the draft of the form with this path and query.
pub async fn of_form(db: &Db, user_id: i64, path: &str) -> Result<Option<Draft>> {
    const ONE: &str = "SELECT form, updated_at FROM drafts WHERE user_id = $1 AND path = $2";
    let row: Option<Row> =
        on!(db, pool => sqlx::query_as(ONE).bind(user_id).bind(path).fetch_optional(pool).await)?;
    Ok(row.and_then(Row::draft))
}

/// Returns the drafts of an account, the newest first.
pub async fn of_user(db: &Db, user_id: i64) -> Result<Vec<Draft>> {
    const ALL: &str = "SELECT form, updated_at FROM drafts WHERE user_id = $1 ORDER BY updated_at DESC, path";
    let rows: Vec<Row> = on!(db, pool => sqlx::query_as(ALL).bind(user_id).fetch_all(pool).await)?;
    Ok(rows.into_iter().filter_map(Row::draft).collect())
}

/// Deletes the draft of a form, once the form is saved or its writer discards it.
pub async fn delete(db: &Db, user_id: i64, path: &str) -> Result<()> {
    const DELETE: &str = "DELETE FROM drafts WHERE user_id = $1 AND path = $2";
    on!(db, pool => sqlx::query(DELETE).bind(user_id).bind(path).execute(pool).await.map(drop))?;
    Ok(())
}
