//! Severities as text.

use std::fmt;
use std::str::FromStr;

use super::Severity;

impl Severity {
    /// Every severity, the lowest first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Low, Self::Medium, Self::High];

    /// The name in lower case, such as `high`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = SeverityError;

    fn from_str(text: &str) -> Result<Self, SeverityError> {
        let named = Self::ALL.into_iter().find(|severity| severity.name().eq_ignore_ascii_case(text));
        named.ok_or_else(|| SeverityError(text.to_owned()))
    }
}

/// The error for a text that is not a severity.
///
/// ```
/// use palisade::csp::{Severity, SeverityError};
///
/// let error: SeverityError = "worst".parse::<Severity>().unwrap_err();
/// assert!(error.to_string().ends_with("write info, low, medium or high"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity: write info, low, medium or high")]
pub struct SeverityError(String);

crate::core::error_text::debug_is_text!(SeverityError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_text_that_it_writes() {
        for severity in Severity::ALL {
            assert_eq!(severity.to_string().to_uppercase().parse(), Ok(severity));
        }
        assert!("worst".parse::<Severity>().is_err());
    }
}
