//! A checker: one expected answer of one kind, read once, for any number of given answers.

use crate::classify::{Reading, read};
use crate::compare::{Comparison, compare};
use crate::error::ParseError;
use crate::kind::Kind;

mod verdict;

pub use self::verdict::{Outcome, ReadAs, Verdict};

/// An expected answer of a kind, ready to check given answers.
///
/// ```
/// use answers::{Checker, Form, Kind, Outcome};
///
/// let checker = Checker::new("(x+1)(x+2)", Kind::expression().form(Form::Factorised))?;
/// assert_eq!(checker.check("(2+x)(1+x)").outcome, Outcome::Correct);
/// assert_eq!(checker.check("x^2+3x+2").outcome, Outcome::Incorrect);
/// # Ok::<(), answers::ExpectedError>(())
/// ```
#[doc(alias = "compare")]
#[doc(alias = "grade")]
#[derive(Clone, Debug)]
pub struct Checker {
    kind: Kind,
    expected: String,
}

/// The error of an expected answer that cannot be checked against: a message for the teacher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectedError {
    /// The text cannot be read.
    #[error("The expected answer can't be read: {0}")]
    Unreadable(ParseError),
    /// The text is another kind of answer.
    #[error("The expected answer is not of the kind “{kind}”: choose another kind, or write {write}.")]
    OtherKind {
        /// The stored name of the kind.
        kind: &'static str,
        /// An example of what to write.
        write: &'static str,
    },
}

impl Checker {
    /// Reads the expected answer by its kind.
    ///
    /// # Errors
    /// Returns an error if the text cannot be read, or is another kind of answer.
    pub fn new(expected: &str, kind: Kind) -> Result<Self, ExpectedError> {
        read(expected, &Reading::expected(expected, &kind)).map_err(ExpectedError::Unreadable)?;
        Ok(Self { kind, expected: expected.to_owned() })
    }

    /// Decides whether a given answer is right.
    pub fn check(&self, given: &str) -> Verdict {
        let expected = read(&self.expected, &Reading::expected(&self.expected, &self.kind));
        let read_as = expected.and_then(|expected| read(given, &Reading::given(&expected, &self.kind))).ok();
        let read_as = read_as.map(|answer| ReadAs { answer, unit: None });
        let (outcome, hint) = match compare(&self.expected, given, &self.kind) {
            Comparison::Equal => (Outcome::Correct, None),
            Comparison::NotEqual { hint } => (Outcome::Incorrect, hint),
            Comparison::Undecided => (Outcome::Undecided, None),
            Comparison::Unreadable { position, message, .. } => {
                (Outcome::Unreadable(ParseError { position, message }), None)
            }
        };
        Verdict { outcome, read_as, hint }
    }

    /// Returns the kind; an inferred one has its name.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }
}
