//! The kind of answer that a box asks for, as a value and as text: `number; tolerance=0.01`.

mod error;
pub(crate) mod name;
#[cfg(feature = "serde")]
mod serde;
mod text;
mod tolerance;

pub use self::error::KindError;
pub use self::name::Form;
pub use self::tolerance::Tolerance;

pub(crate) use self::name::KindName;
pub(crate) use self::tolerance::ToleranceMode;

/// The kind of answer that a box asks for, with its options.
///
/// The default, [`Kind::infer`], takes the kind from the expected answer, and is exact: `0.333` is
/// not `1/3`. `Display` and `FromStr` convert a kind to and from the text that a database stores;
/// with the feature `serde`, a kind is that text in JSON too.
///
/// ```
/// use answers::{Checker, Form, Kind, Tolerance};
///
/// let kind: Kind = "number; tolerance=0.01".parse()?;
/// assert_eq!(kind, Kind::number().tolerance(Tolerance::absolute(0.01)?));
/// assert_eq!(kind.to_string(), "number; tolerance=0.01");
/// assert!(Checker::new("pi", kind)?.check("3.14").is_correct());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | text | setter | effect |
/// |---|---|---|
/// | `exact`, or empty | – | the default |
/// | `tolerance=0.01` | [`tolerance`](Self::tolerance) | accepts values within 0.01 |
/// | `tolerance=1%` | [`tolerance`](Self::tolerance) | accepts values within 1 % of the expected one |
/// | `figures=3` | [`tolerance`](Self::tolerance) | compares three significant figures |
/// | `places=2` | [`tolerance`](Self::tolerance) | compares two decimal places |
/// | `as-written` | [`as_written`](Self::as_written) | requires as many figures or places as asked for |
/// | `form=factorised` | [`form`](Self::form) | requires a form: see [`Form`] |
/// | `simplified` | [`form`](Self::form) | requires the simplest form |
/// | `solved-for=x` | [`solved_for`](Self::solved_for) | requires `x` alone on one side |
/// | `order` | [`order`](Self::order) | requires the order of the expected list |
/// | `case` | [`case`](Self::case) | distinguishes `x` from `X` |
/// | `natural-log` | [`natural_log`](Self::natural_log) | reads `log` as the natural logarithm |
/// | `degrees` | [`degrees`](Self::degrees) | reads angles in degrees |
/// | `units` | [`units`](Self::units) | requires a unit, and converts it |
/// | `decimal-comma` | [`decimal_comma`](Self::decimal_comma) | reads `2,5` as 2.5; `;` separates answers |
/// | `variables=x,y` | [`variables`](Self::variables) | allows only these variables |
#[doc(alias = "AnswerRules")]
#[doc(alias = "answer type")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    pub(crate) name: KindName,
    pub(crate) tolerance: Tolerance,
    pub(crate) as_written: bool,
    pub(crate) form: Option<Form>,
    pub(crate) solved_for: Option<String>,
    pub(crate) order: bool,
    pub(crate) case: bool,
    pub(crate) variables: Vec<String>,
    pub(crate) natural_log: bool,
    pub(crate) degrees: bool,
    pub(crate) units: bool,
    pub(crate) decimal_comma: bool,
}

