//! Identifiers with a type of their own, so that one is never taken for another.

use std::fmt;

/// The number of a competition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct CompetitionId(
    /// As it stands in its address.
    pub i64,
);

impl fmt::Display for CompetitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
