//! Tries and points of a challenge (`docs/decisions/0016-scoring-answers.md`).

/// The number of tries for a box.
pub const TRIES: u8 = 3;
/// The points for the first pupil to solve a challenge.
pub const FIRST: u8 = 3;
/// The points for every later pupil.
pub const LATER: u8 = 1;
