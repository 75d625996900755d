//! The strictness of an answer box, as a value and as text: `tolerance=0.01; simplified`.

use std::fmt;
use std::str::FromStr;

use dashu_ratio::RBig;

use crate::decimal;

/// The strictness of one answer box.
///
/// The default is exact: `0.333` is not `1/3`. `Display` and `FromStr` convert the rules to and
/// from the text that a database stores.
///
/// ```
/// use answers::{AnswerRules, Tolerance, compare};
///
/// let rules: AnswerRules = "tolerance=0.01; simplified".parse()?;
/// assert_eq!(rules, AnswerRules::new().tolerance(Tolerance::absolute(0.01)?).simplified());
/// assert_eq!(rules.to_string(), "tolerance=0.01; simplified");
/// assert!(compare("pi", "3.14", &rules).is_equal());
/// # Ok::<(), answers::AnswerRulesError>(())
/// ```
///
/// | text | setter | effect |
/// |---|---|---|
/// | `exact`, or empty | – | the default |
/// | `tolerance=0.01` | [`tolerance`](Self::tolerance) | accepts values within 0.01 |
/// | `tolerance=1%` | [`tolerance`](Self::tolerance) | accepts values within 1 % of the expected one |
/// | `figures=3` | [`tolerance`](Self::tolerance) | compares three significant figures |
/// | `simplified` | [`simplified`](Self::simplified) | requires the simplest form |
/// | `order` | [`order`](Self::order) | requires the order of the expected list |
/// | `case` | [`case`](Self::case) | distinguishes `x` from `X` |
/// | `natural-log` | [`natural_log`](Self::natural_log) | reads `log` as the natural logarithm |
/// | `degrees` | [`degrees`](Self::degrees) | reads angles in degrees |
/// | `units` | [`units`](Self::units) | requires a unit, and converts it |
/// | `variables=x,y` | [`variables`](Self::variables) | allows only these variables |
#[doc(alias = "Rules")]
#[doc(alias = "options")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerRules {
    pub(crate) tolerance: Tolerance,
    pub(crate) simplified: bool,
    pub(crate) order: bool,
    pub(crate) case: bool,
    pub(crate) variables: Vec<String>,
    pub(crate) natural_log: bool,
    pub(crate) degrees: bool,
    pub(crate) units: bool,
}

impl AnswerRules {
    /// Returns the default rules: exact, in any order and form, with the case ignored.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the accepted error of a number.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Requires the simplest form: fractions cancelled, roots taken, like terms collected.
    ///
    /// The answer must be expanded if the expected one is, and factorised if the expected one is.
    #[must_use]
    pub fn simplified(mut self) -> Self {
        self.simplified = true;
        self
    }

    /// Requires the elements of a list in the order of the expected ones.
    #[must_use]
    pub fn order(mut self) -> Self {
        self.order = true;
        self
    }

    /// Distinguishes `x` from `X`, and `Yes` from `yes`.
    #[must_use]
    pub fn case(mut self) -> Self {
        self.case = true;
        self
    }

    /// Allows only these variables in an answer, besides those of the expected answer.
    ///
    /// `e` and `i` in the list are variables, not constants.
    ///
    /// # Errors
    /// Returns an error for a name that is not a letter, or a letter with an index such as `x_1`.
    pub fn variables<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Result<Self, AnswerRulesError> {
        for name in names {
            let name = name.into();
            let mut chars = name.chars();
            let letter = chars.next().is_some_and(char::is_alphabetic);
            let index = chars.as_str();
            let index = index.is_empty()
                || index
                    .strip_prefix('_')
                    .is_some_and(|index| !index.is_empty() && index.chars().all(char::is_alphanumeric));
            if !letter || !index {
                return Err(AnswerRulesError::Variable(name));
            }
            if !self.variables.contains(&name) {
                self.variables.push(name);
            }
        }
        Ok(self)
    }

    /// Reads `log` as the natural logarithm, not as the one to base 10.
    #[must_use]
    pub fn natural_log(mut self) -> Self {
        self.natural_log = true;
        self
    }

    /// Reads the angles of trigonometric functions in degrees.
    #[must_use]
    pub fn degrees(mut self) -> Self {
        self.degrees = true;
        self
    }

    /// Requires the unit of the expected answer, and converts it: `5 cm` is `50 mm`.
    #[must_use]
    pub fn units(mut self) -> Self {
        self.units = true;
        self
    }
}

/// The accepted error of a number.
///
/// ```
/// use answers::{AnswerRules, Tolerance, compare};
///
/// let one_percent = AnswerRules::new().tolerance(Tolerance::relative(0.01)?);
/// assert!(compare("200", "199", &one_percent).is_equal());
/// let three_figures = AnswerRules::new().tolerance(Tolerance::figures(3)?);
/// assert!(compare("2/3", "0.667", &three_figures).is_equal());
/// # Ok::<(), answers::AnswerRulesError>(())
/// ```
#[doc(alias = "epsilon")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tolerance(pub(crate) ToleranceMode);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ToleranceMode {
    #[default]
    Exact,
    Absolute(RBig),
    Relative(RBig),
    Figures(u8),
}