/// Declares the constructor of a kind, with one accepted and one refused answer as a doctest.
macro_rules! constructors {
    ($($(#[doc = $doc:literal])* $function:ident = $name:ident: $expected:literal, $accepted:literal, $refused:literal;)*) => {
        impl Kind {
            $(
                $(#[doc = $doc])*
                ///
                /// ```
                /// use answers::{Checker, Kind};
                ///
                #[doc = concat!("let checker = Checker::new(r\"", $expected, "\", Kind::", stringify!($function), "())?;")]
                #[doc = concat!("for accepted in [", $accepted, "] {")]
                ///     assert!(checker.check(accepted).is_correct(), "{accepted}");
                /// }
                #[doc = concat!("for refused in [", $refused, "] {")]
                ///     assert!(!checker.check(refused).is_correct(), "{refused}");
                /// }
                /// # Ok::<(), answers::ExpectedError>(())
                /// ```
                pub fn $function() -> Self {
                    Self { name: KindName::$name, ..Self::default() }
                }
            )*
        }
    };
}

constructors! {
    /// The kind of the expected answer: a number for `3.5`, an equation for `y=2x+1`, and so on.
    infer = Inferred: "2x+1", "\"1+2x\", \"x+1+x\"", "\"2x\", \"-2x-1\"";
    /// A number, or an expression that has a value, such as `2√3`.
    number = Number: "3/4", "\"0.75\", \"6/8\", \"75%\"", "\"0.76\", \"4/3\", \"-3/4\"";
    /// An expression with variables: equal wherever the expected one is defined.
    expression = Expression: "(x+1)^2", "\"x^2+2x+1\", \"(1+x)(x+1)\"", "\"x^2+1\", \"(x-1)^2\"";
    /// An equation or a formula: the same solutions.
    equation = Equation: "y=2x+1", "\"y-2x=1\", \"2y=4x+2\"", "\"y=2x\", \"y=1-2x\"";
    /// An inequality, several of them, or an interval: the same part of the number line.
    inequality = Inequality: "x>-3", "\"-2x<6\", \"(-3,∞)\"", "\"x<-3\", \"x≥-3\"";
    /// Values of variables: the same set of solutions.
    solutions = Solutions: "x=3 or x=-2", "\"-2, 3\", \"x=-2,3\"", "\"x=3\", \"x=2 or x=-3\"";
    /// A set: its elements in any order, each counted once.
    set = Set: "{1,2,3}", "\"{3,2,1}\"", "\"{1,2}\", \"(1,2,3)\"";
    /// A list of values, with their multiplicity; in order only with [`order`](Self::order).
    list = List: "2,2,3", "\"3,2,2\"", "\"2,3\", \"2,3,3\"";
    /// A point, or several, by coordinates.
    point = Point: "(2,5)", "\"(2,5)\", \"(4/2,5)\"", "\"(5,2)\", \"2.5\"";
    /// A vector, in a column, a row, or by components.
    vector = Vector: "(3,-2)", "\"[3,-2]\"", "\"(-2,3)\"";
    /// A matrix, by entries.
    matrix = Matrix: "[[1,2],[3,4]]", "\"((1,2),(3,4))\"", "\"[[1,3],[2,4]]\"";
    /// A ratio: equal if proportional.
    ratio = Ratio: "2:3", "\"4:6\", \"2 : 3\"", "\"3:2\", \"2/3\"";
    /// A function by its rule: `f(x)=…`, in any variable, or the rule alone.
    function = Function: "f(x)=2x+1", "\"2x+1\", \"f(x)=1+2x\"", "\"f(x)=2x\"";
    /// A derivative or a differential equation. `dy/dx` is a symbol of its own, not a quotient.
    derivative = Derivative: r"\frac{dy}{dx}=2x", "\"2x\", r\"\\frac{dy}{dx}=x+x\"", "\"y=2x\"";
    /// An antiderivative with a constant of any name: equal if the derivatives are.
    antiderivative = Antiderivative: "x^3+x+C", "\"x^3+x+k\", \"C+x+x^3\"", "\"x^3+x\", \"x^3+C\"";
    /// All solutions of a periodic equation, with any letter for the integer.
    general_solution = GeneralSolution: r"x=\frac{\pi}{6}+2k\pi", "\"x=π/6+2nπ\"", "\"x=π/6+nπ\", \"x=π/6\"";
    /// A probability, an expectation or a variance, with or without its name.
    probability = Probability: "P(A)=0.3", "\"0.3\", \"3/10\"", "\"0.7\", \"P(B)=0.3\"";
    /// A time of day, or a duration in hours and minutes.
    time = Time: "16:30", "\"4:30 pm\", \"16:30\"", "\"4:30 am\", \"17:30\"";
    /// A date, day first.
    date = Date: "3/4/2025", "\"03/04/2025\"", "\"4/3/2025\"";
    /// A range such as a class interval.
    range = Range: "20-30", "\"20 – 30\", \"20 to 30\"", "\"30-40\", \"-10\"";
    /// A quotient with a remainder.
    remainder = Remainder: "8 r 3", "\"8 remainder 3\"", "\"3 r 8\", \"8\"";
    /// A word or a phrase. The expected text may give alternatives, with `;` between.
    words = Words: "isosceles; equilateral", "\"Isosceles\", \"equilateral\"", "\"scalene\"";
    /// Letters of options, in any order.
    choice = Choice: "A, C", "\"C and A\", \"ac\"", "\"A\", \"A, B\"";
}

impl Kind {
    /// A number with a unit, or money. Units are converted: `5 cm` is `50 mm`.
    ///
    /// ```
    /// use answers::{Checker, Hint, Kind};
    ///
    /// let checker = Checker::new("5 cm", Kind::quantity())?;
    /// assert!(checker.check("50 mm").is_correct());
    /// assert!(!checker.check("5 m").is_correct());
    /// assert_eq!(checker.check("5").hint, Some(Hint::MissingUnit));
    /// # Ok::<(), answers::ExpectedError>(())
    /// ```
    pub fn quantity() -> Self {
        Self { name: KindName::Quantity, units: true, ..Self::default() }
    }

    /// Returns the default kind, which is [`Kind::infer`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the stored name, such as `general-solution`; empty for [`Kind::infer`].
    pub fn name(&self) -> &'static str {
        self.name.name()
    }

    /// Returns the stored names of all kinds, without the empty one of [`Kind::infer`].
    pub fn names() -> impl Iterator<Item = &'static str> {
        KindName::ALL.iter().map(|name| name.name()).filter(|name| !name.is_empty())
    }

    /// Sets the accepted error of a number.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Requires as many significant figures or decimal places as the tolerance compares.
    ///
    /// With `figures=3; as-written`, `0.05` is not the answer 0.0500.
    #[must_use]
    pub fn as_written(mut self) -> Self {
        self.as_written = true;
        self
    }

    /// Requires a form of a right answer.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Requires the simplest form, [`Form::Simplified`].
    #[must_use]
    pub fn simplified(self) -> Self {
        self.form(Form::Simplified)
    }

    /// Requires the variable alone on one side of an equation or an inequality.
    ///
    /// # Errors
    /// Returns an error for a name that is not a letter, or a letter with an index such as `x_1`.
    pub fn solved_for(mut self, variable: &str) -> Result<Self, KindError> {
        self.solved_for = Some(variable_name(variable)?);
        Ok(self)
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
    ) -> Result<Self, KindError> {
        for name in names {
            let name = variable_name(&name.into())?;
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

    /// Reads a comma between digits as a decimal comma. Answers are then separated by `;`.
    #[must_use]
    pub fn decimal_comma(mut self) -> Self {
        self.decimal_comma = true;
        self
    }
}

fn variable_name(name: &str) -> Result<String, KindError> {
    let mut chars = name.chars();
    let letter = chars.next().is_some_and(char::is_alphabetic);
    let index = chars.as_str();
    let index = index.is_empty()
        || index
            .strip_prefix('_')
            .is_some_and(|index| !index.is_empty() && index.chars().all(char::is_alphanumeric));
    if letter && index { Ok(name.to_owned()) } else { Err(KindError::Variable(name.to_owned())) }
}
