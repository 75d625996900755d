//! Who may make an account.

use std::fmt;

use super::value::Value;

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Whoever has an address of one of the schools.
    SchoolDomains,
    /// Nobody: admins make the accounts.
    Closed,
}

impl Value for Registration {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "open" => Ok(Self::Open),
            "school-domains" => Ok(Self::SchoolDomains),
            "closed" => Ok(Self::Closed),
            _ => Err("neither open, school-domains nor closed".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::SchoolDomains => "school-domains",
            Self::Closed => "closed",
        })
    }
}
