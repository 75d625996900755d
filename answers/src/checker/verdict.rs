//! The verdict on a given answer.

use crate::classify::ParsedAnswer;
use crate::compare::{Hint, Outcome};
use crate::error::ParseError;
use crate::print;

/// The verdict on a given answer.
///
/// ```
/// use answers::{Checker, Hint, Kind, Outcome, Verdict};
///
/// let checker = Checker::new("1/3", Kind::infer())?;
/// let verdict: Verdict = checker.check("0.333");
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

    pub(super) fn new(
        (outcome, hint): (Outcome, Option<Hint>),
        answer: ParsedAnswer,
        unit: Option<String>,
    ) -> Self {
        let read_as = !matches!(outcome, Outcome::Unreadable(_));
        Self { outcome, hint, read_as: read_as.then_some(ReadAs(Interpretation::Mathematics(answer, unit))) }
    }

    pub(super) fn of_words(given: &str, right: bool) -> Self {
        let outcome = if right { Outcome::Correct } else { Outcome::Incorrect };
        let read_as = Some(ReadAs(Interpretation::Words(given.trim().to_owned())));
        Self { outcome, hint: None, read_as }
    }

    pub(super) fn unreadable(error: ParseError) -> Self {
        Self { outcome: Outcome::Unreadable(error), read_as: None, hint: None }
    }
}

/// The interpretation of a given text, for the page that shows it before a try is used.
///
/// ```
/// use answers::{Checker, Kind, ReadAs};
///
/// let read_as: Option<ReadAs> = Checker::new("2x", Kind::infer())?.check("x+x").read_as;
/// assert!(read_as.is_some_and(|read_as| read_as.mathml().starts_with("<math>")));
/// # Ok::<(), answers::ExpectedError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReadAs(Interpretation);

#[derive(Clone, Debug)]
enum Interpretation {
    /// An answer, and its unit as written.
    Mathematics(ParsedAnswer, Option<String>),
    Words(String),
}

impl ReadAs {
    /// Returns the interpretation as MathML Core.
    ///
    /// # Security
    /// The text is escaped: the result can be inserted into a page as HTML.
    pub fn mathml(&self) -> String {
        match &self.0 {
            Interpretation::Words(words) => format!("<math><mtext>{}</mtext></math>", print::escaped(words)),
            Interpretation::Mathematics(answer, None) => print::mathml::print(answer),
            Interpretation::Mathematics(answer, Some(unit)) => {
                print::with_unit(&print::mathml::print(answer), unit)
            }
        }
    }

    /// Returns the interpretation as plain text, in canonical form.
    pub fn text(&self) -> String {
        match &self.0 {
            Interpretation::Words(words) => words.clone(),
            Interpretation::Mathematics(answer, unit) => {
                let text = print::plain::print(answer).unwrap_or_default();
                match unit {
                    Some(unit) => format!("{text} {unit}"),
                    None => text,
                }
            }
        }
    }
}
