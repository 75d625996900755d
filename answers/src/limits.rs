//! The limits of an answer, and the step budget of a comparison.
//!
//! Steps are counted, not timed, so that a pair has the same result on every machine. A comparison
//! without steps left is undecided.

use std::cell::Cell;

/// The most characters of an answer.
pub(crate) const CHARS: usize = 1_000;
/// The most nodes of the tree of an answer.
pub(crate) const NODES: usize = 2_000;
/// The deepest nesting of brackets.
pub(crate) const DEPTH: usize = 64;
/// The largest exponent.
pub(crate) const EXPONENT: u32 = 10_000;
/// The largest number that may have a factorial.
pub(crate) const FACTORIAL: u32 = 1_000;
/// The most answers in a list, elements in a set, and entries in a matrix.
pub(crate) const ELEMENTS: usize = 64;
/// The most bits of an exact number. Larger numbers are compared modulo primes and by value.
pub(crate) const BITS: usize = 16_384;

/// The steps of one comparison, of about a nanosecond each.
const STEPS: u64 = 2_500_000;

/// The steps that are left in one comparison.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<u64>,
    exhausted: Cell<bool>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self::of(STEPS)
    }

    fn of(steps: u64) -> Self {
        Self { left: Cell::new(steps), exhausted: Cell::new(false) }
    }

    /// Takes steps; `None` if fewer are left.
    pub(crate) fn take(&self, steps: usize) -> Option<()> {
        let left = self.left.get().checked_sub(steps as u64);
        if left.is_none() {
            self.exhausted.set(true);
        }
        self.left.set(left.unwrap_or(0));
        left.map(|_| ())
    }

    /// Returns `true` if an attempt to take steps has failed.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// Splits off a fraction of the steps for an attempt that may fail.
    pub(crate) fn part(&self, of: u64) -> Self {
        let part = self.left.get() / of.max(1);
        self.left.set(self.left.get() - part);
        Self::of(part)
    }

    /// Returns the unused steps of an attempt.
    pub(crate) fn give_back(&self, part: &Self) {
        self.left.set(self.left.get() + part.left.get());
    }
}
