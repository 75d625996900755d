//! The accepted error of a number.

use dashu_ratio::RBig;

use super::KindError;
use crate::decimal;

/// The accepted error of a number.
///
/// ```
/// use answers::{Checker, Kind, Tolerance};
///
/// let one_percent = Checker::new("200", Kind::number().tolerance(Tolerance::relative(0.01)?))?;
/// assert!(one_percent.check("199").is_correct());
/// let three_figures = Checker::new("2/3", Kind::number().tolerance(Tolerance::figures(3)?))?;
/// assert!(three_figures.check("0.667").is_correct());
/// # Ok::<(), Box<dyn std::error::Error>>(())
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
    Places(u8),
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
    pub fn absolute(by: f64) -> Result<Self, KindError> {
        positive(&by.to_string()).map(|by| Self(ToleranceMode::Absolute(by)))
    }

    /// Accepts an error of up to a part of the expected value: 0.01 is one percent.
    ///
    /// # Errors
    /// Returns an error if `by` is not a positive number.
    pub fn relative(by: f64) -> Result<Self, KindError> {
        positive(&by.to_string()).map(|by| Self(ToleranceMode::Relative(by)))
    }

    /// Compares both numbers rounded to `count` significant figures.
    ///
    /// # Errors
    /// Returns an error if `count` is not between 1 and 30.
    pub fn figures(count: u8) -> Result<Self, KindError> {
        if (1..=30).contains(&count) {
            Ok(Self(ToleranceMode::Figures(count)))
        } else {
            Err(KindError::Figures(count.to_string()))
        }
    }

    /// Compares both numbers rounded to `count` decimal places.
    ///
    /// # Errors
    /// Returns an error if `count` is greater than 30.
    pub fn places(count: u8) -> Result<Self, KindError> {
        if count <= 30 {
            Ok(Self(ToleranceMode::Places(count)))
        } else {
            Err(KindError::Places(count.to_string()))
        }
    }
}

pub(super) fn positive(text: &str) -> Result<RBig, KindError> {
    decimal::parse_positive(text).ok_or_else(|| KindError::Tolerance(text.to_owned()))
}
