//! How large an answer may be, and how many steps a comparison may take.
//!
//! Steps are counted, not timed: the same pair always ends in the same way, on a slow machine as on a quick one. What
//! runs out of steps gives up its certainty and not the verdict: the check at many digits is skipped, the quick one
//! stands.

use std::cell::Cell;

/// Characters in one answer.
pub(crate) const CHARS: usize = 1_000;
/// Nodes of the tree of one answer.
pub(crate) const NODES: usize = 2_000;
/// Brackets within brackets.
pub(crate) const DEPTH: usize = 64;
/// The largest whole number that may stand as an exponent.
pub(crate) const EXPONENT: u32 = 10_000;
/// The largest whole number that may have a `!`.
pub(crate) const FACTORIAL: u32 = 1_000;
/// Answers in one list, elements of one set, entries of one matrix.
pub(crate) const ELEMENTS: usize = 64;
/// Bits of an exact number; what grows beyond is compared modulo primes, and by value.
pub(crate) const BITS: usize = 16_384;

/// The steps of one comparison: about a nanosecond each.
const STEPS: u64 = 2_500_000;

/// Counts the steps of one comparison down to nothing.
#[derive(Debug)]
pub(crate) struct Budget(Cell<u64>);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Cell::new(STEPS))
    }

    /// Takes so many steps; `None` when there are no more.
    pub(crate) fn take(&self, steps: usize) -> Option<()> {
        let left = self.0.get().checked_sub(steps as u64);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ())
    }

    /// A part of what is left, to be spent on something that may fail; the rest stays.
    pub(crate) fn part(&self, of: u64) -> Self {
        let part = self.0.get() / of.max(1);
        self.0.set(self.0.get() - part);
        Self(Cell::new(part))
    }

    /// Gives back what is left of a part.
    pub(crate) fn give_back(&self, part: &Self) {
        self.0.set(self.0.get() + part.0.get());
    }
}
