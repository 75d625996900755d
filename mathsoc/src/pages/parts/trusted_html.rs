//! Markup of our own that templates print without escaping.

use std::fmt;

use askama::filters::HtmlSafe;
use palisade::CsrfToken;

/// HTML of ours, printed as it is.
#[derive(Clone, Debug, Default)]
pub struct TrustedHtml(String);

impl TrustedHtml {
    /// Prints the hidden field with a form's token.
    pub(crate) fn csrf_field(token: Option<&CsrfToken>) -> Self {
        Self(token.map(CsrfToken::input).unwrap_or_default())
    }

    /// Prints a drawing of ours, such as a QR code.
    pub(crate) fn svg(svg: String) -> Self {
        Self(svg)
    }

    /// Prints how an answer was read, as the crate `answers` writes it.
    pub(crate) fn mathml(math: String) -> Self {
        Self(math)
    }
}

impl fmt::Display for TrustedHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for TrustedHtml {}
