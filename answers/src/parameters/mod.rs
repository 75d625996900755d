//! Questions with different numbers for each pupil: [`Parameters`], and the [`Values`] that they draw.

use std::fmt;
use std::str::FromStr;

use dashu_ratio::RBig;

use self::definition::{Condition, Definition, Statement};
use crate::compare::random::mix;

mod definition;
mod fill;
mod formula;

/// The largest number of parameters, and of conditions.
const MAX: usize = 26;
/// The number of draws until the conditions hold.
const DRAWS: u64 = 1_000;

/// The parameters of a question, so that each pupil gets different numbers.
///
/// `FromStr` checks that values exist that meet the conditions; `Display` prints the text.
///
/// ```
/// use answers::{Checker, Kind, Parameters};
///
/// let parameters: Parameters = "a = 2..9; b = 2..9; b != a; x = -5..5; c = a*x + b".parse()?;
/// let values = parameters.draw(20_261_130)?;
/// let question = values.fill("Solve {@a@}x + {@b@} = {@c@}.")?;
/// let checker = Checker::new(&values.fill_answer("x = {@x@}")?, Kind::solutions())?;
/// assert!(!question.contains('@'));
/// assert!(checker.check(&values.fill_answer("{@(c-b)/a@}")?).is_correct());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Text
/// Definitions and conditions, with `;` or a new line between.
///
/// | text | meaning |
/// |---|---|
/// | `a = 2..9` | a whole number from 2 to 9 |
/// | `b = 1, 1/2, 3` | one of these numbers |
/// | `c = a^2 + b` | computed from parameters defined before |
/// | `b != a`, `a < c`, `gcd(a, b) = 1` | a condition |
///
/// A template has `{@a@}` where a number belongs, or `{@2a+1@}` for a computed one, as in STACK.
/// [`Values::fill`] writes `x - 3` for `x + {@b@}` with -3, and `x` for `{@a@}x` with 1;
/// [`Values::fill_answer`] puts negative numbers and fractions into brackets.
///
/// # Limits
/// | limit | value | reason |
/// |---|---|---|
/// | parameters and conditions | 26 each | one for each letter |
/// | values of a range or list | 10,000 | a draw takes microseconds |
/// | draws until the conditions hold | 1,000 | then [`ParametersError::NoValues`] |
///
/// The same seed draws the same values on every machine.
#[doc(alias = "randomised question")]
#[derive(Clone, Debug)]
pub struct Parameters {
    text: String,
    definitions: Vec<Definition>,
    conditions: Vec<Condition>,
}

impl Parameters {
    /// Draws a value for each parameter. The seed selects the values.
    ///
    /// # Errors
    /// Returns an error if no drawn values meet the conditions.
    pub fn draw(&self, seed: u64) -> Result<Values, ParametersError> {
        (0..DRAWS).find_map(|attempt| self.attempt(seed, attempt)).ok_or(ParametersError::NoValues)
    }

    fn attempt(&self, seed: u64, attempt: u64) -> Option<Values> {
        let mut values = Values(Vec::with_capacity(self.definitions.len()));
        for (index, definition) in self.definitions.iter().enumerate() {
            let random = mix(&[seed, attempt, index as u64]);
            let value = definition.value(&values, random)?;
            values.0.push((definition.name, value));
        }
        self.conditions.iter().all(|condition| condition.holds(&values)).then_some(values)
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Parameters {
    type Err = ParametersError;

    fn from_str(text: &str) -> Result<Self, ParametersError> {
        let mut parameters =
            Self { text: text.trim().to_owned(), definitions: Vec::new(), conditions: Vec::new() };
        for line in text.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            let names: Vec<char> = parameters.definitions.iter().map(|definition| definition.name).collect();
            match definition::parse(line, &names)? {
                Statement::Definition(definition) => parameters.definitions.push(definition),
                Statement::Condition(condition) => parameters.conditions.push(condition),
            }
            if parameters.definitions.len().max(parameters.conditions.len()) > MAX {
                return Err(ParametersError::TooMany);
            }
        }
        parameters.draw(0)?;
        Ok(parameters)
    }
}

/// The drawn values of [`Parameters`].
///
/// ```
/// use answers::{Parameters, Values};
///
/// let values: Values = "a = 3".parse::<Parameters>()?.draw(1)?;
/// assert_eq!(values.fill("Add {@a@} and {@a+1@}.")?, "Add 3 and 4.");
/// # Ok::<(), answers::ParametersError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Vec<(char, RBig)>);

impl Values {
    fn get(&self, name: char) -> Option<&RBig> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn names(&self) -> Vec<char> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    /// Fills the numbers into the text of a question.
    ///
    /// ```
    /// use answers::Parameters;
    ///
    /// let values = "a = 1; b = -3".parse::<Parameters>()?.draw(1)?;
    /// assert_eq!(values.fill("$y = {@a@}x + {@b@}$, {@a-b@} marks")?, "$y = x - 3$, 4 marks");
    /// assert_eq!(values.fill(r"x^{@b@} \cdot {@b@}, {@b/2@}")?, r"x^{-3} \cdot (-3), -\frac{3}{2}");
    /// # Ok::<(), answers::ParametersError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error for a placeholder that is open, or that cannot be computed.
    pub fn fill(&self, template: &str) -> Result<String, ParametersError> {
        fill::question(self, template)
    }

