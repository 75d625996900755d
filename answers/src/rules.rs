//! How strict a box is, and the text in which that is kept: `tolerance=0.01; simplified`.

use std::fmt;
use std::str::FromStr;

use dashu_ratio::RBig;

/// What one answer box asks for. [`Rules::default`] is exact: `0.333` isn't `1/3`.
///
/// ```
/// use answers::{Rules, Tolerance, compare};
///
/// let rules: Rules = "tolerance=0.01; simplified".parse()?;
/// assert_eq!(rules, Rules::new().tolerance(Tolerance::absolute(0.01)?).simplified());
/// assert_eq!(rules.to_string(), "tolerance=0.01; simplified");
/// assert!(compare("pi", "3.14", &rules).is_equal());
/// # Ok::<(), answers::RulesError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub(crate) tolerance: Tolerance,
    pub(crate) simplified: bool,
    pub(crate) order: bool,
    pub(crate) case: bool,
    pub(crate) variables: Vec<String>,
    pub(crate) natural_log: bool,
    pub(crate) degrees: bool,
    pub(crate) units: bool,
}

impl Rules {
    /// Exact, in any order, in small or large letters.
    pub fn new() -> Self {
        Self::default()
    }

    /// How far a number may be off.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Wants the simplest form: fractions cancelled, roots taken, like terms collected; expanded where the expected
    /// answer is, in factors where it is.
    #[must_use]
    pub fn simplified(mut self) -> Self {
        self.simplified = true;
        self
    }

    /// Wants the answers of a list in the order of the expected ones.
    #[must_use]
    pub fn order(mut self) -> Self {
        self.order = true;
        self
    }

    /// Tells `x` from `X`, and `Yes` from `yes`.
    #[must_use]
    pub fn case(mut self) -> Self {
        self.case = true;
        self
    }

    /// The letters that may stand in an answer; `e` and `i` among them are unknowns and no constants.
    ///
    /// # Errors
    /// When one of them isn't a letter, or a letter with an index such as `x_1`.
    pub fn variables<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Result<Self, RulesError> {
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
                return Err(RulesError::Variable(name));
            }
            if !self.variables.contains(&name) {
                self.variables.push(name);
            }
        }
        Ok(self)
    }

    /// Reads `log` as the natural logarithm, and not as that to base 10.
    #[must_use]
    pub fn natural_log(mut self) -> Self {
        self.natural_log = true;
        self
    }

    /// Reads the angles of sin, cos and tan in degrees.
    #[must_use]
    pub fn degrees(mut self) -> Self {
        self.degrees = true;
        self
    }

    /// Wants a unit, and converts it: `5 cm` is `50 mm`.
    #[must_use]
    pub fn units(mut self) -> Self {
        self.units = true;
        self
    }
}

/// How far a number may be off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tolerance(pub(crate) Kind);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Exact,
    Absolute(RBig),
    Relative(RBig),
    Figures(u8),
}

impl Tolerance {
    /// Not at all.
    pub fn exact() -> Self {
        Self::default()
    }

    /// By so much.
    ///
    /// # Errors
    /// When it isn't a positive number.
    pub fn absolute(by: f64) -> Result<Self, RulesError> {
        decimal(&by.to_string()).map(|by| Self(Kind::Absolute(by)))
    }

    /// By so much of the expected value: 0.01 is one percent.
    ///
    /// # Errors
    /// When it isn't a positive number.
    pub fn relative(by: f64) -> Result<Self, RulesError> {
        decimal(&by.to_string()).map(|by| Self(Kind::Relative(by)))
    }

    /// So that both are the same, rounded to so many significant figures.
    ///
    /// # Errors
    /// When it isn't between 1 and 30.
    pub fn figures(count: u8) -> Result<Self, RulesError> {
        if (1..=30).contains(&count) {
            Ok(Self(Kind::Figures(count)))
        } else {
            Err(RulesError::Figures(count.to_string()))
        }
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match &self.tolerance.0 {
            Kind::Exact => {}
            Kind::Absolute(by) => parts.push(format!("tolerance={}", print_decimal(by))),
            Kind::Relative(by) => {
                parts.push(format!("tolerance={}%", print_decimal(&(by * RBig::from(100)))))
            }
            Kind::Figures(count) => parts.push(format!("figures={count}")),
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

impl FromStr for Rules {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let mut rules = Self::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) =
                part.split_once('=').map_or((part, None), |(key, value)| (key.trim(), Some(value.trim())));
            rules = match (key, value) {
                ("tolerance", Some(value)) => match value.strip_suffix('%') {
                    Some(percent) => {
                        let by = decimal(percent.trim())? / RBig::from(100);
                        rules.tolerance(Tolerance(Kind::Relative(by)))
                    }
                    None => rules.tolerance(Tolerance(Kind::Absolute(decimal(value)?))),
                },
                ("figures", Some(value)) => {
                    let count = value.parse().map_err(|_| RulesError::Figures(value.to_owned()))?;
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
                _ => return Err(RulesError::Rule(part.to_owned())),
            };
        }
        Ok(rules)
    }
}

/// A rule that can't be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Nothing of that name.
    #[error(
        "“{0}” is no rule: write tolerance=0.01, tolerance=1%, figures=3, simplified, order, case, natural-log, degrees, \
         units or variables=x,y, with ; between"
    )]
    Rule(String),
    /// Not a positive number.
    #[error("“{0}” is no tolerance: write a positive number such as 0.01, or 1%")]
    Tolerance(String),
    /// Not a number of figures.
    #[error("“{0}” is no number of significant figures: write one from 1 to 30")]
    Figures(String),
    /// Not a letter.
    #[error("“{0}” is no variable: write letters with commas between, such as x,y or x_1,x_2")]
    Variable(String),
}

fn decimal(text: &str) -> Result<RBig, RulesError> {
    let error = || RulesError::Tolerance(text.to_owned());
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{places}");
    if digits.is_empty() || digits.len() > 60 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(error());
    }
    let over: dashu_int::IBig = digits.parse().map_err(|_| error())?;
    let value = RBig::from_parts(over, dashu_int::UBig::from(10u8).pow(places.len()));
    if value.is_zero() { Err(error()) } else { Ok(value) }
}

/// A number whose denominator divides a power of ten, as it's written.
pub(crate) fn print_decimal(value: &RBig) -> String {
    let ten = RBig::from(10);
    let mut places = 0;
    let mut scaled = value.clone();
    while !scaled.is_int() && places < 64 {
        scaled *= &ten;
        places += 1;
    }
    let negative = *value < RBig::ZERO;
    let digits = scaled.trunc().to_string();
    let digits = format!("{:0>width$}", digits.trim_start_matches('-'), width = places + 1);
    let (whole, rest) = digits.split_at(digits.len() - places);
    let sign = if negative { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}
