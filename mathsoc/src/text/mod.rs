//! Text as pages show it: sanitized HTML, with formulas typeset to MathML.

pub mod rich_text;
pub mod typeset;
pub mod typeset_cache;
