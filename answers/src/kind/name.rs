//! The names of the kinds and of the forms, as they are stored.

/// Declares an enum with the stored name of each variant.
macro_rules! named {
    ($(#[$outer:meta])* $vis:vis enum $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$outer])*
        $vis enum $type { $($(#[$doc])* $variant,)* }

        impl $type {
            /// Every value, in the order of the documentation.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the stored name.
            $vis const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}

named! {
    /// The sort of answer that a kind asks for.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub(crate) enum KindName {
        #[default]
        Inferred = "",
        Number = "number",
        Quantity = "quantity",
        Expression = "expression",
        Equation = "equation",
        Inequality = "inequality",
        Solutions = "solutions",
        Set = "set",
        List = "list",
        Point = "point",
        Vector = "vector",
        Matrix = "matrix",
        Ratio = "ratio",
        Function = "function",
        Derivative = "derivative",
        Antiderivative = "antiderivative",
        GeneralSolution = "general-solution",
        Probability = "probability",
        Time = "time",
        Date = "date",
        Range = "range",
        Remainder = "remainder",
        Words = "words",
        Choice = "choice",
    }
}

named! {
    /// The form in which a right answer must be written.
    ///
    /// ```
    /// use answers::{Checker, Form, Hint, Kind, Outcome};
    ///
    /// let checker = Checker::new("2x(x-3)", Kind::expression().form(Form::Factorised))?;
    /// assert_eq!(checker.check("2x(x-3)").outcome, Outcome::Correct);
    /// let verdict = checker.check("x(2x-6)");
    /// assert_eq!((verdict.outcome, verdict.hint), (Outcome::Incorrect, Some(Hint::Form(Form::Factorised))));
    /// # Ok::<(), answers::ExpectedError>(())
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Form {
        /// `form=fraction`: one fraction of integers, or an integer.
        Fraction = "fraction",
        /// `form=lowest-terms`: fractions whose numerator and denominator have no common factor.
        LowestTerms = "lowest-terms",
        /// `form=mixed`: an integer and a proper fraction, such as `2 1/2`.
        Mixed = "mixed",
        /// `form=decimal`: a decimal or an integer.
        Decimal = "decimal",
        /// `form=standard-form`: `3.2 × 10^5`, with one digit before the decimal point.
        StandardForm = "standard-form",
        /// `form=percentage`: a number with a percent sign.
        Percentage = "percentage",
        /// `form=surd`: simplest surd form: no square factors, no roots in a denominator.
        Surd = "surd",
        /// `form=expanded`: a sum without brackets to multiply out.
        Expanded = "expanded",
        /// `form=factorised`: a product of factors that cannot be factorised over the rationals.
        Factorised = "factorised",
        /// `form=completed-square`: `a(x + b)² + c`.
        CompletedSquare = "completed-square",
        /// `form=partial-fractions`: a sum of fractions with irreducible denominators.
        PartialFractions = "partial-fractions",
        /// `form=single-fraction`: one fraction without fractions inside.
        SingleFraction = "single-fraction",
        /// `simplified`: fractions cancelled, roots taken, like terms collected.
        Simplified = "simplified",
        /// `form=same-up-to-order`: the expected text, except for the order of terms and factors.
        SameUpToOrder = "same-up-to-order",
    }
}

impl Form {
    /// Returns the sentence that asks a pupil for the form.
    pub(crate) const fn request(self) -> &'static str {
        match self {
            Self::Fraction => "This is right: now write it as a fraction.",
            Self::LowestTerms => "This is right: now cancel it to lowest terms.",
            Self::Mixed => "This is right: now write it as a mixed number.",
            Self::Decimal => "This is right: now write it as a decimal.",
            Self::StandardForm => "This is right: now write it in standard form.",
            Self::Percentage => "This is right: now write it as a percentage.",
            Self::Surd => "This is right: now write it in its simplest surd form.",
            Self::Expanded => "This is right: now expand it.",
            Self::Factorised => "This is right: now factorise it completely.",
            Self::CompletedSquare => "This is right: now complete the square.",
            Self::PartialFractions => "This is right: now write it in partial fractions.",
            Self::SingleFraction => "This is right: now write it as a single fraction.",
            Self::Simplified => "This is right: now simplify it.",
            Self::SameUpToOrder => "This is right, but written in another form than asked for.",
        }
    }
}
