//! The error of a text that is not a kind of answer.

/// The error of a kind that cannot be parsed.
///
/// ```
/// use answers::{Kind, KindError};
///
/// let error = "figures=99".parse::<Kind>().unwrap_err();
/// assert_eq!(error, KindError::Figures("99".into()));
/// assert_eq!(
///     error.to_string(),
///     "“99” is not a number of significant figures: write one from 1 to 30",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KindError {
    /// An unknown kind or option.
    #[error(
        "“{0}” is not a kind or a rule: write a kind such as number, expression or list, then tolerance=0.01, \
         tolerance=1%, figures=3, places=2, as-written, simplified, form=factorised, solved-for=x, order, case, \
         natural-log, degrees, units, decimal-comma or variables=x,y, with ; between"
    )]
    Rule(String),
    /// An unknown form.
    #[error("“{0}” is not a form: write one such as factorised, expanded, lowest-terms or standard-form")]
    Form(String),
    /// A tolerance that is not a positive number.
    #[error("“{0}” is not a tolerance: write a positive number such as 0.01, or 1%")]
    Tolerance(String),
    /// A number of significant figures that is not between 1 and 30.
    #[error("“{0}” is not a number of significant figures: write one from 1 to 30")]
    Figures(String),
    /// A number of decimal places that is not between 0 and 30.
    #[error("“{0}” is not a number of decimal places: write one from 0 to 30")]
    Places(String),
    /// A variable that is not a letter, nor a letter with an index.
    #[error("“{0}” is not a variable: write letters with commas between, such as x,y or x_1,x_2")]
    Variable(String),
}
