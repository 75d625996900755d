//! A checker: one expected answer of one kind, read once, for any number of given answers.

use crate::classify::units::{self, Unit};
use crate::classify::{MathObject, ParsedAnswer, Reading, read, words};
use crate::compare::{self, Hint, Outcome, Question};
use crate::error::ParseError;
use crate::kind::{Kind, KindName};
use crate::lex::check_length;

mod examples;
mod kinds;
mod verdict;
mod writer;

pub use self::examples::Examples;
pub use self::verdict::{ReadAs, Verdict};

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
    inferred: bool,
    text: String,
    expected: Expected,
}

/// An expected answer after reading.
#[derive(Clone, Debug)]
enum Expected {
    Mathematics {
        answer: Box<ParsedAnswer>,
        unit: Option<Unit>,
        /// The reading of given answers.
        reading: Box<Reading>,
    },
    /// Words, with the case folded unless it matters. One of them is right.
    Words(Vec<String>),
    /// The letters of the options, sorted.
    Choice(Vec<String>),
}

/// The error of an expected answer that cannot be checked against: a message for the teacher.
///
/// ```
/// use answers::{Checker, ExpectedError, Kind};
///
/// let error = Checker::new("2+", Kind::infer()).unwrap_err();
/// assert!(matches!(error, ExpectedError::Unreadable(_)));
/// let error = Checker::new("x+1", Kind::number()).unwrap_err();
/// assert!(matches!(error, ExpectedError::OtherKind { kind: "number", .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectedError {
    /// The text cannot be read.
    #[error("The expected answer can't be read: {0}")]
    Unreadable(ParseError),
    /// The text is another kind of answer.
    #[error(
        "The expected answer is not of the kind “{kind}”: write one such as {example}, or choose another kind."
    )]
    OtherKind {
        /// The stored name of the kind.
        kind: &'static str,
        /// An answer of this kind.
        example: &'static str,
    },
}

impl Checker {
    /// Reads the expected answer by its kind.
    ///
    /// # Errors
    /// Returns an error if the text cannot be read, or is another kind of answer.
    pub fn new(expected: &str, mut kind: Kind) -> Result<Self, ExpectedError> {
        check_length(expected).map_err(ExpectedError::Unreadable)?;
        let inferred = kind.name == KindName::Inferred;
        let text = expected.to_owned();
        match kind.name {
            KindName::Words => {
                let alternatives = expected.split(';').map(|words| words::fold(words, kind.case));
                let alternatives: Vec<String> = alternatives.filter(|words| !words.is_empty()).collect();
                if alternatives.is_empty() {
                    return Err(ExpectedError::Unreadable(empty()));
                }
                return Ok(Self { kind, inferred, text, expected: Expected::Words(alternatives) });
            }
            KindName::Choice => {
                let Some(letters) = options(expected) else { return Err(other_kind(&kind)) };
                return Ok(Self { kind, inferred, text, expected: Expected::Choice(letters) });
            }
            KindName::Inferred if !kind.units && units::is_quantity(expected) => kind.units = true,
            _ => {}
        }
        let plain = with_points(expected, &kind);
        let (value, unit) = if kind.units {
            let quantity = units::split(&plain);
            let unit = quantity.unit.filter(|_| quantity.consistent);
            (if unit.is_some() { quantity.value } else { plain }, unit)
        } else {
            (plain, None)
        };
        let stated = (!inferred && kind.name != KindName::Quantity).then_some(kind.name);
        let reading = Reading { sort: stated, ..Reading::expected(&value, &kind) };
        let answer = read(&value, &reading).map_err(ExpectedError::Unreadable)?;
        if inferred {
            kind.name = if unit.is_some() { KindName::Quantity } else { answer.sort };
        } else if !kinds::can_be(kind.name, answer.sort, unit.is_some()) {
            return Err(other_kind(&kind));
        }
        let mut reading = Reading::given(&answer, &kind);
        reading.sort = stated.or(reading.sort);
        let question = Question { expected: &answer, kind: &kind, inferred };
        compare::check_expected(question).map_err(ExpectedError::Unreadable)?;
        Ok(Self {
            kind,
            inferred,
            text,
            expected: Expected::Mathematics { answer: Box::new(answer), unit, reading: Box::new(reading) },
        })
    }

    /// Decides whether a given answer is right.
    ///
    /// ```
    /// use answers::{Checker, Hint, Kind, Outcome};
    ///
    /// let checker = Checker::new("5 cm", Kind::quantity())?;
    /// assert!(checker.check("50 mm").is_correct());
    /// assert_eq!(checker.check("5 cm^2").hint, Some(Hint::Unit));
    /// assert!(matches!(checker.check("5 flurbs").outcome, Outcome::Unreadable(_)));
    /// # Ok::<(), answers::ExpectedError>(())
    /// ```
    pub fn check(&self, given: &str) -> Verdict {
        if let Err(error) = check_length(given) {
            return Verdict::unreadable(error);
        }
        match &self.expected {
            Expected::Mathematics { answer, unit, reading } => {
                self.check_mathematics(given, answer, unit, reading)
            }
            _ if given.trim().is_empty() => Verdict::unreadable(empty()),
            Expected::Words(alternatives) => {
                Verdict::of_words(given, alternatives.contains(&words::fold(given, self.kind.case)))
            }
            Expected::Choice(letters) => match options(given) {
                Some(given_letters) => Verdict::of_words(given, given_letters == *letters),
                None => Verdict::unreadable(ParseError::new(
                    0,
                    "Write the letters of your options, such as A, C.",
                )),
            },
        }
    }

