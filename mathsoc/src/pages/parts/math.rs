//! Answers as the comparison reads them.

use palisade::template::SafeHtml;

/// Returns an answer as MathML; `None` if it cannot be read.
pub(crate) fn math(given: &str) -> Option<SafeHtml> {
    answers::to_mathml(given).ok().map(SafeHtml::dangerous_allow_unsanitized)
}
