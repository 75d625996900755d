//! The log of what admins do: written in the transaction that does it, so that nothing is done without a line, and no line
//! stands for what was not done.

use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The admin's number; none for who sits at the machine itself.
    pub id: Option<i64>,
    /// The admin's name.
    pub name: String,
}

impl Actor {
    /// Who runs a command on the machine.
    pub fn command_line() -> Self {
        Self { id: None, name: "the command line".to_owned() }
    }
}

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Created,
    /// It says something else now.
    Changed,
    /// It is in the bin.
    Deleted,
    /// It is out of the bin again.
    Restored,
    /// It takes no more answers.
    Locked,
    /// It takes answers again.
    Unlocked,
    /// They may do more now, or less.
    ChangedRole,
    /// They got a letter with a link to choose a password.
    SentLink,
    /// Their address was taken to be theirs.
    Verified,
    /// All their sessions are over.
    LoggedOut,
    /// They log in by password alone.
    RemovedFactor,
    /// They came with a list.
    Imported,
    /// It left the site as a file.
    Exported,
    /// It is kept no longer.
    Forgot,
}

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::ChangedRole => "changed the role of",
            Self::SentLink => "sent a link to",
            Self::Verified => "verified the address of",
            Self::LoggedOut => "logged out",
            Self::RemovedFactor => "removed the second step of",
            Self::Imported => "imported",
            Self::Exported => "exported",
            Self::Forgot => "forgot",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// When; unix seconds.
    pub at: i64,
    /// Who, as they were called then.
    pub admin_name: String,
    /// What was done: `created`, `deleted`.
    pub action: String,
    /// To what kind of thing: `announcement`.
    pub kind: String,
    /// Which of them.
    pub subject_id: Option<i64>,
    /// What it was called then.
    pub subject: String,
    /// What else there is to say.
    pub detail: String,
}

/// For [`record`], and for what is no [`LogSubject`].
pub(super) const INSERT: &str =
    "INSERT INTO admin_log (at, admin_id, admin_name, action, kind, subject_id, subject, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Writes a line, within a transaction: `record!(tx, by, Action::Created, LogSubject::School, id, &name, "")`.
macro_rules! record {
    ($tx:ident, $by:expr, $action:expr, $kind:expr, $id:expr, $subject:expr, $detail:expr) => {{
        let (by, action, kind): (&$crate::db::admin_log::Actor, _, $crate::domain::log_subject::LogSubject) =
            ($by, $action, $kind);
        let line = sqlx::query($crate::db::admin_log::INSERT)
            .bind($crate::domain::clock::now())
            .bind(by.id)
            .bind(&by.name);
        let line = line.bind($crate::db::admin_log::Action::name(action)).bind(kind.name());
        let line = line.bind($id).bind($subject).bind($detail);
        line.execute(&mut *$tx).await?
    }};
}
pub(super) use record;

/// Notes that a file with what the site knows goes out.
///
/// # Errors
/// When the database gives no answer.
pub async fn exported(db: &Db, by: &Actor, file: &str) -> Result<()> {
    on!(db, pool => {
        let line = sqlx::query(INSERT).bind(now()).bind(by.id).bind(&by.name).bind(Action::Exported.name());
        line.bind("file").bind(None::<i64>).bind(file).bind("").execute(pool).await.map(drop)
    })?;
    Ok(())
}

/// The last ten lines on one subject, newest first.
///
/// # Errors
/// When the database gives no answer.
pub async fn of_subject(db: &Db, kind: LogSubject, id: i64) -> Result<Vec<Entry>> {
    const LIST: &str = "SELECT at, admin_name, action, kind, subject_id, subject, detail FROM admin_log
        WHERE kind = $1 AND subject_id = $2 ORDER BY id DESC LIMIT 10";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(kind.name()).bind(id).fetch_all(pool).await)?)
}

/// A page of ten lines, newest first; of one kind or of all.
///
/// # Errors
/// When the database gives no answer.
pub async fn page(db: &Db, kind: Option<LogSubject>, page: u32) -> Result<Paged<Entry>> {
    const COUNT: &str = "SELECT count(*) FROM admin_log WHERE $1 IS NULL OR kind = $1";
    const LIST: &str = "SELECT at, admin_name, action, kind, subject_id, subject, detail FROM admin_log
        WHERE $1 IS NULL OR kind = $1 ORDER BY id DESC LIMIT $2 OFFSET $3";
    let kind = kind.map(LogSubject::name);
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(kind).fetch_one(pool).await)?;
    let place = PagePosition::new(page, total);
    let items = on!(db, pool => {
        sqlx::query_as(LIST).bind(kind).bind(PER_PAGE).bind(place.offset()).fetch_all(pool).await
    })?;
    Ok(place.with(items))
}
