//! The former interface: one function for two texts.

use crate::checker::{Checker, ExpectedError};
use crate::compare::{Hint, Outcome};
use crate::error::ParseError;
use crate::kind::Kind;

pub use crate::kind::{Kind as AnswerRules, KindError as AnswerRulesError};

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

    fn unreadable(side: Side, error: ParseError) -> Self {
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

/// Compares a given answer with the expected one.
///
/// [`Checker`] does the same for any number of given answers.
///
/// ```
/// use answers::{AnswerRules, compare};
///
/// assert!(compare("x^2 + 2x + 1", r"\left(x+1\right)^2", &AnswerRules::default()).is_equal());
/// ```
#[doc(alias = "grade")]
#[doc(alias = "equivalent")]
#[doc(alias = "is_equal")]
pub fn compare(expected: &str, given: &str, rules: &AnswerRules) -> Comparison {
    let checker = match Checker::new(expected, Kind::clone(rules)) {
        Ok(checker) => checker,
        Err(ExpectedError::Unreadable(error)) => return Comparison::unreadable(Side::Expected, error),
        Err(error) => {
            return Comparison::unreadable(Side::Expected, ParseError::new(0, error.to_string()));
        }
    };
    let verdict = checker.check(given);
    match verdict.outcome {
        Outcome::Correct => Comparison::Equal,
        Outcome::Incorrect => Comparison::NotEqual { hint: verdict.hint },
        Outcome::Undecided => Comparison::Undecided,
        Outcome::Unreadable(error) => Comparison::unreadable(Side::Given, error),
    }
}
