//! Finds rows that do not match each other.
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
//! All is read in one transaction that sees one moment: the site may go on meanwhile.
//!
//! | finding | what does not match | [`repair`] |
//! |---|---|---|
//! | `M01` | the file of the database is damaged (SQLite) | no: restore a backup |
//! | `M02` | a row refers to one that is not there | no |
//! | `M03` | a leaderboard and the points in `progress` and `awards` | makes the boards anew |
//! | `M04` | answers without a row in `progress` | adds it |
//! | `M05` | a challenge that is marked solved, and its boxes | no: boxes may have been added or removed since |
//! | `M06` | points of what is not solved; a first solver of what nobody has solved | notes the first solver's time |
//! | `M07` | the count of tries; an answer after the right one | no |
//! | `M08` | an answer box that nobody can solve: its answer or its rules cannot be read | no: an admin changes it |
//! | `M09` | a password hash that no password has | no: its owner asks for a password by letter |
//! | `M10` | an account or a school that cannot be read; a key stage that is not that of the year | no |
//! | `M11` | a file that is written down, and not in its place, or of other bytes ([`files()`]) | no: put it back from a backup |
//! | `M12` | a file that lies there for a day or longer, and is not written down | no: [`remove_unused`] |
//! | `M13` | a file that nothing has used for a day or longer | no: [`remove_unused`] |
//!
//! What it does not do: it says nothing of the settings. Of files it reads nothing but sizes, unless it is told to. What lies in
//! the place of files and was never one of ours is left alone, and so are parts of uploads that broke off there: a bucket has
//! rules of its own for these.

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

/// Something that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of finding it is.
    pub id: &'static str,
    /// What it is, and in which rows.
    pub what: String,
    /// Whether [`repair`] mends it.
    pub is_repairable: bool,
    /// Whether [`remove_unused`] removes it.
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
            Self { is_repairable: true, .. } => " (--repair mends it)",
            Self { is_unused: true, .. } => " (--remove-unused removes it)",
            _ => "",
        };
        write!(f, "{}  {}{remedy}", self.id, self.what)
    }
}

/// All that does not match, by kind.
///
/// # Errors
/// When the database gives no answer.
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

/// Mends what follows from other rows.
///
/// # Errors
/// When the database gives no answer; nothing is changed then.
pub async fn repair(db: &Db) -> Result<()> {
    let mut tx = Tx::writing(db).await?;
    points::repair(&mut tx).await?;
    scores::rebuild(&mut tx).await?;
    tx.commit().await
}

/// What does not match between files and what is written down of them. The site may go on meanwhile.
///
/// # Errors
/// When the database or the place of the files gives no answer.
pub async fn files(db: &Db, uploads: &Uploads, depth: Depth) -> result::Result<Vec<Finding>, FilesError> {
    files::find(db, uploads, depth).await
}

/// Removes files that nothing uses, with their rows, and files that are not written down; in a dry run only says how many. What
/// is younger than a day stays: somebody may be writing what will use it. The site may go on meanwhile.
///
/// # Errors
/// When the database or the place of the files gives no answer; what was removed before stays so.
pub async fn remove_unused(db: &Db, uploads: &Uploads, dry_run: bool) -> result::Result<Removed, FilesError> {
    files::remove_unused(db, uploads, dry_run).await
}
