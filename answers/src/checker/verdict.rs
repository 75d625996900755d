//! The verdict on a given answer.

use crate::classify::ParsedAnswer;
use crate::compare::Hint;
use crate::error::ParseError;
use crate::print;

/// The verdict on a given answer.
///
/// ```
/// use answers::{Checker, Hint, Kind, Outcome};
///
/// let checker = Checker::new("1/3", Kind::infer())?;
/// let verdict = checker.check("0.333");
/// assert_eq!(verdict.outcome, Outcome::Incorrect);
/// assert_eq!(verdict.hint, Some(Hint::Rounded));
/// assert_eq!(verdict.read_as.unwrap().mathml(), "<math><mn>0.333</mn></math>");
/// # Ok::<(), answers::ExpectedError>(())
/// ```
#[doc(alias = "Comparison")]
#[doc(alias = "grade")]
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct Verdict {
    /// The decision.
    pub outcome: Outcome,
    /// The interpretation of the given text; `None` for an unreadable one.
    pub read_as: Option<ReadAs>,
    /// The likely mistake, if the answer is a near miss.
    pub hint: Option<Hint>,
}

impl Verdict {
    /// Returns `true` if the outcome is [`Outcome::Correct`].
    pub fn is_correct(&self) -> bool {
        self.outcome == Outcome::Correct
    }
}

/// The decision on a given answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The answer is right.
    Correct,
    /// The answer is wrong.
    Incorrect,
    /// The answer may be right: a person must mark it.
    Undecided,
    /// The text cannot be read. The error says where, and what to write instead.
    Unreadable(ParseError),
}

/// The interpretation of a given text, for the page that shows it before a try is used.
#[derive(Clone, Debug)]
pub struct ReadAs {
    pub(super) answer: ParsedAnswer,
    /// The unit as written, if the kind asks for units.
    pub(super) unit: Option<String>,
}

impl ReadAs {
    /// Returns the interpretation as MathML Core.
    ///
    /// # Security
    /// The text is escaped: the result can be inserted into a page as HTML.
    pub fn mathml(&self) -> String {
        let math = print::mathml::print(&self.answer);
        match &self.unit {
            Some(unit) => {
                let unit = format!("<mspace width=\"0.2em\"/><mtext>{}</mtext></math>", escaped(unit));
                math.replace("</math>", &unit)
            }
            None => math,
        }
    }

    /// Returns the interpretation as plain text, in canonical form.
    pub fn text(&self) -> String {
        let text = print::plain::print(&self.answer).unwrap_or_default();
        match &self.unit {
            Some(unit) => format!("{text} {unit}"),
            None => text,
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
