//! The decision on an answer, and the hint for a near miss.

use std::fmt;

use crate::error::ParseError;
use crate::kind::Form;

/// The decision on a given answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The answer is right.
    Correct,
    /// The answer is wrong.
    Incorrect,
    /// Neither equality nor difference was shown: a person must mark the answer.
    Undecided,
    /// The text cannot be read. The error says where, and what to write instead.
    Unreadable(ParseError),
}

/// The likely mistake in a wrong answer.
///
/// `Display` prints a sentence for the pupil, which does not give the answer away.
///
/// ```
/// use answers::{Checker, Hint, Kind};
///
/// let checker = Checker::new("x-1", Kind::infer())?;
/// assert_eq!(checker.check("1-x").hint, Some(Hint::Sign));
/// assert_eq!(Hint::Sign.to_string(), "Check the sign.");
/// # Ok::<(), answers::ExpectedError>(())
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
    /// An equal equation or inequality that is not solved for the variable.
    NotSolved,
    /// A right value with another number of figures or decimal places than asked for.
    Digits,
    /// The right elements, but not each as often as it should be.
    Multiplicity,
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
            Self::NotSolved => "This is right: now solve it for the variable.",
            Self::Digits => "Check the number of figures or decimal places.",
            Self::Multiplicity => "Check how often each of these occurs.",
            Self::Unit => "Check the unit: it measures something else.",
            Self::Order => "Check the order.",
            Self::MissingSolution => "There are more solutions.",
            Self::ExtraSolution => "Not all of these are solutions.",
            Self::Boundary => "Check which ends belong to it.",
        })
    }
}
