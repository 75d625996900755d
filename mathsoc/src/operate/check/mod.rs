//! Checks that rows and files are consistent.
//!
//! ```no_run
//! # async fn example(db: &mathsoc::db::Db) -> mathsoc::db::Result<()> {
//! for finding in mathsoc::operate::check::run(db).await? {
//!     println!("{finding}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! All rows are read in one transaction with a consistent snapshot; the site may be running.
//!
//! | finding | inconsistency | [`repair`] |
//! |---|---|---|
//! | `M01` | the file of the database is damaged (SQLite) | no: restore a backup |
//! | `M02` | a foreign key refers to a missing row | no |
//! | `M03` | a leaderboard differs from `progress` and `awards` | rebuilds the leaderboards |
//! | `M04` | answers without a row in `progress` | adds the row |
//! | `M05` | the mark of a solved challenge contradicts its boxes | no: boxes may have changed |
//! | `M06` | points for an unsolved challenge; no time of the first solution | adds the time |
//! | `M07` | a wrong count of tries; an answer after the right one; one that should count | no |
//! | `M08` | an answer box whose answer or rules cannot be read | no: an admin changes it |
//! | `M09` | an unusable password hash | no: its owner resets the password |
//! | `M10` | an unreadable account or school; a key stage that does not match the year | no |
//! | `M11` | a file is missing or has other content ([`files()`]) | no: restore it from a backup |
//! | `M12` | a stored file without a row, at least a day old | no: [`remove_unused`] |
//! | `M13` | an unused file, at least a day old | no: [`remove_unused`] |
//!
//! It does not check the settings. It compares the sizes of files, and their content only
//! on request. It ignores foreign files in the storage, and incomplete multipart uploads, for
//! which a bucket has lifecycle rules.

mod accounts;
mod boxes;
mod files;
mod points;
mod references;

use std::{fmt, result};

pub use self::files::{Depth, FilesError, Removed};
use palisade::Uploads;

use crate::db::tx::Tx;
use crate::db::{Db, Result, scores};

/// An inconsistency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stable code, such as `M03`.
    pub id: &'static str,
    /// The inconsistency, and the rows it is in.
    pub what: String,
    /// `true` if [`repair`] fixes it.
    pub is_repairable: bool,
    /// `true` if [`remove_unused`] removes it.
    pub is_unused: bool,
}

impl Finding {
    fn new(id: &'static str, what: String) -> Self {
        Self { id, what, is_repairable: false, is_unused: false }
    }

    fn repairable(self) -> Self {
        Self { is_repairable: true, ..self }
    }

    fn unused(self) -> Self {
        Self { is_unused: true, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remedy = match self {
            Self { is_repairable: true, .. } => " (--repair fixes it)",
            Self { is_unused: true, .. } => " (--remove-unused removes it)",
            _ => "",
        };
        write!(f, "{}  {}{remedy}", self.id, self.what)
    }
}

/// Returns all findings about rows, sorted by code.
pub async fn run(db: &Db) -> Result<Vec<Finding>> {
    let mut tx = Tx::snapshot(db).await?;
    let mut findings = references::find(&mut tx).await?;
    findings.extend(points::find(&mut tx).await?);
    findings.extend(boxes::find(&mut tx).await?);
    findings.extend(accounts::find(&mut tx).await?);
    tx.rollback().await?;
    findings.sort_by_key(|finding| finding.id);
    Ok(findings)
}

/// Repairs the data that follow from other rows, in one transaction.
pub async fn repair(db: &Db) -> Result<()> {
    let mut tx = Tx::writing(db).await?;
    points::repair(&mut tx).await?;
    scores::rebuild(&mut tx).await?;
    tx.commit().await
}

/// Returns all findings about files. The site may be running.
pub async fn files(db: &Db, uploads: &Uploads, depth: Depth) -> result::Result<Vec<Finding>, FilesError> {
    files::find(db, uploads, depth).await
}

/// Removes unused files with their rows, and stored files without a row; a dry run only counts
/// them. Files younger than a day stay, since an unfinished article may use them. The site may be
/// running.
///
/// # Errors
/// If a query fails or the storage does not answer. Files removed before the error stay removed.
pub async fn remove_unused(db: &Db, uploads: &Uploads, dry_run: bool) -> result::Result<Removed, FilesError> {
    files::remove_unused(db, uploads, dry_run).await
}
