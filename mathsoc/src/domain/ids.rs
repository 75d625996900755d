//! Newtypes for identifiers, so that the compiler rejects one in place of another.

use std::fmt;

/// The id of a competition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct CompetitionId(
    /// The number in the competition's URL.
    pub i64,
);

impl fmt::Display for CompetitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
