//! The audit log of admin actions. Each line is written in the transaction of its action, so that
//! an action without a line, or a line without its action, cannot exist.

use super::paged::{PER_PAGE, PagePosition};
use super::{Db, Paged, Result, on};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;

/// The person who performs an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The admin's id; `None` for a command on the machine itself.
    pub id: Option<i64>,
    pub name: String,
}

impl Actor {
    /// Returns the actor for commands that run on the machine.
    pub fn command_line() -> Self {
        Self { id: None, name: "the command line".to_owned() }
    }
}

/// The kind of an admin action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Created,
    Changed,
    /// Moved to the trash.
    Deleted,
    /// Restored from the trash.
    Restored,
    /// Closed for answers.
    Locked,
    /// Opened for answers again.
    Unlocked,
    /// Given or denied admin rights.
    ChangedRole,
    /// Sent a letter with a link to choose a password.
    SentLink,
    /// The e-mail address was accepted without a letter.
    Verified,
    /// All sessions were ended.
    LoggedOut,
    /// The second factor was removed.
    RemovedFactor,
    /// Created from a class list.
    Imported,
    /// Downloaded as a file.
    Exported,
    /// Removed reports.
    Forgot,
    /// Reset the counts of rate limits.
    Released,
    /// Marked the answers again.
    Remarked,
    /// Accepted an answer in addition to the key.
    Accepted,
    /// Gave tries back.
    GaveBack,
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
            Self::Released => "released from the limits",
            Self::Remarked => "re-marked",
            Self::Accepted => "accepted an answer in",
            Self::GaveBack => "gave tries back in",
        }
    }
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// Unix seconds.
    pub at: i64,
    /// The admin's name at that time.
    pub admin_name: String,
    /// The action, such as `created` or `deleted`.
    pub action: String,
    /// The kind of its subject, such as `announcement`.
    pub kind: String,
    /// The id of its subject.
    pub subject_id: Option<i64>,
    /// The title of its subject at that time.
    pub subject: String,
    /// Further details, or an empty text.
    pub detail: String,
}

/// The statement of [`record`], also for subjects that are not a [`LogSubject`].
pub(super) const INSERT: &str =
    "INSERT INTO admin_log (at, admin_id, admin_name, action, kind, subject_id, subject, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Writes a line within a transaction:
/// `record!(tx, by, Action::Created, LogSubject::School, id, &name, "")`.
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

/// Records that an admin downloaded a file with the site's data.
pub async fn exported(db: &Db, by: &Actor, file: &str) -> Result<()> {
    on!(db, pool => {
        let line = sqlx::query(INSERT).bind(now()).bind(by.id).bind(&by.name).bind(Action::Exported.name());
        line.bind("file").bind(None::<i64>).bind(file).bind("").execute(pool).await.map(drop)
    })?;
    Ok(())
}

/// Returns the last ten lines about one subject, newest first.
pub async fn of_subject(db: &Db, kind: LogSubject, id: i64) -> Result<Vec<Entry>> {
    const LIST: &str = "SELECT at, admin_name, action, kind, subject_id, subject, detail FROM admin_log
        WHERE kind = $1 AND subject_id = $2 ORDER BY id DESC LIMIT 10";
    Ok(on!(db, pool => sqlx::query_as(LIST).bind(kind.name()).bind(id).fetch_all(pool).await)?)
}

/// Returns a page of ten lines, newest first, of one kind or of all.
pub async fn page(db: &Db, kind: Option<LogSubject>, page: u32) -> Result<Paged<Entry>> {
    const COUNT: &str = "SELECT count(*) FROM admin_log WHERE $1 IS NULL OR kind = $1";
    const LIST: &str = "SELECT at, admin_name, action, kind, subject_id, subject, detail FROM admin_log
        WHERE $1 IS NULL OR kind = $1 ORDER BY id DESC LIMIT $2 OFFSET $3";
    let kind = kind.map(LogSubject::name);
    let total = on!(db, pool => sqlx::query_scalar(COUNT).bind(kind).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let items = on!(db, pool => {
        sqlx::query_as(LIST).bind(kind).bind(PER_PAGE).bind(position.offset()).fetch_all(pool).await
    })?;
    Ok(position.with(items))
}
