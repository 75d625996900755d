//! The result of a comparison, and the hint for a near miss.

use std::fmt;

use crate::error::ParseError;
use crate::kind::Form;

/// The result of [`compare`](crate::compare).
///
/// ```
/// use answers::{AnswerRules, Comparison, Side, compare};
///
/// let rules = AnswerRules::default();
/// assert_eq!(compare("2x", "x+x", &rules), Comparison::Equal);
/// assert_eq!(compare("2x", "3x", &rules), Comparison::NotEqual { hint: None });
/// assert!(matches!(
///     compare("2x", "2x+", &rules),
///     Comparison::Unreadable { side: Side::Given, position: 3, .. },
/// ));
/// ```
#[doc(alias = "Verdict")]
#[doc(alias = "grade")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Comparison {
    /// The two answers are equal under the rules.
    Equal,
    /// The two answers differ.
    NotEqual {
        /// The likely mistake, if the given answer is a near miss.
        hint: Option<Hint>,
    },
    /// Neither equality nor difference was shown: the steps ran out, or no test applies.
    ///
    /// A person decides.
    Undecided,
    /// One of the two texts cannot be read.
    Unreadable {
        /// The text that cannot be read. The expected answer is an administrator's mistake.
        side: Side,
        /// The position of the error, in characters from the start of the text.
        position: usize,
        /// A sentence that says what is wrong and what to write instead.
        message: String,
    },
}

impl Comparison {
    /// Returns `true` if the answers are [`Comparison::Equal`].
    pub fn is_equal(&self) -> bool {
        *self == Self::Equal
    }

    pub(crate) fn not_equal(hint: impl Into<Option<Hint>>) -> Self {
        Self::NotEqual { hint: hint.into() }
    }

    pub(crate) fn unreadable(side: Side, error: ParseError) -> Self {
        Self::Unreadable { side, position: error.position, message: error.message }
    }
}

/// One of the two texts of a comparison.
///
/// ```
/// use answers::{AnswerRules, Comparison, Side, compare};
///
/// let result = compare("2+", "x", &AnswerRules::default());
/// assert!(matches!(result, Comparison::Unreadable { side: Side::Expected, .. }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The correct answer, written by an administrator.
    Expected,
    /// The pupil's answer.
    Given,
}

/// The likely mistake in a wrong answer.
///
/// `Display` prints a sentence for the pupil, which does not give the answer away.
///
/// ```
/// use answers::{AnswerRules, Comparison, Hint, compare};
///
/// let result = compare("x-1", "1-x", &AnswerRules::default());
/// assert_eq!(result, Comparison::NotEqual { hint: Some(Hint::Sign) });
/// assert_eq!(Hint::Sign.to_string(), "Check the sign.");
/// ```
#[doc(alias = "feedback")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// A rounded decimal where the exact value is required.
    Rounded,
    /// A missing constant, such as the `+ C` of an integral.
    MissingConstant,
    /// The negative of the expected answer.
    Sign,
    /// Degrees where radians are required, or radians where degrees are.
    AngleUnit,
    /// An equal answer that is not simplified, where the rules require it.
    NotSimplified,
    /// An equal answer that is not in the required form.
    Form(Form),
    /// The expected number without its unit.
    MissingUnit,
    /// A unit of another quantity, such as a length where an area is asked for.
    Unit,
    /// The expected elements in another order, where the order matters.
    Order,
    /// A proper subset of the solutions.
    MissingSolution,
    /// Every solution, and at least one wrong one.
    ExtraSolution,
    /// The expected ends of an interval, with an end open that is closed, or closed that is open.
    Boundary,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rounded => "This is rounded: give the exact value.",
            Self::MissingConstant => "A constant is missing.",
            Self::Sign => "Check the sign.",
            Self::AngleUnit => "Check whether the angle is in degrees or in radians.",
            Self::NotSimplified | Self::Form(Form::Simplified) => "This is right: now simplify it.",
            Self::Form(form) => form.request(),
            Self::MissingUnit => "The unit is missing.",
            Self::Unit => "Check the unit: it measures something else.",
            Self::Order => "Check the order.",
            Self::MissingSolution => "There are more solutions.",
            Self::ExtraSolution => "Not all of these are solutions.",
            Self::Boundary => "Check which ends belong to it.",
        })
    }
}