    /// Fills the numbers into the text of an expected answer, in brackets where they need them.
    ///
    /// ```
    /// use answers::Parameters;
    ///
    /// let values = "b = -3".parse::<Parameters>()?.draw(1)?;
    /// assert_eq!(values.fill_answer("x^2+{@b@}x, {@b/2@}")?, "x^2+(-3)x, (-3/2)");
    /// # Ok::<(), answers::ParametersError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error for a placeholder that is open, or that cannot be computed.
    pub fn fill_answer(&self, template: &str) -> Result<String, ParametersError> {
        fill::answer(self, template)
    }
}

/// The error of parameters, or of a template.
///
/// ```
/// use answers::{Parameters, ParametersError};
///
/// let error = "a = 2..9; a > 9".parse::<Parameters>().unwrap_err();
/// assert_eq!(error, ParametersError::NoValues);
/// let error = "a = 9..2".parse::<Parameters>().unwrap_err();
/// assert_eq!(error.to_string(), "“a = 9..2” can't be read: write it as a = 2..9, a = 1, 2, 5 or b != a.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParametersError {
    /// A definition or condition that cannot be read.
    #[error("“{0}” can't be read: write it as a = 2..9, a = 1, 2, 5 or b != a.")]
    Line(String),
    /// A name that is not one letter, or that is a constant.
    #[error("“{0}” can't be a parameter: write one letter other than e and i.")]
    Name(String),
    /// A formula with a letter that is no parameter, or that has no value.
    #[error("“{0}” can't be computed: use numbers, and parameters that are defined before it.")]
    Formula(String),
    /// A placeholder without its end.
    #[error("“{{@{0}” has no end: write it as {{@a@}}.")]
    Open(String),
    /// More parameters or conditions than the limit.
    #[error("There are too many parameters or conditions: write at most 26 of each.")]
    TooMany,
    /// No drawn values meet the conditions.
    #[error("No values meet all conditions: widen a range, or take a condition away.")]
    NoValues,
}

#[cfg(test)]
mod tests {
    use super::{Parameters, ParametersError};
    use dashu_ratio::RBig;

    fn parsed(text: &str) -> Parameters {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_seed_draws_the_same_values_and_all_values_are_drawn() {
        let parameters = parsed("a = 2..9\nb = 1, 1/2, 3; b != a; c = a^2 + b");
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..500 {
            let values = parameters.draw(seed).unwrap();
            assert_eq!(values, parameters.draw(seed).unwrap());
            let [a, b, c] = ['a', 'b', 'c'].map(|name| values.get(name).unwrap().clone());
            assert!(a >= RBig::from(2) && a <= RBig::from(9) && a != b, "{values:?}");
            assert_eq!(c, &a * &a + &b);
            seen.insert((a.to_string(), b.to_string()));
        }
        assert_eq!(seen.len(), 8 * 3 - 1, "each pair that meets the condition");
    }

    #[test]
    fn conditions_compare_computed_values() {
        let parameters = parsed("a = 1..20; b = 1..20; a < b; gcd(a, b) = 1; a*b <= 60");
        for seed in 0..200 {
            let values = parameters.draw(seed).unwrap();
            let [a, b] = ['a', 'b'].map(|name| i64::try_from(values.get(name).unwrap().numerator()).unwrap());
            let gcd = (1..=a).rev().find(|d| a % d == 0 && b % d == 0);
            assert!(a < b && a * b <= 60 && gcd == Some(1), "{a}, {b}");
        }
    }

    #[test]
    fn errors_say_what_to_write() {
        let error = |text: &str| text.parse::<Parameters>().unwrap_err();
        assert_eq!(error("a = 2..3; a != 2; a != 3"), ParametersError::NoValues);
        for line in ["a", "a = ", "a = 1..x", "= 3", "a = 1..99999999", "a == 3", "a = 1 b = 2"] {
            assert!(matches!(error(line), ParametersError::Line(_) | ParametersError::Formula(_)), "{line}");
        }
        for name in ["e = 1..2", "i = 1..2", "ab = 1..2", "1 = 2"] {
            assert!(matches!(error(name), ParametersError::Name(_)), "{name}");
        }
        assert!(matches!(error("a = b + 1"), ParametersError::Formula(_)));
        assert!(matches!(error("a = 0; b = 1/a"), ParametersError::NoValues));
        let values = parsed("a = 1").draw(0).unwrap();
        assert!(matches!(values.fill("{@a"), Err(ParametersError::Open(_))));
        assert!(matches!(values.fill("{@b@}"), Err(ParametersError::Formula(_))));
        assert!(matches!(values.fill_answer("{@1/(a-1)@}"), Err(ParametersError::Formula(_))));
    }

    #[test]
    fn numbers_fit_into_the_text_around_them() {
        let fill =
            |a: &str, template: &str| parsed(&format!("a = {a}")).draw(0).unwrap().fill(template).unwrap();
        for (a, template, filled) in [
            ("3", "{@a@}x+{@a@}", "3x+3"),
            ("-3", "{@a@}x + {@a@}", "-3x - 3"),
            ("-3", "5-{@a@}", "5+3"),
            ("1", "{@a@}x, 2{@a@}", "x, 21"),
            ("-1", "{@a@}x+{@a@}y", "-x-y"),
            ("1", "{@a@}\\sin x, \\frac{{@a@}}{2}", "\\sin x, \\frac{1}{2}"),
            ("-2", "3\\times{@a@}, x^{@a@}, ({@a@}, 5)", "3\\times(-2), x^{-2}, (-2, 5)"),
            ("3/4", "{@a@}, x^{@a@}", "\\frac{3}{4}, x^{\\frac{3}{4}}"),
            ("12", "x^{@a@}", "x^{12}"),
            ("1", "Solve {@a@}x = 2; {@a@} mark, {@a@}a", "Solve x = 2; 1 mark, a"),
            ("-1", "Solve {@a@}x = {@a@}", "Solve -x = -1"),
        ] {
            assert_eq!(fill(a, template), filled, "{template} with {a}");
        }
    }
}
