//! What a comparison says: the verdict, the hint for a near miss, and why a text can't be read.

use std::fmt;

/// Whether an answer is the same as the one expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The same, as the rules of the box understand it.
    Equal,
    /// Another answer.
    NotEqual {
        /// What it may have been, when it's a near miss.
        hint: Option<Hint>,
    },
    /// One of the two texts can't be read.
    Unreadable {
        /// Whose text it is. The expected one is an admin's mistake.
        which: Side,
        /// Where, counted in characters from the start of the text.
        at: usize,
        /// A sentence that says what to write instead.
        why: String,
    },
}

impl Verdict {
    /// Whether it's [`Verdict::Equal`].
    pub fn is_equal(&self) -> bool {
        *self == Self::Equal
    }

    pub(crate) fn not_equal(hint: impl Into<Option<Hint>>) -> Self {
        Self::NotEqual { hint: hint.into() }
    }
}

/// Whose text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The answer that the box expects: an admin wrote it.
    Expected,
    /// The answer that a pupil gave.
    Given,
}

/// A text that is no answer, with the place and a sentence that a pupil understands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unreadable {
    /// Where, counted in characters from the start of the text.
    pub at: usize,
    /// A sentence that says what to write instead.
    pub why: String,
}

impl Unreadable {
    pub(crate) fn new(at: usize, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }

    pub(crate) fn of(self, which: Side) -> Verdict {
        Verdict::Unreadable { which, at: self.at, why: self.why }
    }
}

/// How a wrong answer is nearly right. `Display` prints a sentence for the pupil, which doesn't give the answer away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// A rounded decimal where the exact value is wanted.
    Rounded,
    /// Right but for a constant such as the `+ C` of an integral.
    MissingConstant,
    /// The sign is the other one.
    Sign,
    /// Degrees where radians are wanted, or radians where degrees are.
    AngleUnit,
    /// Right, but the box wants it simplified.
    NotSimplified,
    /// The right number without its unit.
    MissingUnit,
    /// The right elements in another order, where order matters.
    Order,
    /// Some of the solutions, but not all.
    MissingSolution,
    /// All of the solutions, and some that are none.
    ExtraSolution,
    /// The right ends, but one belongs to the interval and shouldn't, or the other way round.
    Boundary,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rounded => "This is rounded: give the exact value.",
            Self::MissingConstant => "A constant is missing.",
            Self::Sign => "Check the sign.",
            Self::AngleUnit => "Check whether the angle is in degrees or in radians.",
            Self::NotSimplified => "This is right: now simplify it.",
            Self::MissingUnit => "The unit is missing.",
            Self::Order => "Check the order.",
            Self::MissingSolution => "There are more solutions.",
            Self::ExtraSolution => "Not all of these are solutions.",
            Self::Boundary => "Check which ends belong to it.",
        })
    }
}
