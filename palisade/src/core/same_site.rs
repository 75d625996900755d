//! The `SameSite` attribute of cookies.

use std::fmt;

/// The `SameSite` attribute: when browsers send a cookie with a request from another site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never on requests from other sites.
    Strict,
    /// Only when the visitor follows a link from another site.
    Lax,
}

/// Writes the attribute's value.
impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
        })
    }
}