impl Tolerance {
    /// Accepts no error.
    pub fn exact() -> Self {
        Self::default()
    }

    /// Accepts an error of up to `by`.
    ///
    /// # Errors
    /// Returns an error if `by` is not a positive number.
    pub fn absolute(by: f64) -> Result<Self, AnswerRulesError> {
        positive(&by.to_string()).map(|by| Self(ToleranceMode::Absolute(by)))
    }

    /// Accepts an error of up to a part of the expected value: 0.01 is one percent.
    ///
    /// # Errors
    /// Returns an error if `by` is not a positive number.
    pub fn relative(by: f64) -> Result<Self, AnswerRulesError> {
        positive(&by.to_string()).map(|by| Self(ToleranceMode::Relative(by)))
    }

    /// Compares both numbers rounded to `count` significant figures.
    ///
    /// # Errors
    /// Returns an error if `count` is not between 1 and 30.
    pub fn figures(count: u8) -> Result<Self, AnswerRulesError> {
        if (1..=30).contains(&count) {
            Ok(Self(ToleranceMode::Figures(count)))
        } else {
            Err(AnswerRulesError::Figures(count.to_string()))
        }
    }
}

impl fmt::Display for AnswerRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match &self.tolerance.0 {
            ToleranceMode::Exact => {}
            ToleranceMode::Absolute(by) => parts.push(format!("tolerance={}", decimal::print(by))),
            ToleranceMode::Relative(by) => {
                parts.push(format!("tolerance={}%", decimal::print(&(by * RBig::from(100)))))
            }
            ToleranceMode::Figures(count) => parts.push(format!("figures={count}")),
        }
        let flags = [
            (self.simplified, "simplified"),
            (self.order, "order"),
            (self.case, "case"),
            (self.natural_log, "natural-log"),
            (self.degrees, "degrees"),
            (self.units, "units"),
        ];
        parts.extend(flags.iter().filter(|(set, _)| *set).map(|(_, word)| (*word).to_owned()));
        if !self.variables.is_empty() {
            parts.push(format!("variables={}", self.variables.join(",")));
        }
        f.write_str(&parts.join("; "))
    }
}

impl FromStr for AnswerRules {
    type Err = AnswerRulesError;

    fn from_str(text: &str) -> Result<Self, AnswerRulesError> {
        let mut rules = Self::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) =
                part.split_once('=').map_or((part, None), |(key, value)| (key.trim(), Some(value.trim())));
            rules = match (key, value) {
                ("tolerance", Some(value)) => match value.strip_suffix('%') {
                    Some(percent) => {
                        let by = positive(percent.trim())? / RBig::from(100);
                        rules.tolerance(Tolerance(ToleranceMode::Relative(by)))
                    }
                    None => rules.tolerance(Tolerance(ToleranceMode::Absolute(positive(value)?))),
                },
                ("figures", Some(value)) => {
                    let count = value.parse().map_err(|_| AnswerRulesError::Figures(value.to_owned()))?;
                    rules.tolerance(Tolerance::figures(count)?)
                }
                ("variables", Some(value)) => {
                    rules.variables(value.split(',').map(str::trim).filter(|v| !v.is_empty()))?
                }
                ("simplified", None) => rules.simplified(),
                ("order", None) => rules.order(),
                ("case", None) => rules.case(),
                ("natural-log", None) => rules.natural_log(),
                ("degrees", None) => rules.degrees(),
                ("units", None) => rules.units(),
                ("exact", None) => rules,
                _ => return Err(AnswerRulesError::Rule(part.to_owned())),
            };
        }
        Ok(rules)
    }
}

/// The error of rules that cannot be parsed.
///
/// ```
/// use answers::{AnswerRules, AnswerRulesError};
///
/// let error = "figures=99".parse::<AnswerRules>().unwrap_err();
/// assert_eq!(error, AnswerRulesError::Figures("99".into()));
/// assert_eq!(
///     error.to_string(),
///     "“99” is not a number of significant figures: write one from 1 to 30",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerRulesError {
    /// An unknown rule.
    #[error(
        "“{0}” is not a rule: write tolerance=0.01, tolerance=1%, figures=3, simplified, order, case, natural-log, \
         degrees, units or variables=x,y, with ; between"
    )]
    Rule(String),
    /// A tolerance that is not a positive number.
    #[error("“{0}” is not a tolerance: write a positive number such as 0.01, or 1%")]
    Tolerance(String),
    /// A number of significant figures that is not between 1 and 30.
    #[error("“{0}” is not a number of significant figures: write one from 1 to 30")]
    Figures(String),
    /// A variable that is not a letter, nor a letter with an index.
    #[error("“{0}” is not a variable: write letters with commas between, such as x,y or x_1,x_2")]
    Variable(String),
}

fn positive(text: &str) -> Result<RBig, AnswerRulesError> {
    decimal::parse_positive(text).ok_or_else(|| AnswerRulesError::Tolerance(text.to_owned()))
}
