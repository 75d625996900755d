//! Finds rows that do not match each other.
//!
//! ```no_run
//! # async fn example(db: &mathsoc::db::Db) -> mathsoc::db::Result<()> {
//! for finding in mathsoc::db::check::run(db).await? {
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
//!
//! What it does not do: uploaded files are not looked at yet. It says nothing of the settings.

mod accounts;
mod boxes;
mod points;
mod references;

use std::fmt;

use super::tx::Tx;
use super::{Db, Result, scores};

/// Something that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of finding it is.
    pub id: &'static str,
    /// What it is, and in which rows.
    pub what: String,
    /// Whether [`repair`] mends it.
    pub is_repairable: bool,
}

impl Finding {
    fn new(id: &'static str, what: String) -> Self {
        Self { id, what, is_repairable: false }
    }

    fn repairable(self) -> Self {
        Self { is_repairable: true, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repair = if self.is_repairable { " (--repair mends it)" } else { "" };
        write!(f, "{}  {}{repair}", self.id, self.what)
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
