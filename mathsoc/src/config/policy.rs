//! The value of the Content-Security-Policy settings.

use palisade::csp::{Csp, CspError};

use super::value::Value;

/// A Content-Security-Policy to merge into the site's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraPolicy(Csp);

impl ExtraPolicy {
    /// Returns the policy.
    pub fn policy(&self) -> &Csp {
        &self.0
    }
}

impl Value for ExtraPolicy {
    const WRITE: &str = "a policy in one line, such as: img-src https://images.example.org; font-src data:";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: CspError| error.to_string())
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}