    fn check_mathematics(
        &self,
        given: &str,
        expected: &ParsedAnswer,
        unit: &Option<Unit>,
        reading: &Reading,
    ) -> Verdict {
        let plain = with_points(given, &self.kind);
        let question = Question { expected, kind: &self.kind, inferred: self.inferred };
        let Some(wanted) = unit else {
            return match read(&plain, reading) {
                Ok(answer) if unwanted_unit(expected, &answer, &plain) => Verdict::unreadable(
                    ParseError::new(0, "This box wants a number without a unit: leave the unit out."),
                ),
                Ok(answer) => Verdict::new(compare::decide(question, &answer, None), answer, None),
                Err(error) => Verdict::unreadable(error),
            };
        };
        let quantity = units::split(&plain);
        if quantity.unit.is_none()
            && let Some((position, letters)) = units::unknown_unit(&plain)
        {
            let why =
                format!("“{letters}” is not a unit that is known here: write one such as cm, kg or m/s.");
            return Verdict::unreadable(ParseError::new(position, why));
        }
        let answer = match read(&quantity.value, reading) {
            Ok(answer) => answer,
            Err(error) => return Verdict::unreadable(error),
        };
        let written = quantity.unit.is_some().then_some(quantity.written);
        let decided = match &quantity.unit {
            _ if !quantity.consistent => (Outcome::Incorrect, Some(Hint::Unit)),
            Some(unit) => match unit.divided_by(wanted) {
                Some(factor) if factor.is_one() => compare::decide(question, &answer, None),
                Some(factor) => compare::decide(question, &answer, Some(&factor)),
                None => (Outcome::Incorrect, Some(Hint::Unit)),
            },
            None => match compare::decide(question, &answer, None) {
                (Outcome::Correct, _) => (Outcome::Incorrect, Some(Hint::MissingUnit)),
                (Outcome::Incorrect, _) => (Outcome::Incorrect, None),
                other => other,
            },
        };
        Verdict::new(decided, answer, written)
    }

    /// Returns the kind; an inferred one has its name.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Returns up to three accepted and three refused answers, made from the expected one.
    ///
    /// Each is checked before it is returned, so that a teacher sees what the kind means.
    ///
    /// ```
    /// use answers::{Checker, Kind};
    ///
    /// let examples = Checker::new("x^2+3x+2", Kind::infer())?.examples();
    /// assert_eq!((examples.accepted.len(), examples.refused.len()), (3, 3));
    /// # Ok::<(), answers::ExpectedError>(())
    /// ```
    pub fn examples(&self) -> Examples {
        examples::of(self)
    }
}

/// Returns `true` for a number with a unit, where the expected answer is a number.
fn unwanted_unit(expected: &ParsedAnswer, given: &ParsedAnswer, text: &str) -> bool {
    expected.sort == KindName::Number
        && matches!(&given.object, MathObject::Expr(id) if !given.arena.symbols(*id).is_empty())
        && units::is_quantity(text)
}

/// Returns the text with decimal points, if the kind has decimal commas.
fn with_points(text: &str, kind: &Kind) -> String {
    if !kind.decimal_comma {
        return text.to_owned();
    }
    let text = text.replace("{,}", ",");
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let point = |(at, c): (usize, &char)| {
        if *c == ',' && digit(at.checked_sub(1)) && digit(Some(at + 1)) { '.' } else { *c }
    };
    chars.iter().enumerate().map(point).collect()
}

/// Returns the letters of options, sorted: `A, C`, `C and A`, `ac`.
fn options(text: &str) -> Option<Vec<String>> {
    let text = text.replace("\\text", " ").replace("and", ",").to_uppercase();
    let allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || ",;&.(){}".contains(c);
    if !text.chars().all(allowed) {
        return None;
    }
    let mut letters: Vec<String> = text.chars().filter(|c| c.is_alphanumeric()).map(String::from).collect();
    letters.sort_unstable();
    letters.dedup();
    (!letters.is_empty() && letters.len() <= 26).then_some(letters)
}

fn other_kind(kind: &Kind) -> ExpectedError {
    ExpectedError::OtherKind { kind: kind.name(), example: kinds::example(kind.name) }
}

fn empty() -> ParseError {
    ParseError::new(0, "There is nothing here: write an answer.")
}
